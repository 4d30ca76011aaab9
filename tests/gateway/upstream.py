"""A server behind the gateway: it answers with what it was asked, so that a test sees what came through."""

from __future__ import annotations

import json
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Upstream:
    """Its port, what it was asked so far, and how it is to answer."""

    port: int
    name: str = "one"
    asked: list[dict[str, Any]] = field(default_factory=list)
    status: int = 200
    wait: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    answer: bytes | None = None
    """What it answers instead."""

    def paths(self) -> list[str]:
        return [one["path"] for one in self.asked]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    upstream: Upstream

    def _answer(self) -> None:
        upstream = self.upstream
        if self.path == "/healthz":
            self._send(200, b"{}", {})
            return
        length = int(self.headers.get("content-length", 0))
        chunked = self.headers.get("transfer-encoding") == "chunked"
        body = self._chunks() if chunked else self.rfile.read(length)
        asked = {
            "method": self.command,
            "path": self.path,
            "headers": {name.lower(): value for name, value in self.headers.items()},
            "octets": len(body),
            "body": body.decode("latin-1"),
            "served": upstream.name,
            "number": len(upstream.asked),
        }
        upstream.asked.append(asked)
        time.sleep(upstream.wait)
        answer = json.dumps(asked).encode() if upstream.answer is None else upstream.answer
        self._send(upstream.status, answer, {"x-secret": "internal", **upstream.headers})

    def _chunks(self) -> bytes:
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return body

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"content-type": "application/json", "content-length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer

    def log_message(self, *_: object) -> None:
        pass


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: object) -> None:
        pass  # callers that go away are part of the tests


@contextmanager
def serving(name: str = "one", tls: ssl.SSLContext | None = None) -> Iterator[Upstream]:
    """It answers on a free port of loopback."""
    handler = type("Handler", (_Handler,), {})
    server = _Server(("127.0.0.1", 0), handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    upstream = handler.upstream = Upstream(server.server_address[1], name)  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield upstream
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


if __name__ == "__main__":
    alone = type("Alone", (_Handler,), {"upstream": Upstream(int(sys.argv[1]))})
    _Server(("127.0.0.1", int(sys.argv[1])), alone).serve_forever()
