"""Names and lengths of time as a cluster takes them, whatever the operator calls things."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from trunkline.gateway.kubernetes.names import object_names
from trunkline.gateway.kubernetes.said import both, duration, merged
from trunkline.gateway.quantities import seconds

OURS = st.from_regex(r"[a-z][a-z0-9-]{0,62}\.[A-Za-z0-9_.-]{1,200}", fullmatch=True)
LENGTHS = {"h": 3_600, "m": 60, "s": 1, "ms": 0.001}


@given(st.sets(OURS, max_size=20))
def test_different_operations_have_different_names_that_a_cluster_takes(names: set[str]) -> None:
    found = object_names(sorted(names))
    assert set(found) == names
    assert len(set(found.values())) == len(names)
    for name in found.values():
        assert re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,251}[a-z0-9])?", name)


def test_a_name_is_told_from_one_that_differs_by_its_case_alone() -> None:
    found = object_names(["a.getThing", "a.get_thing", "b.get"])
    assert found["b.get"] == "b-get"
    assert found["a.getThing"] != found["a.get_thing"]


@given(st.from_regex(r"[0-9]{1,6}(\.[0-9]{1,3})? (ms|s|min)", fullmatch=True))
def test_a_length_of_time_is_the_same_in_a_cluster_to_the_millisecond(text: str) -> None:
    said = duration(text)
    assert re.fullmatch(r"([0-9]{1,5}(h|m|s|ms)){1,4}", said)
    parts = re.findall(r"([0-9]+)(ms|h|m|s)", said)
    assert abs(sum(int(many) * LENGTHS[unit] for many, unit in parts) - seconds(text)) <= 0.000_6


def test_what_is_laid_over_takes_the_place_of_single_values_only() -> None:
    assert merged({"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"b": 3}, "d": [2]}) == {"a": {"b": 3, "c": 2}, "d": [2]}


def test_a_caller_who_has_to_be_of_two_issuers_is_nobody() -> None:
    ours, theirs = ({"jwt": {"provider": name, "scopes": ["a"]}} for name in ("ours", "theirs"))
    assert both([ours], [theirs]) == []
    assert both([{}], [ours, theirs]) == [ours, theirs]
