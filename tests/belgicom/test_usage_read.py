"""What the simulator writes is read by the platform's own readers: each record, field by field, and all in all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from belgicom.simulator.network import Network
from belgicom.simulator.usage.delivery import LOOK_BACK, Delivery, UsageFile
from belgicom.simulator.usage.life import TICK, Life
from belgicom.simulator.usage.subscribers import Subscribers
from belgicom.simulator.usage.truth import Sent, Truth
from tests.belgicom.usage_totals import Totals, reported, totals
from trunkline.systems import installed_systems

BEGIN = int(datetime(2026, 3, 9, 18, 0, tzinfo=UTC).timestamp()) // TICK
TICKS = 60
NUMBERS = {f"20699{index:010}": str(32_450_000_000 + index) for index in range(500)}


@pytest.fixture(scope="module")
def files(network: Network) -> list[UsageFile]:
    """A quarter of an hour of use, and all that comes of it later."""
    delivery = Delivery(Life(Subscribers(7, 500), network, uses=12.0))
    return [
        file
        for tick in range(BEGIN, BEGIN + TICKS + LOOK_BACK)
        for file in delivery.files(tick, surge=tick % 7 == 0, uses=tick < BEGIN + TICKS)
    ]


def of(files: list[UsageFile], folder: str) -> tuple[list[UsageFile], list[Sent]]:
    found = [file for file in files if file.name.startswith(f"{folder}/")]
    return found, [sent for file in found for sent in file.sent]


def truth(sent: list[Sent]) -> Totals:
    table = Truth(":memory:")
    table.write(sent, 0)
    return table.totals()


@pytest.mark.parametrize(("folder", "system"), [("radius", "radius")])
def test_every_record_is_known_by_the_name_that_the_truth_gives_it(
    files: list[UsageFile], folder: str, system: str
) -> None:
    written, sent = of(files, folder)
    reports, rejected = reported(written, installed_systems()[system])
    assert {"/".join(report.id.split("/")) for report in reports} == {
        each.record for each in sent if each.fate != "broken"
    }
    assert len(rejected) == sum(each.fate == "broken" for each in sent) > 0
    assert totals(reports, NUMBERS) == truth(sent)
