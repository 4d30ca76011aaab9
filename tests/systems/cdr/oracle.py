"""The same records decoded by asn1tools, over the module of records.asn1 and with none of our tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import asn1tools

MODULE = Path(__file__).with_name("records.asn1")


class Oracle:
    """asn1tools, its values in the form of `trunkline.systems.cdr.structure`."""

    def __init__(self) -> None:
        self._module = asn1tools.compile_files(str(MODULE))
        self._enumerations = {
            name: number for number, name in enumerate(("sGSN", "pMIPSGW", "gTPSGW", "ePDG", "hSGW", "mME", "tWAN"))
        }

    def decode(self, record: bytes) -> Any:
        return self._plain(self._module.decode("Record", record))

    def _plain(self, value: Any) -> Any:
        match value:
            case (str() as alternative, inner):  # a choice; a bit string is bytes and a number
                return {alternative: self._plain(inner)}
            case dict():
                return {name: self._plain(inner) for name, inner in value.items()}
            case list():
                return [self._plain(inner) for inner in value]
            case str() if value in self._enumerations:
                return self._enumerations[value]
        return value
