"""Bodies are changed by steps: what is where is renamed, moved, set and removed, and the rest is left alone."""

from __future__ import annotations

import copy
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.gateway.inspection.transformation import Steps, transform

BODY = {"name": "a", "note": {"text": "t", "by": "me"}, "items": [{"n": 1, "x": 2}, {"n": 3}, 4]}
PLACES = st.sampled_from(["/name", "/note/text", "/items/*/n", "/items/0", "/items/*", "/a/b", "/name/b", "/", "/~1"])
VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "note", "items", "text", "n", "a", "b", ""]), inner, max_size=4)
    ),
    max_leaves=15,
)


def steps(*said: dict[str, Any]) -> Any:
    return msgspec.convert(said, Steps)


def changed(*said: dict[str, Any], body: Any = BODY) -> Any:
    body = copy.deepcopy(body)
    transform(body, steps(*said))
    return body


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        ({"do": "rename", "at": "/name", "to": "title"}, {"title": "a"}),
        ({"do": "rename", "at": "/other", "to": "title"}, {"name": "a"}),
        ({"do": "set", "at": "/name", "value": {"of": 1}}, {"name": {"of": 1}}),
        ({"do": "set", "at": "/a/b", "value": 1}, {"name": "a", "a": {"b": 1}}),
        ({"do": "set", "at": "/name/b", "value": 1}, {"name": "a"}),
        ({"do": "default", "at": "/name", "value": "b"}, {"name": "a"}),
        ({"do": "default", "at": "/kind", "value": "b"}, {"name": "a", "kind": "b"}),
        ({"do": "remove", "at": "/name"}, {}),
        ({"do": "remove", "at": "/other/name"}, {"name": "a"}),
        ({"do": "move", "from": "/name", "to": "/a/b~1c"}, {"a": {"b/c": "a"}}),
        ({"do": "move", "from": "/other", "to": "/a"}, {"name": "a"}),
    ],
)
def test_a_step_does_what_it_says_where_something_is(step: dict[str, Any], expected: Any) -> None:
    assert changed(step, body={"name": "a"}) == expected


def test_a_star_is_each_element_of_a_list() -> None:
    assert changed({"do": "rename", "at": "/items/*/n", "to": "m"})["items"] == [{"m": 1, "x": 2}, {"m": 3}, 4]
    assert changed({"do": "remove", "at": "/items/*"})["items"] == []
    assert changed({"do": "remove", "at": "/items/1"})["items"] == [{"n": 1, "x": 2}, 4]
    assert changed({"do": "set", "at": "/*/n", "value": 0}, body=[{}, {"n": 1}]) == [{"n": 0}, {"n": 0}]


def test_what_is_set_in_one_body_is_not_in_the_next() -> None:
    said = steps({"do": "set", "at": "/a", "value": {"b": 1}}, {"do": "set", "at": "/a/c", "value": 2})
    for _ in range(2):
        body: dict[str, Any] = {}
        transform(body, said)
        assert body == {"a": {"b": 1, "c": 2}}
    assert said[0].value == {"b": 1}


@pytest.mark.parametrize("place", ["", "name", "/a~", "/a~2b", "#/a"])
def test_what_is_no_pointer_is_no_place(place: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        steps({"do": "remove", "at": place})


@given(
    VALUES,
    st.lists(st.tuples(st.sampled_from(["set", "default", "remove", "rename", "move"]), PLACES, PLACES), max_size=5),
)
def test_no_body_is_too_odd_to_be_changed(body: Any, drawn: list[tuple[str, str, str]]) -> None:
    said = []
    for do, at, to in drawn:
        match do:
            case "set" | "default":
                said.append({"do": do, "at": at, "value": {"x": [1]}})
            case "remove":
                said.append({"do": do, "at": at})
            case "rename":
                said.append({"do": do, "at": at, "to": "name"})
            case _:
                said.append({"do": do, "from": at, "to": to})
    transform(body, [step for step in steps(*said) if step.is_sound()])
    msgspec.json.encode(body)  # a body that holds itself would not end
