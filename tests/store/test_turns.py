"""Who writes one unit after the other to a SQLite file does not keep others out."""

from __future__ import annotations

import fcntl
import threading
import time
from pathlib import Path

import pytest

from trunkline.store.sql.turns import NotMyTurn, Turns


def test_who_waits_is_not_passed_by_who_has_just_had_the_turn(tmp_path: Path) -> None:
    one, two = Turns(tmp_path / "store.db"), Turns(tmp_path / "store.db")
    order: list[str] = []

    def wait() -> None:
        with two.mine(30):
            order.append("two")

    waiting = threading.Thread(target=wait)
    with one.mine(30):
        waiting.start()
        until_locked(tmp_path / "store.db-door")
    with one.mine(30):
        order.append("one")
    waiting.join()
    assert order == ["two", "one"]
    one.close()
    two.close()


def test_who_waits_too_long_is_told_and_holds_nobody_up(tmp_path: Path) -> None:
    one, two = Turns(tmp_path / "store.db"), Turns(tmp_path / "store.db")
    with one.mine(30), pytest.raises(NotMyTurn), two.mine(0.01):
        pass
    with one.mine(0):
        pass
    one.close()
    two.close()


def until_locked(file: Path) -> None:
    """Until somebody holds the lock on a file."""
    with file.open("w") as opened:
        while True:
            try:
                fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return
            fcntl.flock(opened, fcntl.LOCK_UN)
            time.sleep(0.001)
