"""What a connection says of a CSV file of usage: which column is which field, and how its values are written."""

from __future__ import annotations

import codecs
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

TEXTS = ("id", "session", "corrects", "user", "apn", "cell", "currency")
NUMBERS = ("msisdn", "otherParty")
DIGITS = {"imsi": 15, "imei": 16, "visited": 6}
COUNTS = ("partial", "items", "ratingGroup")
CHOICES = {"service": ("voice", "message", "data", "content"), "direction": ("originating", "terminating")}
FLAGS = ("final", "cumulative")
VOLUMES = ("uplink", "downlink")
FIELDS = (
    *TEXTS, *NUMBERS, *DIGITS, *COUNTS, *CHOICES, *FLAGS, *VOLUMES, "started", "duration", "zoneOffset", "price",
)  # fmt: skip

SECONDS = {"second": 1_000, "millisecond": 1, "minute": 60_000, "hour": 3_600_000}
"""Units of a duration, in milliseconds."""
OCTETS = {"octet": 1, "kB": 1_000, "MB": 10**6, "GB": 10**9, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}
UNITS = {
    "duration": (*SECONDS, "clock"), "uplink": tuple(OCTETS), "downlink": tuple(OCTETS), "price": ("minor", "major"),
}  # fmt: skip
"""What `unit` may be of which field; the first where it is not said."""

Sign = Annotated[str, msgspec.Meta(min_length=1, max_length=1)]


class Column(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a field's value stands: the column's name, or its number (from 1) in a file without header; several are
    joined by `/`. `values` says what each text means, `unit` what a number counts, and `prefix` what stands before an
    `id`, `session` or `corrects`: `csv/<connection>/` where it is not said."""

    column: str | int | tuple[str | int, ...]
    unit: str = ""
    values: dict[str, str] = {}
    prefix: str | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(map(str, self.column)) if isinstance(self.column, tuple) else (str(self.column),)


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """`columns` gives a column for each field of a usage report, `constants` the value of those that are the same in
    every line. `skip` lines are passed over before the header. `time` is `iso`, `unix` (seconds), `unix-ms`, or a
    pattern of strptime; `zone` that of times which do not say theirs, and of the place. `country` is the calling code
    of numbers that are written with a leading 0."""

    columns: dict[str, str | int | Column]
    constants: dict[str, str | int | bool] = {}
    delimiter: Sign = ","
    quote: Annotated[str, msgspec.Meta(max_length=1)] = '"'
    header: bool = True
    skip: Annotated[int, msgspec.Meta(ge=0, le=1_000)] = 0
    encoding: str = "utf-8"
    decimal: Sign = "."
    time: Annotated[str, msgspec.Meta(min_length=2)] = "iso"
    zone: str = "UTC"
    country: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{0,3}\Z")] = ""

    def __post_init__(self) -> None:
        for problem in self._problems():
            raise ValueError(problem)

    def column(self, field: str) -> Column | None:
        """Where a field stands, None where it has no column."""
        found = self.columns.get(field)
        return found if found is None or isinstance(found, Column) else Column(column=found)

    def _problems(self) -> list[str]:
        found = [
            f"`{field}` is no field of usage; there are: {', '.join(FIELDS)}"
            for field in (*self.columns, *self.constants)
            if field not in FIELDS
        ]
        given = {*self.columns, *self.constants}
        found += [f"`columns` must say where `{field}` is" for field in ("id", "started") if field not in self.columns]
        if "service" not in given:
            found.append("`service` must be a column or a constant")
        if not given & {"msisdn", "imsi", "user"}:
            found.append("one of `msisdn`, `imsi` and `user` must be a column: who is charged?")
        for field in self.columns:
            found += self._column_problems(field)
        if self.delimiter in (self.quote, self.decimal):
            found.append("`delimiter`, `quote` and `decimal` must not be the same")
        try:
            if codecs.encode("\n0;,", self.encoding) != b"\n0;,":
                found.append(f"the encoding {self.encoding} has no lines of bytes: take one that has ASCII in it")
        except (LookupError, UnicodeError, TypeError):
            found.append(f"{self.encoding!r} is no encoding of text, like utf-8 or latin-1")
        try:
            ZoneInfo(self.zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            found.append(f"{self.zone!r} is no time zone like Europe/Brussels")
        return found

    def _column_problems(self, field: str) -> list[str]:
        column, found = self.column(field), list[str]()
        if column is None or field not in FIELDS:
            return found
        if not self.header and not all(name.isascii() and name.isdigit() and int(name) for name in column.columns):
            found.append(f"`{field}`: a file without header has its columns by number, from 1")
        if column.unit and column.unit not in UNITS.get(field, ()):
            found.append(f"`{field}`: the unit {column.unit!r} is none of: {', '.join(UNITS.get(field, ())) or 'none'}")
        unknown = set(column.values.values()) - set(CHOICES.get(field, column.values.values()))
        if unknown:
            found.append(f"`{field}`: {', '.join(sorted(unknown))} is none of: {', '.join(CHOICES[field])}")
        return found
