"""Accounts as JSON: one a line, an array of them, or a single one.

An account says all of itself at each time, so the topic keeps the last word by its id. Fields are those of `Account`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from trunkline.log.envelope import cloud_event
from trunkline.quarantine import Rejected
from trunkline.systems.json_stream import Part, read_each
from trunkline.systems.reach import Captured
from trunkline.systems.system import Origin
from trunkline.telco.model import Account

_decoder = msgspec.json.Decoder(Account)
_encode = msgspec.json.Encoder().encode


def matches(head: bytes) -> bool:
    """Whether a file's first bytes are of accounts."""
    named = all(f'"{name}"'.encode() in head for name in ("customer", "currency", "members"))
    return named and head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")


def read(stream: BinaryIO, origin: Origin) -> Iterator[Captured | Rejected]:
    """An event of `charging.account` for each account, in the file's order.

    What is no account is yielded as `Rejected` with its place, and reading goes on.
    """

    def events(part: Part) -> Iterator[Captured]:
        yield _event(_decoder.decode(part.raw), part, origin)

    return read_each(stream, origin, events, "account.unreadable", "no account", Account.topic)


def _event(account: Account, part: Part, origin: Origin) -> Captured:
    if not account.id:
        raise ValueError("its `id` is empty")
    id = f"{origin.archive[:32]}-{part.offset}"
    event = cloud_event(type=Account.topic, source=origin.uri, id=id, value=_encode(account), key=account.key)
    place = f"account {account.id} on line {part.line}"
    return Captured(Account.topic, event, origin.system, origin.source(part.offset, part.line), place)
