"""A registry that answers as a test says, to see how its ill humours are taken."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

Answer = tuple[int, str]


class Scripted:
    """Gives `answers` in order, and the last of them for ever. `asked` are the requests: method and path, login."""

    def __init__(self, url: str, answers: list[Answer]) -> None:
        self.url, self._answers = url, answers
        self.asked: list[tuple[str, str]] = []

    def answer(self, request: str, login: str) -> Answer:
        self.asked.append((request, login))
        return self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]


@contextmanager
def scripted(*answers: Answer, certificate: tuple[Path, Path] | None = None) -> Iterator[Scripted]:
    """One on loopback, with TLS where there are a certificate and its key."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, body = registry.answer(f"{self.command} {self.path}", self.headers.get("Authorization") or "")
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        do_POST = do_PUT = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """The test's output is not this server's."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    registry = Scripted(f"http{'s' if certificate else ''}://127.0.0.1:{server.server_address[1]}", [*answers])
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield registry
    finally:
        server.shutdown()
        server.server_close()
