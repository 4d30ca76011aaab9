"""How charging records write numbers, times and places: octets of TS 32.298, TS 24.008 and TS 29.274."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

INTERNATIONAL, UNKNOWN = 0x91, 0x81
"""Nature of a number (TS 29.002, ISDN-AddressString): in E.164, or as it was dialled; ISDN numbering plan."""


@lru_cache(4096)
def tbcd(digits: str) -> bytes:
    """Two digits an octet, the first in the lower half; an odd number of them is filled with F."""
    even = digits + "F" * (len(digits) % 2)
    return bytes(int(even[at + 1] + even[at], 16) for at in range(0, len(even), 2))


def address(number: str) -> bytes:
    """A party's number: short codes and free numbers stand as dialled, others in E.164."""
    short = len(number) < 7 or number.startswith("0")
    return bytes((UNKNOWN if short else INTERNATIONAL,)) + tbcd(number)


def timestamp(moment: datetime) -> bytes:
    """TimeStamp of TS 32.298: YYMMDDhhmmss in BCD, a sign, and the hours and minutes ahead of UTC."""
    offset = moment.utcoffset() or timedelta()
    minutes = abs(offset) // timedelta(minutes=1)
    sign = "-" if offset < timedelta() else "+"
    local = bytes.fromhex(f"{moment:%y%m%d%H%M%S}")
    return local + sign.encode() + bytes.fromhex(f"{minutes // 60:02}{minutes % 60:02}")


def time_zone(moment: datetime) -> bytes:
    """MSTimeZone: quarters of an hour ahead of UTC, half octets swapped, and whether summer adds to it (TS 29.274)."""
    quarters = (moment.utcoffset() or timedelta()) // timedelta(minutes=15)
    digits = f"{abs(quarters):02}"
    first = int(digits[1] + digits[0], 16) | (0x08 if quarters < 0 else 0)
    return bytes((first, 1 if moment.dst() else 0))


@lru_cache(256)
def plmn(code: str) -> bytes:
    """A PLMN of five or six digits (TS 24.008, 10.5.1.3)."""
    mcc, mnc = code[:3], code[3:]
    third = mnc[2] if len(mnc) == 3 else "F"
    return bytes.fromhex(mcc[1] + mcc[0] + third + mcc[2] + mnc[1] + mnc[0])


def location(code: str, area: int, cell: int) -> bytes:
    """UserLocationInformation with TAI and ECGI (TS 29.274, 8.21)."""
    return b"\x18" + plmn(code) + area.to_bytes(2, "big") + plmn(code) + cell.to_bytes(4, "big")


def ipv4(text: str) -> bytes:
    return bytes(map(int, text.split(".")))
