"""What octets in a record say: numbers, times and places of TS 32.298, as the canonical model writes them.

Every function raises `ValueError` with what is wrong with the octets.
"""

from __future__ import annotations

import ipaddress
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

REMEMBERED = 1 << 14  # times, networks and places come again and again

TRUNK = "0"  # what is dialled before a national number; ITU-T E.164 recommends it

_SWAPPED = bytes((octet & 0x0F) << 4 | octet >> 4 for octet in range(256))
_TBCD = str.maketrans("abcde", "*#abc")
_GSM7 = (
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)


class Moment(NamedTuple):
    """A time: in UTC, and how many minutes the clocks of the place are ahead of it."""

    time: datetime
    ahead: int


@lru_cache(REMEMBERED)
def moment(octets: bytes) -> Moment:
    """TimeStamp: YYMMDDhhmmss in BCD, a sign in ASCII, and hhmm of the difference from UTC in BCD."""
    text = octets.hex()
    digits = text[:12] + text[14:]
    if len(octets) != 9 or octets[6:7] not in (b"+", b"-") or not digits.isdigit():
        raise ValueError(f"{text or 'nothing'} is no time stamp of YYMMDDhhmmss, a sign and hhmm")
    year, month, day, hour, minute, second, hours, minutes = (int(digits[at : at + 2]) for at in range(0, 16, 2))
    if hours > 23 or minutes > 59:
        raise ValueError(f"{text} is {hours}:{minutes:02} away from UTC")
    ahead = (hours * 60 + minutes) * (1 if octets[6:7] == b"+" else -1)
    try:
        local = datetime(2000 + year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError as fault:
        raise ValueError(f"{text} is no time: {fault}") from None
    return Moment(local - timedelta(minutes=ahead), ahead)


def minutes_ahead(time_zone: bytes) -> int:
    """MSTimeZone: quarters of an hour ahead of UTC, half octets swapped, a sign in bit 4 (TS 29.274 8.44)."""
    if len(time_zone) != 2 or time_zone[0] >> 4 > 9:
        raise ValueError(f"{time_zone.hex()} is no time zone")
    quarters = (time_zone[0] & 0x07) * 10 + (time_zone[0] >> 4)
    return -15 * quarters if time_zone[0] & 0x08 else 15 * quarters


def tbcd(octets: bytes) -> str:
    """The digits of a TBCD-STRING, `*`, `#`, `a`, `b` and `c` among them (TS 29.002)."""
    return octets.translate(_SWAPPED).hex().rstrip("f").translate(_TBCD)


def identity(octets: bytes, longest: int) -> str:
    """The digits of an IMSI or IMEI, of which there must be some and at most `longest`."""
    digits = tbcd(octets)
    if not digits.isdigit() or len(digits) > longest:
        raise ValueError(f"{octets.hex() or 'nothing'} is not 1 to {longest} digits")
    return digits


@lru_cache(REMEMBERED)
def party(octets: bytes) -> str:
    """The number of a party: AddressString (TS 29.002) or BCDDirectoryNumber (TS 24.008).

    International ones are E.164 without sign, national ones have `TRUNK` before them, all others are as dialled.
    """
    if not octets:
        return ""
    digits = octets[1:] if octets[0] & 0x80 else octets[2:]  # the second octet says whether it may be shown
    match octets[0] >> 4 & 0x07:  # type of number (TS 24.008 10.5.4.7, TS 23.040 9.1.2.5)
        case 2:  # national
            return TRUNK + tbcd(digits)
        case 5:  # a name
            return _seven_bits(digits)
    return tbcd(digits)


def message_party(octets: bytes) -> str:
    """The number of a message's other end: an address field of TS 23.040, with or without its length before it."""
    if len(octets) > 1 and octets[0] < 0x80 <= octets[1]:
        return party(octets[1:])
    return party(octets)


@lru_cache(REMEMBERED)
def plmn(octets: bytes) -> str:
    """PLMN-Id: MCC and MNC, of five or six digits (TS 24.008 10.5.1.3)."""
    if len(octets) == 3:
        swapped = octets.translate(_SWAPPED).hex()
        digits = swapped[:3] + swapped[4:] + swapped[3].replace("f", "")
        if digits.isdigit():
            return digits
    raise ValueError(f"{octets.hex()} is no PLMN")


@lru_cache(REMEMBERED)
def cell(location: bytes) -> str:
    """The cell in a UserLocationInformation: `<PLMN>-<ECI>`, or `<PLMN>-<LAC>-<CI or SAC>` (TS 29.274 8.21).

    Empty where the location tells of no cell, or is of another kind (of access over WLAN).
    """
    flags, at = location[0] if location else 0, 1
    found = ""
    for bit, size in ((0x01, 7), (0x02, 7), (0x04, 7), (0x08, 5), (0x10, 7)):  # CGI, SAI, RAI, TAI, ECGI
        if not flags & bit:
            continue
        part = location[at : at + size]
        at += size
        if len(part) < size:
            return ""
        if bit in (0x01, 0x02):
            found = "-".join(
                (plmn(part[:3]), str(int.from_bytes(part[3:5], "big")), str(int.from_bytes(part[5:], "big")))
            )
        elif bit == 0x10:
            found = f"{plmn(part[:3])}-{int.from_bytes(part[3:], 'big') & 0x0FFFFFFF}"
    return found


def ip_address(chosen: dict[str, Any]) -> str:
    """An IPAddress as text: `192.0.2.1`."""
    ((_, value),) = chosen.items()
    if isinstance(value, dict):  # with the length of its prefix
        value = value.get("iPBinV6Address", b"")
    if isinstance(value, bytes) and len(value) not in (4, 16):
        raise ValueError(f"{value.hex()} is no IP address")
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise ValueError(f"{value!r} is no IP address") from None


def _seven_bits(octets: bytes) -> str:
    """A name in the default alphabet of seven bits (TS 23.038)."""
    bits = int.from_bytes(octets, "little")
    name = "".join(_GSM7[bits >> 7 * at & 0x7F] for at in range(8 * len(octets) // 7))
    return name.rstrip("@\r")  # what fills the last octet
