"""The profiles against the official files: what the kit asks for is what the standard has."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tmf.official import Official, official
from trunkline.tmf.conformance import profiles
from trunkline.tmf.conformance.profile import Resource
from trunkline.tmf.declaration import V4, Operation, Version

RESOURCES = [
    (number, version, resource)
    for number, profile in profiles().items()
    for version, offered in profile.versions.items()
    for resource in offered.resources
]
WITH_BODY = [one for one in RESOURCES if one[2].body]
METHODS = {
    Operation.LIST: ("GET", False), Operation.CREATE: ("POST", False), Operation.GET: ("GET", True),
    Operation.PATCH: ("PATCH", True), Operation.DELETE: ("DELETE", True),
}  # fmt: skip
# What the files require and the kit does not: TMF639 v4 wants href and id, which the server makes; of TMF620 v5 the
# conformance profile asks for a name alone. @type is a check of its own.
NOT_ASKED_FOR = {620: {"lastUpdate", "lifecycleStatus", "priceType"}, 639: {"href", "id"}}


def named(value: object) -> str:
    return value.name if isinstance(value, Resource) else str(value)


def first_value(file: Official, resource: Resource) -> str:
    """The schema of a POST's body."""
    return f"{resource.type}_{'Create' if file.version is V4 else 'FVO'}"


def required(file: Official, schema: dict[str, Any]) -> set[str]:
    """What a schema requires, with those that it is made of."""
    found = set(schema.get("required", ()))
    for part in schema.get("allOf", ()):
        found |= required(file, file.schemas[part["$ref"].rpartition("/")[2]] if "$ref" in part else part)
    return found


@pytest.mark.parametrize(("number", "version", "resource"), RESOURCES, ids=named)
def test_the_official_file_has_the_operations_of_the_profile_and_no_others(
    number: int, version: Version, resource: Resource
) -> None:
    path = "/" + (resource.path or resource.name).replace("{topic}", "{topicId}")
    offered = {(method, way.rstrip("/")) for method, way, _ in official(number, version).operations}
    for operation, (method, by_id) in METHODS.items():
        there = (method, f"{path}/{{id}}" if by_id else path) in offered
        assert there == (operation in resource.operations), operation


@pytest.mark.parametrize(("number", "version", "resource"), WITH_BODY, ids=named)
def test_the_official_schema_accepts_what_the_kit_sends(number: int, version: Version, resource: Resource) -> None:
    file = official(number, version)
    body = resource.record("trunkline-conformance-test", 7)
    errors = file.errors(first_value(file, resource), body)
    if (number, version) == (639, V4):
        errors = [error for error in errors if "'href'" not in error and "'id'" not in error]
    assert errors == []


@pytest.mark.parametrize(("number", "version", "resource"), RESOURCES, ids=named)
def test_the_official_file_requires_what_the_kit_leaves_out_to_be_refused(
    number: int, version: Version, resource: Resource
) -> None:
    if Operation.CREATE not in resource.operations:
        return
    file = official(number, version)
    wanted = required(file, file.schemas[first_value(file, resource)])
    assert set(resource.required) <= wanted
    assert wanted - set(resource.required) <= NOT_ASKED_FOR.get(number, set()) | {"@type"}


@pytest.mark.parametrize(("number", "version", "resource"), WITH_BODY, ids=named)
def test_what_a_profile_says_of_its_records_is_so(number: int, version: Version, resource: Resource) -> None:
    one, other = (resource.record("trunkline-conformance-test", n) for n in (1, 2))
    assert one[resource.marked] == "trunkline-conformance-test-1"
    if resource.shared:
        assert one[resource.shared] == other[resource.shared] == "trunkline-conformance-test"
    for name in (resource.array, resource.pair[0] if resource.pair else ""):
        assert not name or len(one[name]) == 2
    for name in (resource.changed, resource.removed):
        assert not name or name in one
    assert not resource.changed or isinstance(one[resource.changed], str)


@pytest.mark.parametrize(("number", "version", "resource"), WITH_BODY, ids=named)
def test_the_official_file_has_the_events_of_a_record(number: int, version: Version, resource: Resource) -> None:
    told = {path.rpartition("/")[2] for path in official(number, version).content["paths"] if "/listener/" in path}
    events = {f"{resource.name}{event}Event" for event in resource.events}
    assert events <= told
    assert bool(events) == any(name.startswith(f"{resource.name}Create") for name in told)


def test_each_profile_is_of_an_api_that_we_serve_in_the_versions_that_we_serve() -> None:
    from trunkline.tmf.apis import APIS

    assert {(api.number, version) for api in APIS for version in api.versions} == {
        (number, version) for number, profile in profiles().items() for version in profile.versions
    }
