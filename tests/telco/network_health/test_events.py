"""Health and alarm changes as server-sent events: live, resumed, filtered."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.telco.network_health.conftest import Network, eventually, make_alarm, serving
from trunkline.connect.archive import Archive
from trunkline.http import sse
from trunkline.log.port import Log, Topic
from trunkline.telco.network.api import events


class Sse(NamedTuple):
    """One event as a browser's EventSource would give it out."""

    name: str
    id: str
    data: Any


class Stream:
    """A client of the event stream, after the WHATWG rules; `last_id` moves on with blocks that have no data, too."""

    def __init__(self, answer: httpx.Response) -> None:
        self.lines = answer.iter_lines()
        self.last_id = ""
        self.comments: list[str] = []

    def __iter__(self) -> Iterator[Sse]:
        fields: dict[str, str] = {}
        for line in self.lines:
            if line.startswith(":"):
                self.comments.append(line[1:].strip())
            elif line:
                name, _, value = line.partition(": ")
                fields[name] = value
            else:
                self.last_id = fields.get("id", self.last_id)
                if "data" in fields:
                    yield Sse(fields["event"], self.last_id, json.loads(fields["data"]))
                fields = {}

    def take(self, count: int) -> list[Sse]:
        taken = []
        for event in self:
            taken.append(event)
            if len(taken) == count:
                break
        return taken

    def begin(self) -> None:
        """Read the block that opens the stream: from here on nothing is missed."""
        for line in self.lines:
            if line.startswith("id: "):
                self.last_id = line.removeprefix("id: ")
            if not line:
                return


@contextmanager
def stream(url: str, last: str = "", **query: Any) -> Iterator[Stream]:
    headers = {"Last-Event-ID": last} if last else {}
    path = f"{url}/network-health/v1/events"
    with httpx.stream("GET", path, params=query, headers=headers, timeout=10) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        following = Stream(answer)
        following.begin()
        yield following


def test_changes_of_health_and_alarms_come_as_they_happen(url: str, network: Network) -> None:
    network.resource("ManagedElement=ANT_01", region="Antwerpen")
    with stream(url) as following:
        network.alarm("a", dn="ManagedElement=ANT_01")
        [alarm] = following.take(1)
        network.health("site", "ANT_01", 40)
        [health] = following.take(1)
    assert (alarm.name, alarm.data["id"], alarm.data["region"]) == ("alarm", "a", "Antwerpen")
    assert (health.name, health.data["scope"], health.data["score"]) == ("health", "site", 40)


def test_a_new_stream_begins_with_what_comes_after_it(url: str, network: Network) -> None:
    network.alarm("before")
    eventually(lambda: httpx.get(f"{url}/network-health/v1/alarms").json())
    with stream(url) as following:
        network.alarm("after")
        assert following.take(1)[0].data["id"] == "after"


def test_a_stream_resumes_after_each_event_without_loss_or_doubling(url: str, network: Network) -> None:
    with stream(url) as following:
        start = following.last_id
    for number in range(30):
        network.alarm(f"a{number}")
        network.health("site", f"S{number}", 40)
    seen, last = [], start
    while len(seen) < 60:
        with stream(url, last) as following:
            for event in following.take(7 if len(seen) + 7 <= 60 else 60 - len(seen)):
                seen.append((event.name, event.data["id"]))
                last = event.id
    assert len(set(seen)) == 60
    assert [id for name, id in seen if name == "alarm"] == [f"a{number}" for number in range(30)]
    assert [id for name, id in seen if name == "health"] == [f"S{number}" for number in range(30)]


def test_a_stream_resumes_over_a_restart_of_the_server(log: Log, network: Network, archive: Archive) -> None:
    with serving(log, archive) as url, stream(url) as following:
        network.alarm("a0")
        [first] = following.take(1)
    for number in range(1, 10):
        network.alarm(f"a{number}")
    network.put(*(make_alarm(f"b{number}") for number in range(1200)))
    with serving(log, archive) as url, stream(url, first.id) as following:
        seen = [event.data["id"] for event in following.take(1209)]
        network.alarm("live")
        assert following.take(1)[0].data["id"] == "live"
    assert seen == [*(f"a{number}" for number in range(1, 10)), *(f"b{number}" for number in range(1200))]


