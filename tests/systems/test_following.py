"""A database's changes on their way into the log, whatever dies: with a database that a test has written down."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.systems.scripted_database import TABLES, Commits, Died, Script, follow
from trunkline.systems.changes import following as module
from trunkline.systems.changes.database import Gap
from trunkline.systems.changes.position import Position

row = st.tuples(st.sampled_from(sorted(TABLES)), st.integers(0, 10**9))
transactions = st.lists(st.one_of(st.none(), st.lists(row, max_size=12)), max_size=12)


@pytest.fixture(autouse=True)
def small_commits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_EVENTS", 5)


@settings(max_examples=150, deadline=None)
@given(
    transactions=transactions,
    snapshot=st.integers(0, 12),
    deaths=st.lists(st.tuples(st.integers(0, 8), st.booleans()), max_size=6),
)
def test_every_change_is_taken_once_and_in_order_wherever_the_process_dies(
    transactions: list[list[tuple[str, int]] | None], snapshot: int, deaths: list[tuple[int, bool]]
) -> None:
    script, commits = Script(transactions, min(snapshot, len(transactions))), Commits()
    with tempfile.TemporaryDirectory() as folder:
        for at, after in deaths:
            commits.dies_at, commits.after = at, after
            try:
                follow(script, commits, Path(folder))
            except Died:
                continue
        commits.dies_at = None
        follow(script, commits, Path(folder))
        assert commits.keys() == script.expected()
        assert Position.read(commits.last).part is None
        assert not list(Path(folder).iterdir())


def test_a_snapshot_that_breaks_off_has_left_nothing_and_begins_anew(tmp_path: Path) -> None:
    script, commits = Script([[("public.a", n) for n in range(30)]], 1), Commits()
    for rows in (0, 7, 29):
        with pytest.raises(Died):
            follow(script, commits, tmp_path, breaks_snapshot_after=rows)
    assert commits.keys() == []
    follow(script, commits, tmp_path)
    assert commits.keys() == script.expected()


def test_a_snapshot_that_is_half_in_the_log_is_not_taken_anew_when_its_file_is_gone(tmp_path: Path) -> None:
    script, commits = Script([[("public.a", n) for n in range(30)]], 1), Commits()
    commits.dies_at = 3
    with pytest.raises(Died):
        follow(script, commits, tmp_path)
    for file in tmp_path.iterdir():
        file.unlink()
    with pytest.raises(Gap, match="under a new name"):
        follow(script, commits, tmp_path)
    assert commits.keys() == script.expected()[:10]


def test_a_transaction_is_never_torn_unless_it_is_larger_than_a_commit(tmp_path: Path) -> None:
    sizes = [1, 4, 2, 5, 3, 12, 1, 1, 1]
    script = Script([[("public.a", 100 * number + n) for n in range(size)] for number, size in enumerate(sizes)])
    commits = Commits()
    follow(script, commits, tmp_path)
    homes = [{int(key) // 100 for _, key in keys_of(commit)} for commit in commits.all]
    torn = [number for number in range(len(sizes)) if sum(number in home for home in homes) > 1]
    assert torn == [5]


def keys_of(commit: list[object]) -> list[tuple[str, str]]:
    one = Commits()
    one.all = [commit]  # type: ignore[list-item]
    return one.keys()


def test_the_database_is_told_only_of_what_is_in_the_log(tmp_path: Path) -> None:
    script, commits = Script([[("public.a", n)] for n in range(9)]), Commits()
    database = follow(script, commits, tmp_path)
    assert database.confirmed == Position.read(commits.last).at == "9"


def test_no_more_is_read_from_the_database_than_one_commit_while_the_log_takes_nothing(tmp_path: Path) -> None:
    script, commits = Script([[("public.a", n)] for n in range(1000)]), Commits()
    follow(Script([]), commits, tmp_path)  # the snapshot of nothing
    read: list[int] = []
    commit = commits.commit

    def watched(captured: list[object], position: bytes) -> None:
        read.append(len(captured))
        commit(captured, position)  # type: ignore[arg-type]

    commits.commit = watched  # type: ignore[method-assign, assignment]
    follow(script, commits, tmp_path)
    assert sum(read) == 1000
    assert max(read) <= 5


def test_a_table_that_is_declared_later_is_read_as_it_is_then_and_followed_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, commits = Script([[("public.a", 1), ("public.b", 1)], [("public.a", 2)]], 0), Commits()
    both = dict(TABLES)
    monkeypatch.delitem(TABLES, "public.b")
    script.transactions[0] = [("public.a", 1)]
    follow(script, commits, tmp_path)
    monkeypatch.setitem(TABLES, "public.b", both["public.b"])
    script.transactions += [[("public.b", 3), ("public.a", 3)], [("public.b", 4), ("public.a", 4)]]
    script.snapshot = 3
    follow(script, commits, tmp_path)
    assert commits.keys() == [
        ("public.a", "1"), ("public.a", "2"), ("public.b", "3"), ("public.a", "3"), ("public.b", "4"), ("public.a", "4")
    ]  # fmt: skip


def test_what_is_rolled_back_after_a_part_of_it_was_taken_is_told(tmp_path: Path) -> None:
    script, commits = Script([[("public.a", n) for n in range(7)]]), Commits()
    commits.dies_at = 3
    with pytest.raises(Died):
        follow(script, commits, tmp_path)
    assert Position.read(commits.last).part is not None
    script.transactions[0] = None
    with pytest.raises(Gap, match="were rolled back when they were taken already"):
        follow(script, commits, tmp_path)
