"""Events posted to a real HTTP server on loopback."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.connect.outlet import Outlets
from tests.systems.certificates import self_signed
from tests.systems.sinks import context, portion, record
from trunkline.connect import sink
from trunkline.log.envelope import cloud_event
from trunkline.systems.http import SINK
from trunkline.systems.http.settings import HttpSettings
from trunkline.systems.http.target import idempotency_key
from trunkline.systems.sink import Down, Target

CLOUD_EVENT = (
    ("content-type", b"application/json"),
    ("ce_specversion", b"1.0"),
    ("ce_type", b"crm.customer"),
    ("ce_source", 'crm://génie"x'.encode()),
    ("ce_id", b"17"),
)


class Server(ThreadingHTTPServer):
    """Keeps what was posted, and answers with `answers` in turn, then with 204."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.posts: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.connections = 0
        self.scheme = "http"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.server_address[1]}/events?x=1"

    @property
    def ids(self) -> list[str]:
        return [msgspec.json.decode(body)["id"] for _, body in self.posts]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.connections += 1

    def do_POST(self) -> None:
        assert self.path == "/events?x=1"
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posts.append(({name.lower(): value for name, value in self.headers.items()}, body))
        status, headers, text = self.server.answers.pop(0) if self.server.answers else (204, {}, b"")
        if status == 0:
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *arguments: Any) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.shutdown()
    server.server_close()


def target(server: Server, tmp_path: Path, **settings: Any) -> Target:
    given = {"name": "out", "sink": "http", "topics": ["crm.customer"], "url": server.url, **settings}
    return SINK.open(msgspec.convert(given, HttpSettings), context(tmp_path))


def test_each_event_is_posted_as_a_cloud_event_with_its_identity_as_idempotency_key(
    server: Server, tmp_path: Path
) -> None:
    events = [
        record({"a": 1}, key=b"k", offset=4, headers=CLOUD_EVENT),
        record(None, offset=5),
        record(b"\xff", offset=6),
    ]
    assert target(server, tmp_path, headers={"X-Tenant": "be"}).write(portion(*events)) is None
    headers, body = server.posts[0]
    assert msgspec.json.decode(body) == {
        "specversion": "1.0", "id": "17", "source": 'crm://génie"x', "type": "crm.customer",
        "time": "2026-11-23T09:00:00Z", "partitionkey": "k", "datacontenttype": "application/json", "data": {"a": 1},
    }  # fmt: skip
    assert headers["content-type"] == "application/cloudevents+json"
    assert headers["x-tenant"] == "be"
    assert headers["idempotency-key"] == '"crm://g%C3%A9nie%22x 17"' == idempotency_key(events[0])
    tombstone, blob = (msgspec.json.decode(body) for _, body in server.posts[1:])
    assert "data" not in tombstone
    assert (tombstone["source"], tombstone["id"]) == ("log://crm.customer/0", "crm.customer/0/5")
    assert blob["data_base64"] == "/w=="
    assert server.connections == 1


@pytest.mark.parametrize("status", [400, 403, 404, 409, 422])
def test_an_event_that_is_refused_is_told_with_what_the_server_says_and_the_rest_is_left(
    server: Server, tmp_path: Path, status: int
) -> None:
    server.answers = [(204, {}, b""), (status, {}, b"no such\ncustomer")]
    refusal = target(server, tmp_path).write(portion(*(record({}, offset=n) for n in range(3))))
    assert refusal is not None
    assert (refusal.index, refusal.reason) == (1, f"http.{status}")
    assert refusal.message == f"{server.url} answers {status}: no such customer"
    assert len(server.posts) == 2


@pytest.mark.parametrize(
    ("status", "headers", "pause"),
    [
        (408, {}, 0),
        (429, {"Retry-After": "7"}, 7),
        (429, {"Retry-After": "999999999999"}, 300),
        (503, {"Retry-After": formatdate(4e9, usegmt=True)}, 300),
        (503, {"Retry-After": "soon"}, 0),
        (500, {}, 0),
        (301, {"Location": "/"}, 0),
        (401, {}, 0),
        (0, {}, 0),
    ],
)
def test_a_server_that_takes_nothing_now_is_left_alone_for_as_long_as_it_asks(
    server: Server, tmp_path: Path, status: int, headers: dict[str, str], pause: float
) -> None:
    server.answers = [(200, {}, b"ok"), (status, headers, b""), (status, headers, b"")]
    with pytest.raises(Down) as down:
        target(server, tmp_path).write(portion(*(record({}, offset=n) for n in range(3))))
    assert (down.value.taken, down.value.pause) == (1, pause)


def test_a_connection_that_the_server_closed_while_it_was_idle_costs_nothing(server: Server, tmp_path: Path) -> None:
    server.answers = [(204, {}, b""), (0, {}, b"")]
    assert target(server, tmp_path).write(portion(*(record({}, offset=n) for n in range(3)))) is None
    assert server.ids == [f"crm.customer/0/{n}" for n in (0, 1, 1, 2)]


@pytest.mark.parametrize(
    ("settings", "login"),
    [
        ({"token": "${env:T}"}, "Bearer secret of ${env:T}"),
        ({"user": "u", "password": "${env:P}"}, "Basic dTpzZWNyZXQgb2YgJHtlbnY6UH0="),
    ],
)
def test_the_login_goes_with_every_event(server: Server, tmp_path: Path, settings: dict[str, str], login: str) -> None:
    target(server, tmp_path, **settings).write(portion(record({})))
    assert server.posts[0][0]["authorization"] == login


def test_a_server_is_trusted_by_its_certificate_alone(server: Server, tmp_path: Path) -> None:
    chain, key = tmp_path / "server.pem", tmp_path / "server.key"
    self_signed(chain, key)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(chain, key)
    server.socket = tls.wrap_socket(server.socket, server_side=True)
    server.scheme = "https"
    with pytest.raises(Down, match="certificate verify failed"):
        target(server, tmp_path).write(portion(record({})))
    assert target(server, tmp_path, ca=str(chain)).write(portion(record({}))) is None


def test_at_work_nothing_is_lost_while_the_server_is_down_and_what_it_refuses_is_in_quarantine(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sink, "FIRST_PAUSE", 0.02)
    outlets = Outlets(tmp_path)
    outlets.declare("webhook", "http", url=server.url)
    outlets.log.append(
        "crm.customer", [cloud_event(type="t", source="s", id=str(n), value=b"{}", key="k") for n in range(6)]
    )
    server.answers = [(204, {}, b""), (503, {}, b""), (500, {}, b""), (204, {}, b""), (422, {}, b"bad"), (429, {}, b"")]
    runner = outlets.run_until_done("webhook")
    assert server.ids == ["0", "1", "1", "1", "2", "3", "3", "4", "5"]
    [rejected] = outlets.rejected()
    assert (rejected.stage, rejected.reason, rejected.target) == ("sink", "http.422", "crm.customer")
    assert [(status.events, status.rejected, status.problem) for status in runner.statuses] == [(5, 1, "")]
    outlets.log.close()
