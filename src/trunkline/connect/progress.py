"""How far each file has been taken: the topic `connect.progress`, written in one transaction with the file's records.

Two kinds of key: `content <sha256>` says how much of a content is in the log, and `place <connection> <uri>` which
version of the file at a place is done with. Contents are remembered for a time, places while the file is there.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

import msgspec

from trunkline.log import Event, Log, Record, Topic
from trunkline.quarantine import Rejected

TOPIC = Topic(name="connect.progress", compacted=True)
_BATCH = 10_000


class Done(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What is done of one content: the reader's items that were written, and what became of them.

    The other fields are as it was begun, so that it can be finished from the archive; `fault` is what kept the file
    from being unpacked to its end.
    """

    connection: str = ""
    system: str = ""
    uri: str = ""
    version: str = ""
    format: str = ""
    fault: Rejected | None = None
    items: int = 0
    records: dict[str, int] = {}
    values: int = 0
    counters: int = 0
    rejected: int = 0
    complete: bool = False


class Progress:
    """The progress of all connections on one log, shared by all threads of a process and read by other processes."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._lock = threading.Lock()
        self._next = 0
        self._contents: dict[bytes, int] = {}
        """The offset of the last word about a content, by the bytes of its SHA-256; the oldest first."""
        self._unfinished: dict[str, Done] = {}
        self._places: dict[str, dict[str, str]] = {}
        log.create(TOPIC)

    def done(self, sha256: str) -> Done | None:
        """What was done of this content so far, by any process; None where it is new."""
        self._follow()
        with self._lock:
            offset = self._contents.get(bytes.fromhex(sha256))
        if offset is None:
            return None
        found = self._log.read(TOPIC.name, 0, offset, 1)
        return msgspec.json.decode(found[0].value or b"", type=Done)

    def places(self, connection: str) -> Mapping[str, str]:
        """The version that is done with of each file of a connection, by URI."""
        self._follow()
        with self._lock:
            return dict(self._places.get(connection, {}))

    def unfinished(self, connection: str) -> dict[str, Done]:
        """The contents, by SHA-256, that this connection began and did not finish."""
        self._follow()
        with self._lock:
            return {sha256: done for sha256, done in self._unfinished.items() if done.connection == connection}

    def forget_places(self, connection: str, uris: Iterable[str]) -> None:
        """These files are gone from their places."""
        self._forget([_place_key(connection, uri) for uri in uris])

    def forget_contents(self, before: int) -> int:
        """Forget contents last written before a time (microseconds), so that memory stays bounded; say how many."""
        self._follow()
        until = self._log.offset_at(TOPIC.name, 0, before)
        with self._lock:
            old = [_content_key(digest.hex()) for digest, offset in self._contents.items() if offset < until]
        self._forget(old)
        return len(old)

    def _forget(self, keys: list[bytes]) -> None:
        for start in range(0, len(keys), _BATCH):
            self._log.append(TOPIC.name, [Event(None, key) for key in keys[start : start + _BATCH]])

    def _follow(self) -> None:
        """Take in what was written since, by this process and by others."""
        with self._lock:
            while records := self._log.read(TOPIC.name, 0, self._next, _BATCH):
                for record in records:
                    self._take(record)
                self._next = records[-1].offset + 1

    def _take(self, record: Record) -> None:
        kind, _, rest = (record.key or b"").decode().partition(" ")
        if kind == "content":
            digest = bytes.fromhex(rest)
            self._contents.pop(digest, None)
            self._unfinished.pop(rest, None)
            if record.value is not None:
                self._contents[digest] = record.offset
                done = msgspec.json.decode(record.value, type=Done)
                if not done.complete:
                    self._unfinished[rest] = done
        else:
            connection, _, uri = rest.partition(" ")
            places = self._places.setdefault(connection, {})
            if record.value is None:
                places.pop(uri, None)
            else:
                places[uri] = record.value.decode()


def content_event(sha256: str, done: Done) -> Event:
    """That so much of a content is done."""
    return Event(msgspec.json.encode(done), _content_key(sha256))


def place_event(connection: str, uri: str, version: str) -> Event:
    """That this version of the file at a place is done with."""
    return Event(version.encode(), _place_key(connection, uri))


def _content_key(sha256: str) -> bytes:
    return f"content {sha256}".encode()


def _place_key(connection: str, uri: str) -> bytes:
    return f"place {connection} {uri}".encode()
