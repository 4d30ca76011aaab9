"""The record batch: how events lie in a row.

The columns as MessagePack; a batch of some size is compressed (Zstandard, RFC 8878), which costs 0.1 µs an event and
leaves about an eighth of JSON. Where the log has a `Sealer`, values that are somebody's are sealed before and stand
behind the other columns; the whole batch is sealed when its offset is known.
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
LENGTH = 4  # bytes that say where, in a batch whose values are sealed themselves, the columns before them end
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
    """Whether its values are sealed themselves."""
    events: bytes


def encode(place: TopicPartition, columns: Columns, sealer: Sealer | None) -> Iterator[Batch]:
    """Events as batches of bounded size. Raises `EventTooLarge`."""
    length = len(columns.keys)
    if length <= BATCH_EVENTS:
        yield from _encode_bounded(place, columns, sealer)
    else:
        for first in range(0, length, BATCH_EVENTS):
            yield from _encode_bounded(place, columns.part(first, first + BATCH_EVENTS), sealer)


def _encode_bounded(place: TopicPartition, columns: Columns, sealer: Sealer | None) -> Iterator[Batch]:
    length = len(columns.keys)
    blob, sealed = _encoded(place.topic, columns, sealer)
    size = len(blob) + len(sealed)
    if size <= BATCH_BYTES:
        times = columns.times or (0,)
        events = _put_together(blob, sealed)
        yield Batch(place, length, max(times), min(times) == 0, bool(sealed), events)
    elif length == 1:
        raise EventTooLarge(
            f"{place.topic}: the event with key {columns.keys[0]!r} has {size:,} bytes and the log takes "
            f"{BATCH_BYTES:,}: put the payload in a file or a store and its address in the event"
        )
    else:
        yield from _encode_bounded(place, columns.part(0, length // 2), sealer)
        yield from _encode_bounded(place, columns.part(length // 2, length), sealer)


def _encoded(topic: str, columns: Columns, sealer: Sealer | None) -> tuple[bytes, bytes]:
    """The columns, and beside them the values where these are somebody's and sealed."""
    sealed = b"" if sealer is None else sealer.seal_values(topic, columns.keys, columns.values)
    return _encode(columns._replace(values=[]) if sealed else columns), sealed


def _put_together(blob: bytes, sealed: bytes) -> bytes:
    """What is sealed is as good as random: it is not compressed."""
    columns = _compress(blob)
    return b"".join((len(columns).to_bytes(LENGTH, "big"), columns, sealed)) if sealed else columns


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
    blob, sealed = _encoded(place.topic, Columns.of([record for record, _ in kept]), sealer)
    events = _put_together(blob, sealed)
    if sealer is not None:
        events = sealer.seal_batch(place, kept[0][0].offset, events, personal=bool(sealed))
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
    sealed: bytes | memoryview = b""
    if events.startswith(SEALED):
        if sealer is None:
            raise LogError(
                f"{place.topic}/{place.partition}: the events from offset {base} on are encrypted, and no keys are "
                "named: put the [keys] back into trunkline.toml by which they were written"
            )
        events, personal = sealer.open_batch(place, base, events)
        if personal:
            end = LENGTH + int.from_bytes(events[:LENGTH], "big")
            events, sealed = events[LENGTH:end], memoryview(events)[end:]  # which is large
    blob = _decompress(events)
    columns = _decode_columns(blob)
    if sealed and sealer is not None:
        columns = columns._replace(values=sealer.open_values(place.topic, columns.keys, sealed))
    return ColumnBatch(*place, offsets, columns, appended, len(blob) + len(sealed))


def times_of_append(count: int, appended: int, places: bytes | None) -> list[int]:
    """When each event of a row was appended, in microseconds."""
    return [appended] * count if places is None else [time for _, time in _decode_places(places)]


def _compress(events: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=1).compress(events) if len(events) > SMALL else events


def _decompress(events: bytes) -> bytes:
    return zstandard.ZstdDecompressor().decompress(events) if events.startswith(COMPRESSED) else events
