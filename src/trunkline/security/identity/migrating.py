"""The steps by which the provider's tables came about."""

from pathlib import Path
from typing import Final

from trunkline.store.migrating import Migrations

STEPS: Final = Migrations(Path(__file__).parent / "migrations", "0002", "identity_version", "the identity provider's")
