"""The reference operator's own tariffs and contracts: what `charge` makes of the ones, and that it keeps the others."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from tests.telco.charging.accounts.desk import ACCOUNT, ANN, BOB, Desk, command, day, request, used
from trunkline.contracts import ContractValidator, load
from trunkline.log import Event
from trunkline.telco.charging import tariff
from trunkline.telco.model import Assignment, Member, Notice, Service

BELGICOM = Path(__file__).parents[4] / "belgicom"
GB = 10**9


def member(number: int, plan: str) -> Member:
    """A member of the account with a plan of the operator."""
    return replace(ACCOUNT.members[number], tariffs=(Assignment(tariff=plan, since=day(-200)),))


def test_what_a_day_abroad_with_a_pack_costs_and_leaves_by_the_operator_s_tariffs() -> None:
    desk = Desk(replace(ACCOUNT, members=(member(0, "mobile-20"), member(1, "mobile-20")), limit=6_000), offer=OFFER)
    desk.take(
        command("p", "pack", offering="roaming-america", subscription=ANN, time=day(3)),
        used("home", day(2), octets=19 * GB, visited="20699"),
        used("call", day(2.1), seconds=61, other_party="32470000009", visited="20699"),
        used("york", day(4), octets=GB, visited="310410"),
        used("eu", day(5), octets=1 * GB, visited="20801", by=BOB),
        request("r", day(6), subscription=BOB, visited="20801", apn="internet", wanted={1: GB}),
        used("beyond", day(7), octets=5 * GB // 2, visited="20699", by=BOB),
        used("short", day(1.5), messages=1, other_party="32470000009", visited="20699"),
    )
    assert desk.rejected() == []
    assert desk.cost() == {"home": 0, "call": 0, "york": 0, "eu": 0, "beyond": 1_250, "short": 0}  # 20 GB are free
    assert desk.left()["roaming-america/data/p"] == 9 * GB
    desk.driver.restart()
    desk.take(used("fixed", day(7), octets=7 * GB // 2, visited="20699", by=BOB, corrects="beyond"))
    assert desk.cost()["fixed"] == 1_750
    desk.take(used("more", day(8), octets=9 * GB, visited="20699"))
    assert [each.values["percent"] for each in desk.told(Notice) if "limit" in each.id] == ["50", "80", "100"]
    assert_contracts_are_kept(desk)


def test_prepaid_pays_by_the_operator_s_tariff_what_it_was_granted() -> None:
    account = replace(ACCOUNT, kind="prepaid", members=(member(0, "prepaid"),))
    desk = Desk(account, command("t", "topup", 100), offer=OFFER)
    desk.take(
        request("r", day(2), service=Service.VOICE, visited="20699", other_party="32470000009", wanted={1: 36_000})
    )
    [granted] = desk.answer("r").granted
    assert granted.last
    part = used("u", day(2), seconds=granted.units, visited="20699", other_party="32470000009", rating_group=1)
    desk.take(request("q", day(2.1), sequence=1, service=Service.VOICE, visited="20699", used=(part,), final=True))
    assert 0 < desk.cost()["u"] <= 100
    assert desk.left()["money"] == 100 - desk.cost()["u"]
    assert_contracts_are_kept(desk)


OFFER = tariff.load(BELGICOM / "tariffs")
CONTRACTS = load(BELGICOM / "contracts")


def assert_contracts_are_kept(desk: Desk) -> None:
    """All that was told is what the topics' contracts say."""
    for topic in {topic for topic, _, _ in desk.driver.sent}:
        events = [Event(value, key) for key, value in desk.driver.sent_to(topic)]
        assert ContractValidator(CONTRACTS[topic]).failures(events) == []
