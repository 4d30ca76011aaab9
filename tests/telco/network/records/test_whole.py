"""The whole way: a report in the log, the live alarms, the store, and TMF642 over HTTP, back to the live alarms."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.listening import listening
from tests.telco.network.records.lives import CELL
from tests.telco.network_health.conftest import opened
from tests.telco.working import running, until
from tests.tmf.official import official
from trunkline.http import create_app
from trunkline.log import Log
from trunkline.log.envelope import cloud_event
from trunkline.log.port import TopicPartition
from trunkline.store import Query, Store, open_store
from trunkline.store.follower import Follower, one_by_one
from trunkline.store.relay import Relay
from trunkline.streams import Worker
from trunkline.telco.model import Alarm, AlarmReport, Report, Severity, Source
from trunkline.telco.network.alarms.book import AlarmBook
from trunkline.telco.network.records.following import TOPICS, take
from trunkline.telco.network.records.kinds import ALARM, KINDS
from trunkline.telco.network.records.owners import owners
from trunkline.tmf.apis.alarm import API
from trunkline.tmf.declaration import V4, V5
from trunkline.tmf.events import TOPIC
from trunkline.tmf.hub.subscription import partitions
from trunkline.tmf.serving import serve

RAISED = datetime(2026, 3, 9, 2, 14, 30, tzinfo=UTC)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with opened(tmp_path) as log:
        partitions(log)
        yield log


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(open_store(f"sqlite:///{tmp_path}/store.db")) as store:
        store.declare(KINDS)
        yield store


@pytest.fixture
def api(log: Log, store: Store) -> Iterator[httpx.Client]:
    """A client of TMF642 on a store that is followed, and on a log that is worked on."""
    app = create_app(serve([API], store, owners=owners(store)))
    with (
        closing(Worker(log, [AlarmBook])) as worker,
        closing(Relay(log, store)) as relay,
        closing(Follower(log, store, "network", list(TOPICS), one_by_one(take))) as follower,
        running(worker.run, relay.run, follower.run),
        listening(app) as url,
        httpx.Client(base_url=f"{url}/tmf-api/alarmManagement") as client,
    ):
        yield client


def tell(log: Log, kind: Report, seconds: float = 0, problem: str = "7653") -> None:
    """The network reports."""
    severity = Severity.CLEARED if kind is Report.CLEAR else Severity.MAJOR
    said = AlarmReport(
        kind=kind, vendor="Nokia", system="netact", dn=CELL, problem=problem, severity=severity, native_id=problem,
        time=RAISED + timedelta(seconds=seconds), source=Source(uri="snmp://127.0.0.1:5000"),
    )  # fmt: skip
    log.append(said.topic, [cloud_event(type=said.topic, source="/test", id=f"{problem}-{kind}-{seconds}",
                                        value=msgspec.json.encode(said), key=said.key)])  # fmt: skip


def live(log: Log) -> list[Alarm]:
    """What the topic of alarms says, in order."""
    records = log.read(Alarm.topic, 0, 0)
    return [msgspec.json.decode(record.value, type=Alarm) for record in records if record.value is not None]


def told(log: Log) -> list[str]:
    return [dict(record.headers)["ce_type"].decode() for record in log.read(TOPIC, 0, 0)]


def test_an_alarm_is_seen_acknowledged_and_cleared(log: Log, api: httpx.Client) -> None:
    tell(log, Report.RAISE)
    [seen] = until(lambda: api.get("/v5/alarm").json(), "the alarm is told")
    [same] = api.get("/v4/alarm", params={"perceivedSeverity": "major", "alarmedObject.id": f'"{CELL}"'}).json()
    assert official(642, V5).errors("Alarm", seen) == []
    assert official(642, V4).errors("Alarm", same) == []
    assert (seen["id"], seen["state"], seen["ackState"]) == (same["id"], "raised", "unacknowledged")

    asked = {"ackUserId": "an", "ackSystemId": "desk", "alarmPattern": [{"id": seen["id"]}]}
    answer = api.post("/v4/ackAlarms", json=asked)
    assert (answer.status_code, answer.json()["state"]) == (201, "inProgress")
    task = answer.headers["location"]
    done = until(lambda: (now := api.get(task).json())["state"] == "done" and now, "the acknowledgement is done")
    assert [alarm["id"] for alarm in done["ackedAlarm"]] == [seen["id"]]
    assert (live(log)[-1].ack_state, live(log)[-1].ack_user) == ("acknowledged", "an")
    assert api.get(f"/v5/alarm/{seen['id']}").json()["ackUserId"] == "an"

    cleared = api.patch(f"/v5/alarm/{seen['id']}", json={"state": "cleared", "clearUserId": "bo"})
    assert (cleared.status_code, cleared.json()["state"]) == (200, "cleared")
    until(lambda: live(log)[-1].state == "cleared", "the live alarm is cleared")
    assert live(log)[-1].cleared_by == "bo"
    refused = api.post("/v5/clearAlarm", json={
        "@type": "ClearAlarm", "clearUserId": "bo", "clearSystemId": "desk", "alarmClearedTime": "2026-03-09T05:00:00Z",
        "alarmPattern": [{"@type": "AlarmRef", "id": seen["id"]}],
    })  # fmt: skip
    assert (refused.status_code, refused.json()["code"]) == (409, "alarmOver")


def test_what_tm_forums_own_example_posts_is_a_live_alarm(log: Log, api: httpx.Client) -> None:
    examples = {example.place.rpartition("/")[2]: example.document for example in official(642, V5).examples[:3]}
    said = examples["Alarm_create_example_01"]
    made = api.post("/v5/alarm", json=said)
    assert made.status_code == 201, made.text
    assert said.items() <= made.json().items()
    changed = examples["Alarm_partialupdate_example_11"]
    patched = api.patch(f"/v5/alarm/{made.json()['id']}", json=changed)
    assert patched.status_code == 200, patched.text
    assert changed.items() - {("alarmChangedTime", changed["alarmChangedTime"])} <= patched.json().items()
    until(lambda: len(live(log)) == 2, "the alarm is live, and worse")
    assert live(log)[-1].id == made.json()["id"]
    assert (live(log)[-1].perceived_severity, live(log)[-1].text) == ("major", changed["alarmDetails"])
    until(lambda: api.get(made.headers["location"]).json() == patched.json(), "the record tells what is live")


FOLLOWER = """
import sys, threading
from trunkline.log import open_log
from trunkline.store import follower, open_store
from trunkline.telco.network.records.following import take

