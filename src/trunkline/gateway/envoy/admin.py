"""Asking a running Envoy, by its socket in the gateway's folder, which nobody else can open."""

from __future__ import annotations

import http.client
import socket
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import msgspec

TIMEOUT: Final = 30.0
"""Seconds that an answer may take: while Envoy takes thousands of routes it answers nothing else."""
LONGEST_PATH: Final = 100
"""Characters of a socket's path that every system takes."""


class Unreachable(OSError):
    """Envoy does not run, or does not answer."""


class Admin:
    """Envoy's administration interface at the socket `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def is_live(self) -> bool:
        try:
            return self._ask("GET", "/ready").startswith(b"LIVE")
        except Unreachable:
            return False

    def stats(self, pattern: str) -> dict[str, int]:
        """The counters and gauges whose name has `pattern` (a regular expression). Raises `Unreachable`."""
        answer = msgspec.json.decode(self._ask("GET", f"/stats?format=json&filter={quote(pattern)}"))
        return {stat["name"]: stat["value"] for stat in answer["stats"] if "value" in stat}

    def clusters(self) -> set[str]:
        """The names of the clusters that requests can go to. Raises `Unreachable`."""
        answer: dict[str, Any] = msgspec.json.decode(self._ask("GET", "/clusters?format=json"))
        return {cluster["name"] for cluster in answer.get("cluster_statuses", ())}

    def drain(self) -> None:
        """Take no more connections; what is under way goes on. Raises `Unreachable`."""
        self._ask("POST", "/drain_listeners")

    def under_way(self) -> int:
        """How many requests are not answered yet. Raises `Unreachable`."""
        return self.stats(r"^http\.gateway\.downstream_rq_active$").get("http.gateway.downstream_rq_active", 0)

    def quit(self) -> None:
        """Let it end. Raises `Unreachable`."""
        self._ask("POST", "/quitquitquit")

    def reopen_logs(self) -> None:
        """Begin a new access log where the old one was renamed. Raises `Unreachable`."""
        self._ask("POST", "/reopen_logs")

    def _ask(self, method: str, path: str) -> bytes:
        connection = _Connection(self._path)
        try:
            connection.request(method, path)
            return connection.getresponse().read()
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(
                f"Envoy does not answer at {self._path}: is `trunkline gateway` running? ({error})"
            ) from None
        finally:
            connection.close()


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("envoy", timeout=TIMEOUT)
        self._socket_path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(str(self._socket_path))
