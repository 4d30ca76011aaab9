"""Usage gets the account that pays for it."""

from __future__ import annotations

from datetime import datetime

import msgspec
import pytest

from tests.telco.charging.mediation.records import NOON, at, call
from trunkline.streams import Out, Rejection
from trunkline.telco.charging.mediation.parts import usage_of_one
from trunkline.telco.charging.mediation.payer import holder, payer
from trunkline.telco.model import Holder, Number, Usage

NUMBER = "32470000001"


def charged(number: Number | None, started: datetime = NOON) -> Usage:
    out = Out([Usage.topic])
    payer(usage_of_one(call("a", started=started)), number, out)
    sent = out.outputs.topics[Usage.topic]
    usage = msgspec.json.decode(sent.values[0] or b"", type=Usage)
    assert sent.keys == [usage.account.encode()]
    return usage


def test_usage_is_the_account_s_that_has_the_number() -> None:
    usage = charged(Number(id=NUMBER, account="A", msisdn=NUMBER))
    assert (usage.account, usage.subscription, usage.id, usage.duration) == ("A", NUMBER, "a", 120)


def test_usage_of_a_sim_gets_its_number() -> None:
    assert charged(Number(id="imsi:1", account="A", msisdn="32470000009")).subscription == "32470000009"


def test_usage_that_nobody_pays_for_is_refused() -> None:
    with pytest.raises(Rejection, match="no account has 32470000001") as refused:
        charged(None)
    assert refused.value.reason == "subscription.unknown"


@pytest.mark.parametrize(("minute", "account"), [(0, "A"), (9, "A"), (10, "B"), (19, "B"), (20, "C"), (99, "C")])
def test_late_usage_is_the_account_s_that_had_the_number_then(minute: int, account: str) -> None:
    former = (Holder(account="A", msisdn="1", until=at(10)), Holder(account="B", msisdn="1", until=at(20)))
    usage = usage_of_one(call("a", started=at(minute)))
    assert holder(Number(id="1", account="C", msisdn="1", former=former), usage) == (account, "1")


def test_usage_after_a_number_was_given_up_is_refused() -> None:
    number = Number(id=NUMBER, account="A", msisdn=NUMBER, until=at(10))
    assert charged(number, at(9)).account == "A"
    with pytest.raises(Rejection, match="was given up by A") as refused:
        charged(number, at(10))
    assert refused.value.reason == "subscription.unknown"
