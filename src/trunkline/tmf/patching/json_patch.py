"""JSON Patch (RFC 6902), with paths after RFC 6901.

Where an object is added to an array's path, `add /note {…}`, it becomes the array's last element: so do the official
examples of v5, where the RFC would put it in the array's place, which no record has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from trunkline.tmf.patching.budget import Budget
from trunkline.tmf.patching.operation import Impossible, Operation, operations

Tokens: TypeAlias = tuple[str, ...]

SCHEMA: Final[Mapping[str, Any]] = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["op", "path"],
        "properties": {
            "op": {"type": "string", "enum": ["add", "remove", "replace", "move", "copy", "test"]},
            "path": {"type": "string"},
            "from": {"type": "string"},
            "value": {},
        },
    },
}

_INDEX: Final = re.compile(r"0|[1-9][0-9]{0,8}")


def applied(document: Any, patch: Any) -> Any:
    """The document after all operations. Raises as `in_order`."""
    return in_order(document, patch, _done)


def in_order(document: Any, patch: Any, done: Callable[[Any, Operation, Budget], Any]) -> Any:
    """The document after all operations, in their order, each `done`. Raises `Refusal` (400) where one of them cannot
    be."""
    after, budget = copied(document), Budget()
    for operation in operations(patch):
        try:
            after = done(after, operation, budget)
        except Impossible as error:
            raise operation.refused(str(error)) from None
    return after


def _done(document: Any, operation: Operation, budget: Budget) -> Any:
    path, value = tokens(operation.path), operation.value
    match operation.op:
        case "remove":
            return removed(document, path)
        case "test":
            check_equal(document, path, value)
            return document
        case "move" | "copy":
            source = tokens(operation.source)
            value = found(document, source)
            budget.put(len(path), value)
            return moved(document, source, path) if operation.op == "move" else added(document, path, copied(value))
        case _:
            budget.put(len(path), value)
            return (added if operation.op == "add" else replaced)(document, path, copied(value))


def tokens(pointer: str) -> Tokens:
    """The steps of a JSON Pointer. Raises `Impossible` where it is none."""
    if not pointer:
        return ()
    if not pointer.startswith("/"):
        raise Impossible("a path begins with /")
    return tuple(unescaped(token) for token in pointer[1:].split("/"))


def unescaped(token: str) -> str:
    """A step without its escapes. Raises `Impossible` on a wrong one."""
    if re.search(r"~(?![01])", token):
        raise Impossible("~ stands for itself as ~0, and / as ~1")
    return token.replace("~1", "/").replace("~0", "~")


def found(document: Any, path: Tokens) -> Any:
    """What is at `path`. Raises `Impossible` where nothing is."""
    value = document
    for place, token in enumerate(path):
        if isinstance(value, dict):
            if token not in value:
                raise Impossible(f"there is no {shown(path[: place + 1])}")
            value = value[token]
        elif isinstance(value, list):
            value = value[_index(path[: place + 1], len(value))]
        else:
            raise Impossible(f"{shown(path[:place])} is neither an object nor an array")
    return value


def added(document: Any, path: Tokens, value: Any) -> Any:
    """The document with `value` at `path`; in an array, what stands there and behind it moves on by one."""
    if not path:
        return value
    parent, last = found(document, path[:-1]), path[-1]
    if isinstance(parent, dict):
        present = parent.get(last)
        if isinstance(present, list) and isinstance(value, dict):
            present.append(value)
        else:
            parent[last] = value
    elif isinstance(parent, list):
        parent.insert(len(parent) if last == "-" else _index(path, len(parent) + 1), value)
    else:
        raise Impossible(f"{shown(path[:-1])} is neither an object nor an array")
    return document


def removed(document: Any, path: Tokens) -> Any:
    """The document without what is at `path`."""
    if not path:
        raise Impossible("the document itself cannot be removed so")
    found(document, path)
    parent = found(document, path[:-1])
    del parent[path[-1] if isinstance(parent, dict) else int(path[-1])]
    return document


def replaced(document: Any, path: Tokens, value: Any) -> Any:
    """The document with `value` in the place of what is at `path`."""
    if not path:
        return value
    found(document, path)
    parent = found(document, path[:-1])
    parent[path[-1] if isinstance(parent, dict) else int(path[-1])] = value
    return document


def moved(document: Any, source: Tokens, path: Tokens) -> Any:
    """The document with what is at `source` at `path` instead."""
    value = found(document, source)
    if source == path:
        return document
    if path[: len(source)] == source:
        raise Impossible("a value cannot be moved into itself")
    return added(removed(document, source), path, value)


def check_equal(document: Any, path: Tokens, value: Any) -> None:
    """Raises `Impossible` where what is at `path` is not `value`."""
    if not equal(found(document, path), value):
        raise Impossible(f"{shown(path)} has another value")


def equal(one: Any, other: Any) -> bool:
    """As JSON has it (RFC 6902, 4.6): numbers by their value, objects whatever the order of their attributes."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    return bool(one == other)


def copied(value: Any) -> Any:
    """A value of its own, down to the last."""
    if isinstance(value, dict):
        return {name: copied(each) for name, each in value.items()}
    if isinstance(value, list):
        return [copied(each) for each in value]
    return value


def shown(path: Tokens) -> str:
    """A path for people."""
    return "".join(f"/{token}" for token in path)[:200] or "the document"


def _index(path: Tokens, length: int) -> int:
    """The last step as the index of an array of which `length` are allowed."""
    if not _INDEX.fullmatch(path[-1]):
        raise Impossible(f"{shown(path)}: an array has the places 0, 1, 2 and so on")
    index = int(path[-1])
    if index >= length:
        raise Impossible(f"{shown(path)} lies outside of the array")
    return index
