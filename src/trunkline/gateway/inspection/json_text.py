"""JSON as it comes from outside (RFC 8259), read within bounds: each is looked at before anything is built for it.

What parsers differ in is refused, because what is behind the gateway could read it in another way: names that are there
twice, what follows the value, NaN, a byte order mark, halves of surrogate pairs, numbers that lose their value.
The time it takes is linear in the octets, and depth costs no recursion.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from trunkline.gateway.inspection.finding import Broken, pointer

Most = Annotated[int, Meta(ge=1, le=10_000_000)]
_STRING: Final = r'"((?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+)"'
_SPACE: Final = r"[ \t\n\r]*+"
_VALUE: Final = re.compile(
    rf"{_STRING}|(-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][-+]?[0-9]++)?)|(true|false|null)|([\[{{]){_SPACE}"
).match
_NAME: Final = re.compile(rf"{_STRING}{_SPACE}:{_SPACE}").match
_NEXT: Final = re.compile(rf"{_SPACE}([,\]}}]){_SPACE}").match
_LEADING: Final = re.compile(_SPACE).match
_TEXT, _NUMBER, _WORD, _OPEN = 1, 2, 3, 4  # groups of _VALUE
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
        text, bounds, holders, names = self._text, self._bounds, self._holders, self._names
        at = _LEADING(text).end()  # type: ignore[union-attr]  # it matches nothing, too
        values = 0
        while True:
            found = _VALUE(text, at)
            if found is None:
                raise self._broken("syntax")
            at = found.end()
            if (values := values + 1) > bounds.values:
                raise self._broken("values")
            kind = found.lastindex
            value: Any
            if kind == _TEXT:
                value = self._string(found[_TEXT], bounds.string, "string")
            elif kind == _NUMBER:
                value = self._number(found[_NUMBER])
            elif kind == _WORD:
                value = _WORDS[found[_WORD]]
            else:
                value = {} if found[_OPEN] == "{" else []
            if holders:
                self._put(value)
            if kind == _OPEN:
                if len(holders) == bounds.depth:
                    raise self._broken("depth")
                holders.append(value)
                names.append("")
                if not text.startswith("}" if isinstance(value, dict) else "]", at):
                    at = self._begin(value, at)
                    continue
            elif not holders:
                return self._end(value, at)
            while True:  # what is open ends here, or goes on
                closing = _NEXT(text, at)
                if closing is None:
                    raise self._broken("syntax")
                at, sign, holder = closing.end(), closing[1], holders[-1]
                if sign == ",":
                    at = self._begin(holder, at)
                    break
                if (sign == "}") != isinstance(holder, dict):
                    raise self._broken("syntax")
                holders.pop()
                names.pop()
                if not holders:
                    return self._end(holder, at)

    def _begin(self, holder: Any, at: int) -> int:
        """Where the next value of an object or an array begins: behind its name, if it has one."""
        if isinstance(holder, list):
            if len(holder) == self._bounds.elements:
                raise self._broken("elements")
            return at
        found = _NAME(self._text, at)
        if found is None:
            raise self._broken("syntax")
        self._names[-1] = name = self._string(found[1], self._bounds.name, "name")
        if name in holder:
            raise self._broken("duplicate")
        if len(holder) == self._bounds.members:
            raise self._broken("members")
        return found.end()

    def _put(self, value: Any) -> None:
        holder = self._holders[-1]
        if isinstance(holder, list):
            holder.append(value)
        else:
            holder[self._names[-1]] = value

    def _string(self, raw: str, most: int, rule: str) -> str:
        if len(raw) > 6 * most:  # `\u0041` is the longest that one character can be
            raise self._broken(rule)
        text: str = json.loads(f'"{raw}"') if "\\" in raw else raw
        if len(text) > most:
            raise self._broken(rule)
        if text is not raw and _SURROGATE(text):
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

    def _end(self, value: Any, at: int) -> Any:
        if _LEADING(self._text, at).end() != len(self._text):  # type: ignore[union-attr]
            raise Broken("trailing")
        return value

    def _broken(self, rule: str) -> Broken:
        where: list[str | int] = []
        for holder, name in zip(self._holders, self._names, strict=True):
            where.append(name[: self._bounds.name] if isinstance(holder, dict) else max(0, len(holder) - 1))
        return Broken(rule, pointer(where))
