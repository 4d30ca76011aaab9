"""Top-ups, adjustments, transfers, reservations and packs: each done once, answered, and in the ledger."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from tests.telco.charging.accounts.desk import ACCOUNT, ANN, Desk, command, day, used
from trunkline.telco.model import ChargingAnswer, Ledger, Posting

PREPAID = replace(ACCOUNT, kind="prepaid")
DATA = f"A/talk/data/2026-03-01/{ANN}"


def problems(desk: Desk) -> dict[str, str]:
    """The answers by their ids."""
    return {answer.id: answer.problem for answer in desk.told(ChargingAnswer)}


def test_a_top_up_is_money_paid_in() -> None:
    desk = Desk(PREPAID, command("t", "topup", 1_000))
    assert problems(desk) == {"t": ""}
    assert desk.left()["money"] == 1_000
    [posting] = [each for each in desk.told(Posting) if each.cause == "t"]
    assert (posting.debit, posting.credit, posting.kind) == ("payments", "A/money", "topup")
    assert (posting.amount, posting.currency) == (1_000, "EUR")


def test_a_top_up_with_an_end_is_a_bucket_of_its_own_that_pays_first_and_expires() -> None:
    desk = Desk(PREPAID, command("t", "topup", 1_000), command("b", "topup", 20, valid_to=day(5)))
    desk.take(used("a", day(2), messages=3), used("b", day(5), messages=1))
    assert [(each.bucket, each.amount) for each in desk.rated()["a"].drawn] == [("A/topup/b", 15)]
    assert [(each.bucket, each.amount) for each in desk.rated()["b"].drawn] == [("A/money", 5)]
    assert desk.ledger()[Ledger.EXPIRED, "money"] == 5


def test_a_command_is_done_once_and_answered_each_time_the_same() -> None:
    desk = Desk(PREPAID, command("t", "topup", 1_000), command("x", "topup", -1))
    desk.driver.restart()
    desk.take(command("t", "topup", 1_000), command("x", "topup", -1))
    assert desk.left()["money"] == 1_000
    answers = desk.told(ChargingAnswer)
    assert answers[:2] == answers[2:]


def test_an_adjustment_gives_or_takes_no_more_than_there_is() -> None:
    desk = Desk(PREPAID, command("g", "adjust", 50), command("d", "adjust", 500, bucket=DATA))
    desk.take(command("t", "adjust", -50), command("u", "adjust", -1), command("n", "adjust", 0))
    assert problems(desk) == {
        "g": "",
        "d": "",
        "t": "",
        "u": "balance.insufficient",
        "n": "amount.invalid",
    }
    assert (desk.left()["money"], desk.left()[DATA.removeprefix("A/")]) == (0, 1_500)


def test_a_transfer_goes_between_buckets_of_a_unit() -> None:
    desk = Desk(PREPAID, command("t", "topup", 100), command("b", "topup", 20, valid_to=day(15)))
    desk.take(
        command("m", "transfer", 60, day(2), to_bucket="A/topup/b"),
        command("x", "transfer", 60, day(2), to_bucket="A/topup/b"),
        command("y", "transfer", 1, day(2), to_bucket=DATA),
        command("z", "transfer", 1, day(2), to_bucket="A/none"),
    )
    assert (desk.left()["money"], desk.left()["topup/b"]) == (40, 80)
    assert problems(desk) == {
        "t": "",
        "b": "",
        "m": "",
        "x": "balance.insufficient",
        "y": "bucket.unit",
        "z": "bucket.unknown",
    }


def test_a_pack_gives_its_allowances() -> None:
    desk = Desk(
        PREPAID, command("p", "pack", offering="boost", subscription=ANN), command("n", "pack", offering="night")
    )
    assert (desk.left()["boost/data/p"], desk.left()["night/data/n"]) == (400, 50)
    [night] = [each for each in desk.balance().buckets if each.id == "A/night/data/n"]
    assert (night.subscription, night.valid_to) == ("", day(32) - timedelta(hours=1))
    desk.take(
        command("x", "pack", offering="boost"),
        command("y", "pack", offering="talk"),
        command("z", "pack", offering="z"),
    )
    assert {id: problem for id, problem in problems(desk).items() if problem} == {
        "x": "subscription.unknown",
        "y": "pack.unknown",
        "z": "tariff.unknown",
    }


def test_a_reservation_holds_until_it_is_released_or_over() -> None:
    desk = Desk(PREPAID, command("t", "topup", 100), command("r", "reserve", 60), command("s", "reserve", 60))
    assert problems(desk)["s"] == "balance.insufficient"
    [credit] = [each for each in desk.balance().buckets if each.id == "A/money"]
    assert (credit.remaining, credit.reserved) == (40, 60)
    assert desk.ledger()[Ledger.RESERVED, "money"] == 60
    desk.take(command("a", "adjust", -41), command("u", "release", 20), command("v", "release", 50))
    assert (problems(desk)["a"], problems(desk)["u"], problems(desk)["v"]) == (
        "balance.insufficient",
        "",
        "amount.invalid",
    )
    assert desk.left()["money"] == 60
    desk.take(command("w", "release"), command("q", "reserve", 10, valid_to=desk.clock + timedelta(hours=1)))
    assert desk.left()["money"] == 90
    desk.driver.restart()
    desk.tick(desk.clock + timedelta(hours=1))
    assert desk.left()["money"] == 100
    assert not desk.ledger()[Ledger.RESERVED, "money"]


def test_what_is_released_is_that_of_the_reservation_that_is_named() -> None:
    """Else the other, which ends by itself, would have ended already, and the named one be held for ever."""
    desk = Desk(PREPAID, command("t", "topup", 100))
    soon = desk.clock + timedelta(hours=1)
    desk.take(command("r", "reserve", 10, valid_to=soon), command("s", "reserve", 20))
    desk.take(command("u", "release", 15, reason="s"), command("v", "release", 5, reason="s"))
    assert desk.ledger()[Ledger.RESERVED, "money"] == 10
    desk.tick(soon)
    assert not desk.ledger()[Ledger.RESERVED, "money"]


def test_a_command_counts_at_its_time_for_usage_that_comes_later() -> None:
    desk = Desk(PREPAID, command("p", "pack", offering="night", time=day(3)))
    desk.take(used("a", day(2), octets=30), used("b", day(4), octets=30))
    assert [each.bucket for each in desk.rated()["b"].drawn] == ["A/night/data/p"]
    assert [each.bucket for each in desk.rated()["a"].drawn] == [f"A/talk/data/2026-02-01/{ANN}"]


@pytest.mark.parametrize("kind", ["topup", "adjust", "reserve", "pack"])
def test_a_command_for_a_closed_cycle_or_an_unknown_account_is_answered_so(kind: str) -> None:
    assert problems(Desk(command("c", kind, 5))) == {"c": "account.unknown"}
    desk = Desk(PREPAID, used("a", day(2), messages=1), command("c", kind, 5, day(-40)))
    assert problems(desk) == {"c": "command.too-late"}
    ahead = Desk(PREPAID, command("c", kind, 5, day(80)))
    assert problems(ahead) == {"c": "event.ahead"}
