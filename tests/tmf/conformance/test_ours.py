"""The kit against our own server: every rule is kept over both stores, with events on their way by the log."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from ipaddress import ip_network
from pathlib import Path

import pytest

from tests.store.stores import NAMES
from tests.store.stores import url as store_url
from trunkline.http import create_app
from trunkline.http.server import server
from trunkline.log import open_log
from trunkline.settings import Hub
from trunkline.store.opening import open_store
from trunkline.store.relay import Relay
from trunkline.tmf.apis import APIS
from trunkline.tmf.conformance import Client, Listener, Outcome, Result, Run
from trunkline.tmf.hub.deliverer import Deliverer
from trunkline.tmf.hub.guard import Guard
from trunkline.tmf.hub.routes import hub_routes
from trunkline.tmf.hub.subscriptions import Subscriptions
from trunkline.tmf.serving import serve

SETTINGS = Hub(allow=[ip_network("127.0.0.0/8")])


@contextmanager
def ours(store: str, folder: Path, *, strict: bool) -> Iterator[str]:
    """The URL of our server over a store: all APIs, the hub, the relay and the deliverer, in this process."""
    stop = threading.Event()
    with ExitStack() as stack:
        url = stack.enter_context(store_url(store, folder))
        log = stack.enter_context(closing(open_log(f"sqlite://{folder / 'log.db'}")))
        there = stack.enter_context(closing(open_store(url)))
        subscriptions = Subscriptions(there, log, Guard(SETTINGS.allow))
        hub = partial(hub_routes, subscriptions=subscriptions)
        running = server(create_app(serve(APIS, there, hub=hub, strict=strict)), "127.0.0.1", 0)
        relay = stack.enter_context(closing(Relay(log, there)))
        deliverer = Deliverer(log, there, APIS, SETTINGS, "one")
        works: list[Callable[[], object]] = [running.run, partial(relay.run, stop), partial(deliverer.run, stop)]
        threads = [threading.Thread(target=work) for work in works]
        for thread in threads:
            thread.start()
        try:
            while not running.started:
                assert threads[0].is_alive()
                stop.wait(0.01)
            yield f"http://127.0.0.1:{running.port}"
        finally:
            stop.set()
            running.should_exit = True
            for thread in threads:
                thread.join(30)


def hold(url: str, *numbers: int) -> list[Result]:
    with closing(Listener()) as listener, closing(Client(url)) as client:
        run = Run(client, listener, patience=10)
        results = list(run.results(numbers))
    assert run.left == []
    return results


def failed(results: list[Result]) -> list[tuple[int, str, str, str, str]]:
    return [
        (result.api, result.version, result.resource, result.check, result.came)
        for result in results
        if result.outcome is Outcome.FAIL
    ]


def of(results: list[Result], *places: tuple[int, str]) -> set[str]:
    """What is not offered in these resources, whatever version."""
    return {
        result.check
        for result in results
        if result.outcome is Outcome.NOT_OFFERED and (result.api, result.resource) in places
    }


# Each of these over one store; the proof below holds every API over both.
def test_party_roles_and_topics_keep_every_rule(tmp_path: Path) -> None:
    with ours("postgresql", tmp_path, strict=True) as url:
        results = hold(url, 669, 688)
    assert failed(results) == []
    assert of(results, (669, "partyRole")) == set()


def test_what_charging_tells_keeps_every_rule(tmp_path: Path) -> None:
    with ours("sqlite", tmp_path, strict=True) as url:
        results = hold(url, 635, 654, 678, 681)
    assert failed(results) == []
    # The files of TMF635 require nothing; that of TMF681 has no event of a message that is made.
    assert of(results, (635, "usage"), (635, "usageSpecification")) == {"create.required"}


@pytest.mark.prove
@pytest.mark.timeout(900)
@pytest.mark.parametrize("store", NAMES)
def test_every_api_keeps_every_rule_and_leaves_out_only_what_it_says(store: str, tmp_path: Path) -> None:
    with ours(store, tmp_path, strict=True) as url:
        results = hold(url)
    assert failed(results) == []
    whole = [
        (620, "productOffering"),
        (620, "productSpecification"),
        (637, "product"),
        (642, "alarm"),
        (669, "partyRole"),
    ]
    # TMF637 v5 requires nothing but @type, which is a check of its own.
    assert of(results, *whole) == {"create.required"}


@pytest.mark.prove
def test_a_lenient_server_is_clean_too(tmp_path: Path) -> None:
    with ours("sqlite", tmp_path, strict=False) as url:
        results = hold(url, 637, 669)
    assert failed(results) == []
