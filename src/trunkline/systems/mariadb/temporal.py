"""MariaDB's times in the binary log, as the text that the server itself would give.

Source: MariaDB's my_time.c and compat56.cc (the formats of MySQL 5.6). Fractions of a second are kept to `digits`;
integers are big-endian there, except in DATE.
"""

from __future__ import annotations

from datetime import UTC, datetime

_TIME, _DATETIME = 1 << 23, 1 << 39  # what is added so that negative numbers sort before positive ones


def fraction_size(digits: int) -> int:
    """The bytes of a fraction of so many digits."""
    return (digits + 1) // 2


def date(data: bytes) -> str:
    """Three bytes: day, month, year, from the lowest bit up. `0000-00-00` is a date here."""
    number = int.from_bytes(data, "little")
    return f"{number >> 9:04}-{number >> 5 & 15:02}-{number & 31:02}"


def datetime_text(data: bytes, digits: int) -> str:
    """Five bytes and a fraction."""
    number = int.from_bytes(data[:5]) - _DATETIME
    days, clock = number >> 17, number & 0x1FFFF
    months = days >> 5
    day = f"{months // 13:04}-{months % 13:02}-{days & 31:02}"
    return f"{day} {clock >> 12:02}:{clock >> 6 & 63:02}:{clock & 63:02}{_fraction(_micros(data[5:], digits), digits)}"


def timestamp_text(data: bytes, digits: int) -> str:
    """Four bytes and a fraction, in UTC. Zero is no moment: `0000-00-00 00:00:00`."""
    seconds, fraction = int.from_bytes(data[:4]), _fraction(_micros(data[4:], digits), digits)
    if not seconds:
        return f"0000-00-00 00:00:00{fraction}"
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}{fraction}"


def time_text(data: bytes, digits: int) -> str:
    """Three bytes and a fraction, together one number with a sign: -838:59:59 to 838:59:59."""
    bits = 8 * (len(data) - 3)
    number = int.from_bytes(data) - (_TIME << bits)
    sign, number = ("-", -number) if number < 0 else ("", number)
    clock = number >> bits
    micros = _micros((number & ((1 << bits) - 1)).to_bytes(len(data) - 3), digits)
    return f"{sign}{clock >> 12:02}:{clock >> 6 & 63:02}:{clock & 63:02}{_fraction(micros, digits)}"


def _micros(data: bytes, digits: int) -> int:
    return int.from_bytes(data) * 10 ** (6 - 2 * fraction_size(digits)) if data else 0


def _fraction(micros: int, digits: int) -> str:
    return f".{micros:06}"[: digits + 1] if digits else ""
