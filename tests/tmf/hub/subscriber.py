"""A subscriber: a real HTTP server on loopback that keeps what it is sent, and answers as the test wants."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec


@dataclass(frozen=True)
class Answer:
    """What a subscriber answers, after so many seconds; a status of 0 hangs up."""

    status: int = 201
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    delay: float = 0.0


class Subscriber:
    """Listens from its making until `close`. `behave` says what becomes of each request; by default all is taken."""

    def __init__(
        self,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
        behave: Callable[[dict[str, Any]], Answer] = lambda event: Answer(),
    ) -> None:
        self.behave = behave
        self.asked: list[dict[str, Any]] = []
        """All events that came, also those that were not taken."""
        self.taken: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._server = Server(("127.0.0.1", port), _handler(self))
        self.port = self._server.server_address[1]
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}"
        self.callback = f"{self.url}/events?of=network"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def ids(self) -> list[str]:
        """The ids of the resources that the events which were taken tell of, each when it first came."""
        return list(dict.fromkeys(_about(event)["id"] for event in list(self.taken)))

    def wait(self, count: int, seconds: float = 30.0) -> None:
        """Wait until events of so many resources were taken."""
        self.until(lambda: len(self.ids()) >= count, f"{count} resources are told of", seconds)

    def until(self, reached: Callable[[], bool], what: str, seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not reached():
            assert time.monotonic() < deadline, f"waited in vain until {what}: {len(self.ids())} came"
            time.sleep(0.01)

    def close(self) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()

    def take(self, path: str, headers: dict[str, str], body: bytes) -> Answer:
        event = msgspec.json.decode(body)
        with self._lock:
            self.asked.append(event)
            self.paths.append(path)
            self.headers.append(headers)
            answer = self.behave(event)
        self._closed.wait(answer.delay)
        if 200 <= answer.status < 300:
            with self._lock:
                self.taken.append(event)
        return answer


def _about(event: dict[str, Any]) -> dict[str, Any]:
    [document] = event["event"].values()
    found: dict[str, Any] = document
    return found


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers are killed here: that is no error of this server."""


def _handler(subscriber: Subscriber) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = subscriber.take(self.path, headers, body)
            if answer.status == 0:
                self.close_connection = True
                return
            self.send_response(answer.status)
            for name, value in answer.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *values: Any) -> None:
            """The test's output is not this server's."""

    return Handler
