"""Makes the requests: one connection for each call that runs, kept for the next where a call may be made twice.

Sources: RFC 9110, RFC 9112; draft-ietf-httpapi-idempotency-key-header-07 (the key is a string of RFC 9651).
"""

from __future__ import annotations

import ssl
from base64 import b64encode
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote, urlsplit

from trunkline.deadline import Deadline
from trunkline.effects.effect import Effect
from trunkline.effects.effector import Answer, Context
from trunkline.effects.http.answers import excerpt, judge
from trunkline.effects.http.settings import PARAMETER, HttpSettings
from trunkline.effects.outcome import Result

LONGEST_ANSWER = 64 << 10  # bytes that are read


def open_endpoint(settings: HttpSettings, context: Context) -> Endpoint:
    """The endpoint `settings.url`; it is reached with the first effect."""
    headers = {**settings.headers, "User-Agent": "trunkline"}
    if settings.token is not None:
        headers["Authorization"] = f"Bearer {context.secret(settings.token)}"
    elif settings.password is not None:
        login = b64encode(f"{settings.user}:{context.secret(settings.password)}".encode()).decode()
        headers["Authorization"] = f"Basic {login}"
    tls = None
    if urlsplit(settings.url).scheme == "https":
        trusted = context.project / settings.authority if settings.authority else None
        try:
            tls = ssl.create_default_context(cafile=trusted)
        except OSError as error:
            raise ValueError(f"the certificates {trusted} cannot be read: {error}") from None
    return Endpoint(settings, headers, tls)


class Endpoint:
    """See `Effector`."""

    def __init__(self, settings: HttpSettings, headers: dict[str, str], tls: ssl.SSLContext | None) -> None:
        self._settings, self._headers, self._tls = settings, headers, tls
        parts = urlsplit(settings.url)
        self._host, self._port = parts.hostname or "", parts.port
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._kept: list[HTTPConnection] = []

    def perform(self, effect: Effect) -> Answer:
        """See `Effector.perform`."""
        target, missing = fill(self._target, {"order": effect.order, **effect.parameters})
        if missing:
            return Answer(Result.REFUSED, message=f"the effect has no parameter {missing!r}, which `url` asks for")
        deadline = Deadline(self._settings.timeout)
        while self._kept:
            try:
                connection = self._kept.pop()
            except IndexError:  # another thread was quicker
                break
            try:
                return self._exchange(connection, deadline, target, effect)
            except ConnectionError:
                continue  # the target had closed it while it was idle; whatever else it did, it knows the key again
            except (OSError, HTTPException) as error:
                return _unanswered(error)
        connection = self._connection()
        try:
            deadline.connect(connection)
        except OSError as error:
            reason = f"{self._host} cannot be reached: {excerpt(_reason(error))}"
            return Answer(Result.LATER, message=reason, ill=True)
        try:
            return self._exchange(connection, deadline, target, effect)
        except (OSError, HTTPException) as error:
            return _unanswered(error)

    def close(self) -> None:
        while self._kept:
            self._kept.pop().close()

    def _connection(self) -> HTTPConnection:
        if self._tls is not None:
            return HTTPSConnection(self._host, self._port, context=self._tls)
        return HTTPConnection(self._host, self._port)

    def _exchange(self, connection: HTTPConnection, deadline: Deadline, target: str, effect: Effect) -> Answer:
        body = effect.payload.encode("utf-8", "backslashreplace")
        headers = {**self._headers, self._settings.key_header: f'"{effect.id}"'}
        if body:
            headers["Content-Type"] = self._settings.content
        try:
            deadline.bound(connection)
            connection.request(self._settings.method, target, body, headers)
            response = connection.getresponse()
            said = response.read(LONGEST_ANSWER)
            answer = judge(self._settings, response.status, response.getheader("Retry-After", ""), said)
        except BaseException:
            connection.close()
            raise
        # Over a connection that was kept nobody can tell whether a request that got no answer arrived.
        if self._settings.once == "at-least" and response.isclosed() and not response.will_close:
            self._kept.append(connection)
        else:
            connection.close()
        return answer


def fill(target: str, parameters: dict[str, str]) -> tuple[str, str]:
    """The path and query with their parameters, percent-encoded; and the name of the first that is missing, or ""."""
    missing = next((name for name in PARAMETER.findall(target) if name not in parameters), "")

    def value(match: Any) -> str:
        return quote(parameters.get(match[1], ""), safe="", errors="backslashreplace")

    return PARAMETER.sub(value, target), missing


def _unanswered(error: Exception) -> Answer:
    return Answer(Result.UNKNOWN, message=f"no answer: {excerpt(_reason(error))}", ill=True)


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return str(error) or type(error).__name__
