"""The values of a CSV file's columns, as the connection says that they are written. All raise `ValueError`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from trunkline.systems.usagecsv.options import (
    CHOICES,
    COUNTS,
    DIGITS,
    FLAGS,
    NUMBERS,
    OCTETS,
    SECONDS,
    VOLUMES,
    Column,
    Options,
)
from trunkline.telco.model.currency import minor_digits

LARGEST = 2**53
LONGEST_TEXT = 200  # characters

_DECIMAL = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{0,18})?", re.ASCII)
_CLOCK = re.compile(r"([0-9]{1,5}):([0-5][0-9])(?::([0-5][0-9]))?", re.ASCII)
_PHONE = re.compile(r"\+?[0-9 ()./-]{1,40}", re.ASCII)
_OFFSET = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})", re.ASCII)
_TRUTH = {"true": True, "1": True, "yes": True, "y": True, "false": False, "0": False, "no": False, "n": False}


def parser(field: str, column: Column, options: Options) -> Callable[[str], Any]:
    """How the text of a field becomes its value."""
    unit = column.unit
    if field == "started":
        return lambda text: time(text, options)
    if field == "duration":
        return clock if unit == "clock" else lambda text: _scaled(text, options, SECONDS[unit or "second"], 1_000)
    if field in VOLUMES:
        return lambda text: _scaled(text, options, OCTETS[unit or "octet"], 1)
    if field in COUNTS:
        return lambda text: _scaled(text, options, 1, 1, whole=True)
    if field in NUMBERS:
        return lambda text: number(text, options.country, whole=field == "msisdn")
    if field in DIGITS:
        return lambda text: digits(text, DIGITS[field])
    if field in CHOICES:
        return lambda text: _one_of(text, CHOICES[field])
    if field in FLAGS:
        return _flag
    if field == "zoneOffset":
        return offset
    return text  # and the price, whose currency another column may say


def time(text: str, options: Options) -> datetime:
    """A moment in UTC."""
    try:
        match options.time:
            case "iso":
                found = datetime.fromisoformat(text if len(text) < 60 else "")
            case "unix" | "unix-ms":
                found = datetime.fromtimestamp(int(text[:20]) / (1_000 if options.time == "unix-ms" else 1), UTC)
            case pattern:
                found = datetime.strptime(text[:100], pattern)
        zoned = found if found.tzinfo else found.replace(tzinfo=ZoneInfo(options.zone))
        return zoned.astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise ValueError(f"{text[:60]!r} is no time as {options.time} writes it") from None


def local_offset(moment: datetime, options: Options) -> int:
    """Minutes that the connection's zone is ahead of UTC at a moment."""
    ahead = moment.astimezone(ZoneInfo(options.zone)).utcoffset()
    return int(ahead.total_seconds()) // 60 if ahead else 0


def clock(text: str) -> int:
    """Seconds of `hours:minutes:seconds` or `minutes:seconds`."""
    found = _CLOCK.fullmatch(text)
    if found is None:
        raise ValueError(f"{text[:40]!r} is no duration like 1:02:03")
    parts = [int(part) for part in found.groups() if part]
    return parts[0] * 3600 + parts[1] * 60 + parts[2] if len(parts) == 3 else parts[0] * 60 + parts[1]


def number(text: str, country: str, *, whole: bool) -> str:
    """E.164 digits of a number with `+`, `00`, or a leading 0 of the country; a text that is none stays as it is,
    unless the number is `whole`."""
    found = _PHONE.fullmatch(text)
    if found is None:
        if whole:
            raise ValueError(f"{text[:40]!r} is no telephone number")
        return text[:LONGEST_TEXT]
    found_digits = re.sub("[^0-9]", "", text)
    if text.startswith("+"):
        pass
    elif found_digits.startswith("00"):
        found_digits = found_digits[2:]
    elif found_digits.startswith("0") and country:
        found_digits = country + found_digits[1:]
    if not 0 < len(found_digits) <= (15 if whole else 40):
        raise ValueError(f"{text[:40]!r} is no number of up to 15 digits")
    return found_digits


def digits(text: str, longest: int) -> str:
    shortest = 5 if longest < 16 else 1
    if not re.fullmatch(f"[0-9]{{{shortest},{longest}}}", text):
        raise ValueError(f"{text[:40]!r} is not {shortest} to {longest} digits")
    return text


def offset(text: str) -> int:
    """Minutes ahead of UTC, of `+02:00` or of a number of minutes."""
    found = _OFFSET.fullmatch(text)
    if found:
        minutes = int(found[2]) * 60 + int(found[3])
        minutes = -minutes if found[1] == "-" else minutes
    elif re.fullmatch("-?[0-9]{1,4}", text):
        minutes = int(text)
    else:
        raise ValueError(f"{text[:40]!r} is no UTC offset like +02:00 or 120")
    if abs(minutes) > 24 * 60:
        raise ValueError(f"{text[:40]!r} is more than a day")
    return minutes


def money(text: str, unit: str, currency: str, options: Options) -> int:
    """Minor units, rounded half up."""
    scale = 10 ** minor_digits(currency) if unit == "major" else 1
    return _rounded(_decimal(text, options) * scale, text)


def text(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise ValueError(f"a text of {len(text)} characters; at most {LONGEST_TEXT} are taken")
    return text


def _scaled(text: str, options: Options, factor: int, divisor: int, *, whole: bool = False) -> int:
    """A number of units, none of them less than nothing, rounded half up where it may be broken."""
    value = _decimal(text, options)
    if whole and value != value.to_integral_value():
        raise ValueError(f"{text[:40]!r} is no whole number")
    scaled = _rounded(value * factor / divisor, text)
    if scaled < 0:
        raise ValueError(f"{text[:40]!r} is less than nothing")
    return scaled


def _decimal(text: str, options: Options) -> Decimal:
    plain = text
    if options.decimal != ".":  # then a point could only separate thousands
        plain = text.replace(".", "?").replace(options.decimal, ".", 1)
    if not _DECIMAL.fullmatch(plain):
        raise ValueError(f"{text[:40]!r} is no number with `{options.decimal}` as its decimal mark")
    return Decimal(plain)


def _rounded(value: Decimal, text: str) -> int:
    """Half up means away from nothing where it is less."""
    if abs(value) >= LARGEST:
        raise ValueError(f"{text[:40]!r} is too large")
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def _one_of(text: str, choices: tuple[str, ...]) -> str:
    if text not in choices:
        raise ValueError(f"{text[:40]!r} is none of: {', '.join(choices)}; say under `values` what it means")
    return text


def _flag(text: str) -> bool:
    if text.lower() not in _TRUTH:
        raise ValueError(f"{text[:40]!r} is neither true nor false")
    return _TRUTH[text.lower()]
