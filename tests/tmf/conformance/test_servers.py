"""The kit against servers of the tests: the right one keeps every rule; of a wrong one, exactly its fault is named."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, unquote

import pytest

from tests.tmf.conformance.server import Record, Reply, Server, served
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
    # Events are waited for, so they are only where they are at fault.
    at_the_hub = kind.named[0].startswith(("hub.", "event."))
    assert of(hold(server, listener if at_the_hub else None), Outcome.FAIL) == set(kind.named)
    assert (server.records, server.hubs) == ({}, {})


def test_there_is_a_wrong_server_for_every_rule() -> None:
    optional_of_637 = {"operation.create", "operation.patch", "operation.delete"}
    named = {name for kind in all_wrong() for name in kind.named}
    assert {check.name for check in CHECKS} - named == optional_of_637


class Later(Server):
    """Accepts what is asked for, as v5 allows, and does it a little later."""

    def __init__(self) -> None:
        super().__init__("v5")

    def later(self, reply: Reply, do: Callable[[], object]) -> Reply:
        def done() -> None:
            with self.lock:
                do()
            if reply.after:
                self.tell(*reply.after)

        threading.Timer(0.03, done).start()
        return Reply(202, reply.body, **reply.headers)

    def create(self, sent: Any) -> Reply:
        reply = super().create(sent)
        record = self.records.pop(reply.body["id"])
        return self.later(reply, lambda: self.records.update({record["id"]: record}))

    def patch(self, id: str, media_type: str, body: bytes) -> Reply:
        before = self.record(id)
        reply = super().patch(id, media_type, body)
        after, self.records[id] = self.records[id], before
        return self.later(reply, lambda: self.records.update({id: after}))

    def delete(self, id: str) -> Reply:
        record = self.record(id)
        reply = super().delete(id)
        self.records[id] = record
        return self.later(reply, lambda: self.records.pop(id, None))


def test_a_server_that_accepts_and_does_it_later_conforms(listener: Listener) -> None:
    server = Later()
    results = hold(server, listener)
    assert of(results, Outcome.FAIL) == set()
    assert {"create.kept", "delete.gone", "patch.merge", "patch.array", "jsonpatch.replace", "event.changed"} <= of(
        results, Outcome.PASS
    )
    until = time.monotonic() + 10
    while server.records and time.monotonic() < until:
        time.sleep(0.01)
    assert (server.records, server.hubs) == ({}, {})


class NamesByPath(Server):
    """Gives ids that a path must quote."""

    def new_id(self) -> str:
        return f"a/b {len(self.records)} ü{super().new_id()}"

    def created(self, record: Record) -> Reply:
        record["href"] = f"{self.base}/product/{quote(record['id'], safe='')}"
        self.records[record["id"]]["href"] = record["href"]
        return super().created(record)

    def route(self, method: str, path: str, query: str, media_type: str, body: bytes) -> Reply:
        head, product, id = path.partition("/product/")
        return super().route(method, head + product + unquote(id), query, media_type, body)


def test_ids_may_have_any_characters(listener: Listener) -> None:
    server = NamesByPath("v4")
    assert of(hold(server, listener), Outcome.FAIL) == set()
    assert (server.records, server.hubs) == ({}, {})
