"""`charging.yaml` as the operator writes it, and what a project without it runs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from trunkline.document import Invalid
from trunkline.telco.charging import settings
from trunkline.telco.charging.processors import check, processors

BELGICOM = Path(__file__).parents[4] / "belgicom"
TEXT = (BELGICOM / settings.FILE).read_text()


def test_the_reference_operators_settings_are_right() -> None:
    assert check(BELGICOM) == []
    loaded = settings.load(BELGICOM / settings.FILE)
    assert (loaded.time_zone.key, loaded.networks) == ("Europe/Brussels", ["20699"])
    assert loaded.numbering.country_code == "32"
    assert loaded.taxes["none"] == 0


@pytest.mark.parametrize(
    ("right", "wrong", "place", "reason"),
    [
        ("Europe/Brussels", "Europe/Brussel", "zone:", "there is no time zone `Europe/Brussel`"),
        ("Europe/Brussels", "../../etc/passwd", "zone:", "there is no time zone `../../etc/passwd`"),
        ('["20699"]', "[]", "networks:", "`networks`"),
        ('["20699"]', '["206-99"]', "networks:", "item 1"),
        ('["20699"]', '["20699", "20610", "20699"]', "networks:", "the network 20699 is given twice"),
        ('country_code: "32"', 'country_code: "032"', "numbering:", "`country_code`"),
        ('country_code: "32", ', "", "numbering:", "`country_code` is missing"),
        ("horizon_days: 62", "horizon_days: 0", "horizon_days:", "`horizon_days`"),
        ("horizon_days: 62", "horizon_days: 1", "session_hours:", "cannot be waited for longer (48 hours)"),
        ("part_minutes: 15", "part_minutes: 50", "part_minutes:", "50 minutes do not divide it"),
        ("part_octets: 500000000", "part_octets: many", "part_octets:", "`part_octets`"),
        ("standard: 21", "standard: 101", "taxes:", "`standard`"),
        ("session_hours", "sesion_hours", "sesion_hours", "`sesion_hours`"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, right: str, wrong: str, place: str, reason: str) -> None:
    text = TEXT.replace(right, wrong)
    assert text != TEXT
    (tmp_path / settings.FILE).write_text(text)
    [line] = [problem.line for problem in check(tmp_path) if reason in problem.reason]
    assert text.splitlines()[line - 1].strip().startswith(place)
    with pytest.raises(Invalid):
        processors(tmp_path)


def test_tariffs_that_go_by_another_time_than_cycles_are_told_once(tmp_path: Path) -> None:
    shutil.copytree(BELGICOM / "tariffs", tmp_path / "tariffs")
    (tmp_path / settings.FILE).write_text(TEXT)
    assert check(tmp_path) == []
    calendar = tmp_path / "tariffs" / "calendar.yaml"
    calendar.write_text(calendar.read_text().replace("Europe/Brussels", "Europe/London"))
    [problem] = check(tmp_path)
    assert TEXT.splitlines()[problem.line - 1].startswith("zone:")
    assert "it is Europe/Brussels, and `time_zone` is Europe/London in the calendar of the tariff `" in problem.reason


def test_a_project_without_them_charges_nothing(tmp_path: Path) -> None:
    assert processors(tmp_path) == []
    assert check(tmp_path) == []
