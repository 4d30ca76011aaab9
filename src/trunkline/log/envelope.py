"""The CloudEvents 1.0 envelope in Kafka's binary mode: attributes as `ce_*` headers, the value untouched.

Source: CloudEvents 1.0.2, and its Kafka protocol binding 1.0.2, clause 3.2.
"""

from datetime import UTC, datetime, timedelta

from trunkline.log.port import Event, Record

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
JSON = (("content-type", b"application/json"), ("ce_specversion", b"1.0"))


def cloud_event(
    *, type: str, source: str, id: str, value: bytes | None, key: str | None = None, time: int = 0
) -> Event:
    """An event of `type` (the topic's name, as a rule) from `source` (a URI), unique by (`source`, `id`)."""
    headers = (*JSON, ("ce_type", type.encode()), ("ce_source", source.encode()), ("ce_id", id.encode()))
    return Event(value, key.encode() if key is not None else None, headers, time)


def attributes(record: Record) -> dict[str, str]:
    """The CloudEvents attributes of a record, without their prefix.

    What no header gives is implied: the type is the topic, the source its partition, the id the offset there, the time
    the record's. So every record is a CloudEvent, unique by source and id, also where it came without an envelope.
    """
    found = {name.removeprefix("ce_"): value.decode() for name, value in record.headers if name.startswith("ce_")}
    found.setdefault("specversion", "1.0")
    found.setdefault("type", record.topic)
    if "id" not in found:
        found["id"], found["source"] = str(record.offset), f"log://{record.topic}/{record.partition}"
    found.setdefault("time", from_micros(record.time).isoformat().replace("+00:00", "Z"))
    return found


def micros(moment: datetime) -> int:
    """A moment as microseconds since the epoch. Raises `ValueError` on a time without zone."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} has no time zone")
    return (moment - EPOCH) // timedelta(microseconds=1)


def from_micros(time: int) -> datetime:
    """Microseconds since the epoch as a moment in UTC."""
    return EPOCH + timedelta(microseconds=time)
