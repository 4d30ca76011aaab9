"""The parameters of operations, as OpenAPI documents describe them."""

from __future__ import annotations

from typing import Any

from trunkline.store.query import Path
from trunkline.tmf.declaration import V5, Operation, Resource, Task, Version
from trunkline.tmf.serving import paging
from trunkline.tmf.serving.served import Served
from trunkline.tmf.shapes import shape, shape_of, special

Parameter = dict[str, Any]
Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}

FIELDS = "Which attributes are told, by commas: `name,relatedParty.role`; id, href and @type always are."
SORT = "By which attributes, by commas; `-` before a name turns its order round: `-name,id`."
AFTER = "The part behind the document of this cursor, which a `Link` of an earlier answer gave."
BEFORE = "The part in front of the document of this cursor."
OFFSET = "How many documents at the beginning of the list are left out."
LIMIT = f"How many documents at most; never more than {paging.MOST}."
DEEP = "A JSONPath for what one element must meet: `characteristic[?(@.name=='speed' && @.value==100)]`."
FILTERS = """\
Any attribute by its name, or by its path (`relatedParty.id`), and what it must be; in an array, any element. Several
must all hold; of values by commas, and of a parameter that is repeated, any. Operators stand behind the name: `.eq`,
`.ne`, `.gt`, `.gte`, `.lt`, `.lte`, `.regex`. An index answers: """
MATCH = "Only where its entity tag is one of these; `*` means any."
NONE_MATCH = "Only where its entity tag is none of these; 304 otherwise."


def parameters(served: Served, operation: Operation) -> list[Parameter]:
    """All that an operation takes beside its body."""
    fields, id, within = _query("fields", FIELDS), _id("id"), [_id(served.of.parent)] if served.of.parent else []
    match operation:
        case Operation.LIST:
            return [*within, fields, *_paging(served.version), *_filters(served)]
        case Operation.CREATE:
            return [*within, fields]
        case Operation.GET:
            return [*within, id, fields, _header("If-None-Match", NONE_MATCH)]
        case Operation.PATCH:
            return [*within, id, fields, _header("If-Match", MATCH)]
        case Operation.DELETE:
            return [*within, id, _header("If-Match", MATCH)]


def told_as(path: Path, of: Resource | Task, version: Version) -> Path | None:
    """What a version calls the attribute at a canonical path; None where it has none."""
    told: list[str] = []
    shapes = [shape_of(of, version, record) for record in special((of.record,))]
    while path:
        named = (named for each in shapes for named in each.attributes.items() if not named[1].left_out)
        found = next((each for each in named if path[: len(each[1].path)] == each[1].path), None)
        if found is None:
            return None
        name, attribute = found
        told.append(name)
        path = path[len(attribute.path) :]
        shapes = [shape(each, version, attribute.flat) for each in special(attribute.records)]
    return tuple(told)


def _paging(version: Version) -> list[Parameter]:
    offset = {"type": "integer", "minimum": 0, "maximum": paging.MOST_OFFSET, "default": 0}
    limit = {"type": "integer", "minimum": 1, "default": paging.LIMIT}
    cursors = [_query("after", AFTER), _query("before", BEFORE)] if version is V5 else []
    return [_query("offset", OFFSET, offset), _query("limit", LIMIT, limit), *cursors, _query("sort", SORT)]


def _filters(served: Served) -> list[Parameter]:
    indexed = (told_as(attribute.path, served.what, served.version) for attribute in served.of.attributes)
    names = ", ".join(f"`{'.'.join(path)}`" for path in indexed if path) or "none but `id`"
    free = {"style": "form", "explode": True}
    return [
        {**_query("attributes", f"{FILTERS}{names}.", {"type": "object", "additionalProperties": TEXT}), **free},
        _query("filter", DEEP),
    ]


def _id(name: str) -> Parameter:
    return {"name": name, "in": "path", "required": True, "schema": {**TEXT, "minLength": 1}}


def _query(name: str, description: str, schema: Schema = TEXT) -> Parameter:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _header(name: str, description: str) -> Parameter:
    return {"name": name, "in": "header", "description": description, "schema": TEXT}