log, store = open_log(sys.argv[1]), open_store(sys.argv[2])
each = follower.one_by_one(take)
follower.Follower(log, store, "network", ["network.alarm"], each, "follower", 40).run(threading.Event())
"""


def test_a_follower_that_is_killed_loses_and_doubles_nothing(tmp_path: Path, log: Log, store: Store) -> None:
    kills, count = 3, 300
    for number in range(count):
        tell(log, Report.RAISE, problem=str(number))
    for number in range(0, count, 2):
        tell(log, Report.CLEAR, 60, problem=str(number))
    with closing(Worker(log, [AlarmBook])) as worker:
        while worker.run_once() or not worker.caught_up():
            pass
    end = log.end(Alarm.topic, 0)

    def position() -> int:
        with store.unit() as unit:
            return unit.positions("network").get(TopicPartition(Alarm.topic, 0), 0)

    def beyond(before: int) -> bool:
        return before < position() or position() >= end

    command = [sys.executable, "-c", FOLLOWER, f"sqlite://{tmp_path}/log.db", f"sqlite:///{tmp_path}/store.db"]
    for _ in range(kills):
        moved = partial(beyond, position())
        process = subprocess.Popen(command)
        until(moved, "the follower has begun")
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with closing(Follower(log, store, "network", [Alarm.topic], one_by_one(take), "follower")) as follower:
        until(lambda: follower.run_once(0.1) == 0 and position() >= end, "all that was told is in the store")
    with closing(Relay(log, store)) as relay:
        until(lambda: not store.outbox() or (relay.run_once(), False)[1], "all is told")
    assert store.find(Query(ALARM.name)).total == count
    assert Counter(told(log)) == {
        "AlarmCreateEvent": count,
        "AlarmStateChangeEvent": count // 2,
        "AlarmAttributeValueChangeEvent": count // 2,
    }
