"""Which rules hold for a request never depends on an order, and nothing goes in the clear off this machine."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Final

from trunkline.document import Problem
from trunkline.gateway.declaration import split
from trunkline.gateway.folder import Api
from trunkline.gateway.openapi import Operation
from trunkline.gateway.plan import Plan
from trunkline.loopback import is_loopback


def paths_are_told_apart(plan: Plan) -> Iterator[Problem]:
    """Which rules hold for a request never depends on an order of routes."""
    apis = plan.apis.apis
    at: dict[str, list[int]] = {}
    for number, api in enumerate(apis):
        at.setdefault(api.openapi.base, []).append(number)
    for number, api in enumerate(apis):
        base = api.openapi.base
        above = [other for end in _slashes(base) for other in at.get(base[:end], ())]
        for other in (*above, *(other for other in at[base] if other < number)):
            one, later = apis[min(number, other)], apis[max(number, other)]
            yield later.openapi_file.problem(
                ("servers",),
                f"the path {later.openapi.base} overlaps with {one.openapi.base} of {one.openapi_file.path}",
            )
        yield from _ambiguous(api)


def _slashes(base: str) -> Iterator[int]:
    """Where paths end in which `base` lies."""
    return (at for at, letter in enumerate(base) if letter == "/" and at)


def _ambiguous(api: Api) -> Iterator[Problem]:
    alike: dict[tuple[str, int], list[Operation]] = {}
    for operation in api.openapi.operations:
        alike.setdefault((operation.method, len(operation.segments)), []).append(operation)
    for operations in alike.values():
        for one, other in combinations(operations, 2):
            pairs = list(zip(one.segments, other.segments, strict=True))
            if all("{}" in pair or pair[0] == pair[1] for pair in pairs):
                first = any(a != "{}" and b == "{}" for a, b in pairs)
                second = any(a == "{}" and b != "{}" for a, b in pairs)
                if first == second:  # neither is the special case of the other
                    reason = f"{other.method} {other.path} cannot be told from {one.path} of line {one.line}"
                    yield Problem(api.openapi_file.path, other.line, reason)


def listeners_and_upstreams_are_private(plan: Plan) -> Iterator[Problem]:
    gateway, file = plan.gateway, plan.apis.gateway_file
    if not is_loopback(split(gateway.listen)[0]) and gateway.tls is None:
        yield file.problem(("listen",), f"{gateway.listen} is not loopback: `tls` is needed there")
    for name, upstream in gateway.upstreams.items():
        for index, address in enumerate(upstream.addresses):
            host, port = split(address)
            if not 0 < port <= 65_535:
                yield file.problem(("upstreams", name, "addresses", index), f"{address} has no port from 1 to 65535")
            if not is_loopback(host) and upstream.tls is None:
                yield file.problem(
                    ("upstreams", name, "addresses", index), f"{address} is not loopback: `tls` is needed there"
                )


RULES: Final = (paths_are_told_apart, listeners_and_upstreams_are_private)
