"""TAP 3.12: what subscribers used in the networks of roaming partners (GSMA TD.57), usage reports out.

Charges in a TAP file are what the partner asks of the operator, not what the subscriber pays, so only those of content
become a `price`. Every event is a whole record: TAP tells partial ones apart by their time alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from trunkline.quarantine import Rejected
from trunkline.systems.system import Origin, Reader
from trunkline.systems.tap.batch import Batch, Time
from trunkline.systems.tap.events import fields_of
from trunkline.systems.tap.options import Options
from trunkline.systems.tap.parts import Broken, Part, parts
from trunkline.telco.model import UsageReport

_SENDER = b"\x5f\x81\x44"
"""The tag of the sender's TADIG code, near the beginning of every file."""


def matches(head: bytes) -> bool:
    """Whether a file's first bytes are a TransferBatch or a Notification."""
    return head[:1] in (b"\x61", b"\x62") and _SENDER in head[:32]


def reader(options: Options) -> Reader:
    """A reader of TAP files, which yields a report for each event, and for each service of a content transaction.

    An event that cannot be read is yielded as `Rejected` with its place, and reading goes on.
    """

    def read(stream: BinaryIO, origin: Origin) -> Iterator[UsageReport | Rejected]:
        batch, number = Batch(options), 0
        for part in parts(stream):
            if isinstance(part, Broken):
                yield _rejected(part.offset, part.length, part.raw, "tap.unreadable", part.why, origin)
                continue
            try:
                if part.event:
                    number += 1
                    yield from list(_reports(part, batch, number, origin))
                else:
                    batch.take(part.name, part.value)
            except (ValueError, OverflowError) as fault:
                reason = "tap.unusable" if part.event else "tap.unreadable"
                yield _rejected(part.offset, len(part.raw), part.raw, reason, f"{part.name}: {fault}", origin)

    return read


def _rejected(offset: int, length: int, raw: bytes, reason: str, message: str, origin: Origin) -> Rejected:
    return origin.rejected(reason, message, offset=offset, length=length, part=raw, target=UsageReport.topic)


def _reports(part: Part, batch: Batch, number: int, origin: Origin) -> Iterator[UsageReport]:
    """The reports of an event, the `number`th of its file. Raises `ValueError` with what is missing."""
    found = fields_of(part.name, part.value, batch)
    for at, fields in enumerate(found):
        began: Time = fields.pop("began")
        reference = fields.pop("reference")
        if not (fields.get("msisdn") or fields.get("imsi") or fields.get("user")):
            raise ValueError("it has neither IMSI nor MSISDN, so that nobody can be charged for it")
        known = f"{reference}/{began.local}" if reference else f"{batch.file[:10]}/{number}"
        id = f"tap/{batch.sender[:10]}/{known}" + (f"/{at + 1}" if len(found) > 1 else "")
        yield UsageReport(
            system=origin.system,
            id=id,
            session=id,
            started=began.moment,
            zone_offset=began.ahead,
            source=origin.source(part.offset),
            **fields,
        )
