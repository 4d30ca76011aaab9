"""The kit against servers of the tests: the right one keeps every rule; of a wrong one, exactly its fault is named."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.tmf.conformance.server import Server, served
from tests.tmf.conformance.wrong import Wrong, all_wrong
from trunkline.tmf.conformance import Client, Listener, Outcome, Result, Run
from trunkline.tmf.conformance.checks import CHECKS
from trunkline.tmf.declaration import Version


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    listener = Listener()
    yield listener
    listener.close()


def hold(server: Server, listener: Listener | None = None, *, read_only: bool = False) -> list[Result]:
    with served(server) as url:
        run = Run(Client(url), listener, patience=0.3, read_only=read_only)
        results = list(run.results([637], [Version(server.version)]))
    assert run.left == []
    return results


def of(results: list[Result], outcome: Outcome) -> set[str]:
    return {result.check for result in results if result.outcome is outcome}


@pytest.mark.parametrize("version", ["v4", "v5"])
def test_a_right_server_keeps_every_rule_and_is_left_as_it_was(listener: Listener, version: str) -> None:
    server = Server(version)
    results = hold(server, listener)
    assert of(results, Outcome.FAIL) == set()
    # v5 requires @type alone, which is a check of its own.
    assert of(results, Outcome.NOT_OFFERED) == ({"create.required"} if version == "v5" else set())
    assert of(results, Outcome.PASS) >= {check.name for check in CHECKS if check.versions == set(Version)} - {
        "create.required"
    }
    assert (server.records, server.hubs) == ({}, {})


@pytest.mark.parametrize("kind", all_wrong(), ids=lambda kind: kind.__name__)
def test_what_is_wrong_is_named_and_nothing_else(listener: Listener, kind: type[Wrong]) -> None:
    server = kind()
    assert of(hold(server, listener), Outcome.FAIL) == set(kind.named)
    assert (server.records, server.hubs) == ({}, {})


def test_there_is_a_wrong_server_for_every_rule() -> None:
    optional_of_637 = {"operation.create", "operation.patch", "operation.delete"}
    named = {name for kind in all_wrong() for name in kind.named}
    assert {check.name for check in CHECKS} - named == optional_of_637
