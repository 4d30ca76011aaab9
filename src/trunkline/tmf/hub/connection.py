"""A way to one callback: a request at a time, to an address that was judged, within a time limit.

What the other side answers is read only as far as is told; a redirect is not followed. Source: RFC 9110, RFC 9112.
"""

from __future__ import annotations

import socket
import ssl
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import NamedTuple

from trunkline.deadline import Deadline
from trunkline.tmf.hub.guard import Callback, Forbidden, Guard, Place

LONGEST_ANSWER = 16 << 10  # bytes that are read
EXCERPT = 200  # characters of an answer that are told


class Answer(NamedTuple):
    """What became of a request. `status` is 0 where there was no answer, `pause` the seconds that it asks to wait."""

    status: int
    message: str = ""
    pause: float = 0.0

    @property
    def taken(self) -> bool:
        """Whether the subscriber has the event."""
        return 200 <= self.status < 300


class Connection:
    """Posts to `callback`, of one thread. `timeout` is in seconds, for a whole request; `tls` says whom to trust."""

    def __init__(self, callback: Callback, guard: Guard, timeout: float, tls: ssl.SSLContext) -> None:
        self._callback, self._guard, self._timeout, self._tls = callback, guard, timeout, tls
        self._kept: HTTPConnection | None = None

    def post(self, body: bytes) -> Answer:
        """Post a body of JSON."""
        deadline = Deadline(self._timeout)
        if self._kept is not None:
            try:
                return self._exchange(self._kept, deadline, body)
            except ConnectionError:
                pass  # it was closed while it was idle; whatever else came of it, the event bears its id
            except (OSError, HTTPException) as error:
                return _unanswered(error)
        try:
            connection = self._connect(deadline)
        except Forbidden as error:
            return Answer(0, str(error))
        except OSError as error:
            return Answer(0, f"{self._callback.host} cannot be reached: {_reason(error)}")
        try:
            return self._exchange(connection, deadline, body)
        except (OSError, HTTPException) as error:
            return _unanswered(error)

    def close(self) -> None:
        """Keep no connection open."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _connect(self, deadline: Deadline) -> HTTPConnection:
        """Connect to an address of the host, each of which is judged now. Raises `Forbidden` and `OSError`."""
        refused: OSError | None = None
        for place in self._guard.places(self._callback):
            try:
                return self._connected(place, deadline)
            except OSError as error:
                refused = error
        raise refused or OSError("it has no address")

    def _connected(self, place: Place, deadline: Deadline) -> HTTPConnection:
        host, port = self._callback.host, self._callback.port
        plain = socket.socket(place.family, socket.SOCK_STREAM)
        try:
            plain.settimeout(deadline.left())
            plain.connect(place.address)
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection: HTTPConnection
            if self._callback.scheme == "https":
                connection = HTTPSConnection(host, port, context=self._tls)
                connection.sock = self._tls.wrap_socket(plain, server_hostname=host)
            else:
                connection = HTTPConnection(host, port)
                connection.sock = plain
        except BaseException:
            plain.close()
            raise
        connection.auto_open = 0  # it would resolve the name by itself
        return connection

    def _exchange(self, connection: HTTPConnection, deadline: Deadline, body: bytes) -> Answer:
        self._kept = None
        headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "trunkline"}
        try:
            deadline.bound(connection)
            connection.request("POST", self._callback.target, body, headers)
            response = connection.getresponse()
            said = response.read(LONGEST_ANSWER)
            answer = Answer(
                response.status, _message(response.status, said), _pause(response.getheader("Retry-After", ""))
            )
        except BaseException:
            connection.close()
            raise
        if response.isclosed() and not response.will_close:
            self._kept = connection
        else:
            connection.close()
        return answer


def _message(status: int, body: bytes) -> str:
    said = body.decode("utf-8", "replace")[:EXCERPT]
    text = "".join(letter if letter.isprintable() else " " for letter in said).strip()
    return f"it is elsewhere, and redirects are not followed: {text}" if 300 <= status < 400 else text


def _pause(retry_after: str) -> float:
    """Seconds (RFC 9110, clause 10.2.3); a date is not honoured."""
    return float(retry_after[:9]) if retry_after.isascii() and retry_after.isdigit() else 0.0


def _unanswered(error: Exception) -> Answer:
    return Answer(0, f"no answer: {_reason(error)}")


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error)[:EXCERPT] or type(error).__name__
