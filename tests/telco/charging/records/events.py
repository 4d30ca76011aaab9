"""Events of charging, as its processors would write them, and the house that follows them into a store."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

import msgspec

from trunkline.log.envelope import micros
from trunkline.log.port import Record
from trunkline.store import Store
from trunkline.store import Unit as UnitOfWork
from trunkline.telco.charging.records import specifications
from trunkline.telco.charging.records.following import takes
from trunkline.telco.charging.records.kinds import KINDS
from trunkline.telco.charging.settings import ChargingSettings, MediationRules, Numbering
from trunkline.telco.model import (
    Account,
    Assignment,
    Balance,
    Bucket,
    ChargingAnswer,
    ChargingCommand,
    Drawn,
    Member,
    Notice,
    Posting,
    RatedUsage,
    Service,
    Source,
    Unit,
    Usage,
)
from trunkline.tmf.declaration import Document
from trunkline.tmf.events import TOPIC

MARCH = datetime(2026, 2, 28, 23, tzinfo=UTC)
"""The 1st at midnight in Brussels."""
APRIL = datetime(2026, 3, 31, 22, tzinfo=UTC)
"""The same after the clocks went forward."""
NOON = datetime(2026, 3, 9, 12, tzinfo=UTC)
ELS, TOM = "32470123456", "32470654321"
SETTINGS = ChargingSettings(
    version="1",
    zone="Europe/Brussels",
    networks=["20610"],
    numbering=Numbering(country_code="32"),
    mediation=MediationRules(horizon_days=62, session_hours=48, part_minutes=60, part_octets=500_000_000),
    taxes={"standard": 21, "none": 0},
)


def usage(id: str = "msc/1/7", **said: Any) -> Usage:
    defaults: dict[str, Any] = {
        "account": "1042", "subscription": ELS, "service": Service.VOICE, "started": NOON, "duration": 75,
        "other_party": "3225551212", "system": "msc", "source": Source(uri="sftp://msc/cdr/0001.dat", offset=512),
    }  # fmt: skip
    return Usage(id=id, **defaults | said)


def rated(
    id: str = "msc/1/7", amount: int = 34, *, revision: int = 0, of: Usage | None = None, **said: Any
) -> RatedUsage:
    defaults: dict[str, Any] = {
        "tariff": "base-2026", "rate": "calls", "zone": "home", "band": "day", "unit": Unit.SECOND, "quantity": 120,
        "currency": "EUR", "tax": "standard", "cycle": MARCH, "drawn": (Drawn(bucket="1042/money", amount=amount),),
    }  # fmt: skip
    return RatedUsage(usage=of or usage(id), amount=amount, revision=revision, **defaults | said)


def bucket(id: str = "1042/money", **said: Any) -> Bucket:
    defaults: dict[str, Any] = {
        "name": "credit", "unit": Unit.MONEY, "remaining": 1_234, "granted": 1_500, "valid_from": MARCH,
    }  # fmt: skip
    return Bucket(id=id, **defaults | said)


def data(id: str = "1042/data", **said: Any) -> Bucket:
    defaults: dict[str, Any] = {
        "name": "20 GB", "unit": Unit.OCTET, "remaining": 15_000_000_000, "granted": 20_000_000_000,
        "subscription": ELS, "allowance": "data-20", "valid_to": APRIL,
    }  # fmt: skip
    return bucket(id, **defaults | said)


def balance(*buckets: Bucket, account: str = "1042", **said: Any) -> Balance:
    defaults: dict[str, Any] = {
        "kind": "prepaid", "currency": "EUR", "cycle": MARCH, "spent": 266, "time": NOON, "cause": "msc/1/7",
    }  # fmt: skip
    return Balance(account=account, buckets=buckets, **defaults | said)


def posting(id: str = "p1", kind: str = "topup", **said: Any) -> Posting:
    defaults: dict[str, Any] = {
        "account": "1042", "debit": "payments", "credit": "1042/money", "unit": Unit.MONEY, "amount": 1_500,
        "currency": "EUR", "time": NOON, "cause": "tmf654/topupBalance/1",
    }  # fmt: skip
    return Posting(id=id, kind=kind, **defaults | said)  # type: ignore[arg-type]


def notice(id: str = "1042-data-80", **said: Any) -> Notice:
    defaults: dict[str, Any] = {
        "account": "1042", "subscription": ELS, "kind": "threshold", "language": "nl", "cause": "msc/1/7", "time": NOON,
        "values": {"allowance": "20 GB", "percent": "80"},
    }  # fmt: skip
    return Notice(id=id, **defaults | said)


class House:
    """A store that follows charging, without a log: records are taken as tests say them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        store.declare(KINDS)
        specifications.declare(store)
        self._takes = takes(SETTINGS, store)
        self._offset = 0
        self._time = NOON

    def told(self, *items: Any) -> list[str]:
        """Let charging say these in one unit of work, what follows on one topic together; the types of the events that
        subscribers are told by them."""
        with self.store.unit() as unit:
            for topic, those in groupby(items, lambda item: str(item.topic)):
                self._take(unit, topic, [(item.key, msgspec.json.encode(item)) for item in those])
        return self.heard()

    def gone(self, topic: str, key: str) -> list[str]:
        """Let charging say that there is nothing of a key any more."""
        with self.store.unit() as unit:
            self._take(unit, topic, [(key, None)])
        return self.heard()

    def _take(self, unit: UnitOfWork, topic: str, said: Sequence[tuple[str, bytes | None]]) -> None:
        records = []
        for key, value in said:
            self._offset += 1
            self._time += timedelta(seconds=1)
            records.append(Record(topic, 0, self._offset, value, key.encode(), (), micros(self._time)))
        self._takes[topic](unit, records)

    def heard(self) -> list[str]:
        """What subscribers are told meanwhile."""
        return [msgspec.json.decode(out.event.value or b"")["eventType"] for out in self._sent() if out.topic == TOPIC]

    def commands(self) -> list[ChargingCommand]:
        """What charging is asked meanwhile."""
        return [
            msgspec.json.decode(out.event.value or b"", type=ChargingCommand)
            for out in self._sent()
            if out.topic == ChargingCommand.topic
        ]

    def answer(self, command: ChargingCommand, problem: str = "", detail: str = "") -> None:
        """Charging answers."""
        self.told(
            ChargingAnswer(id=command.id, account=command.account, problem=problem, detail=detail, time=self._time)
        )

    def get(self, kind: str, id: str) -> Document:
        stored = self.store.get(kind, id)
        assert stored is not None, f"there is no {kind} {id}"
        document: Document = msgspec.json.decode(stored.document)
        return document

    def _sent(self) -> list[Any]:
        waiting = list(self.store.outbox())
        if waiting:
            self.store.sent(waiting[-1].id)
        return waiting


def account(*numbers: str, id: str = "1042", **said: Any) -> Account:
    tariffs = (Assignment(tariff="base-2026", since=MARCH),)
    members = tuple(Member(msisdn=msisdn, imsi=f"2061{msisdn}", tariffs=tariffs) for msisdn in numbers or (ELS,))
    defaults: dict[str, Any] = {"customer": "7", "kind": "prepaid", "currency": "EUR", "members": members}
    return Account(id=id, **defaults | said)
