"""Payments for prepaid accounts as JSON: vouchers, shops, the app. Each is a top-up of the account's money."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, BinaryIO

import msgspec

from trunkline.log.envelope import cloud_event
from trunkline.quarantine import Rejected
from trunkline.systems.json_stream import Part, read_each
from trunkline.systems.reach import Captured
from trunkline.systems.system import Origin
from trunkline.telco.model import ChargingCommand

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class Payment(msgspec.Struct, frozen=True):
    """What is read of a payment. `amount` is minor units of the account's currency, `channel` how it was paid."""

    payment: Name
    account: Name
    amount: Annotated[int, msgspec.Meta(gt=0)]
    time: Annotated[datetime, msgspec.Meta(tz=True)]
    channel: str = ""


_decoder = msgspec.json.Decoder(Payment)
_encode = msgspec.json.Encoder().encode


def matches(head: bytes) -> bool:
    """Whether a file's first bytes are of payments."""
    named = all(f'"{name}"'.encode() in head for name in ("payment", "account", "amount"))
    return named and head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def read(stream: BinaryIO, origin: Origin) -> Iterator[Captured | Rejected]:
    """A command of `charging.command` for each payment, in the file's order.

    Its id is the payment's, so that a payment that is exported again is taken once. What is no payment is yielded as
    `Rejected` with its place, and reading goes on.
    """

    def events(part: Part) -> Iterator[Captured]:
        yield _event(_decoder.decode(part.raw), part, origin)

    return read_each(stream, origin, events, "payment.unreadable", "no payment", ChargingCommand.topic)


def _event(payment: Payment, part: Part, origin: Origin) -> Captured:
    command = ChargingCommand(
        id=f"payment/{origin.system}/{payment.payment}",
        account=payment.account,
        kind="topup",
        amount=payment.amount,
        reason=payment.channel,
        user=origin.system,
        time=payment.time,
    )
    id, value = f"{origin.archive[:32]}-{part.offset}", _encode(command)
    event = cloud_event(type=command.topic, source=origin.uri, id=id, value=value, key=command.key)
    place = f"payment {payment.payment} on line {part.line}"
    return Captured(command.topic, event, origin.system, origin.source(part.offset, part.line), place)
