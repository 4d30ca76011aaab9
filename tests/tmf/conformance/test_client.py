"""How the kit asks, and how it is told of."""

from __future__ import annotations

import shlex
import socket
import threading
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest

from tests.tmf.conformance.server import Server, served
from trunkline.tmf.conformance import Client, Listener, Unreachable


def test_a_request_is_told_as_a_line_for_the_shell_without_its_secrets() -> None:
    with served(Server("v4")) as url:
        client = Client(url, {"Authorization": "Bearer secret", "X-Tenant": "it's"})
        answer = client.ask("POST", "/tmf-api/productInventory/v4/product", [("a", "x&y")], json={"name": "it's"})
        client.close()
    assert answer.status == 400
    words = shlex.split(answer.request.curl())
    assert words[:5] == ["curl", "-i", "-X", "POST", f"{url}/tmf-api/productInventory/v4/product?a=x%26y"]
    assert "X-Tenant: it's" in words
    assert words[-2:] == ["--data-binary", '{"name":"it\'s"}']
    assert "secret" not in " ".join(words)


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:8080", "ftp://127.0.0.1", "http://", "http://127.0.0.1:port", "http://[::1"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(Unreachable, match="must be like"):
        Client(url)


def test_a_server_that_is_not_there_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(Unreachable, match=url):
        Client(url).ask("GET", "/")


def test_a_connection_that_the_server_has_closed_is_opened_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:

        def answer_twice() -> None:
            for _ in range(2):
                connection, _ = door.accept()
                with connection:
                    connection.recv(65_536)
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")

        thread = threading.Thread(target=answer_twice)
        thread.start()
        client = Client(f"http://127.0.0.1:{door.getsockname()[1]}")
        assert [client.ask("GET", "/").json for _ in range(2)] == [[], []]
        client.close()
        thread.join()


def test_a_listener_takes_events_at_its_callbacks_and_beneath_them_and_nowhere_else() -> None:
    listener = Listener()
    one, other = listener.callback(), listener.callback()

    def post(url: str, body: bytes) -> int:
        at = urlsplit(url)
        connection = HTTPConnection(at.hostname or "", at.port, timeout=5)
        connection.request("POST", at.path, body)
        status = connection.getresponse().status
        connection.close()
        return status

    try:
        assert post(one, b'{"eventId":"1"}') == 201
        assert post(f"{one}/listener/productCreateEvent", b'{"eventId":"2"}') == 201
        assert [event["eventId"] for event in listener.events(one)] == ["1", "2"]
        assert listener.events(other) == []
        assert post(one, b"no JSON") == 400
        assert post(one, b"[]") == 400
        assert post(one.rpartition("/")[0] + "/guessed", b"{}") == 404
        assert post(f"http://{urlsplit(one).netloc}/guessed/{one.rpartition('/')[2]}", b"{}") == 404
        assert listener.wait(one, lambda event: event["eventId"] == "2", 0) == {"eventId": "2"}
        assert listener.wait(one, lambda event: event["eventId"] == "3", 0) is None
    finally:
        listener.close()
