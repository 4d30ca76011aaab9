"""Charging's topics, followed into the store: its documents are what the topics say, each change told once.

The follower of a topic brings its records into the store in units of work, with their positions, so a process that is
killed goes on where the store says. The records of a unit are taken together, so that what many of them change, as a
bill, is read once and written once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import msgspec

from trunkline.effects.effect import Effect
from trunkline.effects.outcome import Outcome
from trunkline.log.port import Record
from trunkline.store import Store, Unit
from trunkline.store.follower import Take
from trunkline.telco.charging.records import accounts, actions, history, messages
from trunkline.telco.charging.records.bills import Bills
from trunkline.telco.charging.records.buckets import Balances
from trunkline.telco.charging.records.documents import Documents
from trunkline.telco.charging.records.erasure import erase
from trunkline.telco.charging.records.taxes import Taxes
from trunkline.telco.charging.records.usages import Usages
from trunkline.telco.charging.settings import ChargingSettings
from trunkline.telco.model import Account, Balance, ChargingAnswer, Notice, Posting, RatedUsage

Value = TypeVar("Value")

_rated = msgspec.json.Decoder(RatedUsage).decode
_answer = msgspec.json.Decoder(ChargingAnswer).decode
_posting = msgspec.json.Decoder(Posting).decode
_notice = msgspec.json.Decoder(Notice).decode
_effect = msgspec.json.Decoder(Effect).decode
_outcome = msgspec.json.Decoder(Outcome).decode


def takes(settings: ChargingSettings, store: Store) -> Mapping[str, Take]:
    """What brings the records of each topic into the store."""
    taxes = Taxes(settings.taxes)
    bills = Bills(settings.time_zone, taxes)
    balances = Balances(bills)

    def take_balances(unit: Unit, records: Sequence[Record]) -> None:
        documents = Documents(unit)
        balances.take(documents, records)
        documents.write()

    def take_accounts(unit: Unit, records: Sequence[Record]) -> None:
        for account in accounts.take(unit, records):
            erase(unit, store, account)

    return {
        RatedUsage.topic: _of_values(_rated, Usages(bills, taxes).take),
        Balance.topic: take_balances,
        ChargingAnswer.topic: _of_values(_answer, actions.settle),
        Posting.topic: _of_values(_posting, history.take),
        Notice.topic: _of_values(_notice, messages.take_notices),
        Effect.topic: _of_values(_effect, messages.take_effects),
        Outcome.topic: _of_values(_outcome, messages.take_outcomes),
        Account.topic: take_accounts,
    }


def _of_values(
    decode: Callable[[bytes], Value], take: Callable[[Documents, Sequence[tuple[Value, Record]]], None]
) -> Take:
    """A tombstone takes nothing back of what has happened."""

    def taking(unit: Unit, records: Sequence[Record]) -> None:
        documents = Documents(unit)
        take(documents, [(decode(record.value), record) for record in records if record.value is not None])
        documents.write()

    return taking
