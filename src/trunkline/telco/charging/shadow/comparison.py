"""Holding what two sides say of each usage against each other: bills, and what could not be rated."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final, Literal, NamedTuple

import msgspec

from trunkline.log.port import Record
from trunkline.telco.charging.shadow.bill import Bill, BillKey, Charged, Pair
from trunkline.telco.charging.shadow.side import Heard, Side
from trunkline.telco.model import Account, ChargingCommand, RatedUsage, Usage

CYCLES: Final = 2
"""Of which charging may still change what a usage costs."""
_usage: Final = msgspec.json.Decoder(Usage).decode
_account: Final = msgspec.json.Decoder(Account).decode
SideName = Literal["today", "draft"]


class Refusal(msgspec.Struct, kw_only=True):
    """What could not be done, and by which side for which reason; "" where it could. `id` is the usage's or command's;
    of what cannot be read its place in the log. `time` is the moment that it is of, where that is known."""

    what: Literal["usage", "command", "request", "event"]
    account: str
    id: str
    number: str = ""
    time: datetime | None = None
    today: str = ""
    draft: str = ""


class _Known(NamedTuple):
    """A usage with its bill, for as long as its price may change."""

    key: BillKey
    pair: Pair


class Comparison:
    """`bills` by account, cycle and number; `customers` by account; `events` are those that were taken."""

    def __init__(self) -> None:
        self.events = 0
        self.bills: dict[BillKey, Bill] = {}
        self.customers: dict[str, str] = {}
        self._refused: dict[tuple[str, str], Refusal] = {}
        self._known: dict[str, dict[str, _Known]] = {}
        self._newest: dict[str, list[datetime]] = {}

    def take(self, record: Record, today: Side, draft: Side) -> None:
        """Let both sides have an event, and hear what they say."""
        if record.topic == Account.topic and record.value is not None:
            self._meet(record.value)
        self._hear(record, "today", today.take(record))
        self._hear(record, "draft", draft.take(record))

    def refused(self) -> Iterator[Refusal]:
        """Usages that one side or both could not rate, commands and requests that only one refused."""
        for refusal in self._refused.values():
            whole = refusal.what in ("usage", "event")
            if refusal.today != refusal.draft or (whole and refusal.today):
                yield refusal

    def _meet(self, value: bytes) -> None:
        try:
            account = _account(value)
        except msgspec.DecodeError:
            return  # both sides say so
        self.customers[account.id] = account.customer

    def _hear(self, record: Record, side: SideName, heard: Heard) -> None:
        for rated in heard.rated:
            self._rated(side, rated)
        for rejected in heard.rejected:
            self._refuse(self._what(record, rejected.uri, rejected.part), side, rejected.reason)
        for answer in heard.answers:
            if answer.problem:
                what: Literal["command", "request"] = "command" if record.topic == ChargingCommand.topic else "request"
                refusal = Refusal(what=what, account=answer.account, id=answer.id, time=answer.time)
                self._refuse(refusal, side, answer.problem)

    def _rated(self, side: SideName, rated: RatedUsage) -> None:
        account, id = rated.usage.account, rated.usage.id
        known = self._known.setdefault(account, {})
        key = BillKey(account, rated.cycle, rated.usage.subscription)
        before = known.get(id)
        pair = before.pair if before is not None else Pair()
        if before is not None:
            self._count(before, rated.currency, -1)
        charged = Charged.of(rated)
        now = _Known(key, pair._replace(today=charged) if side == "today" else pair._replace(draft=charged))
        known[id] = now
        self._count(now, rated.currency, 1)
        self._forget(account, rated.cycle)
        if (refusal := self._refused.get((account, id))) is not None:
            setattr(refusal, side, "")

    def _count(self, known: _Known, currency: str, sign: int) -> None:
        bill = self.bills.get(known.key)
        if bill is None:
            bill = self.bills[known.key] = Bill(currency=currency)
        bill.count(known.pair, sign)

    def _forget(self, account: str, cycle: datetime) -> None:
        """Drop usages of cycles that are closed, when a new one begins."""
        newest = self._newest.setdefault(account, [])
        if cycle in newest:
            return
        newest.append(cycle)
        newest.sort()
        if len(newest) > CYCLES:
            del newest[0]
            known = self._known[account]
            self._known[account] = {id: each for id, each in known.items() if each.key.cycle >= newest[0]}

    def _what(self, record: Record, uri: str, part: bytes) -> Refusal:
        """What was rejected: the usage of the event, one of a request's, or what cannot be read."""
        value = record.value if record.topic == Usage.topic else part if uri.startswith("usage://") else None
        try:
            usage = _usage(value or b"")
        except msgspec.DecodeError:
            account = (record.key or b"").decode(errors="replace")
            return Refusal(what="event", account=account, id=f"{record.topic}/{record.partition}:{record.offset}")
        return Refusal(what="usage", account=usage.account, id=usage.id, number=usage.subscription, time=usage.started)

    def _refuse(self, refusal: Refusal, side: SideName, reason: str) -> None:
        known = self._known.get(refusal.account, {}).get(refusal.id)
        if known is not None and getattr(known.pair, side) is not None:
            return  # it was rated before, and keeps what it cost
        setattr(self._refused.setdefault((refusal.account, refusal.id), refusal), side, reason)
