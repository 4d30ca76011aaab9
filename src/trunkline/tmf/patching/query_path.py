"""Paths of a JSON Patch Query, and the places in a document that they lead to (TMF630, part 5).

    path      = *( "/" name [ "?" attribute "=" value *( "&" attribute "=" value ) ] )
    attribute = name *( "." name )      of the element that the path has come to, or of the object that has it
              / the same from the document's root on, where it begins with the path's first name or with "/"
    value     = text without "/" and "&" / DQUOTE text, in which a quote is written twice DQUOTE

A name leads through an array into each of its elements, a number to one of them. `/relatedParty?role=vendor` leads to
the related parties of this role, `/note?id=3/text` to a note's text, and `/contactMedium/preferred?city=Paris` to the
preferences of contact media in Paris. A path that does not begin with "/" is a JSONPath: `note[?(@.id=='3')].text`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple, TypeAlias

from trunkline.store.matching import matches, values
from trunkline.store.query import Condition, Operator, Path
from trunkline.tmf.errors import Refusal
from trunkline.tmf.filtering import jsonpath
from trunkline.tmf.filtering.values import compared
from trunkline.tmf.patching.budget import Budget
from trunkline.tmf.patching.json_patch import Tokens, unescaped
from trunkline.tmf.patching.operation import Impossible

NOTHING: Final = object()
"""What is at a place that an attribute may be added at."""

_NAME: Final = re.compile(r"/([^/?]*)")
_QUERY: Final = re.compile(r'[?&]([^=&?]+)=("(?:[^"]|"")*"|(?!")[^/&]*)')
_INDEX: Final = re.compile(r"-|0|[1-9][0-9]{0,8}")


class Place(NamedTuple):
    """A place: where it is, by which names, and what has been come through, from the document to what is there."""

    tokens: Tokens
    names: Path
    through: tuple[Any, ...]
    selected: bool = False
    """By a query, and not by its name."""
    element: bool = False
    """Of an array."""

    @property
    def value(self) -> Any:
        return self.through[-1]

    def at(self, index: str, value: Any, selected: bool = False) -> Place:
        """An element of the array here."""
        return Place((*self.tokens, index), self.names, (*self.through[:-1], value), selected, element=True)


Where: TypeAlias = Callable[[Place], bool]


class Step(NamedTuple):
    """Names, and which of the elements there are meant."""

    names: Path
    where: Where | None


def places(document: Any, path: str, budget: Budget) -> list[Place]:
    """The places that a path leads to, in the document's order; a last one may have `NOTHING` yet.

    Raises `Impossible` where the path is none.
    """
    steps = list(_read(path) if path.startswith("/") or not path else _read_jsonpath(path))
    found = [Place((), (), (document,))]
    for step in steps:
        for number, name in enumerate(step.names, 1):
            may_be_new = step is steps[-1] and number == len(step.names)
            found = [further for place in found for further in _into(place, name, may_be_new)]
            budget.look(len(found))
        if step.where is not None:
            found = [further for place in found for further in _elements(place)]
            budget.look(len(found))
            found = [place for place in found if step.where(place)]
    return found


def _read(path: str) -> Iterator[Step]:
    names: list[str] = []
    begin, place = 0, 0
    while place < len(path):
        found = _NAME.match(path, place)
        if not found:
            raise Impossible(f"at {path[place:][:50]!r}, a / and a name are expected")
        names.append(unescaped(found[1]))
        place = found.end()
        if not path.startswith("?", place):
            continue
        wheres: list[Where] = []
        while place < len(path) and path[place] in "?&":
            query = _QUERY.match(path, place)
            if not query:
                raise Impossible(f"at {path[place:][:50]!r}, a query such as ?id=3 is expected")
            wheres.append(_where(query[1], query[2], names[0]))
            place = query.end()
        yield Step(tuple(names[begin:]), _each(wheres))
        begin = len(names)
    if begin < len(names):
        yield Step(tuple(names[begin:]), None)


def _each(wheres: list[Where]) -> Where:
    return lambda place: all(where(place) for where in wheres)


def _where(attribute: str, text: str, first: str) -> Where:
    if text.startswith('"'):
        text = text[1:-1].replace('""', '"')
    text = unescaped(text)
    names = tuple(attribute.lstrip("/").split("/" if attribute.startswith("/") else "."))
    if attribute.startswith("/") or (len(names) > 1 and names[0] == first):
        return lambda place: _holds_from_root(place, names, text)
    asked = compared(names, Operator.EQ, text, None)
    return lambda place: matches(asked, _owner(place, names))


def _owner(place: Place, names: Path) -> Any:
    """What has the attribute that is asked for: what the path leads to, or the object that has that as an attribute."""
    if place.element or any(True for _ in values(place.value, names)):
        return place.value
    return place.through[-2]


def _holds_from_root(place: Place, names: Path, text: str) -> bool:
    """In the same elements that the place is in, as far as the names are the same."""
    same = 0
    while same < min(len(names), len(place.names)) and names[same] == place.names[same]:
        same += 1
    return matches(compared(names[same:], Operator.EQ, text, None), place.through[same])


def _read_jsonpath(path: str) -> Iterator[Step]:
    try:
        steps = jsonpath.read_steps(path, "path")
    except Refusal as refusal:
        raise Impossible(refusal.message) from None
    for step in steps:
        yield Step(step.names, None if step.where is None else _meets(step.where))


def _meets(condition: Condition) -> Where:
    return lambda place: matches(condition, place.value)


def _into(place: Place, name: str, may_be_new: bool) -> Iterator[Place]:
    value = place.value
    if isinstance(value, list):
        if not _INDEX.fullmatch(name):
            for index, element in enumerate(value):
                yield from _into(place.at(str(index), element), name, may_be_new)
        elif name != "-" and int(name) < len(value):
            yield place.at(name, value[int(name)])
        elif may_be_new:
            yield place.at(name, NOTHING)
    elif isinstance(value, dict) and (name in value or may_be_new):
        through = (*place.through, value.get(name, NOTHING))
        yield Place((*place.tokens, name), (*place.names, name), through)


def _elements(place: Place) -> Iterator[Place]:
    if isinstance(place.value, list):
        for index, element in enumerate(place.value):
            yield place.at(str(index), element, selected=True)
    else:
        yield place._replace(selected=True)
