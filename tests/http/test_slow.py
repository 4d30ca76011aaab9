"""Clients that take their time: each is bounded, and others are answered meanwhile."""

from __future__ import annotations

import socket
import threading
from contextlib import ExitStack

import httpx
import pytest

from tests.security.certificates.house import authorities as made
from tests.security.certificates.house import service, serving, trusting
from trunkline.http import Tls
from trunkline.http.patience import Patience
from trunkline.http.server import Server
from trunkline.security.certificates.authorities import Authorities

SHORT = Patience(handshake=0.5, head=0.5, body=0.5, stalled=0.5, idle=1, handshakes=8)


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    return made(tmp_path_factory.mktemp("certificates"))


def connected(running: Server) -> socket.socket:
    return socket.create_connection(("127.0.0.1", running.port), 20)


def rest(client: socket.socket) -> bytes:
    """All that still comes, until the server ends the connection."""
    said = bytearray()
    try:
        while piece := client.recv(1 << 20):
            said += piece
    except ConnectionResetError:
        pass
    return bytes(said)


def test_a_handshake_that_does_not_come_or_stays_half_is_ended(acme: Authorities) -> None:
    with serving(Tls(service(acme, "api").files), SHORT) as running:
        for begun in (b"", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"):
            with connected(running) as client:
                client.sendall(begun)
                assert rest(client) == b""


def test_many_slow_handshakes_keep_nobody_out(acme: Authorities) -> None:
    patient = Patience(handshake=600, handshakes=8)  # none ends by time
    with serving(Tls(service(acme, "api").files), patient) as running, ExitStack() as stack:
        slow = [stack.enter_context(connected(running)) for _ in range(40)]
        url = f"https://localhost:{running.port}/"
        assert httpx.get(url, verify=trusting(acme.trusted), timeout=20).status_code == 200
        for oldest in slow[:30]:  # ended in favour of those that came after
            assert rest(oldest) == b""


@pytest.mark.parametrize("begun", [b"", b"GET / HTTP/1.1\r\nHo", b"GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / H"])
def test_a_request_whose_head_does_not_come_is_ended(begun: bytes) -> None:
    with serving(None, SHORT) as running, connected(running) as client:
        client.sendall(begun)
        said = rest(client)
        assert said.count(b"200 OK") == begun.count(b"\r\n\r\n")


@pytest.mark.parametrize("answered", [0, 1])
def test_a_head_that_comes_a_byte_at_a_time_is_ended(answered: int) -> None:
    with serving(None, SHORT) as running, connected(running) as client:
        for _ in range(answered):
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"200 OK" in client.recv(65_536)
        ended = threading.Event()

        def drip() -> None:
            try:
                while not ended.wait(0.05):
                    client.sendall(b"x")
            except OSError:
                pass

        client.sendall(b"GET /more HTTP/1.1\r\nHost: ")
        dripping = threading.Thread(target=drip)
        dripping.start()
        assert b"HTTP" not in rest(client)
        ended.set()
        dripping.join()


def test_a_body_that_does_not_come_is_answered_408() -> None:
    with serving(None, SHORT) as running, connected(running) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc")
        said = rest(client)
        assert said.startswith(b"HTTP/1.1 408 ")
        assert b"the body did not come within 0.5 s" in said


def test_a_client_that_takes_nothing_of_its_answer_is_ended() -> None:
    with serving(None, SHORT) as running, connected(running) as client:
        client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\n\r\n")
        threading.Event().wait(1.2)  # it takes nothing
        assert len(rest(client)) < 50_000_000
        assert not running.server_state.connections


def test_one_that_takes_its_answer_slowly_but_takes_it_is_not() -> None:
    with serving(None, Patience(stalled=1.5)) as running, connected(running) as client:
        client.sendall(b"GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        said = 0
        for _ in range(25):
            threading.Event().wait(0.1)
            said += len(client.recv(1_000_000))
        assert said + len(rest(client)) > 50_000_000


def test_a_crowd_of_idle_clients_leaves_room_for_others_in_time() -> None:
    with serving(None, Patience(head=2)) as running, ExitStack() as stack:
        idle = [stack.enter_context(connected(running)) for _ in range(300)]
        assert httpx.get(f"http://127.0.0.1:{running.port}/", timeout=20).status_code == 200
        for each in idle:
            assert rest(each) == b""
        assert not running.server_state.connections
