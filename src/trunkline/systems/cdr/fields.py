"""The fields of a decoded record, as what they mean: each asked for by its name, and named where it is wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, overload

from trunkline.systems.cdr import values
from trunkline.systems.cdr.values import Moment

T = TypeVar("T")
D = TypeVar("D")

LARGEST = 2**53  # of a quantity: what all that reads JSON keeps exactly; 9 PB


Path = tuple[str | int, ...]
"""Where a field is: names, and places in lists."""


class FieldError(ValueError):
    """A field that is missing, or says what cannot be."""

    def __init__(self, path: Path, why: str) -> None:
        field = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
        super().__init__(f"{field.removeprefix('.')}: {why}")
        self.path = path


class NotUsed(FieldError):
    """The record tells of an attempt that came to nothing, which nobody pays for."""


class Fields:
    """What a record says, by name. Everything raises `FieldError`; what a record lacks is "", 0 or None."""

    def __init__(self, fields: dict[str, Any], path: Path = ()) -> None:
        self._fields = fields
        self._path = path

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def error(self, name: str, why: str) -> FieldError:
        """To raise, because of one of these fields."""
        return FieldError((*self._path, name), why)

    def not_used(self, name: str, why: str) -> NotUsed:
        """To raise, because by this field nothing was used."""
        return NotUsed((*self._path, name), why)

    def moment(self, name: str) -> Moment | None:
        return self._read(name, values.moment, None)

    def time(self, *names: str) -> Moment:
        """The first of these times that the record has; it must have one."""
        for name in names:
            if (found := self.moment(name)) is not None:
                return found
        raise self.error(names[0], "is missing")

    def count(self, name: str) -> int:
        """A quantity, which is never negative."""
        number = self.integer(name, 0)
        if not 0 <= number < LARGEST:
            raise self.error(name, f"{number} is no quantity")
        return number

    @overload
    def integer(self, name: str, default: int) -> int: ...
    @overload
    def integer(self, name: str) -> int | None: ...
    def integer(self, name: str, default: int | None = None) -> int | None:
        number: int | None = self._fields.get(name, default)
        return number

    def text(self, name: str, longest: int = 128) -> str:
        text: str = self._fields.get(name, "")
        if len(text) > longest or not text.isprintable():
            raise self.error(name, f"{text[:40]!r} is no name of at most {longest} characters")
        return text

    def imsi(self, name: str) -> str:
        return self._read(name, lambda octets: values.identity(octets, 15), "")

    def imei(self, name: str) -> str:
        """The digits of the device; empty where it has none, since nothing is charged by it."""
        digits = values.tbcd(self.octets(name))
        return digits if digits.isdigit() and len(digits) <= 16 else ""

    def msisdn(self, name: str) -> str:
        digits = self._read(name, values.party, "")
        if digits and (not digits.isdigit() or len(digits) > 15):
            raise self.error(name, f"{digits[:40]!r} is not 1 to 15 digits")
        return digits

    def subscriber(self, imsi: str = "servedIMSI", msisdn: str = "servedMSISDN") -> tuple[str, str]:
        """IMSI and MSISDN, of which the record must have one."""
        found = self.imsi(imsi), self.msisdn(msisdn)
        if not any(found):
            raise self.error(imsi, f"is missing, and so is {msisdn}: nobody can be charged")
        return found

    def party(self, name: str) -> str:
        """Number, short code or name of the other end."""
        return self._read(name, values.party, "")[:256]

    def message_party(self, name: str) -> str:
        return self._read(name, values.message_party, "")[:256]

    def plmn(self, name: str) -> str:
        return self._read(name, values.plmn, "")

    def minutes_ahead(self, name: str, default: int) -> int:
        return self._read(name, values.minutes_ahead, default)

    def cell(self, name: str) -> str:
        return self._read(name, values.cell, "")

    def area_cell(self) -> str:
        """The cell of a LocationAreaAndCell that tells its network too."""
        network = self.plmn("mCC-MNC")
        area, number = (int.from_bytes(self.octets(name)[:4], "big") for name in ("locationAreaCode", "cellId"))
        return f"{network}-{area}-{number}" if network else ""

    def reason(self, name: str) -> str:
        """What a Diagnostics says, in its own words: `gsm0902MapErrorValue 27`."""
        ((kind, value),) = self._fields.get(name, {"": ""}).items()
        return f"{kind} {value}"[:80]

    def ip_address(self, name: str) -> str:
        return self._read(name, values.ip_address, "")

    def octets(self, name: str) -> bytes:
        octets: bytes = self._fields.get(name, b"")
        return octets

    def hexadecimal(self, name: str) -> str:
        """Octets that only tell records apart."""
        return self.octets(name)[:32].hex()

    def inner(self, name: str) -> Fields:
        """The fields of a field; without any where the record lacks it."""
        return Fields(self._fields.get(name, {}), (*self._path, name))

    def items(self, name: str) -> list[Fields]:
        """The fields of each element of a list."""
        return [Fields(item, (*self._path, name, at)) for at, item in enumerate(self._fields.get(name, ()))]

    def _read(self, name: str, read: Callable[[Any], T], default: D) -> T | D:
        value = self._fields.get(name)
        if value is None:
            return default
        try:
            return read(value)
        except ValueError as fault:
            raise self.error(name, str(fault)) from None
