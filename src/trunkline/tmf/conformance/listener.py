"""A listener of the kit: an HTTP server that takes events at an address nobody can guess, and keeps them."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import unquote

import msgspec

MAX_EVENT: Final = 4 << 20
"""Bytes of an event; a larger one is refused with 413."""
MAX_EVENTS: Final = 10_000
"""Events that are kept; later ones are refused with 503."""


class Listener:
    """Listens from its making until `close`. Each `callback` is a mailbox of its own.

    It takes POST beneath the callback's path too, where servers add `/listener/<event>`, and answers 201 as the
    official files say of a listener. Raises `OSError` where it cannot be bound to `host` and `port` (0: any free one).
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._secret = secrets.token_urlsafe(16)
        self._arrived: dict[str, list[dict[str, Any]]] = {}
        self._kept = 0
        self._changed = threading.Condition()
        listener = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # else each answer on a connection that is kept waits for 40 ms
            timeout = 30

            def do_POST(self) -> None:
                self.send_response(listener._take(self))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *values: object) -> None:
                """Nothing: the report tells of what came."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

        self._server = Server((host, port), Handler)
        named = f"[{host}]" if ":" in host else host
        self._url = f"http://{named}:{self._server.server_port}/{self._secret}"
        self._thread = threading.Thread(target=self._server.serve_forever, name="conformance listener", daemon=True)
        self._thread.start()

    def callback(self) -> str:
        """The URL of a new mailbox."""
        name = secrets.token_hex(6)
        with self._changed:
            self._arrived[name] = []
        return f"{self._url}/{name}"

    def events(self, callback: str) -> list[dict[str, Any]]:
        """The events that came to a mailbox so far, in their order."""
        with self._changed:
            return list(self._arrived[callback.rpartition("/")[2]])

    def wait(self, callback: str, wanted: Callable[[dict[str, Any]], bool], seconds: float) -> dict[str, Any] | None:
        """The first event of a mailbox that is wanted; None where none comes in time."""
        until = time.monotonic() + seconds
        name = callback.rpartition("/")[2]
        with self._changed:
            while True:
                for event in self._arrived[name]:
                    if wanted(event):
                        return event
                left = until - time.monotonic()
                if left <= 0:
                    return None
                self._changed.wait(left)

    def after(self, callback: str, count: int, seconds: float) -> list[dict[str, Any]]:
        """What came to a mailbox behind its first `count` events, as soon as there is anything or the time is over."""
        name = callback.rpartition("/")[2]
        with self._changed:
            self._changed.wait_for(lambda: len(self._arrived[name]) > count, seconds)
            return self._arrived[name][count:]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _take(self, request: BaseHTTPRequestHandler) -> int:
        """Take one POST; the status to answer."""
        length = request.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > MAX_EVENT:
            request.close_connection = True
            return 413 if length.isdecimal() else 411
        body = request.rfile.read(int(length))
        parts = unquote(request.path.partition("?")[0]).split("/")
        if len(parts) < 3 or not secrets.compare_digest(parts[1].encode(), self._secret.encode()):
            return 404
        try:
            event = msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return 400
        with self._changed:
            if parts[2] not in self._arrived:
                return 404
            if not isinstance(event, dict):
                return 400
            if self._kept >= MAX_EVENTS:
                return 503
            self._kept += 1
            self._arrived[parts[2]].append(event)
            self._changed.notify_all()
        return 201
