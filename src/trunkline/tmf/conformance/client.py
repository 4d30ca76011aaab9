"""HTTP as the kit needs it: one request at a time, nothing followed, everything kept for the report."""

from __future__ import annotations

import http.client
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from urllib.parse import SplitResult, quote, urlsplit

import msgspec

MAX_BODY: Final = 32 << 20
"""Bytes of an answer that are read; a longer one is no answer."""


class Unreachable(Exception):
    """Nobody answers at the address, or what answers is no HTTP."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked. `target` is the path with its query, as it stands on the wire."""

    method: str
    origin: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None = None

    @property
    def url(self) -> str:
        return self.origin + self.target

    def curl(self) -> str:
        """A line for a shell that asks the same. A secret header is named, but not shown."""
        words = ["curl", "-i", "-X", self.method, self.url]
        for name, value in self.headers.items():
            words += ["-H", f"{name}: {'…' if name.lower() in ('authorization', 'cookie') else value}"]
        if self.body is not None:
            words += ["--data-binary", self.body.decode(errors="replace")]
        return shlex.join(words)


@dataclass(frozen=True)
class Answer:
    """What came. The names of `headers` are in lower case."""

    request: Request
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def good(self) -> bool:
        """The server says that it did what was asked."""
        return 200 <= self.status < 300

    @property
    def media_type(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @cached_property
    def json(self) -> Any:
        """The body as JSON; None where it is none."""
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return None

    @property
    def record(self) -> dict[str, Any]:
        """The body where it is an object; else an empty one."""
        return self.json if isinstance(self.json, dict) else {}

    @property
    def records(self) -> list[dict[str, Any]]:
        """The objects of the body where it is an array; else none."""
        return [item for item in self.json if isinstance(item, dict)] if isinstance(self.json, list) else []

    def shown(self, name: str) -> str:
        """An attribute of the record, for the report."""
        return f"{self.status} with `{name}`: {self.record[name]!r}"[:600] if name in self.record else str(self)

    def __str__(self) -> str:
        text = self.body[:300].decode(errors="replace").strip()
        return f"{self.status}{f' {text}' if text else ' without a body'}"


@dataclass
class Client:
    """Asks one server. `headers` go with every request. `answers` are all that came, in their order."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 10.0
    answers: list[Answer] = field(default_factory=list)

    def __post_init__(self) -> None:
        try:
            self._at: SplitResult = urlsplit(self.url)
            well = self._at.scheme in ("http", "https") and bool(self._at.hostname) and (self._at.port or 1) > 0
        except ValueError:
            well = False
        if not well:
            raise Unreachable(f"{self.url!r} is no address of a server: it must be like http://host:port")
        self._connection: http.client.HTTPConnection | None = None

    @property
    def origin(self) -> str:
        return f"{self._at.scheme}://{self._at.netloc}"

    @property
    def path(self) -> str:
        """The path of the URL, without a slash at its end."""
        return self._at.path.rstrip("/")

    def ask(
        self,
        method: str,
        path: str,
        query: str | Sequence[tuple[str, str]] = "",
        *,
        json: Any = None,
        body: bytes | None = None,
        media_type: str = "application/json",
    ) -> Answer:
        """Send a request and read its answer. `query` is text as it goes on the wire, or names and values.

        Raises `Unreachable` where no answer comes in time.
        """
        if not isinstance(query, str):
            query = "&".join(f"{quote(name, safe='@')}={quote(value, safe='')}" for name, value in query)
        content = msgspec.json.encode(json) if json is not None else body
        headers = {"Accept": "application/json", **self.headers}
        if content is not None:
            headers["Content-Type"] = media_type
        request = Request(method, self.origin, f"{path}?{query}" if query else path, headers, content)
        answer = self._send(request)
        self.answers.append(answer)
        return answer

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _send(self, request: Request) -> Answer:
        for fresh in (self._connection is None, True):
            try:
                return self._exchange(request)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError) as error:
                # A server may close a connection that is kept; the request is sent anew only on that one.
                self.close()
                if fresh:
                    raise Unreachable(f"{request.url} gives no answer: {error}") from error
            except (OSError, http.client.HTTPException) as error:
                self.close()
                raise Unreachable(f"{request.url} gives no answer: {error or type(error).__name__}") from error
            except BaseException:  # interrupted: what comes on this connection next would answer the wrong request
                self.close()
                raise
        raise AssertionError("the second connection is always a fresh one")

    def _exchange(self, request: Request) -> Answer:
        if self._connection is None:
            secure = self._at.scheme == "https"
            kind = http.client.HTTPSConnection if secure else http.client.HTTPConnection
            self._connection = kind(self._at.hostname or "", self._at.port, timeout=self.timeout)
        self._connection.request(request.method, request.target, request.body, dict(request.headers))
        response = self._connection.getresponse()
        body = response.read(MAX_BODY + 1)
        if len(body) > MAX_BODY:
            raise http.client.HTTPException(f"more than {MAX_BODY >> 20} MiB came")
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(request, response.status, headers, body)


def path_of(url: str) -> str:
    """The path of a URL, or of a reference to one, without a slash at its end; empty where it is none."""
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""
