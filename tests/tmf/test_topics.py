"""TMF688 over the log: its topics, and the events in them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tmf.official import official
from tests.tmf.serving.lamps import Client
from trunkline.http import create_app
from trunkline.log import Event, Log, open_log
from trunkline.log.envelope import cloud_event
from trunkline.log.port import Topic
from trunkline.store import Query, StoreError
from trunkline.store.opening import open_store
from trunkline.store.query import Compare, Operator
from trunkline.tmf import topics
from trunkline.tmf.apis.event import API, EVENT, TOPIC
from trunkline.tmf.declaration import V4
from trunkline.tmf.serving import serve
from trunkline.tmf.topics import LoggedStore, TopicOwner

MINUTE = 60_000_000  # microseconds


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = open_log(f"sqlite://{tmp_path}/log.db")
    log.create(Topic(name="network.alarm", partitions=2))
    log.create(Topic(name="empty"))
    for number in range(6):
        event = cloud_event(
            type="raised" if number % 2 else "cleared",
            source="/enm",
            id=f"event-{number}",
            value=b'{"cell": %d}' % number,
            time=(number + 1) * MINUTE,
        )
        log.append("network.alarm", [event], partition=number % 2)
    yield log
    log.close()


@pytest.fixture
def client(log: Log, tmp_path: Path) -> Iterator[Client]:
    store = LoggedStore(open_store(f"sqlite:///{tmp_path}/store.db"), log)
    owner = TopicOwner(store.topics)
    yield Client(create_app(serve([API], store, owners={TOPIC.name: owner, EVENT.name: owner})), API.path(V4))
    store.close()


def cells(client: Client, query: str) -> list[int]:
    return [event["event"]["cell"] for event in client.get(f"/topic/network.alarm/event{query}").json()]


def test_the_topics_of_the_log_are_found_like_any_other(client: Client) -> None:
    made = client.post("/topic", {"name": "ours"}).json()
    assert {topic["name"] for topic in client.get("/topic").json()} == {"network.alarm", "empty", "ours"}
    assert client.get("/topic?name=network.alarm").json()[0]["id"] == "network.alarm"
    assert client.get(made["href"]).json() == made


def test_events_of_all_partitions_are_told_in_the_order_of_their_times(client: Client) -> None:
    answer = client.get("/topic/network.alarm/event")
    assert [event["event"]["cell"] for event in answer.json()] == [0, 1, 2, 3, 4, 5]
    assert (answer.status_code, answer.headers["x-total-count"]) == (200, "6")
    assert [official(688, V4).errors("Event", event) for event in answer.json()] == [[]] * 6
    assert client.get("/topic/empty/event").json() == []
    assert client.get("/topic/none/event").status_code == 404


def test_an_event_is_found_by_its_place_in_the_log(client: Client) -> None:
    event = client.get("/topic/network.alarm/event").json()[3]
    assert (event["id"], event["eventId"], event["eventType"]) == ("network.alarm:1:1", "event-3", "raised")
    assert client.get(event["href"]).json() == event
    for id in ("network.alarm:1:3", "network.alarm:2:0", "network.alarm:x:0", f"network.alarm:0:{'9' * 30}", "none"):
        assert client.get(f"/topic/network.alarm/event/{id}").status_code == 404
    assert client.get("/topic/empty/event/network.alarm:1:1").status_code == 404


def test_events_are_filtered_sorted_and_paged(client: Client) -> None:
    assert cells(client, "?eventType=raised") == [1, 3, 5]
    assert cells(client, "?eventTime.gt=1970-01-01T00:04:00Z") == [4, 5]
    assert cells(client, "?sort=-eventTime&limit=2&offset=1") == [4, 3]
    assert client.get("/topic/network.alarm/event?limit=2").status_code == 206


def test_only_the_newest_are_looked_at_and_the_answer_says_so(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(topics, "NEWEST", 4)
    answer = client.get("/topic/network.alarm/event")
    assert [event["event"]["cell"] for event in answer.json()] == [2, 3, 4, 5]
    assert (answer.status_code, answer.headers["x-search-complete"]) == (206, "false")


def test_what_is_not_json_has_an_envelope_and_nothing_in_it(client: Client, log: Log) -> None:
    log.append("empty", [Event(b"\xff{"), Event(None, key=b"gone")])
    told = client.get("/topic/empty/event").json()
    assert len(told) == 2
    assert not any("event" in event for event in told)


def test_only_the_platform_writes_its_topics(client: Client) -> None:
    assert client.post("/topic/network.alarm/event", {"eventType": "forged"}).status_code == 409
    assert client.delete("/topic/network.alarm").status_code == 409
    assert cells(client, "") == [0, 1, 2, 3, 4, 5]


def test_events_of_a_topic_that_a_client_made_are_kept(client: Client) -> None:
    topic = client.post("/topic", {"name": "ours"}).json()["id"]
    made = client.post(f"/topic/{topic}/event", {"eventType": "parcel"})
    assert made.status_code == 201
    assert client.get(f"/topic/{topic}/event").json() == [made.json()]


def test_cursors_lead_on_and_back(log: Log, tmp_path: Path) -> None:
    store = LoggedStore(open_store(f"sqlite:///{tmp_path}/store.db"), log)
    query = Query(EVENT.name, Compare(("topicId",), Operator.EQ, "network.alarm"), limit=2)
    first = store.find(query)
    second = store.find(query._replace(after=first.last))
    assert [stored.id for stored in second.records] == ["network.alarm:0:1", "network.alarm:1:1"]
    assert store.find(query._replace(before=second.first)).records == first.records
    with pytest.raises(StoreError):
        store.find(query._replace(after="network.alarm:7:7"))
    store.close()
