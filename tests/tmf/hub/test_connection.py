"""A request to a callback: to the address that was judged, and never further than it says."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

from tests.effects.certificate import self_signed
from tests.tmf.hub.subscriber import Answer, Subscriber
from trunkline.tmf.hub.connection import Connection
from trunkline.tmf.hub.guard import Guard, read

LOOPBACK = [ip_network("127.0.0.0/8")]
EVENT = b'{"event": {"alarm": {"id": "1"}}}'


class Names:
    """A resolver that gives these addresses, one after the other, the last one for ever."""

    def __init__(self, *addresses: str) -> None:
        self._addresses = list(addresses)
        self.asked = 0

    def __call__(self, host: str, port: int, *, type: int) -> list[tuple[Any, ...]]:
        self.asked += 1
        address = self._addresses.pop(0) if len(self._addresses) > 1 else self._addresses[0]
        return [(socket.AF_INET, type, 6, "", (address, port))]


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    server = Subscriber()
    yield server
    server.close()


def connection(callback: str, guard: Guard, timeout: float = 5.0, trusted: Path | None = None) -> Connection:
    return Connection(read(callback), guard, timeout, ssl.create_default_context(cafile=trusted))


def test_an_event_is_posted_as_json_to_the_callback_as_it_was_given(subscriber: Subscriber) -> None:
    answer = connection(f"{subscriber.url}/a/b?of=network", Guard(LOOPBACK)).post(EVENT)
    assert (answer.status, answer.taken) == (201, True)
    assert subscriber.paths == ["/a/b?of=network"]
    assert subscriber.headers[0]["content-type"] == "application/json"
    assert subscriber.taken == [{"event": {"alarm": {"id": "1"}}}]


def test_one_connection_serves_many_events(subscriber: Subscriber) -> None:
    names = Names("127.0.0.1")
    to = connection(f"http://partner.example:{subscriber.port}/", Guard(LOOPBACK, names))
    assert all(to.post(EVENT).taken for _ in range(5))
    assert (names.asked, len(subscriber.taken)) == (1, 5)
    assert {headers["host"] for headers in subscriber.headers} == {f"partner.example:{subscriber.port}"}


def test_a_name_that_leads_elsewhere_later_is_judged_again_and_nothing_is_sent_inside(subscriber: Subscriber) -> None:
    """DNS rebinding: at the subscription the name was a public one's, or is one that is permitted."""
    names = Names("127.0.0.1", "10.0.0.1")
    to = connection(f"http://partner.example:{subscriber.port}/", Guard(LOOPBACK, names))
    subscriber.behave = lambda event: Answer(201, (("Connection", "close"),))
    assert to.post(EVENT).taken
    refused = to.post(EVENT)
    assert (refused.status, names.asked) == (0, 2)
    assert "permit" in refused.message


def test_the_connection_goes_to_the_address_that_was_judged_whatever_the_name_means_a_moment_later(
    subscriber: Subscriber, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*asked: Any, **how: Any) -> Any:
        raise AssertionError(f"the name was resolved again: {asked}")

    monkeypatch.setattr(socket, "getaddrinfo", never)
    to = connection(f"http://partner.example:{subscriber.port}/", Guard(LOOPBACK, Names("127.0.0.1")))
    assert to.post(EVENT).taken


def test_a_redirect_is_not_followed(subscriber: Subscriber) -> None:
    inside = Subscriber()
    subscriber.behave = lambda event: Answer(307, (("Location", inside.callback),))
    answer = connection(subscriber.callback, Guard(LOOPBACK)).post(EVENT)
    assert (answer.status, answer.taken) == (307, False)
    assert inside.asked == []
    inside.close()


def test_of_a_long_answer_only_the_beginning_is_read(subscriber: Subscriber) -> None:
    subscriber.behave = lambda event: Answer(400, (), b"x" * 5_000_000)
    to = connection(subscriber.callback, Guard(LOOPBACK))
    answer = to.post(EVENT)
    assert answer.status == 400
    assert len(answer.message) <= 300
    subscriber.behave = lambda event: Answer()
    assert to.post(EVENT).taken, "the rest of that answer is not taken for the next one"


def test_a_subscriber_that_drips_its_answer_is_left_after_the_time_for_the_whole_request() -> None:
    done = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            its, _ = server.accept()
            with its:
                its.recv(65_536)
                its.sendall(b"HTTP/1.1 200 OK\r\n")
                while not done.wait(0.02):
                    try:
                        its.sendall(b"X: x\r\n")
                    except OSError:
                        return

        threading.Thread(target=drip, daemon=True).start()
        answer = connection(f"http://127.0.0.1:{server.getsockname()[1]}/", Guard(LOOPBACK), timeout=0.3).post(EVENT)
        done.set()
    assert answer.status == 0
    assert "no answer" in answer.message


def test_a_subscriber_that_is_not_there_or_hangs_up_has_not_taken_it(subscriber: Subscriber) -> None:
    subscriber.behave = lambda event: Answer(0)
    to = connection(subscriber.callback, Guard(LOOPBACK))
    assert not to.post(EVENT).taken
    subscriber.close()
    answer = to.post(EVENT)
    assert (answer.status, answer.taken) == (0, False)
    assert "cannot be reached" in answer.message


def test_how_long_a_subscriber_wants_to_be_left_alone_is_told(subscriber: Subscriber) -> None:
    subscriber.behave = lambda event: Answer(503, (("Retry-After", "7"),))
    assert connection(subscriber.callback, Guard(LOOPBACK)).post(EVENT).pause == 7


def test_by_https_the_subscriber_must_prove_its_name(tmp_path: Path) -> None:
    trusted, context = self_signed(tmp_path)
    server = Subscriber(tls=context)
    guard = Guard(LOOPBACK, Names("127.0.0.1"))
    right = f"https://localhost:{server.port}/"
    assert connection(right, guard, trusted=trusted).post(EVENT).taken
    assert not connection(right, guard).post(EVENT).taken, "nobody vouches for it"
    assert not connection(f"https://partner.example:{server.port}/", guard, trusted=trusted).post(EVENT).taken
    assert len(server.asked) == 1
    server.close()
