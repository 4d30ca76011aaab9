"""A TAP file in parts, in constant memory: its tables of codes and each of its events, decoded one by one.

A file is one element with all events in one element of it, and both may be larger than memory. Where an event is
broken, or says a wrong length, the next one is looked for behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple

from trunkline.systems.cdr.ber import APPLICATION, CONSTRUCTED, BerError, Truncated, element, tag_name
from trunkline.systems.tap.decoding import decode_item
from trunkline.systems.tap.tags import CALL_EVENT_DETAILS, EVENT_TAGS, ITEMS, NOTIFICATION, TRANSFER_BATCH

LARGEST_PART = 1 << 20  # bytes of an event or a table
LARGEST_SOUGHT = 1 << 16  # bytes of an event that is looked for behind a broken one
MOST_TRIES = 1_000  # places at which an event is looked for, behind each broken one
CHUNK = 1 << 18
HEAD = 16  # bytes that hold a tag and a length
SHOWN = 4096  # bytes of what is broken

_END = b"\x00\x00"
_EVENT_BEGINS = tuple(tag.to_bytes((tag.bit_length() + 7) // 8, "big") for tag in EVENT_TAGS)
_FIRST_OCTET = re.compile(b"[" + re.escape(bytes({begin[0] for begin in _EVENT_BEGINS})) + b"]")


class Part(NamedTuple):
    """A child of the TransferBatch, or an event of its call event details."""

    offset: int
    raw: bytes
    name: str
    value: Any
    event: bool


class Broken(NamedTuple):
    """A stretch that cannot be read, and why; `raw` is its beginning."""

    offset: int
    length: int
    raw: bytes
    why: str


def parts(stream: BinaryIO) -> Iterator[Part | Broken]:
    """The parts of a file in order. What is broken is told, and reading goes on at the next event."""
    window = _Window(stream)
    try:
        tag, end = window.enter()
        if tag == NOTIFICATION:
            return  # the sender says that nothing was used
        if tag != TRANSFER_BATCH:
            raise BerError(f"{tag_name(tag)} where a TransferBatch or Notification is expected", 0)
        while not window.at(end):
            if window.tag() == CALL_EVENT_DETAILS:
                yield from _events(window, window.enter()[1])
            else:
                yield _table(window, end)
    except BerError as fault:
        yield window.rest(fault.why)
    else:
        window.skip_padding()
        if window.head():
            yield window.rest("more behind the end of the file's one element")


def _table(window: _Window, end: int | None) -> Part | Broken:
    """A child of the batch that is no event. Raises `BerError` where its end is not known."""
    begin, raw = window.offset, window.peek(end)
    window.skip(len(raw))
    try:
        return Part(begin, raw, *decode_item(raw), False)
    except BerError as fault:
        return Broken(begin, len(raw), raw[:SHOWN], _said(fault))


def _events(window: _Window, end: int | None) -> Iterator[Part | Broken]:
    while not window.at(end):
        begin = window.offset
        try:
            if not (window.begins_event() or _may_be_event(window.tag())):
                raise BerError(f"{tag_name(window.tag())} where a call event is expected", 0)
            raw, name, value = _event(window, end)
            if not window.continues(len(raw), end, known=False):
                raise BerError("no event follows, so that its length must be wrong", 0, name)
        except BerError as fault:
            yield _passed(window, end, _said(fault))
        else:
            window.skip(len(raw))
            yield Part(begin, raw, name, value, True)


def _event(window: _Window, end: int | None, largest: int = LARGEST_PART) -> tuple[bytes, str, Any]:
    """The event that begins here: its bytes, its name and what it holds. Raises `BerError`."""
    raw = window.peek(end, largest)
    return raw, *decode_item(raw)


def _passed(window: _Window, end: int | None, why: str) -> Broken:
    """Pass over a broken event: to its end if another event begins there, or else to the next that can be read."""
    begin, raw = window.offset, window.head(SHOWN)
    try:
        size = len(window.peek(end))
    except BerError:
        size = 0
    if size and window.continues(size, end, known=True):
        window.skip(size)
    else:
        tries = 0
        window.seek_event()
        while window.head(1) and window.offset != end and not _is_event(window, end):
            tries += window.begins_event()
            if tries == MOST_TRIES:
                window.rest(why)
            else:
                window.seek_event()
    return Broken(begin, window.offset - begin, raw, why)


def _may_be_event(tag: int) -> bool:
    """Whether an element with this tag is an event, if perhaps one of a later release."""
    leading = tag >> 8 * ((tag.bit_length() - 1) // 8) if tag else 0
    return tag in EVENT_TAGS or (tag not in ITEMS and leading & 0xE0 == APPLICATION | CONSTRUCTED)


def _tag(head: bytes) -> int:
    """The tag that stands at the beginning."""
    size = 1
    if head[0] & 0x1F == 0x1F:
        while size < len(head) and head[size] & 0x80:
            size += 1
        size += 1
    return int.from_bytes(head[:size], "big")


def _said(fault: BerError) -> str:
    """The fault of an element that was read by itself."""
    return f"{'.'.join(fault.path) or 'the element'}: {fault.why} (at byte {fault.offset} of it)"


def _is_event(window: _Window, end: int | None) -> bool:
    """Whether an event begins here, and not only bytes that look like the beginning of one."""
    if not window.begins_event():
        return False
    try:
        raw, _, value = _event(window, end, LARGEST_SOUGHT)
    except BerError:
        return False
    known = value and not any(name.startswith("[") for name in value)
    return bool(known) and window.continues(len(raw), end, known=False)


class _Window:
    """The part of a stream that is in memory, from `offset` of the file on."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._held, self._at = b"", 0
        self.offset = 0

    def head(self, size: int = HEAD) -> bytes:
        """The next bytes, `size` of them where there are as many."""
        while len(self._held) - self._at < size and (chunk := self._stream.read(CHUNK)):
            self._held, self._at = self._held[self._at :] + chunk, 0
        return self._held[self._at : self._at + size]

    def skip(self, size: int) -> None:
        self._at += size
        self.offset += size

    def seek_event(self) -> None:
        """Go on, at least one byte, to where an event could begin, or as far as is in memory."""
        self.head(HEAD)
        found = _FIRST_OCTET.search(self._held, self._at + 1)
        self.skip((found.start() if found else len(self._held)) - self._at)

    def skip_padding(self) -> None:
        while ahead := self.head(CHUNK):
            padding = len(ahead) - len(ahead.lstrip(b"\x00"))
            self.skip(padding)
            if padding < len(ahead):
                return

    def at(self, end: int | None) -> bool:
        """Whether a content ends here: at `end`, or where its end-of-contents octets are. Raises `Truncated`."""
        if end is None and self.head(2) == _END:
            self.skip(2)
            return True
        if end is not None and self.offset >= end:
            return True
        if not self.head():
            raise Truncated("the file ends before its content does", 0)
        return False

    def begins_event(self) -> bool:
        return self.head().startswith(_EVENT_BEGINS)

    def continues(self, size: int, end: int | None, *, known: bool) -> bool:
        """Whether an event begins `size` bytes on, `known` or of a later release, or the content ends there."""
        following = self.head(size + HEAD)[size:]
        if self.offset + size == end or not following or (end is None and following.startswith(_END)):
            return True
        return following.startswith(_EVENT_BEGINS) if known else _may_be_event(_tag(following))

    def tag(self) -> int:
        """The tag of the element that begins here."""
        return self._element()[0]

    def enter(self) -> tuple[int, int | None]:
        """Go to the content of the element that begins here: its tag, and its end or None."""
        tag, start, length = self._element()
        self.skip(start)
        return tag, None if length is None else self.offset + length

    def peek(self, end: int | None, largest: int = LARGEST_PART) -> bytes:
        """The whole element that begins here. Raises `BerError` where it is too large or not all there."""
        _, start, length = self._element()
        if length is None:
            raw = self.head(largest)
            return raw[: element(raw, 0, len(raw)).after]
        size = start + length
        if end is not None and self.offset + size > end:
            raise BerError(f"a length of {length} bytes, beyond the end of what it lies in", 0)
        if size > largest:
            raise BerError(f"an element of {size} bytes; at most {largest} are taken", 0)
        if len(raw := self.head(size)) < size:
            raise Truncated("the file ends within the element", 0)
        return raw

    def rest(self, why: str) -> Broken:
        """All that is left, passed over."""
        begin, raw = self.offset, self.head(SHOWN)
        while ahead := len(self.head(CHUNK)):
            self.skip(ahead)
        return Broken(begin, self.offset - begin, raw, why)

    def _element(self) -> tuple[int, int, int | None]:
        """Tag, where the content begins, and its length (None: indefinite) of the element that begins here."""
        head = self.head()
        tag = _tag(head) if head else 0
        length_at = (tag.bit_length() + 7) // 8
        if head[length_at : length_at + 1] == b"\x80":
            return tag, length_at + 1, None
        found = element(head, 0, 1 << 62)  # it may end beyond the head, but must not begin there
        if found.start > len(head):
            raise Truncated("the file ends within the element's tag or length", 0)
        return found.tag, found.start, found.end - found.start
