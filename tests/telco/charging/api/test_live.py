"""The live balance over HTTP: as it is, as it changes, and again where a client had come to.

The API stands on a real log and store; what charging tells is written to the log, and the follower brings it into the
store when a test lets it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest

from tests.listening import listening
from tests.telco.charging.records.events import SETTINGS, balance, bucket, data, rated
from tests.telco.network_health.conftest import eventually, opened
from tests.telco.network_health.test_events import Stream
from trunkline.http import create_app, sse
from trunkline.log.envelope import cloud_event
from trunkline.log.port import Log
from trunkline.store import Store, open_store
from trunkline.store.follower import Follower
from trunkline.telco.charging.api.charging import charging
from trunkline.telco.charging.records.following import takes
from trunkline.telco.charging.records.kinds import KINDS
from trunkline.telco.model import Balance, RatedUsage


class House:
    """A log on which charging tells, a store that follows it on demand, and the API at `url`."""

    def __init__(self, log: Log, store: Store) -> None:
        self.log, self.store, self.url = log, store, ""

    def tell(self, *items: Balance | RatedUsage) -> None:
        for item in items:
            value = msgspec.json.encode(item)
            self.log.append(
                item.topic, [cloud_event(type=item.topic, source="/test", id=item.key, value=value, key=item.key)]
            )

    def forget(self, account: str) -> None:
        self.log.append(
            Balance.topic, [cloud_event(type=Balance.topic, source="/test", id="gone", value=None, key=account)]
        )

    def follow(self) -> None:
        for topic in (Balance.topic, RatedUsage.topic):
            with closing(
                Follower(self.log, self.store, topic, [topic], takes(SETTINGS, self.store)[topic])
            ) as follower:
                while follower.run_once(0.1) or not follower.caught_up():
                    pass

    @contextmanager
    def served(self) -> Iterator[None]:
        stop = threading.Event()
        app = create_app([charging(self.log, self.store, ZoneInfo("Europe/Brussels"), stop)])
        with listening(app) as url:
            self.url = f"{url}/charging/v1/accounts"
            try:
                yield
            finally:
                stop.set()

    @contextmanager
    def stream(self, last: str = "") -> Iterator[Stream]:
        headers = {"Last-Event-ID": last} if last else {}
        with httpx.stream("GET", f"{self.url}/1042/balance/events", headers=headers, timeout=10) as answer:
            assert answer.status_code == 200, answer.read()
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield Stream(answer)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with opened(tmp_path) as log, closing(open_store(f"sqlite:///{tmp_path}/store.db")) as store:
        store.declare(KINDS)
        yield House(log, store)


def left(spent: int) -> Balance:
    return balance(bucket(remaining=1_500 - spent), data(), spent=spent)


def test_a_balance_is_told_as_it_is_and_not_again_to_who_knows_it(house: House) -> None:
    house.tell(left(1))
    house.follow()
    with house.served():
        answer = httpx.get(f"{house.url}/1042/balance")
        assert answer.json()["spent"] == 1
        tag = answer.headers["etag"]
        assert httpx.get(f"{house.url}/1042/balance", headers={"If-None-Match": tag}).status_code == 304
        house.tell(left(2))
        eventually(lambda: httpx.get(f"{house.url}/1042/balance", headers={"If-None-Match": tag}).status_code == 200)
        assert httpx.get(f"{house.url}/1042/balance").json()["spent"] == 2, "although the store does not know it yet"
        assert httpx.get(f"{house.url}/7/balance").status_code == 404
        assert httpx.get(f"{house.url}/7/balance/events").status_code == 404


def test_each_change_comes_as_it_happens(house: House) -> None:
    house.tell(left(1), balance(account="7"))
    house.follow()
    with house.served(), house.stream() as stream:
        [first] = stream.take(1)
        house.tell(balance(account="7", spent=9), left(2))
        [second] = stream.take(1)
        house.tell(left(3))
        [third] = stream.take(1)
        assert [(each.name, each.data["spent"]) for each in (first, second, third)] == [
            ("balance", 1),
            ("balance", 2),
            ("balance", 3),
        ]
        house.forget("1042")
        [gone] = stream.take(1)
        assert gone.name == "gone"
        assert list(stream) == [], "it ends"


def test_who_comes_back_is_told_what_is_newer_than_what_it_knows(house: House) -> None:
    house.tell(left(1))
    house.follow()
    with house.served():
        with house.stream() as stream:
            [known] = stream.take(1)
        house.tell(left(2), left(3))
        eventually(lambda: httpx.get(f"{house.url}/1042/balance").json()["spent"] == 3)
        with house.stream(known.id) as stream:
            [now] = stream.take(1)
            assert now.data["spent"] == 3
    house.follow()
    with house.served(), house.stream(now.id) as stream:
        house.tell(left(4))
        [after] = stream.take(1)
        assert after.data["spent"] == 4, "after a restart of the server too, what is known is not told again"


def test_a_stream_may_begin_with_the_tag_of_the_balance(house: House) -> None:
    house.tell(left(1))
    house.follow()
    with house.served():
        tag = httpx.get(f"{house.url}/1042/balance").headers["etag"].strip('"')
        with house.stream(tag) as stream:
            house.tell(left(2))
            [event] = stream.take(1)
            assert event.data["spent"] == 2


def test_what_is_in_the_log_and_not_in_the_store_is_told_after_a_start(house: House) -> None:
    house.tell(left(1))
    house.follow()
    house.tell(left(2))
    with house.served():
        eventually(lambda: httpx.get(f"{house.url}/1042/balance").json()["spent"] == 2)


def test_a_stream_that_is_still_says_that_it_lives(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT", 0.05)
    house.tell(left(1))
    house.follow()
    with house.served(), house.stream() as stream:
        stream.take(1)
        threading.Timer(0.5, lambda: house.tell(left(2))).start()
        stream.take(1)
        assert "alive" in stream.comments


def test_the_consumption_has_what_each_number_cost(house: House) -> None:
    house.tell(left(44), rated("a", 34), rated("b", 10))
    house.follow()
    with house.served():
        told = httpx.get(f"{house.url}/1042/consumption").json()
        assert (told["spent"], told["cycleEnd"]) == (44, "2026-03-31T22:00:00Z")
        assert httpx.get(f"{house.url}/1042/consumption?x=1").status_code == 400
        assert httpx.get(f"{house.url}/7/consumption").status_code == 404
    assert told["subscriptions"][0]["cost"] == 44


def test_the_api_is_described_with_its_events(house: House) -> None:
    with house.served():
        described = httpx.get(f"{house.url.removesuffix('/charging/v1/accounts')}/openapi.json").json()
    paths = described["paths"]
    assert {path.removeprefix("/charging/v1/accounts/{id}") for path in paths} == {
        "/balance",
        "/balance/events",
        "/consumption",
    }
    events = paths["/charging/v1/accounts/{id}/balance/events"]["get"]["responses"]
    assert list(events["200"]["content"]) == ["text/event-stream"]
    assert {"Balance", "Consumption", "Forecast"} <= described["components"]["schemas"].keys()
