"""The record batch: how events lie in a row.

MessagePack: the headers with which all events of the batch begin (a CloudEvent's type and source), once; then of each
event its value, its key, its own headers and its time (0: that of the append). A batch of some size is compressed
(Zstandard, RFC 8878), which costs 0.2 µs an event and leaves about an eighth of JSON.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import zstandard

from trunkline.log.port import Event, EventTooLarge, Record

BATCH_EVENTS = 10_000
BATCH_BYTES = 8 << 20  # also the most that one event may have
SMALL = 1 << 10  # bytes that are not worth compressing
COMPRESSED = b"\x28\xb5\x2f\xfd"  # with which a Zstandard frame begins, and no batch as MessagePack does

Headers = tuple[tuple[str, bytes], ...]

_encode = msgspec.msgpack.Encoder().encode
_decode_events = msgspec.msgpack.Decoder(tuple[Headers, list[Event]]).decode
_decode_places = msgspec.msgpack.Decoder(list[tuple[int, int]]).decode


class Batch(NamedTuple):
    """Encoded events on their way into one partition."""

    length: int
    latest: int
    """The latest time that an event carries, 0 where none does."""
    undated: bool
    """Whether an event takes the time of its append."""
    events: bytes


def encode(topic: str, events: Sequence[Event]) -> Iterator[Batch]:
    """Events as batches of bounded size. Raises `EventTooLarge`."""
    for first in range(0, len(events), BATCH_EVENTS):
        yield from _encode_bounded(topic, events[first : first + BATCH_EVENTS])


def _encode_bounded(topic: str, events: Sequence[Event]) -> Iterator[Batch]:
    blob = _encode_events(events)
    if len(blob) <= BATCH_BYTES:
        times = [event.time for event in events]
        yield Batch(len(events), max(times), min(times) == 0, _compress(blob))
    elif len(events) == 1:
        raise EventTooLarge(
            f"{topic}: the event with key {events[0].key!r} has {len(blob):,} bytes and the log takes {BATCH_BYTES:,}: "
            "put the payload in a file or a store and its address in the event"
        )
    else:
        half = len(events) // 2
        yield from _encode_bounded(topic, events[:half])
        yield from _encode_bounded(topic, events[half:])


def encode_compacted(kept: Sequence[tuple[Record, int]]) -> tuple[bytes, bytes]:
    """(places, events) of a row whose offsets have gaps, from records with their times of append."""
    places = _encode([(record.offset, appended) for record, appended in kept])
    return places, _compress(_encode_events([record for record, _ in kept]))


def decode(topic: str, number: int, base: int, appended: int, places: bytes | None, events: bytes) -> list[Record]:
    """The records of a row. Without `places` (offset and time of append of each event) offsets run on from `base`."""
    shared, decoded = _decode_events(_decompress(events))
    if places is None:
        return [
            Record(topic, number, offset, event.value, event.key, shared + event.headers, event.time or appended)
            for offset, event in enumerate(decoded, base)
        ]
    return [
        Record(topic, number, offset, event.value, event.key, shared + event.headers, event.time)
        for (offset, _), event in zip(_decode_places(places), decoded, strict=True)
    ]


def size(events: bytes) -> int:
    """The bytes of a row's events when they are not compressed."""
    return zstandard.frame_content_size(events) if events.startswith(COMPRESSED) else len(events)


def times_of_append(count: int, appended: int, places: bytes | None) -> list[int]:
    """When each event of a row was appended, in microseconds."""
    return [appended] * count if places is None else [time for _, time in _decode_places(places)]


def _compress(events: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=1).compress(events) if len(events) > SMALL else events


def _decompress(events: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(events) if events.startswith(COMPRESSED) else events


def _encode_events(events: Sequence[Event] | Sequence[Record]) -> bytes:
    shared = _shared_headers(events)
    own = len(shared)
    return _encode((shared, [(event.value, event.key, event.headers[own:], event.time) for event in events]))


def _shared_headers(events: Sequence[Event] | Sequence[Record]) -> Headers:
    shared = events[0].headers
    for event in events:
        while event.headers[: len(shared)] != shared:
            shared = shared[:-1]
    return shared
