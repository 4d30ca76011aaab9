"""`trunkline check` says what is wrong with the notices, by file and line, before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.telco.charging.notices.operator import BELGICOM, project
from trunkline.document import Invalid
from trunkline.project import Project, check
from trunkline.telco.charging.notices import load
from trunkline.telco.charging.processors import processors


def changed(folder: Path, name: str, old: str, new: str) -> int:
    """Change a file of the notices; the line of the change."""
    file = project(folder) / "notices" / name
    text = file.read_text()
    assert text.count(old) == 1
    file.write_text(text.replace(old, new))
    return text[: text.index(old)].count("\n") + 1


def found(folder: Path) -> list[tuple[str, int, str]]:
    return [
        (Path(problem.file).name, problem.line, problem.reason)
        for problem in check(Project(folder))
        if Path(problem.file).parent.name == "notices"
    ]


def test_the_reference_operators_notices_are_fit_to_run() -> None:
    assert not check(Project(BELGICOM))


@pytest.mark.parametrize(
    ("name", "old", "new", "reason"),
    [
        ("en.yaml", "of your limit of {limit}", "of {limits}", "`threshold-of-limit` cannot name `{limits}`"),
        ("de.yaml", "von {name} verbraucht", "von {limit} verbraucht", "`threshold` cannot name `{limit}`: there are"),
        ("nl.yaml", "Welkom in {country}", "Welkom in {}", "`roaming` cannot name `{}`: there are country"),
        ("nl.yaml", "Welkom in {country}", "Welkom in {country", "`roaming`: braces stand around a name alone"),
        ("fr.yaml", '"{amount} {currency}"', '"{amount} {unit}"', "`money` cannot name `{unit}`: there are amount,"),
        ("fr.yaml", "  cut-off:", "  cut-out:", "nothing is told by a text `cut-out`: there are cut-off,"),
        ("en.yaml", "months: [January,", "months: [", "`months`"),
        ("nl.yaml", "  AL: Alb", "  AX: Alb", "tariffs/countries.yaml has no country `AX`"),
        ("nl.yaml", "  eu: ", "  europe: ", "tariffs/zones.yaml has no zone `europe`"),
        ("sending.yaml", "effector: messages", "effector: pigeons", "there is no effects/pigeons.yaml"),
        ("sending.yaml", "[nl, fr, de, en]", "[nl, fr, de, en, it]", "the language `it` has no texts: write it.yaml"),
        ("sending.yaml", "[nl, fr, de, en]", "[nl, fr, de, en, nl]", "`nl` is given twice"),
        ("sending.yaml", "hours: 72", "hours: 200", "`hours`"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_by_file_and_line(tmp_path: Path, name: str, old: str, new: str, reason: str) -> None:
    line = changed(tmp_path, name, old, new)
    problems = found(tmp_path)
    assert any(each[:2] == (name, line) and each[2].startswith(reason) for each in problems), problems
    with pytest.raises(Invalid):
        processors(tmp_path)


def test_an_occasion_without_words_is_said(tmp_path: Path) -> None:
    changed(tmp_path, "fr.yaml", "  cut-off:", "  cut-out:")
    assert ("fr.yaml", "there is no text `cut-off`: subscribers are told of that too") in [
        (name, reason) for name, _, reason in found(tmp_path)
    ]


def test_a_zone_without_a_name_is_said(tmp_path: Path) -> None:
    changed(tmp_path, "de.yaml", "  eu: EU\n", "")
    [(name, _, reason)] = found(tmp_path)
    assert (name, reason) == ("de.yaml", "the zone `eu` of tariffs/zones.yaml has no name in this language")


def test_texts_in_a_language_that_nobody_is_written_to_are_said(tmp_path: Path) -> None:
    changed(tmp_path, "sending.yaml", "[nl, fr, de, en]", "[nl, fr, en]")
    [(name, line, reason)] = found(tmp_path)
    assert (name, line) == ("de.yaml", 1)
    assert "nobody is written to in `de`" in reason


def test_without_the_folder_nobody_is_told_anything(tmp_path: Path) -> None:
    folder = project(tmp_path)
    assert "notify" in {each.name for each in processors(folder)}
    (folder / "notices").rename(folder / "elsewhere")
    assert not found(folder)
    assert "notify" not in {each.name for each in processors(folder)}
    with pytest.raises(Invalid, match=r"sending\.yaml"):
        load(folder)
