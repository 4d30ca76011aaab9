"""Which kinds of effectors are installed: the folders here, and those in the operator's own `effects/`."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from trunkline.effects.effector import Kind
from trunkline.offered import offered


@cache
def installed_kinds(project: Path | None = None) -> dict[str, Kind]:
    """All kinds by name. A folder under `<project>/effects/` with an `__init__.py` that holds `EFFECTOR` is one too.

    Raises `ValueError` where two folders claim the same name.
    """
    return offered("EFFECTOR", "effects", project)
