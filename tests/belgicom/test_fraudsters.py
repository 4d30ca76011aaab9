"""Whose number is misused in the simulation is found, and nobody else is suspected."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from belgicom.simulator.network import Network
from belgicom.simulator.settings import load
from belgicom.simulator.usage.delivery import LOOK_BACK, Delivery
from belgicom.simulator.usage.fraudsters import Fraud, Fraudsters
from belgicom.simulator.usage.life import TICK, Kind, Life, Use
from belgicom.simulator.usage.recording import Recording
from belgicom.simulator.usage.subscribers import Subscribers
from belgicom.simulator.usage.truth import Truth
from tests.belgicom.usage_totals import reported
from tests.streams.driver import Driver, record
from trunkline.connect import connection
from trunkline.connect.connection import Connection
from trunkline.log.envelope import micros
from trunkline.telco.charging import settings
from trunkline.telco.charging.fraud import watch
from trunkline.telco.charging.mediation.mediate import Mediation
from trunkline.telco.model import Suspicion, Usage, UsageReport

BELGICOM = Path(__file__).parents[2] / "belgicom"
SETTINGS = settings.load(BELGICOM / "charging.yaml")
FOLDERS = {
    "cdr": "cdr", "tap": "roaming", "radius": "broadband", "corrections": "corrections",
}  # fmt: skip
"""Which of BelgiCom's connections looks into which folder."""
BEGIN = int(datetime(2026, 3, 12, 22, 30, tzinfo=UTC).timestamp()) // TICK
"""Thursday evening: at midnight most trips begin."""
HOUR = 3600 // TICK


def simulated(life: Life, ticks: int) -> Iterator[tuple[int, list[UsageReport]]]:
    """What the platform's readers find in the files of each tick; with a match in the stadium now and then."""
    systems = {
        each.name: each.system
        for each in connection.load(BELGICOM)
        if isinstance(each, Connection) and each.system is not None
    }
    delivery = Delivery(life)
    for tick in range(BEGIN, BEGIN + ticks + LOOK_BACK):
        reports: list[UsageReport] = []
        for file in delivery.files(tick, surge=tick % 40 == 0, uses=tick < BEGIN + ticks):
            reports += reported([file], systems[FOLDERS[file.name.split("/")[0]]])[0]
        yield tick, reports


def suspected(life: Life, ticks: int) -> list[Suspicion]:
    """What is told when all that passes mediation."""
    mediation, watching = Driver(Mediation(SETTINGS)), Driver(watch(BELGICOM, SETTINGS)[0])
    subscribers = life.subscribers
    numbers = {f"imsi:{subscribers[index].imsi}": subscribers[index].msisdn for index in range(subscribers.count)}
    for tick, reports in simulated(life, ticks):
        time, before = micros(datetime.fromtimestamp(tick * TICK, UTC) + timedelta(seconds=TICK)), len(mediation.sent)
        mediation.work(
            [record(UsageReport.topic, 0, each.key.encode(), msgspec.json.encode(each), time) for each in reports]
        )
        mediated = [msgspec.json.decode(value or b"", type=Usage) for _, _, value in mediation.sent[before:]]
        paid = [
            msgspec.structs.replace(
                usage, account="A", subscription=numbers.get(usage.subscription, usage.subscription)
            )
            for usage in mediated
        ]
        watching.work([record(Usage.topic, 0, b"A", msgspec.json.encode(usage), time) for usage in paid])
    assert watching.rejected == []
    return [msgspec.json.decode(value or b"", type=Suspicion) for _, value in watching.sent_to(Suspicion.topic)]


def test_each_fraudster_is_found_by_what_he_does_and_nobody_else_is_suspected(network: Network) -> None:
    subscribers = Subscribers(7, 1000)
    fraudsters = Fraudsters(subscribers, 8)
    told = suspected(Life(subscribers, network, 2.0, fraudsters), 3 * HOUR)
    truth = set(fraudsters.truth)
    assert {kind for _, kind in truth} == {fraud.value for fraud in Fraud}
    assert truth - {(each.subscription, each.kind) for each in told} == set()
    innocent = {each.subscription for each in told} - {number for number, _ in truth}
    assert innocent == set()


def test_without_fraudsters_there_is_nothing_to_find(network: Network) -> None:
    assert suspected(Life(Subscribers(8, 200), network, 1.0), HOUR) == []


def test_all_others_are_in_one_country_at_a_time_and_travel_no_faster_than_people_do(network: Network) -> None:
    """From the evening on which most trips begin until noon, with a match in the stadium now and then."""
    life = Life(Subscribers(7, 500), network, 2.0)
    last: dict[int, Use] = {}
    journeys = 0
    for tick in range(BEGIN, BEGIN + 14 * HOUR):
        for use in sorted(life.begun(tick, surge=tick % 40 == 0), key=lambda use: use.started):
            before = last.get(use.subscriber.index)
            if before is not None and before.partner != use.partner and use.kind is not Kind.LINE:
                journeys += 1
                assert use.started - before.started > timedelta(hours=9)
            if use.kind is not Kind.LINE:
                last[use.subscriber.index] = use
    assert journeys > 3


def test_the_truth_says_who_they_are_also_after_a_restart(tmp_path: Path, network: Network) -> None:
    subscribers = Subscribers(7, 100)
    for count in (3, 2, 2):
        made = Recording(tmp_path / "sftp", tmp_path, network, subscribers, uses=1.0, mishaps=False, fraudsters=count)
        made.prepare()
        assert Truth(tmp_path / "usage.db").frauds() == set(Fraudsters(subscribers, count).truth)
    assert len(set(Fraudsters(subscribers, 10).all)) == 10


def test_of_ten_subscribers_one_at_most_is_a_fraudster() -> None:
    with pytest.raises(ValueError, match="fraudsters 11: give at most one of ten"):
        Fraudsters(Subscribers(7, 100), 11)
    with pytest.raises(ValueError, match="fraudsters -1"):
        load({"fraudsters": -1}, {})
    assert load({}, {"BELGICOM_SIMULATOR_FRAUDSTERS": "9"}).fraudsters == 9
