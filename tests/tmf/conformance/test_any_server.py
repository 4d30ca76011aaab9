"""Whatever a server answers, the kit comes to its end and says so check by check."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from trunkline.tmf.conformance import Client, Outcome, Run
from trunkline.tmf.conformance.client import Answer, Request

names = st.sampled_from(
    ["id", "href", "name", "description", "status", "@type", "startDate", "relatedParty", "code", "items"]
)
values = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
json = st.recursive(
    values | st.just("2026-01-01T00:00:00Z"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=6),
    max_leaves=20,
)
headers = st.dictionaries(
    st.sampled_from(["location", "link", "x-total-count", "x-result-count", "content-type"]),
    st.sampled_from(["", "3", "-1", "application/json", "/product/1", "http://[", '<?offset=1>; rel="next"', "<x"]),
)
answers = st.tuples(
    st.sampled_from([200, 201, 202, 204, 206, 301, 400, 401, 404, 405, 409, 415, 500, 501]),
    headers,
    json.map(msgspec.json.encode) | st.binary(max_size=20),
)


class Odd(Client):
    """Answers from a list, again and again, without a network."""

    def __init__(self, script: list[Any]) -> None:
        super().__init__("http://127.0.0.1:1")
        self._script = script
        self._count = 0

    def _send(self, request: Request) -> Answer:
        self._count += 1
        assert self._count < 20_000
        status, headers, body = self._script[self._count % len(self._script)]
        return Answer(request, status, headers, body)


@settings(max_examples=60, deadline=None)
@given(st.lists(answers, min_size=1, max_size=7))
def test_no_answer_makes_the_kit_fall_over(script: list[Any]) -> None:
    results = list(Run(Odd(script), patience=0).results([637]))
    assert results
    for result in results:
        assert (result.outcome is Outcome.FAIL) == bool(result.expected)
        assert (result.outcome is Outcome.NOT_OFFERED) == bool(result.reason)
