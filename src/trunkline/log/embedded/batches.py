"""The record batch: how events lie in a row.

The columns as MessagePack; a batch of some size is compressed (Zstandard, RFC 8878), which costs 0.1 µs an event and
leaves about an eighth of JSON. Where the log has a `Sealer`, values that are somebody's are sealed one by one before,
and the whole batch when its offset is known.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec
import zstandard

from trunkline.log.embedded.columns import ColumnBatch, Columns
from trunkline.log.port import EventTooLarge, LogError, Record, Sealer, TopicPartition

BATCH_EVENTS = 10_000
BATCH_BYTES = 8 << 20  # also the most that one event may have
SMALL = 1 << 10  # bytes that are not worth compressing
COMPRESSED = b"\x28\xb5\x2f\xfd"  # with which a Zstandard frame begins, and no batch as MessagePack does
SEALED = b"\xc1"  # with which what is sealed begins: MessagePack never uses this byte

_encode = msgspec.msgpack.Encoder().encode
_decode_columns = msgspec.msgpack.Decoder(Columns).decode
_decode_places = msgspec.msgpack.Decoder(list[tuple[int, int]]).decode


class Batch(NamedTuple):
    """Encoded events on their way into one partition."""

    place: TopicPartition
    length: int
    latest: int
    """The latest time that an event carries, 0 where none does."""
    undated: bool
    """Whether an event takes the time of its append."""
    personal: bool
    """Whether some of its values are sealed under keys of their own."""
    events: bytes


def encode(place: TopicPartition, columns: Columns, sealer: Sealer | None) -> Iterator[Batch]:
    """Events as batches of bounded size. Raises `EventTooLarge`."""
    columns, personal = _sealed(place.topic, columns, sealer)
    length = len(columns.keys)
    if length <= BATCH_EVENTS:
        yield from _encode_bounded(place, columns, personal)
    else:
        for first in range(0, length, BATCH_EVENTS):
            yield from _encode_bounded(place, columns.part(first, first + BATCH_EVENTS), personal)


def _sealed(topic: str, columns: Columns, sealer: Sealer | None) -> tuple[Columns, bool]:
    """The columns with values that are somebody's sealed, and whether any is."""
    if sealer is None:
        return columns, False
    values = sealer.seal_values(topic, columns.keys, columns.values)
    return (columns, False) if values is columns.values else (columns._replace(values=values), True)


def _encode_bounded(place: TopicPartition, columns: Columns, personal: bool) -> Iterator[Batch]:
    length = len(columns.keys)
    blob = _encode(columns)
    if len(blob) <= BATCH_BYTES:
        times = columns.times or (0,)
        yield Batch(place, length, max(times), min(times) == 0, personal, _compress(blob))
    elif length == 1:
        raise EventTooLarge(
            f"{place.topic}: the event with key {columns.keys[0]!r} has {len(blob):,} bytes and the log takes "
            f"{BATCH_BYTES:,}: put the payload in a file or a store and its address in the event"
        )
    else:
        yield from _encode_bounded(place, columns.part(0, length // 2), personal)
        yield from _encode_bounded(place, columns.part(length // 2, length), personal)


def seal(batch: Batch, base: int, sealer: Sealer | None) -> bytes:
    """The events as they lie in the row whose first offset is `base`."""
    return (
        batch.events if sealer is None else sealer.seal_batch(batch.place, base, batch.events, personal=batch.personal)
    )


def encode_compacted(
    place: TopicPartition, kept: Sequence[tuple[Record, int]], sealer: Sealer | None
) -> tuple[bytes, bytes]:
    """(places, events) of a row whose offsets have gaps, from records with their times of append."""
    places = _encode([(record.offset, appended) for record, appended in kept])
    columns, personal = _sealed(place.topic, Columns.of([record for record, _ in kept]), sealer)
    events = _compress(_encode(columns))
    if sealer is not None:
        events = sealer.seal_batch(place, kept[0][0].offset, events, personal=personal)
    return places, events


def decode(
    place: TopicPartition,
    sealer: Sealer | None,
    base: int,
    count: int,
    appended: int,
    places: bytes | None,
    events: bytes,
) -> ColumnBatch:
    """The records of a row. Without `places` (offset and time of append of each event) offsets run on from `base`.

    Raises `LogError` where it is sealed and cannot be opened.
    """
    offsets = range(base, base + count) if places is None else [offset for offset, _ in _decode_places(places)]
    personal = False
    if events.startswith(SEALED):
        if sealer is None:
            raise LogError(
                f"{place.topic}/{place.partition}: the events from offset {base} on are encrypted, and no keys are "
                "named: put the [keys] back into trunkline.toml by which they were written"
            )
        events, personal = sealer.open_batch(place, base, events)
    blob = _decompress(events)
    columns = _decode_columns(blob)
    if personal and sealer is not None:
        columns = columns._replace(values=sealer.open_values(place.topic, columns.keys, columns.values))
    return ColumnBatch(*place, offsets, columns, appended, len(blob))


def times_of_append(count: int, appended: int, places: bytes | None) -> list[int]:
    """When each event of a row was appended, in microseconds."""
    return [appended] * count if places is None else [time for _, time in _decode_places(places)]


def _compress(events: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=1).compress(events) if len(events) > SMALL else events


def _decompress(events: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(events) if events.startswith(COMPRESSED) else events
