"""Which operation a request belongs to must not depend on how a gateway orders its routes.

Trunkline's own Envoy tries what is more specific first. Envoy Gateway puts exact paths before patterns, and patterns in
an order of its own: two that match the same path could answer each other's requests, by each other's policies.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from trunkline.document import Problem
from trunkline.gateway.openapi import Operation
from trunkline.gateway.plan import Plan


def overlapping(plan: Plan) -> Iterator[Problem]:
    """Operations whose paths vary, and that would answer the same request."""
    for api in plan.apis.apis:
        varying = [operation for operation in api.openapi.operations if operation.pattern]
        for one, other in combinations(varying, 2):
            if one.method == other.method and _overlap(one, other):
                reason = (
                    f"{other.method} {other.path} and {one.path} of line {one.line} match the same requests, and Envoy "
                    "Gateway does not say which of them answers: let their paths differ in a part that is fixed in both"
                )
                yield Problem(api.openapi_file.path, other.line, reason)


def _overlap(one: Operation, other: Operation) -> bool:
    if len(one.segments) != len(other.segments):
        return False
    return all("{}" in pair or pair[0] == pair[1] for pair in zip(one.segments, other.segments, strict=True))
