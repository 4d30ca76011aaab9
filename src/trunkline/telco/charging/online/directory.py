"""Who pays for a number: the directory that mediation keeps of the accounts' numbers, followed from the log."""

from __future__ import annotations

from datetime import datetime

import msgspec

from trunkline.log.port import RecordBatch
from trunkline.telco.model import Number

_NUMBER = msgspec.json.Decoder(Number)


class Directory:
    """Numbers by their id. They are kept as they lie in the log: few of them are ever asked for."""

    def __init__(self) -> None:
        self._known: dict[bytes, bytes] = {}

    def take(self, batch: RecordBatch) -> None:
        """Take changes over; the last word on a number counts, a tombstone says that it is gone."""
        for key, value in zip(batch.keys, batch.values, strict=True):
            if key is None:
                continue
            if value is None:
                self._known.pop(key, None)
            else:
                self._known[key] = value

    def held(self, now: datetime, *identifiers: str) -> Number | None:
        """The first of these that an account holds now: a SUPI or a GPSI, `imsi-206…` or `msisdn-32…`."""
        for identifier in identifiers:
            kind, _, digits = identifier.partition("-")
            id = Number.of_sim(digits) if kind == "imsi" else digits if kind == "msisdn" else ""
            known = self._known.get(id.encode())
            number = _NUMBER.decode(known) if known is not None else None
            if number is not None and (number.until is None or number.until > now):
                return number
        return None
