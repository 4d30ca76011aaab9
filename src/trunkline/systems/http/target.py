"""Posting events: one request each, in the order of the partition, over one connection.

Sources: CloudEvents HTTP protocol binding 1.0.2, clause 3.2 (structured mode); RFC 9110 (answers, Retry-After);
draft-ietf-httpapi-idempotency-key-header-07.
"""

from __future__ import annotations

import ssl
import time
from base64 import b64encode
from collections.abc import Mapping, Set
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import NamedTuple
from urllib.parse import quote, urlsplit

from trunkline.log.port import Record, TopicPartition
from trunkline.systems.cloudevent import STRUCTURED, identity, structured
from trunkline.systems.http.settings import HttpSettings
from trunkline.systems.sink import Down, Portion, Refusal, SinkContext

LONGEST_ANSWER = 64 << 10  # bytes that are read
EXCERPT = 200  # characters of an answer that are told
LONGEST_PAUSE = 300.0  # seconds that a server may ask for
LATER = (408, 425, 429)  # RFC 9110, RFC 8470, RFC 6585: the same request may be taken later
NOT_LET_IN = (401, 407)  # about the login, never about the event


class Answer(NamedTuple):
    """What a server said. `pause` is how long it wants to be left alone, in seconds."""

    status: int
    text: str
    pause: float


def open_endpoint(settings: HttpSettings, context: SinkContext) -> Endpoint:
    """The endpoint `settings.url`; it is reached with the first event."""
    headers = {**settings.headers, "Content-Type": STRUCTURED, "User-Agent": "trunkline"}
    if settings.token is not None:
        headers["Authorization"] = f"Bearer {context.secret(settings.token)}"
    elif settings.password is not None:
        login = b64encode(f"{settings.user}:{context.secret(settings.password)}".encode()).decode()
        headers["Authorization"] = f"Basic {login}"
    url = urlsplit(settings.url)
    connection: HTTPConnection
    if url.scheme == "https":
        trusted = context.project / settings.ca if settings.ca else None
        try:
            tls = ssl.create_default_context(cafile=trusted)
        except OSError as error:
            raise ValueError(f"the certificates {trusted} cannot be read: {error}") from None
        connection = HTTPSConnection(url.hostname or "", url.port, timeout=settings.timeout, context=tls)
    else:
        connection = HTTPConnection(url.hostname or "", url.port, timeout=settings.timeout)
    return Endpoint(settings.url, connection, headers)


class Endpoint:
    """See `systems.sink.Target`. What the server took stays taken: after a crash some events are posted again, each
    with the `Idempotency-Key` that it had before."""

    def __init__(self, url: str, connection: HTTPConnection, headers: Mapping[str, str]) -> None:
        parts = urlsplit(url)
        self._url, self._connection, self._headers = url, connection, headers
        self._path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")

    def hold(self, places: Set[TopicPartition]) -> Mapping[TopicPartition, int]:
        """See `Target.hold`. A server keeps no offsets."""
        return {}

    def write(self, portion: Portion) -> Refusal | None:
        """See `Target.write`."""
        for index, record in enumerate(portion.records):
            try:
                answer = self._post(record)
            except (OSError, HTTPException) as error:
                raise Down(f"{self._url} cannot be reached: {_reason(error)}", taken=index) from None
            if 200 <= answer.status < 300:
                continue
            said = f"{self._url} answers {answer.status}" + (f": {answer.text}" if answer.text else "")
            if answer.status in NOT_LET_IN:
                raise Down(f"{said} (the login is wrong: correct `token`, or `user` and `password`)", taken=index)
            if 400 <= answer.status < 500 and answer.status not in LATER:
                return Refusal(index, f"http.{answer.status}", said)
            if 300 <= answer.status < 400:
                said += " (it is elsewhere: correct `url`)"
            raise Down(said, taken=index, pause=answer.pause)
        return None

    def close(self) -> None:
        self._connection.close()

    def _post(self, record: Record) -> Answer:
        body, headers = structured(record), {**self._headers, "Idempotency-Key": idempotency_key(record)}
        kept = self._connection.sock is not None
        try:
            return self._exchange(body, headers)
        except ConnectionError:
            if not kept:
                raise
        return self._exchange(body, headers)  # the server had closed the connection while it was idle

    def _exchange(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        try:
            self._connection.request("POST", self._path, body, headers)
            response = self._connection.getresponse()
            text = response.read(LONGEST_ANSWER).decode("utf-8", "replace")
            if not response.isclosed():
                self._connection.close()  # it says more than is read
        except BaseException:
            self._connection.close()
            raise
        shown = "".join(letter if letter.isprintable() else " " for letter in text[:EXCERPT])
        return Answer(response.status, shown.strip(), _pause(response.getheader("Retry-After", "")))


def idempotency_key(record: Record) -> str:
    """The event's source and id, by which CloudEvents 1.0.2 (clause 3.1.1) knows it; a string of RFC 9651."""
    source, id = identity(record)
    return f'"{quote(source, safe=_SAFE)} {quote(id, safe=_SAFE)}"'


_SAFE = "!#$&'()*+,-./:;=?@[]_~"  # what may stand in a quoted string; the rest goes percent-encoded


def _pause(retry_after: str) -> float:
    """Seconds, from a number of them or a date (RFC 9110, clause 10.2.3)."""
    if retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after[:9]), LONGEST_PAUSE)
    try:
        moment = parsedate_to_datetime(retry_after)
        return min(max(0.0, moment.timestamp() - time.time()), LONGEST_PAUSE)
    except ValueError:
        return 0.0


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
