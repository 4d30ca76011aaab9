"""The JSON objects of a stream, one by one in constant memory: a single object, an array of them, or one a line."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO, NamedTuple, TypeVar

import msgspec

from trunkline.quarantine import Rejected
from trunkline.systems.system import Origin

CHUNK = 256 * 1024
LIMIT = 1024 * 1024  # bytes of one object
T = TypeVar("T")

_STRUCTURE = re.compile(rb'[{}"\\]')
_QUOTED = re.compile(rb'["\\]')
_BETWEEN = b" \t\r\n,[]\xef\xbb\xbf\x1e"  # what may stand between objects; the last is RFC 7464's separator


class Part(NamedTuple):
    """One outermost object: its bytes, where it begins and on which line (from 1)."""

    raw: bytes
    offset: int
    line: int


def objects(stream: BinaryIO, origin: Origin) -> Iterator[Part | Rejected]:
    """Yield the outermost objects in order. What stands between them and is no JSON is yielded as `Rejected`.

    An object is found by its braces alone, so that a broken one costs no other: reading it is the caller's.
    """
    splitter = _Splitter(origin)
    while chunk := stream.read(CHUNK):
        yield from splitter.feed(chunk)
    yield from splitter.end()


def read_each(
    stream: BinaryIO, origin: Origin, read: Callable[[Part], Iterable[T]], reason: str, what: str, target: str
) -> Iterator[T | Rejected]:
    """Yield what `read` makes of each object, in order.

    One that it cannot read, as it says by `ValueError`, is yielded as `Rejected` with its place, for this reason, as
    what it should have been; and reading goes on. `target` is the topic that it would have come to.
    """
    for part in objects(stream, origin):
        if isinstance(part, Rejected):
            yield msgspec.structs.replace(part, target=target)
            continue
        try:
            found = list(read(part))
        except (ValueError, OverflowError, RecursionError) as fault:
            yield origin.rejected(
                reason, f"{what}: {fault}", offset=part.offset, length=len(part.raw), line=part.line, part=part.raw,
                target=target,
            )  # fmt: skip
        else:
            yield from found


class _Splitter:
    def __init__(self, origin: Origin) -> None:
        self._origin = origin
        self._offset, self._line = 0, 1  # of the next byte to be fed
        self._depth, self._quoted, self._escaped = 0, False, False
        self._held = bytearray()  # of the object that is open, or of what stands between two
        self._length = 0  # of the open object; more than what is held where that was too much
        self._start, self._start_line = 0, 1

    def feed(self, chunk: bytes) -> Iterator[Part | Rejected]:
        at = taken = 0
        if self._escaped:
            at, self._escaped = 1, False
        while match := (_QUOTED if self._quoted else _STRUCTURE).search(chunk, at):
            sign, at = match[0], match.end()
            if sign == b"\\":
                self._escaped = at == len(chunk)
                at += 1
            elif sign == b'"':
                self._quoted = not self._quoted and self._depth > 0
            elif sign == b"{":
                if self._depth == 0:
                    self._hold(chunk, taken, at - 1)
                    yield from self._between()
                    taken = at - 1
                    self._start = self._offset + taken
                    self._start_line = self._line + chunk.count(b"\n", 0, taken)
                self._depth += 1
            elif self._depth:
                self._depth -= 1
                if self._depth == 0:
                    self._hold(chunk, taken, at)
                    yield self._whole()
                    taken = at
        self._hold(chunk, taken, len(chunk))
        self._offset += len(chunk)
        self._line += chunk.count(b"\n")

    def end(self) -> Iterator[Part | Rejected]:
        if self._depth:
            yield self._rejected("json.truncated", f"the object that begins on line {self._start_line} is not closed")
        else:
            yield from self._between()

    def _hold(self, chunk: bytes, start: int, end: int) -> None:
        if not self._length and not self._depth:
            self._start, self._start_line = self._offset + start, self._line + chunk.count(b"\n", 0, start)
        self._length += end - start
        self._held += chunk[start : min(end, start + max(0, LIMIT - len(self._held)))]

    def _whole(self) -> Part | Rejected:
        if self._length > LIMIT:
            return self._rejected("json.too-large", f"an object of {self._length} bytes; at most {LIMIT} are taken")
        part = Part(bytes(self._held), self._start, self._start_line)
        self._held.clear()
        self._length = 0
        return part

    def _between(self) -> Iterator[Rejected]:
        if self._held.strip(_BETWEEN):
            yield self._rejected("json.not-an-object", "what stands here is no JSON object")
        self._held.clear()
        self._length = 0

    def _rejected(self, reason: str, message: str) -> Rejected:
        part, length = bytes(self._held), self._length
        self._held.clear()
        self._length = 0
        return self._origin.rejected(
            reason, message, offset=self._start, length=length, line=self._start_line, part=part
        )
