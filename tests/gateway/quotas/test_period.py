"""Periods of the calendar: every instant is in one, up to the instant when it ends and no longer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.gateway.quotas.period import Period, Unit

UNITS: tuple[Unit, ...] = ("hour", "day", "week", "month")
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))


@given(st.sampled_from(UNITS), INSTANTS)
def test_a_period_goes_on_up_to_its_end_and_the_next_begins_there(unit: Unit, at: datetime) -> None:
    period = Period.of(unit, at)
    assert at < period.ends
    assert Period.of(unit, period.ends - timedelta(microseconds=1)) == period
    after = Period.of(unit, period.ends)
    assert after.name > period.name
    assert after.ends > period.ends


@pytest.mark.parametrize(
    ("unit", "name", "ends"),
    [
        ("hour", "2026-12-31T23", "2027-01-01T00:00:00+00:00"),
        ("day", "2026-12-31", "2027-01-01T00:00:00+00:00"),
        ("week", "2026-W53", "2027-01-04T00:00:00+00:00"),
        ("month", "2026-12", "2027-01-01T00:00:00+00:00"),
    ],
)
def test_the_periods_of_the_last_evening_of_a_year(unit: Unit, name: str, ends: str) -> None:
    period = Period.of(unit, datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC))
    assert (period.name, period.ends.isoformat()) == (name, ends)
