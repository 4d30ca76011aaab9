"""The ids of the records that were taken."""

from __future__ import annotations

import random

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.streams.driver import thorough
from trunkline.telco.charging.mediation.seen import HOUR, Seen, place

DAY = 24 * HOUR


@thorough
@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 60)), max_size=60),
    st.randoms(use_true_random=False),
)
def test_an_id_is_known_until_the_horizon_whatever_happens_in_between(
    made: list[tuple[int, int]], chance: random.Random
) -> None:
    seen = Seen(DAY)
    changelog: list[bytes] = []
    committed: dict[tuple[int, int], int] = {}
    added: dict[tuple[int, int], int] = {}
    now = DAY
    for number, age in made:
        now += chance.choice([0, HOUR // 3, 7 * HOUR])
        seen.forget(now)
        ended = now - age * HOUR // 2
        its = place(str(number), ended)
        if ended + DAY >= now:
            known = its in committed or its in added
            assert (its in seen) == known
            if not known:
                seen.add(its)
                added[its] = ended
        match chance.choice(["go on", "go on", "commit", "undo", "restart", "snapshot"]):
            case "commit":
                changelog += seen.changes()
                seen.done()
                committed |= added
                added = {}
            case "undo":
                seen.undo()
                added = {}
            case "restart":
                seen, added = Seen(DAY), {}
                for packed in changelog:
                    seen.load(packed)
            case "snapshot" if not added:
                changelog = list(seen.chunks())
    for its, ended in committed.items():
        if ended + DAY >= now:
            assert its in seen


def test_what_is_over_is_forgotten_and_what_is_old_needs_eight_bytes() -> None:
    seen = Seen(30 * DAY)
    for day in range(100):
        now = day * DAY
        seen.forget(now)
        for number in range(100):
            seen.add(place(f"{day}/{number}", now))
        seen.done()
    assert 30 * 100 <= len(seen) <= 31 * 100
    fresh = sum(len(hour.fresh) for hour in seen._hours.values())
    assert fresh <= 100, "only the hours of late are held for quick changes"
    assert sum(map(len, seen.chunks())) < 10 * len(seen) + 1_000


def test_what_was_forgotten_comes_back_with_what_was_not_committed() -> None:
    seen = Seen(DAY)
    seen.forget(0)
    seen.add(place("a", 0))
    seen.done()
    seen.forget(3 * DAY)
    assert place("a", 0) not in seen
    seen.undo()
    assert place("a", 0) in seen


def test_a_packed_record_of_ids_is_no_record_of_state() -> None:
    seen = Seen(DAY)
    seen.add(place("a", 0))
    [packed] = seen.changes()
    assert msgspec.msgpack.decode(packed).keys() == {"seen"}


def test_what_was_forgotten_before_a_commit_failed_is_forgotten_again() -> None:
    seen = Seen(horizon=HOUR)
    seen.add(place("a", 0))
    seen.done()
    for _ in range(2):
        seen.forget(3 * HOUR)
        assert place("a", 0) not in seen
        seen.undo()
