"""Charging's topics, followed into the store: its documents are what the topics say, each change told once.

The follower of a topic brings every record into the store in a unit of work with its position, so a process that is
killed goes on where the store says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from trunkline.effects.outcome import Outcome
from trunkline.log.envelope import from_micros
from trunkline.log.port import Record
from trunkline.store import Unit
from trunkline.store.follower import Take
from trunkline.telco.charging.records import accounts, actions, history, messages
from trunkline.telco.charging.records.balances import Standing
from trunkline.telco.charging.records.bills import Bills
from trunkline.telco.charging.records.buckets import Balances
from trunkline.telco.charging.records.taxes import Taxes
from trunkline.telco.charging.records.usages import Usages
from trunkline.telco.charging.settings import ChargingSettings
from trunkline.telco.model import Account, Balance, ChargingAnswer, Notice, Posting, RatedUsage

_rated = msgspec.json.Decoder(RatedUsage).decode
_answer = msgspec.json.Decoder(ChargingAnswer).decode
_posting = msgspec.json.Decoder(Posting).decode


def takes(settings: ChargingSettings) -> Mapping[str, Take]:
    """What brings the records of each topic into the store."""
    taxes = Taxes(settings.taxes)
    bills = Bills(settings.time_zone, taxes)
    usages, balances = Usages(bills, taxes), Balances(bills)

    def balance(unit: Unit, record: Record) -> None:
        if record.value is None:
            balances.forget(unit, (record.key or b"").decode())
        else:
            balances.take(unit, Standing.of(record))

    return {
        RatedUsage.topic: _of_values(
            lambda unit, value, record: usages.take(unit, _rated(value), from_micros(record.time))
        ),
        Balance.topic: balance,
        ChargingAnswer.topic: _of_values(lambda unit, value, record: actions.settle(unit, _answer(value))),
        Posting.topic: _of_values(lambda unit, value, record: history.take(unit, _posting(value))),
        Notice.topic: _of_values(lambda unit, value, record: messages.take_notice(unit, record)),
        Outcome.topic: _of_values(lambda unit, value, record: messages.take_outcome(unit, record)),
        Account.topic: accounts.take,
    }


def _of_values(take: Callable[[Unit, bytes, Record], None]) -> Take:
    """A tombstone takes nothing back of what has happened."""

    def taking(unit: Unit, record: Record) -> None:
        if record.value is not None:
            take(unit, record.value, record)

    return taking
