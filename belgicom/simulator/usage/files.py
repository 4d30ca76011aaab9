"""CDR files of TS 32.297: a header that tells of the node and its records, and before each record one of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

BEYOND_9 = 7
"""Release identifiers are 3 bits; from Rel-10 on they are full and an octet behind them counts on."""
RELEASE_17 = 7
BER = 1
SPECIFICATION = {"cdr/pgw": 7, "cdr/chf": 20, "cdr/msc": 6}
"""TS numbers of record headers: 32.251, 32.255 and 32.250."""
HEADER = 54


def cdr_file(
    folder: str, records: Sequence[bytes], *, opened: datetime, closed: datetime, sequence: int, address: bytes
) -> bytes:
    """A file of `records`. `address` is the node's IP address in 4 octets, or nothing."""
    form = BER << 5 | SPECIFICATION[folder]
    body = b"".join(
        len(record).to_bytes(2, "big") + bytes((BEYOND_9 << 5, form, RELEASE_17)) + record for record in records
    )
    node = (b"\x00" * 10 + b"\xff\xff" + address if address else b"\x00" * 16).ljust(20, b"\x00")
    header = b"".join((
        (HEADER + len(body)).to_bytes(4, "big"),
        HEADER.to_bytes(4, "big"),
        bytes((BEYOND_9 << 5, BEYOND_9 << 5)),
        _time(opened),
        _time(closed),
        len(records).to_bytes(4, "big"),
        (sequence % 2**32).to_bytes(4, "big"),
        b"\x02",  # closed because it was time
        node,
        b"\x00",  # no record lost
        b"\x00\x00" b"\x00\x00",  # no routing filter, no private extension
        bytes((RELEASE_17, RELEASE_17)),
    ))  # fmt: skip
    return header + body


def _time(moment: datetime) -> bytes:
    """Month, day, hour, minute, and none ahead of UTC, packed into 32 bits (TS 32.297, 6.1.1.5)."""
    moment = moment.astimezone(UTC)
    packed = moment.month << 28 | moment.day << 23 | moment.hour << 18 | moment.minute << 12 | 1 << 11
    return packed.to_bytes(4, "big")
