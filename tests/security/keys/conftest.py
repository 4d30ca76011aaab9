"""Keys in a folder of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from trunkline.security.keys.file import FileKek
from trunkline.security.keys.keyring import Keyring
from trunkline.security.keys.log import LogSealer
from trunkline.security.keys.table import KeyTable
from trunkline.security.keys.whose import ByField, ByKey, Whose

OpenKeyring = Callable[..., Keyring]
"""Opens the test's keys, as a process would; takes the options of `Keyring`."""

PERSONAL = "usage"
"""The topic whose events' keys name persons."""
NAMED = "usage.reported"
"""The topic whose events name persons in their fields `msisdn` and `imsi`."""
WHOSE: dict[str, Whose] = {PERSONAL: ByKey(), NAMED: ByField(("msisdn", "imsi:imsi"))}


@pytest.fixture
def open_keyring(tmp_path: Path) -> Iterator[OpenKeyring]:
    with ExitStack() as stack:

        def opened(**options: float) -> Keyring:
            keyring = Keyring(
                lambda: FileKek(tmp_path / "kek.json"),
                lambda: KeyTable(f"sqlite://{tmp_path / 'keys.db'}"),
                **options,  # type: ignore[arg-type]
            )
            stack.callback(keyring.close)
            return keyring

        yield opened


@pytest.fixture
def keyring(open_keyring: OpenKeyring) -> Keyring:
    return open_keyring()


def sealer(keyring: Keyring) -> LogSealer:
    """Seals all topics; the events of two are persons'."""
    return LogSealer(keyring, lambda topic: True, WHOSE.get)
