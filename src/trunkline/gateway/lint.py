"""The rules that every API's OpenAPI file keeps (API governance): each a function that names what breaks it.

They ask for what the gateway needs in order to route and for what a caller needs in order to use the API: ids, one
version in the path, parameters that are declared, refusals that are described.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, Final, get_args

from trunkline.contracts.field import Classification
from trunkline.document import Document, Problem
from trunkline.gateway.openapi import METHODS, base_path, each

_ID: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,99}")
_PATH: Final = re.compile(r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|\{[A-Za-z_][A-Za-z0-9_.-]*\}|/)*")
_VERSION: Final = re.compile(r"v[0-9]+")
NAMED: Final = 2
"""Steps of a path that tell APIs apart: Envoy looks for their routes by these."""


def lint(document: Document) -> list[Problem]:
    """All that is wrong with an OpenAPI file, with its lines; [] where it is fit to be served."""
    if problems := list(_is_openapi(document)):
        return problems
    return [problem for rule in RULES for problem in rule(document)]


def _is_openapi(document: Document) -> Iterator[Problem]:
    data = document.data
    if not isinstance(data, dict) or not str(data.get("openapi", "")).startswith(("3.0", "3.1")):
        yield document.problem((), "is not OpenAPI 3.0 or 3.1: `openapi: 3.1.0` is its first line")
    elif not isinstance(data.get("info"), dict) or not isinstance(data["info"].get("title"), str):
        yield document.problem(("info",), "`info` has no `title`")
    elif not isinstance(data.get("paths"), dict) or not each(data):
        yield document.problem(("paths",), "`paths` has no operation")


def _base_has_a_version(document: Document) -> Iterator[Problem]:
    base = base_path(document.data)
    if not _PATH.fullmatch(base) or "{" in base:
        yield document.problem(("servers",), "the first server's url needs a path, as /things/v1: APIs are told by it")
    elif not any(_VERSION.fullmatch(part) for part in base.split("/")):
        yield document.problem(("servers",), f"the path {base} has no version: let it end in /v1")
    elif base.count("/") < NAMED:
        yield document.problem(("servers",), f"the path {base} has no name: let it be as /things/v1")


def _paths_are_plain(document: Document) -> Iterator[Problem]:
    for path, item in document.data["paths"].items():
        place = ("paths", path)
        if not _PATH.fullmatch(path) or "//" in path:
            yield document.problem(place, f"the path {path} is not one that can be matched: letters, digits, {{names}}")
        elif path.endswith("/") and path != "/":
            yield document.problem(place, f"the path {path} ends in a slash: write it without")
        if isinstance(item, dict) and "$ref" in item:
            yield document.problem(place, "a path by `$ref` is not taken: write its operations here")


def _operations_have_ids(document: Document) -> Iterator[Problem]:
    operations = each(document.data)
    times = Counter(said.get("operationId") for *_, said, _ in operations)
    for path, method, said, place in operations:
        id = said.get("operationId")
        if not isinstance(id, str) or not _ID.fullmatch(id):
            yield document.problem(place, f"{method.upper()} {path} needs an `operationId` of letters, digits, - and _")
        elif times[id] > 1:
            yield document.problem((*place, "operationId"), f"the operationId {id} is given twice")


def _operations_are_told(document: Document) -> Iterator[Problem]:
    for path, method, said, place in each(document.data):
        if not said.get("summary") and not said.get("description"):
            yield document.problem(place, f"{method.upper()} {path} needs a `summary`")


def _refusals_are_told(document: Document) -> Iterator[Problem]:
    for path, method, said, place in each(document.data):
        answers = said.get("responses")
        if not isinstance(answers, dict) or not any(str(code)[0] in "4d" for code in answers):
            yield document.problem(place, f"{method.upper()} {path} describes no refusal: a response 4XX or `default`")


def _path_parameters_are_declared(document: Document) -> Iterator[Problem]:
    for path, method, said, place in each(document.data):
        shared = document.data["paths"][path].get("parameters", [])
        own = said.get("parameters", [])
        declared = [_parameter(document.data, one) for one in (*shared, *own)]
        names = {one.get("name") for one in declared if one.get("in") == "path"}
        for name in set(re.findall(r"\{([^{}]+)\}", path)) - names:
            yield document.problem(place, f"{method.upper()} {path} does not declare the path parameter {name}")


def _methods_are_known(document: Document) -> Iterator[Problem]:
    known = {*METHODS, "parameters", "summary", "description", "servers", "$ref"}
    for path, item in document.data["paths"].items():
        for key in item if isinstance(item, dict) else ():
            if key not in known and not key.startswith("x-"):
                yield document.problem(("paths", path, key), f"{key} is no HTTP method (in lower case)")


def _classifications_are_known(document: Document) -> Iterator[Problem]:
    known = get_args(Classification)
    for *_, said, place in each(document.data):
        if (found := said.get("x-classification", "public")) not in known:
            reason = f"x-classification {found} is not known: {', '.join(known)}"
            yield document.problem((*place, "x-classification"), reason)


def _parameter(data: Any, parameter: Any) -> dict[str, Any]:
    """A parameter, looked up where it is a reference into the same file."""
    match parameter:
        case {"$ref": str(reference)} if reference.startswith("#/"):
            for step in reference[2:].split("/"):
                data = data.get(step) if isinstance(data, dict) else None
            return data if isinstance(data, dict) else {}
        case dict():
            return parameter
    return {}


RULES: Final[tuple[Callable[[Document], Iterator[Problem]], ...]] = (
    _base_has_a_version,
    _paths_are_plain,
    _methods_are_known,
    _operations_have_ids,
    _operations_are_told,
    _refusals_are_told,
    _path_parameters_are_declared,
    _classifications_are_known,
)
