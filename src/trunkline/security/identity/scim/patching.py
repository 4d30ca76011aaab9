"""PATCH (RFC 7644, clause 3.5.2): operations on a resource as JSON, which is read again afterwards like any other."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import msgspec

from trunkline.security.identity.scim.errors import ScimError
from trunkline.security.identity.scim.filtering import equals
from trunkline.security.identity.scim.resources import EXTENSION

_PATH = re.compile(r"([A-Za-z$][\w$-]*)(?:\[([^\]]{1,1000})\])?(?:\.([A-Za-z$][\w$-]*))?")


class Operation(msgspec.Struct, frozen=True):
    """One operation. Entra ID writes its name with a capital letter."""

    op: Literal["add", "replace", "remove", "Add", "Replace", "Remove"]
    path: Annotated[str, msgspec.Meta(max_length=2_000)] = ""
    value: Any = None


class Operations(msgspec.Struct, frozen=True, rename="pascal"):
    """The body of a PATCH."""

    operations: Annotated[tuple[Operation, ...], msgspec.Meta(min_length=1, max_length=100)]


def patched(resource: dict[str, Any], body: Any) -> dict[str, Any]:
    """The resource after the operations of a body; `resource` itself is changed. Raises `ScimError`."""
    try:
        operations = msgspec.convert(body, Operations).operations
    except msgspec.ValidationError as error:
        raise ScimError(400, str(error), "invalidSyntax") from None
    for operation in operations:
        _apply(resource, operation)
    if isinstance(resource.get("active"), str):  # Entra ID says "False"
        resource["active"] = {"true": True, "false": False}.get(resource["active"].lower(), resource["active"])
    return resource


def _apply(resource: dict[str, Any], operation: Operation) -> None:
    op, value = operation.op.lower(), operation.value
    if not operation.path:
        if op == "remove" or not isinstance(value, dict):
            raise ScimError(400, f"{op} without a path needs an object as its value", "noTarget")
        for name, each in value.items():
            _set(resource, _known(resource, name), each, op)
        return
    target, path = resource, operation.path
    if path.lower().startswith(EXTENSION.lower()):
        target = resource.setdefault(EXTENSION, {})
        path = path[len(EXTENSION) :].removeprefix(":")
        if not path:
            _set(resource, EXTENSION, value, op)
            return
    found = _PATH.fullmatch(path)
    if found is None:
        raise ScimError(400, f"the path {path[:100]!r} is none that is known here", "invalidPath")
    name, filter, part = _known(target, found[1]), found[2], found[3]
    if filter is not None:
        _apply_to_some(target, name, filter, part, value, op)
    elif part is not None:
        inner = target.setdefault(name, {})
        if not isinstance(inner, dict):
            raise ScimError(400, f"{name} has no parts of that name", "invalidPath")
        _set(inner, _known(inner, part), value, op)
    else:
        _set(target, name, value, op)


def _set(target: dict[str, Any], name: str, value: Any, op: str) -> None:
    present = target.get(name)
    if op == "remove":
        if isinstance(present, list) and isinstance(value, list):  # Entra ID names the members to remove as value
            target[name] = [each for each in present if _key(each) not in {_key(gone) for gone in value}]
        else:
            target.pop(name, None)
    elif op == "add" and isinstance(present, list):
        more = value if isinstance(value, list) else [value]
        target[name] = present + [each for each in more if _key(each) not in {_key(there) for there in present}]
    elif isinstance(present, dict) and isinstance(value, dict):
        target[name] = {**present, **value}
    else:
        target[name] = value


def _apply_to_some(target: dict[str, Any], name: str, filter: str, part: str | None, value: Any, op: str) -> None:
    """On those elements of an array that meet a filter (`emails[type eq "work"].value`)."""
    attribute, wanted = equals(filter)
    present = target.get(name, [])
    if not isinstance(present, list):
        raise ScimError(400, f"{name} is no array", "invalidPath")
    met = [each for each in present if isinstance(each, dict) and str(each.get(attribute, "")) == wanted]
    if op == "remove" and part is None:
        target[name] = [each for each in present if not any(each is gone for gone in met)]
        return
    if not met:
        if op == "remove" or part is None:
            raise ScimError(400, f"no element of {name} meets the filter", "noTarget")
        met = [{attribute: wanted}]
        target[name] = [*present, *met]
    for each in met:
        if part is not None:
            _set(each, part, value, op)
        elif isinstance(value, dict):
            each.update(value)
        else:
            raise ScimError(400, f"an element of {name} is an object", "invalidValue")


def _known(target: dict[str, Any], name: str) -> str:
    """The attribute as it is written here: the size of letters does not matter (RFC 7643, clause 2.1)."""
    written = {each.lower(): each for each in (*_NAMES, *target)}
    return written.get(name.lower(), name)


def _key(value: Any) -> str:
    return str(value.get("value", value)) if isinstance(value, dict) else str(value)


_NAMES = (
    "userName", "active", "externalId", "displayName", "name", "emails", "password", "members", "familyName",
    "givenName", "formatted", "value", "type", "primary", "region",
)  # fmt: skip
