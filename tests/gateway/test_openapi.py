"""Paths of OpenAPI files as patterns, and quantities of policies: whatever an operator writes."""

from __future__ import annotations

import re
from string import ascii_letters, digits

from hypothesis import given
from hypothesis import strategies as st

from trunkline.gateway.openapi import Operation
from trunkline.gateway.quantities import Rate, envoy_duration, envoy_percent, octets, seconds

FIXED = st.text(ascii_letters + digits + "-._~$+()*", min_size=1, max_size=8)
VALUE = st.text(ascii_letters + digits + "-._~%:@", min_size=1, max_size=8)


def operation(path: str) -> Operation:
    return Operation("get", "GET", path, "", 1, ("paths", path, "get"))


@given(st.lists(st.tuples(FIXED, st.booleans(), VALUE), min_size=1, max_size=5))
def test_a_pattern_takes_the_paths_of_its_template_and_no_others(parts: list[tuple[str, bool, str]]) -> None:
    template = "".join(f"/{{p{number}}}" if varies else f"/{name}" for number, (name, varies, _) in enumerate(parts))
    path = "".join(f"/{value if varies else name}" for name, varies, value in parts)
    pattern = operation(template).pattern or re.escape(template)
    assert re.fullmatch(pattern, path)
    for other in (f"{path}/more", f"{path}/", f"/more{path}", path[: path.rindex("/")] + "/"):
        assert not re.fullmatch(pattern, other), other


@given(st.lists(st.tuples(FIXED, st.booleans()), min_size=1, max_size=5))
def test_a_path_without_what_varies_comes_before_the_same_with_it(parts: list[tuple[str, bool]]) -> None:
    fixed = operation("".join(f"/{name}" for name, _ in parts))
    varying = operation("".join(f"/{{{'x'}}}" if varies else f"/{name}" for name, varies in parts))
    assert fixed.specificity <= varying.specificity


@given(st.integers(1, 10**9 - 1), st.sampled_from(["second", "minute", "hour", "day"]))
def test_after_the_time_that_is_told_one_more_is_allowed(amount: int, period: str) -> None:
    rate = Rate.parse(f"{amount} per {period}")
    assert rate.amount == amount
    assert rate.seconds_each * amount >= rate.period  # by then, the bucket has one again


def test_quantities_are_what_they_say() -> None:
    assert [octets(size) for size in ("0 B", "2 kB", "2 KiB", "1 MB", "1 MiB")] == [0, 2_000, 2_048, 10**6, 1 << 20]
    assert [seconds(time) for time in ("250 ms", "1.5 s", "2 min")] == [0.25, 1.5, 120]
    assert envoy_duration("250 ms") == "0.250s"
    assert envoy_percent(12.5) == {"numerator": 125_000, "denominator": "MILLION"}
