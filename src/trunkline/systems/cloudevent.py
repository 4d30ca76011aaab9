"""A record of the log as one CloudEvent in JSON, as others take it.

Source: CloudEvents 1.0.2, JSON event format 1.0.2 (clauses 2 and 3), partitioning extension.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import msgspec

from trunkline.log.envelope import from_micros
from trunkline.log.port import Record

STRUCTURED = "application/cloudevents+json"


def identity(record: Record) -> tuple[str, str]:
    """Source and id of a record's event: as its envelope says, or else its place in the log."""
    envelope = _envelope(record)
    return envelope["source"], envelope["id"]


def structured(record: Record) -> bytes:
    """The event in structured mode, on one line. Data that is not JSON goes as `data_base64`; a tombstone has none."""
    event: dict[str, Any] = _envelope(record)
    if record.key is not None:
        event["partitionkey"] = _text(record.key)
    if record.value is not None:
        event |= _data(record.value)
    return msgspec.json.encode(event)


def one_line(value: bytes) -> bytes:
    """JSON without line ends. Raises `ValueError` where it is not JSON."""
    try:
        msgspec.json.decode(value)
        return msgspec.json.format(value, indent=-1)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(str(error)) from None


def _data(value: bytes) -> dict[str, Any]:
    try:
        return {"datacontenttype": "application/json", "data": msgspec.Raw(one_line(value))}
    except ValueError:
        return {"datacontenttype": "application/octet-stream", "data_base64": b64encode(value).decode()}


def _envelope(record: Record) -> dict[str, str]:
    """The attributes. Those that the record's headers lack are told by its place in the log."""
    given = {name.removeprefix("ce_"): _text(value) for name, value in record.headers if name.startswith("ce_")}
    return {
        "specversion": "1.0",
        "id": f"{record.topic}/{record.partition}/{record.offset}",
        "source": f"log://{record.topic}/{record.partition}",
        "type": record.topic,
        "time": from_micros(record.time).isoformat().replace("+00:00", "Z"),
        **given,
    }


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")
