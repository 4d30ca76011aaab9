"""An account at a desk: events are handed to the processor `charge`, and what came of them is looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import msgspec

from tests.streams.driver import Driver, record
from tests.telco.charging.accounts.offer import Offer
from trunkline.log import Record
from trunkline.log.envelope import micros
from trunkline.quarantine import Rejected
from trunkline.streams.recorded import Recorded
from trunkline.telco.charging.accounts.processor import Charge
from trunkline.telco.charging.tariff.terms import Tariffs
from trunkline.telco.model import (
    Account,
    Assignment,
    Balance,
    ChargingAnswer,
    ChargingCommand,
    ChargingRequest,
    Member,
    Notice,
    Posting,
    RatedUsage,
    Service,
    Source,
    Usage,
)

T = TypeVar("T")
MARCH = datetime(2026, 2, 28, 23, tzinfo=UTC)
"""Midnight of 1 March in Brussels."""
BRUSSELS = ZoneInfo("Europe/Brussels")
ANN, BOB = "32470000001", "32470000002"
SOURCE = Source(uri="file:///cdr")
TALK = Assignment(tariff="talk", since=datetime(2025, 1, 1, tzinfo=UTC))
ACCOUNT = Account(
    id="A",
    customer="C",
    kind="postpaid",
    currency="EUR",
    members=tuple(Member(msisdn=number, imsi=f"2060{number}", tariffs=(TALK,)) for number in (ANN, BOB)),
)


def day(number: float) -> datetime:
    """A moment of March, from the beginning of its first day; 0 and less are of February."""
    return MARCH + timedelta(days=number - 1)


def used(
    id: str, started: datetime, *, octets: int = 0, seconds: int = 0, messages: int = 0, by: str = ANN, **more: Any
) -> Usage:
    """A usage of octets, seconds or messages."""
    service = Service.DATA if octets else Service.VOICE if seconds else Service.MESSAGE
    fields: dict[str, Any] = {"service": service, "system": "pgw", "source": SOURCE, "account": "A"} | more
    return Usage(id=id, subscription=by, started=started, downlink=octets, duration=seconds, items=messages, **fields)


class Desk:
    """The processor with what it told so far. Events have the log's time `clock`."""

    def __init__(self, *events: msgspec.Struct, offer: Tariffs | None = None) -> None:
        self.driver = Driver(Recorded(lambda: Charge(offer or Offer(), BRUSSELS, ["20601"])))
        self.clock = day(20)
        self._offset = 0
        self.take(*events)

    def records(self, events: Iterable[Any]) -> list[Record]:
        """The events as they lie in the log."""
        made = []
        for event in events:
            value = msgspec.json.encode(event)
            made.append(record(event.topic, self._offset, event.key.encode(), value, micros(self.clock)))
            self._offset += 1
        return made

    def take(self, *events: Any) -> Desk:
        """Hand over events, in one batch."""
        self.driver.work(self.records(events))
        return self

    def tick(self, now: datetime) -> None:
        """Let the clock go on although nothing comes."""
        self.clock = now
        self.driver.tick(micros(now))

    def told(self, kind: type[T]) -> list[T]:
        """All that was told of a kind, and not taken back by a tombstone."""
        topic: str = kind.topic  # type: ignore[attr-defined]
        return [msgspec.json.decode(value, type=kind) for _, value in self.driver.sent_to(topic) if value is not None]

    def rejected(self) -> list[str]:
        """Why events went to the quarantine."""
        return [each.reason for each in self.told(Rejected)]

    def rated(self) -> dict[str, RatedUsage]:
        """The last word on each usage."""
        last = {each.usage.id: each for each in self.told(RatedUsage)}
        return {id: msgspec.structs.replace(each, revision=0) for id, each in last.items()}

    def cost(self) -> dict[str, int]:
        """What each usage costs in the end."""
        return {id: each.amount for id, each in self.rated().items()}

    def balance(self) -> Balance:
        """The account's last balance."""
        return self.told(Balance)[-1]

    def left(self) -> dict[str, int]:
        """What is left in each bucket, by its name behind the account's."""
        return {each.id.removeprefix("A/"): each.remaining for each in self.balance().buckets}

    def notices(self) -> list[str]:
        """The ids of all notices, behind the account's, as often as they were told."""
        return [each.id.removeprefix("A/") for each in self.told(Notice)]

    def answer(self, id: str) -> ChargingAnswer:
        """The answer to a command or request."""
        return next(each for each in self.told(ChargingAnswer) if each.id == id)

    def ledger(self) -> Counter[tuple[str, str]]:
        """What buckets and accounts of the ledger received less what they gave, by unit, from the postings alone."""
        sums: Counter[tuple[str, str]] = Counter()
        for posting in self.told(Posting):
            sums[posting.credit, posting.unit] += posting.amount
            sums[posting.debit, posting.unit] -= posting.amount
        return Counter({key: amount for key, amount in sums.items() if amount})


def command(id: str, kind: Any, amount: int = 0, time: datetime | None = None, **more: Any) -> ChargingCommand:
    return ChargingCommand(id=id, account="A", kind=kind, amount=amount, time=time or day(1), **more)


def request(id: str, time: datetime, **more: Any) -> ChargingRequest:
    """A request of the session `s`."""
    fields: dict[str, Any] = {"session": "s", "service": Service.DATA, "subscription": ANN, "sequence": 0} | more
    return ChargingRequest(id=id, account="A", time=time, **fields)
