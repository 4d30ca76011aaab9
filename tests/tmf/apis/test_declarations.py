"""What the declarations of alarms, resources, performance and events say beside the official files."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
import pytest

from trunkline.tmf import lifecycle
from trunkline.tmf.apis import APIS
from trunkline.tmf.apis.alarm import ALARM, AT_NIGHT
from trunkline.tmf.apis.performance import JOB
from trunkline.tmf.apis.resource_inventory import RESOURCE
from trunkline.tmf.declaration import V5, Resource, Task
from trunkline.tmf.errors import Refusal
from trunkline.tmf.events import changes
from trunkline.tmf.model.alarm import Alarm, AlarmedObjectRef
from trunkline.tmf.shapes import Records, shape, shape_of, special
from trunkline.tmf.validation import check

OF: list[Resource | Task] = [of for api in APIS for of in (*api.resources, *api.tasks)]
RESOURCES = [of for api in APIS for of in api.resources]


def name(of: object) -> str:
    return of.name if isinstance(of, Resource | Task) else str(of)


def test_no_two_apis_have_a_resource_or_task_of_the_same_name() -> None:
    assert len({of.name for of in OF}) == len(OF)


@pytest.mark.parametrize("of", RESOURCES, ids=name)
def test_a_document_is_of_the_type_that_its_record_describes(of: Resource) -> None:
    assert of.record.__name__ == of.type


@pytest.mark.parametrize("of", RESOURCES, ids=name)
def test_what_an_index_answers_is_described_by_the_record(of: Resource) -> None:
    paths = [attribute.path for attribute in of.attributes]
    paths += [(*array, *path) for array, elements in of.elements for path in elements]
    for path in paths:
        assert is_described(path, (of.record,)), path
    for name in (*of.required, *of.immutable, *([of.updated] if of.updated else [])):
        assert name in shape_of(of, V5).attributes


def is_described(path: tuple[str, ...], records: Records) -> bool:
    """Whether a path leads to an attribute of one of the record types, or into a value that they leave open."""
    if not path:
        return True
    shapes = [shape(record, V5).attributes for record in special(records)]
    found = [attributes[path[0]] for attributes in shapes if path[0] in attributes]
    return any(each.scalar in (dict, Any) or is_described(path[1:], each.records) for each in found)


@pytest.mark.parametrize("of", OF, ids=name)
def test_each_has_an_example_that_is_right(of: Resource | Task) -> None:
    check(of.examples[V5], of, V5, creating=True, strict=True)


@pytest.mark.parametrize(
    ("of", "old", "new"),
    [
        (ALARM, "cleared", "raised"),
        (ALARM, "updated", "raised"),
        (JOB, "completed", "inProgress"),
        (RESOURCE, "not exists", "available"),
        (RESOURCE, "available", "planned"),
    ],
    ids=name,
)
def test_a_state_that_cannot_come_back_is_refused(of: Resource, old: str, new: str) -> None:
    attribute = lifecycle_of(of)
    with pytest.raises(Refusal) as refused:
        lifecycle.follow(of, {attribute: old}, {attribute: new})
    assert refused.value.status == 409


@pytest.mark.parametrize(
    ("of", "states"),
    [
        (ALARM, ("raised", "updated", "cleared")),
        (JOB, ("acknowledged", "pending", "inProgress", "completed")),
        (RESOURCE, ("planned", "installed", "available", "alarm", "available", "pendingRemoval", "not exists")),
    ],
    ids=name,
)
def test_a_life_goes_from_state_to_state(of: Resource, states: tuple[str, ...]) -> None:
    attribute = lifecycle_of(of)
    for old, new in pairwise(states):
        lifecycle.follow(of, {attribute: old}, {attribute: new})


@pytest.mark.parametrize("of", [of for of in RESOURCES if of.lifecycle], ids=name)
def test_the_states_are_those_of_the_record(of: Resource) -> None:
    assert of.lifecycle is not None
    words = shape_of(of, V5).attributes[of.lifecycle.attribute].words
    if words and of.lifecycle.after:
        assert of.lifecycle.states == set(words)


def lifecycle_of(of: Resource) -> str:
    assert of.lifecycle is not None
    return of.lifecycle.attribute


def test_the_state_of_a_job_has_an_event_of_its_own() -> None:
    before = {"id": "7", "executionState": "pending", "lastModifiedTime": "2026-03-09T02:14:30Z"}
    after = before | {"executionState": "inProgress", "lastModifiedTime": "2026-03-09T02:15:30Z"}
    assert list(changes(JOB, before, after)) == ["ExecutionStateChange"]


def test_a_record_made_in_python_is_a_document_with_its_types() -> None:
    made = Alarm(alarmed_object=AlarmedObjectRef(id="7"), is_root_cause=False, alarm_raised_time=AT_NIGHT)
    assert msgspec.to_builtins(made) == {
        "@type": "Alarm",
        "alarmedObject": {"@type": "AlarmedObjectRef", "id": "7"},
        "isRootCause": False,
        "alarmRaisedTime": "2026-03-09T02:14:30Z",
    }
