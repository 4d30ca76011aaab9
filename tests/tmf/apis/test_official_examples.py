"""The official examples are taken, and come back equal; what we tell of them in v4 is valid by v4's official file."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tmf.official import INVALID_EXAMPLES, MISTAKEN_EXAMPLES, WITHOUT_CHANGES, Official, official
from trunkline.tmf.apis import alarm, event, performance, resource_inventory
from trunkline.tmf.declaration import V4, V5, OpenApi, Resource, Task, Version
from trunkline.tmf.errors import Refusal
from trunkline.tmf.shapes import required_of_new
from trunkline.tmf.validation import check
from trunkline.tmf.versions import described, read, write

V5_APIS = [alarm.API, resource_inventory.API, performance.API]
V4_APIS = [alarm.API, resource_inventory.API, event.API]
[WRONG_WORD] = INVALID_EXAMPLES[642]


def name(api: OpenApi) -> str:
    return f"TMF{api.number}"


def declared(api: OpenApi) -> dict[str, Resource | Task]:
    """By the official name of the schema."""
    return {of.record.__name__: of for of in (*api.resources, *api.tasks)}


def bodies(api: OpenApi, file: Official) -> list[tuple[Resource | Task, bool, str, dict[str, Any]]]:
    """The examples of new documents and of told ones, as resource, whether it is new, schema, document."""
    by_name = declared(api)
    found = []
    for example in file.examples:
        type, _, use = example.schema.partition("_")
        if type in by_name and use in ("", "FVO", "RES"):
            found.append((by_name[type], use == "FVO", example.schema, example.document))
    return found


@pytest.mark.parametrize("api", V5_APIS, ids=name)
def test_every_official_example_that_is_valid_is_taken_and_comes_back_equal(api: OpenApi) -> None:
    file = official(api.number, V5)
    valid = [body for body in bodies(api, file) if not file.errors(*body[2:])]
    assert valid
    for of, new, _, document in valid:
        check(document, of, V5, creating=new, strict=False)
        assert write(read(document, of, V5), of, V5) == document


@pytest.mark.parametrize("api", V5_APIS, ids=name)
def test_what_is_kept_of_an_official_example_is_valid_by_the_official_file(api: OpenApi) -> None:
    """Also of those that lack the id of a relationship, which the file requires (TMF639)."""
    file = official(api.number, V5)
    for of, new, schema, document in bodies(api, file):
        check(document, of, V5, creating=new, strict=False)
        errors = file.errors(schema, read(document, of, V5))
        assert [error for error in errors if WRONG_WORD not in error] == []


@pytest.mark.parametrize("api", V5_APIS, ids=name)
def test_strict_validation_finds_the_known_mistakes_of_the_examples_and_no_others(api: OpenApi) -> None:
    found = set()
    for of, new, _, document in bodies(api, official(api.number, V5)):
        try:
            check(document, of, V5, creating=new, strict=True)
        except Refusal as refusal:
            found.add(next((known for known in MISTAKEN_EXAMPLES[api.number] if known in str(refusal)), str(refusal)))
    assert found == set(MISTAKEN_EXAMPLES[api.number])


@pytest.mark.parametrize("api", V5_APIS, ids=name)
def test_the_examples_that_are_not_valid_are_known(api: OpenApi) -> None:
    file = official(api.number, V5)
    errors = [error for body in bodies(api, file) for error in file.errors(*body[2:])]
    known = INVALID_EXAMPLES.get(api.number, ())
    assert all(any(each in error for each in known) for error in errors)
    assert all(any(each in error for error in errors) for each in known)


@pytest.mark.parametrize("api", [alarm.API, resource_inventory.API], ids=name)
def test_an_official_example_of_v5_is_valid_in_v4(api: OpenApi) -> None:
    new, file = official(api.number, V5), official(api.number, V4)
    for of, _, _, document in bodies(api, new):
        told = {"id": "7", "href": "/7"} | write(read(document, of, V5), of, V4)
        errors = file.errors(described(of, V4).__name__, told)
        assert [error for error in errors if WRONG_WORD not in error] == []


@pytest.mark.parametrize("api", V4_APIS, ids=name)
def test_our_own_examples_are_valid_by_the_official_file_of_v4(api: OpenApi) -> None:
    file = official(api.number, V4)
    for of in declared(api).values():
        told = write(of.examples[V5], of, V4)
        assert file.errors(described(of, V4, creating=True).__name__, told) == []
        assert file.errors(described(of, V4).__name__, {"id": "7", "href": "/7", **told}) == []


@pytest.mark.parametrize("api", V5_APIS, ids=name)
def test_our_own_examples_are_valid_by_the_official_file_of_v5(api: OpenApi) -> None:
    file = official(api.number, V5)
    for of in declared(api).values():
        document = of.examples[V5]
        schema = described(of, V5, creating=True).__name__
        assert file.errors(schema if schema in file.schemas else of.record.__name__, document) == []
        assert file.errors(of.record.__name__, {"id": "7", "href": "/7", **document}) == []


CASES = [(api, version) for api in (*V5_APIS, event.API) for version in api.versions]


@pytest.mark.parametrize(("api", "version"), CASES, ids=lambda case: name(case) if isinstance(case, OpenApi) else case)
def test_what_the_official_file_offers_is_offered_and_nothing_else(api: OpenApi, version: Version) -> None:
    file = official(api.number, version)
    paths = {(method, path) for method, path, _ in file.operations if path not in ("/hub", "/hub/{id}")}
    ours = set(offered(api, version))
    assert {one for one in ours if one[0] == "GET" or (api.number, version) not in WITHOUT_CHANGES} == paths


def offered(api: OpenApi, version: Version) -> list[tuple[str, str]]:
    found = []
    for of in (*api.resources, *(task.resource for task in api.tasks)):
        path = f"/{of.called(version)}"
        if of.within:
            path = f"/{of.within}/{{{of.within}Id}}{path}"
        for operation in of.operations:
            match operation:
                case "list":
                    found.append(("GET", path))
                case "create":
                    found.append(("POST", path))
                case _:
                    found.append((operation.upper(), f"{path}/{{id}}"))
    return found


@pytest.mark.parametrize(("api", "version"), CASES, ids=lambda case: name(case) if isinstance(case, OpenApi) else case)
def test_what_a_new_document_must_have_is_what_the_official_file_requires(api: OpenApi, version: Version) -> None:
    file = official(api.number, version)
    ours = {"topic": {"name"}}  # of which the file requires nothing
    for of in declared(api).values():
        schema = file.schemas.get(described(of, version, creating=True).__name__)
        if schema is not None:
            assert set(required_of_new(of, version)) == required(file, schema) | ours.get(of.name, set()), of.name


def required(file: Official, schema: dict[str, Any]) -> set[str]:
    """What a schema requires of the document itself, but for its type."""
    found = set(schema.get("required", ()))
    for part in schema.get("allOf", ()):
        if "$ref" in part:
            part = file.schemas[part["$ref"].rsplit("/", 1)[-1]]
        found |= required(file, part)
    return found - {"@type"}


@pytest.mark.parametrize(("api", "version"), CASES, ids=lambda case: name(case) if isinstance(case, OpenApi) else case)
def test_the_path_is_the_official_one(api: OpenApi, version: Version) -> None:
    content = official(api.number, version).content
    path = content["basePath"] if version is V4 else content["servers"][0]["url"]
    assert path.rstrip("/").endswith(api.path(version))
