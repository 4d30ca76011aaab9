"""The operator's messaging system, simulated: it takes messages by TMF681, keeps them, and sends them to nobody.

As a real one promises, it knows a message again by its idempotency key (or its `id`), and does it once. What it has
taken is on disk before it says so.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

PATH = "/tmf-api/communicationManagement/v4/communicationMessage"
LONGEST = 64 << 10  # bytes of a message
SHOWN = 1_000  # messages
KEPT = 100_000  # messages
REQUIRED = ("content", "messageType", "receiver", "sender")
IDLE = 60.0  # seconds after which a connection is closed


class MessageCentre:
    """The server, at work until `close`. Raises `OSError` where the port is taken."""

    def __init__(self, folder: Path, port: int) -> None:
        self._server = _Server(("127.0.0.1", port), _handler(self))
        self.port = self._server.server_address[1]
        self._lock = threading.Lock()
        self._kept = sqlite3.connect(folder / "messages.db", check_same_thread=False, isolation_level=None)
        self._kept.execute("PRAGMA journal_mode = WAL")
        self._kept.execute(
            "CREATE TABLE IF NOT EXISTS message (number INTEGER PRIMARY KEY, key TEXT UNIQUE, receiver TEXT, said TEXT)"
        )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.2,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        with self._lock:
            self._kept.close()

    def take(self, key: str, message: dict[str, Any]) -> tuple[bool, str]:
        """Take a message under its key; whether it is new, and the message as it was taken the first time."""
        said = json.dumps(message | {"state": "completed", "sendTimeComplete": datetime.now(UTC).isoformat()})
        with self._lock:
            number = self._kept.execute(
                "INSERT INTO message (key, receiver, said) VALUES (?, ?, ?) ON CONFLICT DO NOTHING RETURNING number",
                (key, str(message["receiver"][0]["phoneNumber"]), said),
            ).fetchone()
            if number is not None:
                self._kept.execute("DELETE FROM message WHERE number <= ?", (number[0] - KEPT,))
                return True, said
            [before] = self._kept.execute("SELECT said FROM message WHERE key = ?", (key,)).fetchone()
            return False, before

    def messages(self, receiver: str = "") -> list[Any]:
        """The newest messages, those of a number where one is given; the newest first."""
        query = "SELECT said FROM message WHERE ? IN ('', receiver) ORDER BY number DESC LIMIT ?"
        with self._lock:
            return [json.loads(said) for (said,) in self._kept.execute(query, (receiver, SHOWN))]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that is gone is no error of this server."""


def read(body: bytes) -> dict[str, Any]:
    """A message. Raises `ValueError` with what is wrong with it."""
    message = json.loads(body)
    if not isinstance(message, dict):
        raise ValueError("a communicationMessage is an object")
    if missing := [name for name in REQUIRED if not message.get(name)]:
        raise ValueError(f"{', '.join(missing)} is missing")
    receiver = message["receiver"]
    if not isinstance(receiver, list) or not isinstance(receiver[0], dict) or not receiver[0].get("phoneNumber"):
        raise ValueError("receiver[0].phoneNumber is missing")
    return message


def _handler(centre: MessageCentre) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        timeout = IDLE

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdecimal() or int(length) > LONGEST:
                self.close_connection = True
                self._answer(413, {"code": "tooLarge", "reason": f"a message has at most {LONGEST} bytes"})
                return
            body = self.rfile.read(int(length))
            if urlsplit(self.path).path != PATH:
                self._answer(404, {"code": "notFound", "reason": f"messages are taken at {PATH}"})
                return
            try:
                message = read(body)
            except (ValueError, RecursionError) as error:
                self._answer(400, {"code": "badMessage", "reason": str(error)})
                return
            key = self.headers.get("Idempotency-Key", "").strip('"') or str(message.get("id") or "")
            if not key:
                self._answer(400, {"code": "noKey", "reason": "give an Idempotency-Key, or an id"})
                return
            new, said = centre.take(key, message | {"id": key})
            self._answer(201 if new else 200, json.loads(said))

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            if parts.path != PATH:
                self._answer(404, {"code": "notFound", "reason": f"messages are at {PATH}"})
                return
            self._answer(200, centre.messages(parse_qs(parts.query).get("receiver", [""])[0]))

        def log_message(self, format: str, *args: Any) -> None:
            """What goes well is not told."""

        def _answer(self, status: int, said: Any) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler
