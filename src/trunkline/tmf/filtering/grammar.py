"""One parameter of a filter, `severity=major,minor` (TMF630, "Attribute value filtering").

    parameter = term *( ";" term )                        one of the terms holds
    term      = name *( "." name ) operator value *( "," value )    one of the values does
    operator  = "=" / ".eq=" / ".ne=" / ".gt=" / ".gte=" / ".lt=" / ".lte=" / ".regex="
              / ">" / ">=" / "<" / "<=" / "*="
    value     = text without "," and ";" / DQUOTE text, in which a quote is written twice DQUOTE

A pattern of `.regex` may have commas. With `.ne`, none of the values may hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from trunkline.store.query import Operator, Path
from trunkline.tmf.filtering.faults import check_characters, malformed

MAX_LENGTH: Final = 4096
MAX_STEPS: Final = 16
NAME: Final = re.compile(r"@?[A-Za-z_][A-Za-z0-9_-]*")

# An encoded operator may have another = behind it: severity%3E%3D=3.
_SIGN: Final = re.compile(r"(>=|<=|\*=)=?|[><=]")
_SIGNS: Final = {
    ">": Operator.GT, ">=": Operator.GTE, "<": Operator.LT, "<=": Operator.LTE, "*=": Operator.REGEX,
}  # fmt: skip
_WORDS: Final = frozenset({*Operator, "ne"})
_QUOTED: Final = re.compile(r'"((?:[^"]|"")*)"')
_BARE: Final = re.compile(r"[^,;]*")
_PATTERN: Final = re.compile(r"[^;]*")


class Text(NamedTuple):
    """A value without its quotes, and where it stands."""

    text: str
    position: int


class Term(NamedTuple):
    """Some value of the attribute stands so to one of `values`; to none of them where `negated`."""

    names: Path
    how: Operator
    negated: bool
    values: tuple[Text, ...]
    position: int


def terms(name: str, value: str) -> list[Term]:
    """The terms of one parameter, whose name and value are decoded. Raises `Refusal` (400) with the position.

    Positions count the characters of `name=value` from 1 on.
    """
    # An operator in the name may leave nothing for the value: raisedTime%3E2026.
    text = f"{name}={value}" if value or not re.search(r"[<>=*]", name) else name
    check_characters(name, text, MAX_LENGTH)
    return list(_terms(name, text))


def _terms(parameter: str, text: str) -> Iterator[Term]:
    place = 0
    while True:
        begin = place
        names, place = _names(parameter, text, place)
        sign = _SIGN.match(text, place)
        if not sign:
            raise malformed(parameter, place + 1, "an operator is expected behind the attribute: = > >= < <= *=")
        place = sign.end()
        word = "eq"
        if sign[0] != "=":
            word = _SIGNS[sign[1] or sign[0]]
        elif len(names) > 1 and names[-1] in _WORDS:
            *names, word = names
        how = Operator.EQ if word == "ne" else Operator(word)
        values, place = _values(parameter, text, place, _PATTERN if how is Operator.REGEX else _BARE)
        yield Term(tuple(names), how, word == "ne", values, begin + 1)
        if place == len(text):
            return
        place += 1  # the semicolon


def _names(parameter: str, text: str, place: int) -> tuple[list[str], int]:
    names: list[str] = []
    while True:
        found = NAME.match(text, place)
        if not found:
            raise malformed(parameter, place + 1, "the name of an attribute is expected")
        names.append(found[0])
        place = found.end()
        if len(names) > MAX_STEPS:
            raise malformed(parameter, place, f"a path has at most {MAX_STEPS} names")
        if not text.startswith(".", place):
            return names, place
        place += 1


def _values(parameter: str, text: str, place: int, bare: re.Pattern[str]) -> tuple[tuple[Text, ...], int]:
    values: list[Text] = []
    while True:
        quoted = text.startswith('"', place)
        found = (_QUOTED if quoted else bare).match(text, place)
        if not found:
            raise malformed(parameter, place + 1, 'the quote is not closed (a quote within is written twice: "")')
        value = found[1].replace('""', '"') if quoted else found[0]
        values.append(Text(value, place + 1))
        place = found.end()
        if place == len(text) or text[place] == ";":
            break
        if text[place] != ",":
            raise malformed(parameter, place + 1, "behind a closing quote, a comma, a semicolon or the end is expected")
        place += 1
    if len(values) > 1:
        for each in values:
            if not each.text and text[each.position - 1 : each.position] != '"':
                raise malformed(parameter, each.position, 'a value is missing (an empty one is written "")')
    return tuple(values), place
