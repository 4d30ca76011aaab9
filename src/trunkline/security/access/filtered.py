"""What a request looks for or changes: by an attribute that somebody does not see, he must not find or set anything.

Whoever could ask `amountDue.value>100` of bills whose amounts are hidden would read them all the same, one question
after the other. So the filters are read by the API's own grammar, and each path in them is held against the mask.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from trunkline.security.access.kinds import Asked
from trunkline.security.access.mask import Mask
from trunkline.store.query import And, Compare, Condition, Element, Not, Or, Path, Present
from trunkline.tmf.declaration import Resource, Version
from trunkline.tmf.errors import bad
from trunkline.tmf.filtering import condition, sort

_PLAIN: Final = re.compile(r"/?[\w@-]+(/[\w@-]+)*/?\Z", re.ASCII)
"""A JSON Pointer, as patches have it; JSONPaths are looked into no further."""
MOST: Final = 200  # parameters
UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError)


def hidden_in_query(query: bytes, asked: Asked, mask: Mask) -> str:
    """The first attribute that a list is looked for by, or sorted by, although it is not seen; "" where there is none.

    Raises `Refusal` (400) where the API's own grammar does: what cannot be read here is never passed on.
    """
    if mask.whole or not query or asked.kind is None:
        return ""
    try:
        pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True, max_num_fields=MOST)
    except ValueError:
        raise bad("badQuery", f"there are more than {MOST} parameters") from None
    of = asked.kind.of
    if of is None or asked.version is None:
        named = (tuple(name.split(".")) for name, _ in pairs)
        return next((".".join(path) for path in named if asked.kind.knows(path) and not mask.sees(path)), "")
    return next((".".join(path) for path in _paths(pairs, of, asked.version) if not mask.sees(path)), "")


def hidden_in_body(body: bytes, asked: Asked, mask: Mask) -> str:
    """The first attribute that a document, or a patch, sets or tests although it is not seen."""
    if mask.whole or not body:
        return ""
    try:
        said = msgspec.json.decode(body)
    except UNREADABLE:
        return ""  # which the API refuses
    for path in _named(said):
        if path is None:
            return "a path that cannot be held against what you may see"
        if not mask.sees(path, asked.version):
            return ".".join(path) or "a part of the record"
    return ""


def _paths(pairs: list[tuple[str, str]], of: Resource, version: Version) -> Iterator[Path]:
    """The canonical paths in the filters and the order of a list."""
    for name, value in pairs:
        if name == "sort":
            yield from (each.path for each in sort(value, of, version))
    found = condition(pairs, of, version)
    if found is not None:
        yield from _in_condition(found, ())


def _in_condition(found: Condition, base: Path) -> Iterator[Path]:
    match found:
        case And(conditions) | Or(conditions):
            for each in conditions:
                yield from _in_condition(each, base)
        case Not(inner):
            yield from _in_condition(inner, base)
        case Element(path, inner):
            yield from _in_condition(inner, base + path)
        case Compare(path) | Present(path):
            yield base + path


def _named(said: Any) -> Iterator[Path | None]:
    """The paths of what a body names: of a JSON Patch its pointers, of anything else its attributes."""
    if isinstance(said, list):
        for step in said:
            for pointer in (step.get("path"), step.get("from")) if isinstance(step, dict) else ():
                if pointer is not None:
                    yield _pointed(pointer)
            if isinstance(step, dict) and isinstance(step.get("value"), dict | list):
                begin = _pointed(step.get("path", "")) or ()
                yield from ((*begin, *path) for path in _leaves(step["value"], ()))
    else:
        yield from _leaves(said, ())


def _pointed(pointer: Any) -> Path | None:
    if pointer in ("", "/"):
        return ()
    if not isinstance(pointer, str) or not _PLAIN.match(pointer):
        return None
    return tuple(step for step in pointer.split("/") if step and not step.isdecimal() and step != "-")


def _leaves(said: Any, path: Path) -> Iterator[Path]:
    if isinstance(said, dict) and said:
        for name, value in said.items():
            yield from _leaves(value, (*path, name))
    elif isinstance(said, list) and said:
        for value in said:
            yield from _leaves(value, path)
    elif path:
        yield path
