"""The record batch: how events lie in a row.

The columns as MessagePack; a batch of some size is compressed (Zstandard, RFC 8878), which costs 0.1 µs an event and
leaves about an eighth of JSON.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import zstandard

from trunkline.log.embedded.columns import ColumnBatch, Columns
from trunkline.log.port import EventTooLarge, Record

BATCH_EVENTS = 10_000
BATCH_BYTES = 8 << 20  # also the most that one event may have
SMALL = 1 << 10  # bytes that are not worth compressing
COMPRESSED = b"\x28\xb5\x2f\xfd"  # with which a Zstandard frame begins, and no batch as MessagePack does

_encode = msgspec.msgpack.Encoder().encode
_decode_columns = msgspec.msgpack.Decoder(Columns).decode
_decode_places = msgspec.msgpack.Decoder(list[tuple[int, int]]).decode


class Batch(NamedTuple):
    """Encoded events on their way into one partition."""

    length: int
    latest: int
    """The latest time that an event carries, 0 where none does."""
    undated: bool
    """Whether an event takes the time of its append."""
    events: bytes


def encode(topic: str, columns: Columns) -> Iterator[Batch]:
    """Events as batches of bounded size. Raises `EventTooLarge`."""
    length = len(columns.keys)
    if length <= BATCH_EVENTS:
        yield from _encode_bounded(topic, columns)
    else:
        for first in range(0, length, BATCH_EVENTS):
            yield from _encode_bounded(topic, columns.part(first, first + BATCH_EVENTS))


def _encode_bounded(topic: str, columns: Columns) -> Iterator[Batch]:
    length = len(columns.keys)
    blob = _encode(columns)
    if len(blob) <= BATCH_BYTES:
        times = columns.times or (0,)
        yield Batch(length, max(times), min(times) == 0, _compress(blob))
    elif length == 1:
        raise EventTooLarge(
            f"{topic}: the event with key {columns.keys[0]!r} has {len(blob):,} bytes and the log takes "
            f"{BATCH_BYTES:,}: put the payload in a file or a store and its address in the event"
        )
    else:
        yield from _encode_bounded(topic, columns.part(0, length // 2))
        yield from _encode_bounded(topic, columns.part(length // 2, length))


def encode_compacted(kept: Sequence[tuple[Record, int]]) -> tuple[bytes, bytes]:
    """(places, events) of a row whose offsets have gaps, from records with their times of append."""
    places = _encode([(record.offset, appended) for record, appended in kept])
    return places, _compress(_encode(Columns.of([record for record, _ in kept])))


def decode(
    topic: str, number: int, base: int, count: int, appended: int, places: bytes | None, events: bytes
) -> ColumnBatch:
    """The records of a row. Without `places` (offset and time of append of each event) offsets run on from `base`."""
    offsets = range(base, base + count) if places is None else [offset for offset, _ in _decode_places(places)]
    blob = _decompress(events)
    return ColumnBatch(topic, number, offsets, _decode_columns(blob), appended, len(blob))


def times_of_append(count: int, appended: int, places: bytes | None) -> list[int]:
    """When each event of a row was appended, in microseconds."""
    return [appended] * count if places is None else [time for _, time in _decode_places(places)]


def _compress(events: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=1).compress(events) if len(events) > SMALL else events


def _decompress(events: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(events) if events.startswith(COMPRESSED) else events
