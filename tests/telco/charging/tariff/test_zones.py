"""Who is called, and where a subscriber is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from tests.telco.charging.tariff.folders import written
from trunkline.streams import Rejection
from trunkline.telco.charging.tariff import load
from trunkline.telco.charging.tariff.calendar import Holidays, easter
from trunkline.telco.charging.tariff.version import Version

REFERENCE = Path(__file__).parents[4] / "belgicom/tariffs"


@pytest.fixture(scope="module")
def plan() -> Version:
    return load(REFERENCE).at("prepaid", datetime(2026, 6, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("other_party", "destination"),
    [
        ("32470000000", "belgium"), ("3227654321", "belgium"),
        ("3280012345", "freephone"), ("3270123456", "shared-cost"), ("3290012345", "premium"),
        ("3292001234", "belgium"),  # Ghent, not a number that costs more
        ("33612345678", "europe"), ("447700900123", "europe"), ("262692123456", "europe"),
        ("12125550100", "world-1"), ("14165550100", "world-1"), ("18095550100", "world-2"), ("390669812345", "europe"),
        ("77012345678", "world-2"), ("999912345678", "world-2"), ("870776123456", "satellite"),
        ("112", "emergency"), ("116000", "emergency"), ("1160001", "world-1"),
        ("3200", "short-codes"), ("320000", "short-codes"), ("3200000", "belgium"),
        ("", "short-codes"), ("BelgiCom", "short-codes"), ("32470O00000", "short-codes"), ("٣٢٤٧٠٠٠٠٠٠", "short-codes"),
    ],
)  # fmt: skip
def test_the_longest_prefix_decides_who_is_called(plan: Version, other_party: str, destination: str) -> None:
    assert plan.grid.zones.destination(other_party) == destination


@pytest.mark.parametrize(
    ("visited", "place"),
    [
        ("", "home"), ("20601", "home"), ("206", "home"), ("20801", "eu"), ("23415", "eu"), ("22801", "neighbours"),
        ("310260", "america"), ("44010", "asia"), ("90112", "sea-and-air"), ("90128", "world"), ("65501", "world"),
        ("20", "world"), ("BELTB", "world"),
    ],
)  # fmt: skip
def test_the_longest_prefix_of_the_network_decides_where_a_subscriber_is(
    plan: Version, visited: str, place: str
) -> None:
    assert plan.grid.zones.place(visited) == place


def test_the_holidays_move_with_easter() -> None:
    assert [easter(year) for year in (2000, 2024, 2025, 2026, 2038)] == [
        date(2000, 4, 23), date(2024, 3, 31), date(2025, 4, 20), date(2026, 4, 5), date(2038, 4, 25)
    ]  # fmt: skip
    holidays = Holidays(["12-25", "easter+1", "easter-2", "2026-03-06"])
    assert set(holidays.of(2026)) == {
        date(2026, 12, 25), date(2026, 4, 6), date(2026, 4, 3), date(2026, 3, 6)
    }  # fmt: skip
    assert date(2027, 3, 6) not in holidays


@pytest.mark.parametrize("text", ["02-29", "13-01", "1-1", "easter+", "2026-02-30", "easter+1000", "christmas"])
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="."):  # noqa: RUF043 — any words: they are Python's own
        Holidays([text])


def test_a_version_is_valid_until_before_its_last_midnight(tmp_path: Path) -> None:
    change = ("  - from: 2026-01-01\n", "  - from: 2026-01-01\n    until: 2026-07-01\n")
    tariffs = load(written(tmp_path, {"plans/plain.yaml": change}))
    end = datetime(2026, 6, 30, 22, tzinfo=UTC)
    assert tariffs.at("plain", end - timedelta(microseconds=1)).id == "plain"
    with pytest.raises(Rejection, match="no version of the tariff `plain` was valid"):
        tariffs.at("plain", end)