def test_clients_that_come_and_go_under_load_together_miss_nothing(
    url: str, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "RECENT", 20)  # so that resuming also reads the log
    with stream(url) as following:
        start = following.last_id

    def write() -> None:
        for number in range(400):
            network.alarm(f"a{number}")

    writing = threading.Thread(target=write)
    writing.start()
    seen, last = [], start
    while len(seen) < 400:
        with stream(url, last) as following:
            for event in following.take(min(60, 400 - len(seen))):
                seen.append(event.data["id"])
                last = event.id
    writing.join()
    assert seen == [f"a{number}" for number in range(400)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"kind": "alarm"}, ["a1", "a2"]),
        ({"kind": "health"}, ["network", "Antwerpen", "ANT_01"]),
        ({"severity": "critical"}, ["a2", "network", "Antwerpen", "ANT_01"]),
        ({"kind": "alarm", "vendor": "Huawei"}, ["a2"]),
        ({"scope": "site", "kind": "health"}, ["ANT_01"]),
        ({"region": "Antwerpen"}, ["a1", "Antwerpen", "ANT_01"]),
        ({"scope": ["region", "network"], "severity": "major"}, ["a1", "network", "Antwerpen"]),
    ],
)
def test_a_stream_is_filtered(url: str, network: Network, query: dict[str, Any], expected: list[str]) -> None:
    with stream(url) as following:
        start = following.last_id
    network.resource("ManagedElement=ANT_01", region="Antwerpen")
    network.alarm("a1", dn="ManagedElement=ANT_01")
    network.alarm("a2", "critical", vendor="Huawei", dn="ManagedElement=GNT_01")
    network.health("network", "network")
    network.health("region", "Antwerpen")
    network.health("site", "ANT_01", region="Antwerpen", vendor="Nokia")
    eventually(lambda: httpx.get(f"{url}/network-health/v1/sites").json())
    with stream(url, start, **query) as following:
        assert sorted(event.data["id"] for event in following.take(len(expected))) == sorted(expected)


def test_a_quiet_stream_shows_that_it_lives_and_moves_its_id_past_what_the_filter_left_out(
    url: str, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT", 0.05)
    with stream(url, severity="critical", kind="alarm") as following:
        start = following.last_id
        network.alarm("a", "minor")
        for line in following.lines:
            if line.startswith("id: ") and line.removeprefix("id: ") != start:
                break
        assert line == "id: 0-1"


def test_a_client_that_was_away_for_longer_than_the_log_keeps_is_told(
    log: Log, network: Network, archive: Archive
) -> None:
    for number in range(5):
        network.health("site", f"S{number}")
    log.create(Topic(name="network.health", retention_bytes=1))
    log.maintain()
    assert log.start("network.health", 0) > 0
    with serving(log, archive) as url, stream(url, "0-0") as following:
        [gap] = following.take(1)
        assert gap.name == "gap"
        assert "read the present state anew" in gap.data["detail"]
        network.health("site", "later")
        assert following.take(1)[0].data["id"] == "later"


def test_an_id_of_another_log_is_told_too(url: str) -> None:
    with stream(url, "7-99") as following:
        assert "the log is another one" in following.take(1)[0].data["detail"]


@pytest.mark.parametrize("id", ["x", "1", "1-", "-1", "1-2-3", "9" * 60])
def test_what_cannot_be_an_id_is_refused(url: str, id: str) -> None:
    answer = httpx.get(f"{url}/network-health/v1/events", headers={"Last-Event-ID": id})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_no_more_streams_are_opened_than_the_server_can_serve(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST_CLIENTS", 2)
    with stream(url), stream(url):
        refused = httpx.get(f"{url}/network-health/v1/events")
        assert refused.status_code == 503
        assert refused.headers["retry-after"] == "5"
    eventually(lambda: opens(url))


def opens(url: str) -> bool:
    with httpx.stream("GET", f"{url}/network-health/v1/events", timeout=5) as answer:
        return answer.status_code == 200


def test_a_client_that_takes_nothing_is_closed_and_resumes(
    url: str, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "STALLED", 0.3)
    host, port = url.removeprefix("http://").split(":")
    stuck = socket.socket()
    stuck.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stuck.connect((host, int(port)))
    stuck.sendall(f"GET /network-health/v1/events HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    got = stuck.recv(1024)
    while b"id: 0-0\n\n" not in got:
        got += stuck.recv(1024)
    long = "x" * 4000
    for first in range(0, 3000, 500):
        network.put(*(make_alarm(f"a{number}", text=long) for number in range(first, first + 500)))
    time.sleep(1.0)
    stuck.settimeout(5)
    while piece := stuck.recv(1 << 16):
        got += piece
    stuck.close()
    ids = [line for line in got.split(b"\n") if line.startswith(b"id: ")]
    whole = got.rpartition(b"\n\n")[0].rpartition(b"id: ")[2].partition(b"\n")[0].decode()
    assert 0 < len(ids) < 3000
    missing = 3000 - int(whole.partition("-")[2])
    with stream(url, whole) as following:
        rest = [event.data["id"] for event in following.take(missing)]
    assert rest == [f"a{number}" for number in range(3000 - missing, 3000)]


def test_open_streams_end_when_the_server_stops(log: Log, archive: Archive, tmp_path: Path) -> None:
    comments: list[str] = []
    started = threading.Event()

    def follow(url: str) -> None:
        with stream(url) as following:
            started.set()
            assert list(following) == []
            comments.extend(following.comments)

    with serving(log, archive) as url:
        client = threading.Thread(target=follow, args=(url,))
        client.start()
        assert started.wait(5)
    client.join(5)
    assert comments == ["the server stops; reconnect and the stream goes on where it was"]
