"""What an OpenAPI file says of one operation's requests and responses, with nothing else of the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal

import msgspec

from trunkline.faults import Place
from trunkline.gateway.inspection.media import is_json
from trunkline.gateway.inspection.schemas import Schemas, Untakeable, Way, found, is_old

Where = Literal["path", "query", "header", "cookie"]
_STYLES: Final[dict[str, tuple[str, ...]]] = {
    "path": ("simple",),
    "query": ("form", "spaceDelimited", "pipeDelimited"),
    "header": ("simple",),
    "cookie": ("form",),
}
_SEPARATORS: Final = {"simple": ",", "form": ",", "spaceDelimited": " ", "pipeDelimited": "|"}
_NOT_PARAMETERS: Final = {"accept", "content-type", "authorization"}  # OpenAPI 3.1, "Parameter Object"


class Parameter(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A parameter and its schema. `separator` is what stands between the items of a list; "" where the parameter comes
    once for each item. `rest` is all of the query that has no other name here, as the members of an object."""

    name: str
    where: Where
    schema: Any
    required: bool = False
    separator: str = ","
    rest: bool = False


class Content(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The bodies that there may be, by media type in small letters; None where nothing more is said of one. Of those in
    `unread` something is said that nobody here could hold them against."""

    types: dict[str, Any]
    required: bool = False
    unread: tuple[str, ...] = ()


class Description(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An operation. Schemas of requests refer to `given`, those of responses to `answered`."""

    path: str
    """Whole, with `{names}`."""
    old: bool
    """Whether its schemas are those of OpenAPI 3.0."""
    parameters: tuple[Parameter, ...] = ()
    body: Content | None = None
    responses: dict[str, Content] = {}
    """By status: `200`, `2XX`, `default`."""
    given: dict[str, Any] = {}
    answered: dict[str, Any] = {}


def describe(document: Any, path: str, place: Place, *, answers: bool = True) -> Description:
    """What the file says of the operation at `place`, whose whole path is `path`; of its responses, too, where
    `answers`. Raises `Untakeable`."""
    said = document
    for step in place:
        said = said[step]
    given, answered = Schemas(document, "request"), Schemas(document, "response")
    return Description(
        path=path,
        old=is_old(document),
        parameters=tuple(_parameters(document, said, place, given)),
        body=_body(document, said, place, given),
        responses={
            str(status) if status == "default" else str(status).upper(): _response(
                document, each, (*place, "responses", status), answered
            )
            for status, each in (said["responses"].items() if answers else ())
        },
        given=given.definitions,
        answered=answered.definitions,
    )


def _parameters(document: Any, said: Any, place: Place, schemas: Schemas) -> Iterator[Parameter]:
    """An operation's own parameter takes the place of its path's of the same name."""
    shared = document["paths"][place[1]].get("parameters", [])
    declared: dict[tuple[str, str], tuple[Any, Place]] = {}
    for each, at in (
        *_each(shared, (*place[:-1], "parameters")),
        *_each(said.get("parameters", []), (*place, "parameters")),
    ):
        one, where = found(document, each, at)
        if not isinstance(one, dict) or one.get("in") not in _STYLES or not isinstance(one.get("name"), str):
            raise Untakeable(where, "a parameter has a `name`, and is `in` path, query, header or cookie")
        name = one["name"].lower() if one["in"] == "header" else one["name"]
        if one["in"] != "header" or name not in _NOT_PARAMETERS:
            declared[one["in"], name] = one, where
    for (where_in, name), (one, where) in declared.items():
        yield _parameter(document, where_in, name, one, where, schemas)


def _parameter(document: Any, where: Any, name: str, one: Any, place: Place, schemas: Schemas) -> Parameter:
    style = one.get("style", _STYLES[where][0])
    if style not in _STYLES[where]:
        raise Untakeable(
            place, f"the parameter {name} of style {style} cannot be validated: {', '.join(_STYLES[where])}"
        )
    if "content" in one:
        raise Untakeable(place, f"the parameter {name} with `content` cannot be validated: give it a `schema`")
    said, _ = found(document, one.get("schema", {}), (*place, "schema"))
    once_each = where in ("query", "cookie") and one.get("explode", style == "form") is True
    is_object = isinstance(said, dict) and said.get("type") == "object"
    if is_object and (where != "query" or style != "form" or not once_each):
        raise Untakeable(place, f"the parameter {name}, an object, can be validated in a query of style form alone")
    return Parameter(
        name=name,
        where=where,
        schema=schemas.take(one.get("schema", {}), (*place, "schema")),
        required=one.get("required") is True,
        separator="" if once_each else _SEPARATORS[style],
        rest=is_object,
    )


def _body(document: Any, said: Any, place: Place, schemas: Schemas) -> Content | None:
    if "requestBody" not in said:
        return None
    body, where = found(document, said["requestBody"], (*place, "requestBody"))
    return _content(document, body, where, schemas, required=isinstance(body, dict) and body.get("required") is True)


def _response(document: Any, said: Any, place: Place, schemas: Schemas) -> Content:
    response, where = found(document, said, place)
    return _content(document, response, where, schemas)


def _content(document: Any, said: Any, place: Place, schemas: Schemas, *, required: bool = False) -> Content:
    content = said.get("content", {}) if isinstance(said, dict) else None
    if not isinstance(content, dict):
        raise Untakeable(place, "`content` is to be a mapping of media types")
    types: dict[str, Any] = {}
    unread = []
    for media, each in content.items():
        where = (*place, "content", media, "schema")
        schema = each.get("schema") if isinstance(each, dict) else None
        name = media.partition(";")[0].strip().lower()
        types[name] = None if schema is None or not is_json(name) else schemas.take(schema, where)
        if schema is not None and not is_json(name):
            target, _ = found(document, schema, where)
            if target not in ({}, True) and not (isinstance(target, dict) and target.get("type") == "string"):
                unread.append(name)
    return Content(types=types, required=required, unread=tuple(unread))


def _each(said: Any, place: Place) -> Iterable[tuple[Any, Place]]:
    if not isinstance(said, list):
        raise Untakeable(place, "is to be a list")
    return [(one, (*place, index)) for index, one in enumerate(said)]


__all__ = ["Content", "Description", "Parameter", "Untakeable", "Way", "describe"]
