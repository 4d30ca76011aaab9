"""JSON as it comes from outside (RFC 8259), read within bounds: each is looked at before anything is built for it.

What parsers differ in is refused, because what is behind the gateway could read it in another way: names that are there
twice, what follows the value, NaN, a byte order mark, halves of surrogate pairs, numbers that lose their value.
The time it takes is linear in the octets, and depth costs no recursion.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from trunkline.gateway.inspection.finding import Broken, pointer

Most = Annotated[int, Meta(ge=1, le=10_000_000)]
_STRING: Final = r'"((?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+)"'
_NUMBER: Final = r"(-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?)"
_SPACE: Final = r"[ \t\n\r]*+"
_VALUE: Final = rf"(?:{_STRING}|{_NUMBER}|(true|false|null)|([\[{{]))"
_SIGN: Final = rf"{_SPACE}([,\]}}]?){_SPACE}"
_ELEMENT: Final = re.compile(f"{_VALUE}{_SIGN}").match
_MEMBER: Final = re.compile(f"{_STRING}{_SPACE}:{_SPACE}{_VALUE}{_SIGN}").match
_NEXT: Final = re.compile(_SIGN).match
_LEADING: Final = re.compile(_SPACE).match
_NOTHING: Final[tuple[Any, ...]] = (None,) * 6
_WORDS: Final = {"true": True, "false": False, "null": None}
_SURROGATE: Final = re.compile("[\ud800-\udfff]").search


class JsonBounds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The most that a JSON text may have: `depth` of objects and arrays in each other, `members` of an object,
    `elements` of an array, `values` in all, characters of a `string` and of a `name`, and characters of a `number`."""

    depth: Annotated[int, Meta(ge=1, le=100)] = 32
    members: Most = 500
    elements: Most = 10_000
    values: Most = 50_000
    string: Most = 65_536
    name: Most = 256
    number: Annotated[int, Meta(ge=1, le=300)] = 40


def read_json(body: bytes, bounds: JsonBounds) -> Any:
    """The value of a JSON text; a number with a fraction or an exponent is a Decimal. Raises `Broken`."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        raise Broken("utf-8") from None
    return _Reading(text, bounds).value()


class _Reading:
    """A text that is read, and the objects and arrays that are open in it, with the name of each one's last member."""

    __slots__ = ("_bounds", "_holders", "_names", "_text")

    def __init__(self, text: str, bounds: JsonBounds) -> None:
        self._text, self._bounds = text, bounds
        self._holders: list[Any] = []
        self._names: list[str] = []

    def value(self) -> Any:
        """The value of the whole text: one step for each value in it, with its name and the sign behind it."""
        text, bounds, holders = self._text, self._bounds, self._holders
        at, values = _end(_LEADING, text, 0), 0
        holder: Any = None
        while True:
            if isinstance(holder, dict):
                found = _MEMBER(text, at)
                name, raw, number, word, opening, sign = found.groups() if found else _NOTHING
                if found:
                    self._name(holder, name)
            else:
                found = _ELEMENT(text, at)
                raw, number, word, opening, sign = found.groups() if found else _NOTHING[1:]
                if holder is not None and len(holder) == bounds.elements:
                    raise self._broken("elements")
            if found is None:
                raise self._broken("syntax")
            at, values = found.end(), values + 1
            if values > bounds.values:
                raise self._broken("values")
            value = self._one(raw, number, word, opening)
            if isinstance(holder, dict):
                holder[self._names[-1]] = value
            elif holder is not None:
                holder.append(value)
            if opening is not None:
                if len(holders) == bounds.depth:
                    raise self._broken("depth")
                holders.append(value)
                self._names.append("")
                holder = value
                if not sign:
                    continue  # it has something in it
                if sign == ",":
                    raise self._broken("syntax")
            while holder is not None and sign and sign != ",":
                if (sign == "}") != isinstance(holder, dict):
                    raise self._broken("syntax")
                value, holder = holder, self._close()
                closing = _NEXT(text, at)
                sign, at = (closing[1], closing.end()) if closing else ("", at)
            if holder is None:
                if sign or at != len(text):
                    raise Broken("trailing")
                return value
            if not sign:
                raise self._broken("syntax")

    def _one(self, raw: str | None, number: str | None, word: str | None, opening: str | None) -> Any:
        """A value by itself; an object or array that nothing is in yet."""
        if raw is not None:
            return self._string(raw, self._bounds.string, "string")
        if number is not None:
            return self._number(number)
        if word is not None:
            return _WORDS[word]
        return {} if opening == "{" else []

    def _name(self, holder: dict[str, Any], raw: str) -> None:
        """The name of the next member of an object."""
        self._names[-1] = name = self._string(raw, self._bounds.name, "name")
        if name in holder:
            raise self._broken("duplicate")
        if len(holder) == self._bounds.members:
            raise self._broken("members")

    def _close(self) -> Any:
        """What holds the object or array that ends here."""
        self._holders.pop()
        self._names.pop()
        return self._holders[-1] if self._holders else None

    def _string(self, raw: str, most: int, rule: str) -> str:
        if "\\" not in raw and len(raw) <= most:
            return raw
        if len(raw) > 6 * most:  # `\u0041` is the longest that one character can be
            raise self._broken(rule)
        text: str = json.loads(f'"{raw}"')
        if len(text) > most:
            raise self._broken(rule)
        if _SURROGATE(text):
            raise self._broken("surrogate")
        return text

    def _number(self, raw: str) -> int | Decimal:
        if len(raw) > self._bounds.number:
            raise self._broken("number")
        if raw.lstrip("-").isdecimal():
            return int(raw)
        number = Decimal(raw)
        if abs(number.adjusted()) > 307:  # no double (IEEE 754) could hold it
            raise self._broken("number")
        return number

    def _broken(self, rule: str) -> Broken:
        where: list[str | int] = []
        for holder, name in zip(self._holders, self._names, strict=True):
            where.append(name[: self._bounds.name] if isinstance(holder, dict) else max(0, len(holder) - 1))
        return Broken(rule, pointer(where))


def _end(match: Callable[[str, int], re.Match[str] | None], text: str, at: int) -> int:
    found = match(text, at)
    return found.end() if found else at
