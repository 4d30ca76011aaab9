"""A real HTTP server that stands for an outside system (an SMS centre, a provisioning platform): a double.

It does each idempotency key once and answers a repeated one as before, as such a system promises; `dull` ones do not
know a key again and do the work as often as they are asked. What it does is remembered in order.
"""

from __future__ import annotations

import json
import random
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Asked(NamedTuple):
    """A request as it came."""

    key: str
    method: str
    path: str
    headers: dict[str, str]
    body: str
    at: float


class Reply(NamedTuple):
    """What the target does with a request: whether it does the work, and what it answers (0: it hangs up)."""

    works: bool = True
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    delay: float = 0.0
    body: str = ""


class Target:
    """The server. `behave` says what becomes of each request; by default all goes well."""

    def __init__(self, *, dull: bool = False) -> None:
        self.dull = dull
        self.behave: Callable[[Asked], Reply] = lambda asked: Reply()
        self.asked: list[Asked] = []
        self.done: list[tuple[str, str]] = []
        """(key, body) of the work done, in order."""
        self.callers: set[tuple[str, int]] = set()
        """The other ends of the connections over which somebody asked."""
        self.most_at_once = 0
        self._at_once = 0
        self._known: set[str] = set()
        self._lock = threading.Lock()
        self._server = Server(("127.0.0.1", 0), _handler(self))
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def counts(self) -> Counter[str]:
        """How often the work of each key was done."""
        return Counter(key for key, _ in self.done)

    def keys(self) -> list[str]:
        """The keys asked for, in order."""
        return [asked.key for asked in self.asked]

    def secure(self, context: ssl.SSLContext) -> None:
        """Speak TLS from now on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def take(self, asked: Asked) -> Reply:
        with self._lock:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            self.asked.append(asked)
            reply = self.behave(asked)
        time.sleep(reply.delay)
        with self._lock:
            self._at_once -= 1
            if reply.works and (self.dull or asked.key not in self._known):
                self._known.add(asked.key)
                self.done.append((asked.key, asked.body))
        return reply


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Callers are killed here: that is no error of this server."""


def _handler(target: Target) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def handle_one_request_of(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            key = headers.get("idempotency-key", "").strip('"')
            target.callers.add(self.client_address)
            reply = target.take(Asked(key, method, self.path, headers, body, time.monotonic()))
            if reply.status == 0:
                self.close_connection = True
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            said = (reply.body or json.dumps({"id": f"m-{key}"})).encode()
            self.send_response(reply.status)
            for name, value in reply.headers:
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def do_POST(self) -> None:
            self.handle_one_request_of("POST")

        def do_PUT(self) -> None:
            self.handle_one_request_of("PUT")

        def do_DELETE(self) -> None:
            self.handle_one_request_of("DELETE")

        def log_message(self, format: str, *args: Any) -> None:
            """The test's output is not this server's."""

    return Handler


class Moods:
    """A target that is often ill: what it does is chosen by dice, so that a seed tells all."""

    def __init__(self, seed: int, *, slowest: float = 0.02) -> None:
        self._dice, self._slowest = random.Random(seed), slowest

    def __call__(self, asked: Asked) -> Reply:
        delay = self._dice.uniform(0, self._slowest)
        match self._dice.choices(
            ["well", "refuses", "ill", "does and hangs up", "hangs up", "busy"], [60, 0, 10, 12, 8, 10]
        )[0]:
            case "ill":
                return Reply(self._dice.random() < 0.5, 500, delay=delay)
            case "does and hangs up":
                return Reply(True, 0, delay=delay)
            case "hangs up":
                return Reply(False, 0, delay=delay)
            case "busy":
                return Reply(False, 429, (("Retry-After", "0"),), delay)
        return Reply(delay=delay)
