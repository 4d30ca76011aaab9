"""Balances as TMF654 tells of them: each bucket of an account, and what all of one unit hold together.

Beside TM Forum's attributes, as its `@schemaLocation` says: `grantedValue` is what was ever put in, `allowance` that of
the tariff which gave it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from trunkline.log.port import Record
from trunkline.telco.charging.records import balances
from trunkline.telco.charging.records.amounts import money, quantity, shown
from trunkline.telco.charging.records.balances import Standing
from trunkline.telco.charging.records.bills import Bills
from trunkline.telco.charging.records.documents import Documents, plain, reference
from trunkline.telco.model import Balance, Bucket, Unit
from trunkline.tmf.apis.prepay_balance import ACCUMULATED, BUCKET
from trunkline.tmf.declaration import Document

SCHEMA: Final = "urn:trunkline:schema:charging-bucket"
_USAGE_TYPES: Final = {Unit.SECOND: "voice", Unit.OCTET: "data", Unit.MESSAGE: "message", Unit.ITEM: "content"}


class Balances:
    """The balances of all accounts, and the beginnings and ends of their bills."""

    def __init__(self, bills: Bills) -> None:
        self._bills = bills

    def take(self, documents: Documents, records: Sequence[Record]) -> None:
        """Accounts have other balances; or charging knows one no more, and what it used and was billed stays."""
        told = [Standing.of(record) if record.value is not None else None for record in records]
        accounts = [
            standing.balance.account if standing is not None else (record.key or b"").decode()
            for standing, record in zip(told, records, strict=True)
        ]
        last: dict[str, Standing | None] = dict(balances.get_many(documents.unit, {*accounts}))
        self._bills.read(documents, _cycles(told, last))
        for account, now in zip(accounts, told, strict=True):
            was, last[account] = last.get(account), now
            if now is not None and (was is None or was.balance.cycle != now.balance.cycle):
                self._begin(documents, was.balance if was is not None else None, now.balance)
            self._tell(documents, was, now)
        balances.keep(documents.unit, last)

    def _begin(self, documents: Documents, was: Balance | None, now: Balance) -> None:
        if was is not None and was.cycle < now.cycle:
            self._bills.end(documents, now.account, was.cycle, now.time)
        self._bills.begin(documents, now)

    def _tell(self, documents: Documents, was: Standing | None, now: Standing | None) -> None:
        for of, tell in ((BUCKET, _buckets), (ACCUMULATED, _totals)):
            before = {document["id"]: document for document in tell(was.balance)} if was is not None else {}
            after = {document["id"]: document for document in tell(now.balance)} if now is not None else {}
            for id, document in after.items():
                documents.keep(of, before.get(id), document)
            for id in before.keys() - after.keys():
                documents.remove(of, before[id])


def _cycles(told: Sequence[Standing | None], before: Mapping[str, Standing | None]) -> Iterator[tuple[str, datetime]]:
    """The accounts and cycles that begin by these balances, or end."""
    for standing in told:
        if standing is not None:
            now, was = standing.balance, before.get(standing.balance.account)
            if was is None or was.balance.cycle != now.cycle:
                yield now.account, now.cycle
            if was is not None and was.balance.cycle < now.cycle:
                yield now.account, was.balance.cycle


def usage_type(unit: Unit, currency: str) -> str:
    """TMF654's word for what a bucket holds: data, voice, a currency."""
    return _USAGE_TYPES.get(unit, currency)


def bucket_ref(bucket: Bucket, currency: str) -> Document:
    """What refers to a bucket."""
    return reference("Bucket", bucket.id, name=bucket.name, usageType=usage_type(bucket.unit, currency))


def is_charged(document: Document) -> bool:
    """Whether charging tells of a bucket."""
    return document.get("@schemaLocation") == SCHEMA


def _buckets(balance: Balance) -> Iterator[Document]:
    for bucket in balance.buckets:
        yield plain(
            {
                "id": bucket.id,
                "@type": "Bucket",
                "@schemaLocation": SCHEMA,
                "name": bucket.name,
                "usageType": usage_type(bucket.unit, balance.currency),
                "status": "active" if _is_valid(bucket, balance.time) else "expired",
                "isShared": not bucket.subscription,
                "remainingValue": quantity(bucket.unit, bucket.remaining, balance.currency),
                "remainingValueName": shown(bucket.unit, bucket.remaining, balance.currency),
                "reservedValue": quantity(bucket.unit, bucket.reserved, balance.currency),
                "grantedValue": quantity(bucket.unit, bucket.granted, balance.currency),
                "allowance": bucket.allowance,
                "validFor": plain({"startDateTime": bucket.valid_from, "endDateTime": bucket.valid_to}),
                "partyAccount": reference("PartyAccount", balance.account),
                "logicalResource": _numbers(bucket.subscription),
            }
        )


def _totals(balance: Balance) -> Iterator[Document]:
    """What is left of each unit, and what the cycle's usage cost so far."""
    units = dict.fromkeys(bucket.unit for bucket in balance.buckets if _is_valid(bucket, balance.time))
    for unit in units:
        of = [bucket for bucket in balance.buckets if bucket.unit is unit and _is_valid(bucket, balance.time)]
        name = usage_type(unit, balance.currency)
        yield plain(
            {
                "id": f"{balance.account}/{name}",
                "@type": "AccumulatedBalance",
                "@schemaLocation": SCHEMA,
                "name": name,
                "description": f"all {name} that is left",
                "totalBalance": quantity(unit, sum(bucket.remaining for bucket in of), balance.currency),
                "bucket": [bucket_ref(bucket, balance.currency) for bucket in of],
                "partyAccount": reference("PartyAccount", balance.account),
                "logicalResource": _numbers(*sorted({bucket.subscription for bucket in of} - {""})),
            }
        )
    yield plain(
        {
            "id": f"{balance.account}/spent",
            "@type": "AccumulatedBalance",
            "@schemaLocation": SCHEMA,
            "name": "spent",
            "description": "what the usage of this cycle cost so far",
            "totalBalance": quantity(Unit.MONEY, balance.spent, balance.currency),
            "partyAccount": reference("PartyAccount", balance.account),
            "cycle": balance.cycle,
            "limit": money(balance.limit, balance.currency) if balance.limit is not None else None,
        }
    )


def _is_valid(bucket: Bucket, time: datetime) -> bool:
    return bucket.valid_to is None or bucket.valid_to > time


def _numbers(*subscriptions: str) -> list[Document]:
    return [reference("LogicalResource", number, value=number) for number in subscriptions if number]
