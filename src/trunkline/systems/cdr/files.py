"""The files of charging gateways: records with the headers of TS 32.297, or BER records one behind the other.

A file's first octet says which of the two it is: a header begins with the file's length, below 2^31 or unknown, and a
BER record with a context-specific tag. In both, what can be no record is passed over until one begins again. Memory is
that of a few records of the largest kind, whatever the file's size.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, NamedTuple

from trunkline.quarantine import EXCERPT, Rejected
from trunkline.systems.cdr.ber import BerError, element
from trunkline.systems.system import Origin
from trunkline.telco.model import UsageReport

FILE_HEADER = 50  # octets up to the routing filter; what stands behind may be left out
LONGEST_FILE_HEADER = FILE_HEADER + 2 * 0xFFFF + 4
LARGEST = 0xFFFF  # octets of a record: TS 32.297 writes its length in two
RECORD_HEADER = 5  # with the octet for releases after 9
LARGEST_FILE = 2**31 - 1
UNKNOWN = 0xFFFFFFFF  # a length or number of records that a file's header does not tell
BASIC_ENCODING_RULES = 1
OTHER_ENCODINGS = {2: "unaligned PER", 3: "aligned PER", 4: "XER"}  # of a whole file: when it changes, a new one begins
AHEAD = 2 * (RECORD_HEADER + LARGEST)  # to see whether a record follows
CHUNK = 256 * 1024

# A context-specific tag and a length, and within them recordType, with which every network element begins.
_RECORD = (
    rb"(?:[\xa0-\xbe]|\xbf[\x1f-\x7f]|\xbf[\x81-\xff][\x00-\x7f])(?:[\x00-\x80]|\x81.|\x82..|\x83\x00..)\x80[\x01\x02]"
)
_RECORD_BEGINS = re.compile(_RECORD, re.DOTALL)
_HEADER_BEGINS = re.compile(rb"..(?:[\xe0-\xff][\x20-\x3f].|[\x00-\xdf][\x20-\x3f])(?=" + _RECORD + rb")", re.DOTALL)
_FILLER = re.compile(rb"[\x00\xff]*")  # between the records of a file without headers


class FileHeader(NamedTuple):
    """What a file says of itself (TS 32.297 6.1.1)."""

    file_length: int
    header_length: int
    records: int
    lost: int
    """CDR lost indicator: 0 where no record was lost."""


class Part(NamedTuple):
    """The octets of one record, and where they begin in the file."""

    offset: int
    data: bytes


class RecordHeader(NamedTuple):
    """What stands before each record (TS 32.297 6.1.2)."""

    size: int
    """Octets of the header itself."""
    length: int
    """Octets of the record."""


def matches(head: bytes) -> bool:
    """Whether a file's first bytes are those of a CDR file, with headers or without."""
    header = file_header(head)
    if header is None:
        return _RECORD_BEGINS.match(head) is not None
    begins = header.header_length
    return begins <= header.file_length and (
        header.records == 0 or begins >= len(head) - RECORD_HEADER or record_header(head, begins, len(head)) is not None
    )


def file_header(head: bytes) -> FileHeader | None:
    """The header at the beginning of a file; None where it can be none."""
    if len(head) < FILE_HEADER:
        return None
    length, size, records = (int.from_bytes(head[at : at + 4], "big") for at in (0, 4, 18))
    if not FILE_HEADER <= size <= LONGEST_FILE_HEADER or LARGEST_FILE < length < UNKNOWN:
        return None
    return FileHeader(length, size, records, head[47])


def record_header(data: bytes, at: int, end: int) -> RecordHeader | None:
    """The header of a BER record at `at`; None where it can be none."""
    if end - at < RECORD_HEADER:
        return None
    length = data[at] << 8 | data[at + 1]
    size = RECORD_HEADER if data[at + 2] >> 5 == 7 else RECORD_HEADER - 1
    return RecordHeader(size, length) if length and data[at + 3] >> 5 == BASIC_ENCODING_RULES else None


def parts(stream: BinaryIO, origin: Origin) -> Iterator[Part | Rejected]:
    """The records of a file in order, and as `Rejected` whatever between them is none."""
    window = _Window(stream)
    if not window.ahead(1):
        return iter(())
    return _bare(window, origin) if window.data[0] & 0xE0 == 0xA0 else _headed(window, origin)


