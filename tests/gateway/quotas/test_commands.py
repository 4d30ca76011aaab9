"""`trunkline gateway quota`, as an operator types it."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trunkline import starter
from trunkline.cli.app import app
from trunkline.cli.output import Refused
from trunkline.gateway.quotas.ledger import Counter, Ledger, Wanted
from trunkline.gateway.quotas.period import Period
from trunkline.project import Project

RULE = "group partners"
NOW = datetime.now(UTC)


@pytest.fixture
def operator(tmp_path: Path) -> Path:
    """A project in whose store some has been used: now, and in a month that is over."""
    folder = tmp_path / "acme"
    starter.create(folder, "acme")
    now, past = (Period.of("month", at) for at in (NOW, datetime(2026, 1, 7, tzinfo=UTC)))
    with closing(Ledger(Project.find(folder).revealed_store_url)) as ledger:
        ledger.take({Counter(RULE, "gold.shop", period): Wanted(1_000, 7, 1) for period in (now, past)})
        ledger.take({Counter("api bills", "", now): Wanted(50, 3, 1)})
    return folder


def typed(folder: Path, *words: str) -> str:
    answer = CliRunner().invoke(app, ["gateway", "quota", *words, "--project", str(folder)], catch_exceptions=False)
    assert answer.exit_code == 0, answer.output
    return answer.stdout


def listed(folder: Path, *words: str) -> list[tuple[str, str, str, int]]:
    rows = map(json.loads, typed(folder, "list", "--json", *words).splitlines())
    return [(row["rule"], row["caller"], row["period"], row["used"]) for row in rows]


def test_who_has_used_how_much_is_listed(operator: Path) -> None:
    month = f"{NOW:%Y-%m}"
    assert listed(operator) == [("api bills", "all", month, 3), (RULE, "gold.shop", month, 7)]
    assert listed(operator, "--past", "--rule", RULE) == [
        (RULE, "gold.shop", "2026-01", 7),
        (RULE, "gold.shop", month, 7),
    ]
    assert "nobody has used any" in typed(operator, "list", "--caller", "nobody")


def test_a_reset_counts_anew_in_the_periods_that_are_not_over(operator: Path) -> None:
    assert "7 of 1000 were used" in typed(operator, "reset", RULE, "gold.shop")
    assert [used for *_, used in listed(operator, "--past", "--rule", RULE)] == [7, 0]
    assert "3 of 50" in typed(operator, "reset", "api bills")


def test_a_reset_of_what_was_not_counted_is_refused(operator: Path) -> None:
    with pytest.raises(Refused, match="nothing was counted at 'group partner'"):
        typed(operator, "reset", "group partner", "gold.shop")
