"""What the subscribers use: of the seed alone, as busy as people are, and with what goes wrong known to the truth."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from belgicom.simulator.network import Network
from belgicom.simulator.settings import load
from belgicom.simulator.usage.delivery import LOOK_BACK, Delivery, UsageFile
from belgicom.simulator.usage.life import TICK, Kind, Life
from belgicom.simulator.usage.partners import HOME, PARTNERS
from belgicom.simulator.usage.payments import EVERY, payments
from belgicom.simulator.usage.recording import Recording
from belgicom.simulator.usage.subscribers import MOST, Subscribers
from belgicom.simulator.usage.truth import Truth

EVENING = int(datetime(2026, 3, 9, 18, 0, tzinfo=UTC).timestamp()) // TICK
"""A Monday, at 19 h in Belgium."""


@pytest.fixture(scope="module")
def life(network: Network) -> Life:
    return Life(Subscribers(7, 500), network, uses=8.0)


def delivered(life: Life, ticks: int, *, mishaps: bool = True) -> Iterator[UsageFile]:
    """The files of so many ticks, and all that is still to come of them."""
    delivery = Delivery(life, mishaps=mishaps)
    for tick in range(EVENING, EVENING + ticks + LOOK_BACK):
        yield from delivery.files(tick, uses=tick < EVENING + ticks)
    assert not delivery.pending


def test_200_000_subscribers_cost_nothing_and_each_has_a_number_and_a_sim_of_its_own() -> None:
    everybody = Subscribers(1, MOST)
    last = everybody[MOST - 1]
    assert (last.msisdn, last.imsi, len(last.imei)) == ("32450199999", "206990000199999", 16)
    with pytest.raises(ValueError, match="subscribers 200010"):
        Subscribers(1, MOST + 10)


def test_subscribers_come_in_whole_tens_and_none_at_all_means_that_nobody_uses_anything() -> None:
    assert load({}, {}).subscribers == 2000
    assert load({"subscribers": 0}, {}).subscribers == 0
    assert load({}, {"BELGICOM_SIMULATOR_SUBSCRIBERS": "200000"}).subscribers == MOST
    for wrong in (15, -10, 200_010):
        with pytest.raises(ValueError, match=f"subscribers {wrong}"):
            load({"subscribers": wrong}, {})


def test_every_number_is_of_one_account_families_share_one_and_some_are_prepaid() -> None:
    accounts = list(Subscribers(1, 1000).accounts())
    members: list[dict[str, Any]] = [member for account in accounts for member in account["members"]]
    numbers = Counter(member["msisdn"] for member in members)
    assert set(numbers.values()) == {1}
    assert {Subscribers(1, 1000)[index].msisdn for index in range(1000)} <= set(numbers)
    assert Counter(account["kind"] for account in accounts) == {"postpaid": 400, "prepaid": 200}
    assert max(len(account["members"]) for account in accounts) == 5  # a family of four, and its line
    assert accounts == list(Subscribers(1, 1000).accounts())
    assert accounts != list(Subscribers(2, 1000).accounts())


def test_each_prepaid_card_is_paid_when_it_is_sold_and_again_within_five_days_and_nobody_else_pays() -> None:
    subscribers = Subscribers(7, 100)
    prepaid = [account["id"] for account in subscribers.accounts() if account["kind"] == "prepaid"]

    def paid(ticks: range) -> list[str]:
        return [
            json.loads(line)["account"] for tick in ticks for line in payments(subscribers, tick).splitlines() if line
        ]

    assert [json.loads(line)["account"] for line in payments(subscribers, EVENING, sold=True).splitlines()] == prepaid
    assert Counter(paid(range(EVENING, EVENING + EVERY))) == dict.fromkeys(prepaid, 1)


def test_people_sleep_at_night_and_rest_on_sunday(life: Life) -> None:
    def uses(day: int, hour: int) -> int:
        begin = int(datetime(2026, 3, day, hour, tzinfo=UTC).timestamp()) // TICK
        return sum(len(life.begun(tick)) for tick in range(begin, begin + 40))

    assert uses(9, 3) * 3 < uses(9, 18)
    assert uses(8, 18) < uses(9, 18)


def test_a_match_in_the_stadium_makes_250_percent_more_and_all_of_that_is_there(life: Life) -> None:
    ticks = range(EVENING, EVENING + 30)
    usual = sum(len(life.begun(tick)) for tick in ticks)
    uses = [use for tick in ticks for use in life.begun(tick, surge=True)]
    assert len(uses) == pytest.approx(3.5 * usual, rel=0.05)
    (_, most), (_, next_most) = Counter(use.area for use in uses if use.partner is None).most_common(2)
    assert most > 10 * next_most


def test_who_is_abroad_is_in_a_network_of_its_country_and_keeps_its_time(life: Life) -> None:
    uses = [use for tick in range(EVENING, EVENING + 400) for use in life.begun(tick)]
    abroad = [use for use in uses if use.partner is not None]
    assert 0.005 < len(abroad) / len(uses) < 0.06
    assert {use.visited for use in uses} <= {HOME, *(partner.plmn for partner in PARTNERS)}
    for use in abroad:
        assert use.partner is not None
        assert use.kind not in (Kind.LINE, Kind.DATA_5G)
        assert str(use.started.tzinfo) == use.partner.zone
    first = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
    for index in range(500):
        days = [life.abroad(index, (first + timedelta(days=day)).toordinal()) for day in range(7)]
        assert all(after == before for before, after in pairwise(days) if before), "a trip lasts until the week ends"


def test_the_same_seed_gives_the_same_files_byte_by_byte(life: Life, network: Network) -> None:
    files = list(delivered(life, 20))
    assert files == list(delivered(Life(Subscribers(7, 500), network, uses=8.0), 20))
    assert files != list(delivered(Life(Subscribers(8, 500), network, uses=8.0), 20))
    assert len({file.name for file in files}) == len(files)


def test_records_go_wrong_as_often_as_they_should_and_the_truth_knows_each(life: Life) -> None:
    truth = Truth(":memory:")
    files = list(delivered(life, 100))
    truth.write((sent for file in files for sent in file.sent), 0)
    fates = truth.fates()
    records = fates["used"] + fates["late"] + fates["broken"]
    assert fates["duplicate"] / records == pytest.approx(0.05, abs=0.01)
    assert fates["late"] / records == pytest.approx(0.03, abs=0.01)
    assert 0.001 < fates["correction"] / records < 0.015
    assert 0.001 < fates["broken"] / records < 0.01
    assert sum(fates.values()) == sum(len(file.sent) for file in files)


def test_without_mishaps_the_truth_is_what_the_subscribers_did(life: Life) -> None:
    truth = Truth(":memory:")
    truth.write((sent for file in delivered(life, 30, mishaps=False) for sent in file.sent), 0)
    assert set(truth.fates()) == {"used"}
    uses = [use for tick in range(EVENING, EVENING + 30) for use in life.begun(tick)]
    assert sum(total for (_, service, _), total in truth.totals().items() if service == "data") == sum(
        use.uplink + use.downlink for use in uses
    )
    assert sum(total for (_, service, _), total in truth.totals().items() if service == "voice") == sum(
        use.seconds for use in uses if use.kind in (Kind.CALL, Kind.CALLED)
    )


def test_killed_at_any_moment_and_started_again_it_writes_the_same_files_and_the_same_truth(
    tmp_path: Path, network: Network
) -> None:
    def recording(name: str) -> Recording:
        (tmp_path / name).mkdir(exist_ok=True)
        made = Recording(
            tmp_path / name / "sftp", tmp_path / name, network, Subscribers(7, 500), uses=8.0, mishaps=True
        )
        made.prepare()
        return made

    def files(name: str) -> dict[str, bytes]:
        root = tmp_path / name / "sftp"
        return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}

    ticks = range(EVENING, EVENING + 30)
    steady = recording("steady")
    for tick in ticks:
        steady.advance(tick, surge=tick == EVENING + 3)
    killed = recording("killed")
    for tick in ticks:
        killed.advance(tick, surge=tick == EVENING + 3)
        if tick % 15 == 7:
            for path in list((tmp_path / "killed" / "sftp" / "cdr").rglob(f"*{tick % 10_000}.*")):
                path.unlink()  # the kill came before these were written
            killed = recording("killed")
    assert files("killed") == files("steady")
    totals = [Truth(tmp_path / name / "usage.db").totals() for name in ("killed", "steady")]
    assert totals[0] == totals[1]