class _Window:
    """What is looked at of a stream: `data` from `at` on."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._before = 0  # octets of the file before `data`
        self.data = b""
        self.at = 0
        self.ended = False

    @property
    def offset(self) -> int:
        """Of `at`, in the file."""
        return self._before + self.at

    def ahead(self, size: int) -> int:
        """How many octets lie from `at` on: at least `size`, where the file has so many."""
        while len(self.data) - self.at < size and not self.ended:
            more = self._stream.read(CHUNK)
            self.ended = not more
            self._before += self.at
            self.data = self.data[self.at :] + more
            self.at = 0
        return len(self.data) - self.at

    def take(self, start: int, end: int) -> Part:
        """A record, and go on behind it."""
        self.at = end
        return Part(self._before + start, self.data[start:end])


def _headed(window: _Window, origin: Origin) -> Iterator[Part | Rejected]:
    window.ahead(FILE_HEADER)
    header = file_header(window.data)
    if header is None:
        yield _passed_over(window, origin, "cdr.file-header", "is no header of a CDR file", _HEADED)
    else:
        window.at = min(header.header_length, window.ahead(header.header_length))
        if header.lost:
            yield _told(origin, "cdr.lost", f"The node says that records were lost (indicator {header.lost}).")
    if window.ahead(AHEAD) >= RECORD_HEADER and (encoding := window.data[window.at + 3] >> 5) in OTHER_ENCODINGS:
        why = f"is encoded by {OTHER_ENCODINGS[encoding]}, which is not read: let the node write BER"
        yield _passed_over(window, origin, "cdr.encoding", why, _HEADED)
    found = 0
    while window.ahead(AHEAD):
        yield _headed_record(window, origin)
        found += 1
    if header is not None and header.records not in (found, UNKNOWN):
        yield _told(origin, "cdr.count", f"The file's header counts {header.records} records; there are {found}.")


def _headed_record(window: _Window, origin: Origin) -> Part | Rejected:
    """The next record. Its header and its BER may differ on its length: that is right behind which another begins."""
    data, at, end = window.data, window.at, len(window.data)
    header = record_header(data, at, end)
    if header is None:
        return _passed_over(window, origin, "cdr.record-header", "is no header of a record", _HEADED)
    start = at + header.size
    stop = start + header.length
    own = _end(data, start, end)
    if own != stop:
        # A record cut off within an indefinite length would run into the next, and end where one of those behind does.
        if own and _follows(data, own, end) and stop != end and not _HEADER_BEGINS.match(data, stop):
            return window.take(start, own)
        if not _follows(data, stop, end) and record_header(data, stop, end) is None:
            why = f"says that its record has {header.length} bytes, but there no other begins, nor does the file end"
            return _passed_over(window, origin, "cdr.record-header", why, _HEADED)
    return window.take(start, stop)


def _bare(window: _Window, origin: Origin) -> Iterator[Part | Rejected]:
    while True:
        filler = _FILLER.match(window.data, window.at)
        window.at = filler.end() if filler else window.at
        if not window.ahead(LARGEST):
            return
        if window.data[window.at] in b"\x00\xff":
            continue  # more of it
        stop = _end(window.data, window.at, len(window.data))
        if window.data[window.at] & 0xE0 != 0xA0 or stop is None:
            yield _passed_over(window, origin, "cdr.record", "is no record, or one that is cut off", _BARE)
        else:
            yield window.take(window.at, stop)


def _end(data: bytes, at: int, end: int) -> int | None:
    """Where the element at `at` ends by its own length; None where it is none, or goes beyond `end`."""
    try:
        return element(data, at, min(end, at + LARGEST)).after
    except BerError:
        return None


def _follows(data: bytes, at: int, end: int) -> bool:
    """Whether at `at` the file ends, or a record begins on whose length its header and its BER agree."""
    if at >= end:
        return at == end
    header = record_header(data, at, end)
    return header is not None and _end(data, at + header.size, end) == at + header.size + header.length


def _whole(data: bytes, at: int, end: int) -> bool:
    """Whether the record that may begin at `at` is whole."""
    return _end(data, at, end) is not None


def _passed_over(window: _Window, origin: Origin, reason: str, why: str, begins: _Beginning) -> Rejected:
    """Go to where a record begins again, or to the file's end; what lies before it is refused."""
    offset, first = window.offset, window.data[window.at : window.at + EXCERPT]
    window.at += 1
    while have := window.ahead(AHEAD):
        found = begins.pattern.search(window.data, window.at)
        if found is None:  # but one may lie across the end of what is looked at
            window.at += have if window.ended else have - begins.longest
            continue
        window.at = found.start()
        window.ahead(AHEAD)
        if begins.sound(window.data, window.at, len(window.data)):
            break
        window.at += 1
    part = Part(offset, first[: window.offset - offset])
    length = window.offset - offset
    message = (
        f"What begins at byte {offset} {why}. {length} bytes are passed over, until a record begins or the file ends."
    )
    return refused(origin, part, reason, message, length)


class _Beginning(NamedTuple):
    """How the beginning of a record is found again."""

    pattern: re.Pattern[bytes]
    longest: int
    """Octets that the pattern may match."""
    sound: Callable[[bytes, int, int], bool]


_HEADED = _Beginning(_HEADER_BEGINS, 14, _follows)
_BARE = _Beginning(_RECORD_BEGINS, 9, _whole)


def refused(origin: Origin, part: Part, reason: str, message: str, length: int = 0) -> Rejected:
    """A record that is not taken, or `length` octets of which `part` has the first."""
    return origin.rejected(
        reason,
        message,
        offset=part.offset,
        length=length or len(part.data),
        part=part.data,
        target=UsageReport.topic,
    )


def _told(origin: Origin, reason: str, message: str) -> Rejected:
    """Something that the file's header tells and that somebody must know."""
    return origin.rejected(reason, message, target=UsageReport.topic)
