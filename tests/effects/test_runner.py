"""What the ledger does about targets: their refusals, silences and outages, and people's decisions."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.effects.house import House, effects
from tests.effects.target import Asked, Reply, Target
from trunkline.effects import Effect, State
from trunkline.effects.outcome import Reason, Result

SMS = Effect(id="notice-1", effector="sms", order="32470000000", payload='{"text": "80 %"}')


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Of one log is enough: `test_every_log` is about logs."""
    return f"sqlite://{tmp_path}/log.db"


def test_effects_of_different_keys_run_at_once_and_never_more_than_the_effector_may(
    house: House, target: Target
) -> None:
    house.declare("sms", target.url, in_flight=3)
    target.behave = lambda asked: Reply(delay=0.05)
    house.ask(*effects(12, orders=12))
    house.work_until(lambda: len(target.done) == 12)
    assert target.most_at_once == 3


def test_an_effect_that_need_not_wait_does_not(house: House, target: Target) -> None:
    house.declare("sms", target.url)
    target.behave = lambda asked: Reply(asked.key != "first", 200 if asked.key != "first" else 503)
    first, free, bound = (
        Effect(id=id, effector="sms", order="k", waits=waits)
        for id, waits in [("first", True), ("free", False), ("bound", True)]
    )
    house.ask(first, free, bound)
    house.work_until(house.are(State.SUCCEEDED, "free"))
    assert house.states()["bound"] is State.REQUESTED
    target.behave = lambda asked: Reply()
    house.work_until(house.are(State.SUCCEEDED, "first", "bound"))
    assert target.keys()[-1] == "bound"


def test_what_the_target_refuses_is_dead_at_once_and_holds_its_key_until_somebody_decides(
    house: House, target: Target
) -> None:
    house.declare("sms", target.url)
    target.behave = lambda asked: Reply(False, 422, body="no such number") if asked.key == "sms-0" else Reply()
    house.ask(*effects(3, orders=1), Effect(id="other", effector="sms", order="another"))
    house.work_until(house.are(State.DEAD, "sms-0"))
    house.work_until(house.are(State.SUCCEEDED, "other"))
    dead = house.outcome("sms-0")
    assert (dead.reason, dead.message, dead.attempted) == (Reason.REFUSED, "no such number", 1)
    assert house.states()["sms-1"] is State.REQUESTED
    house.desk.drop("sms-0", by="an", why="the number was given back")
    house.work_until(house.are(State.SUCCEEDED, "sms-1", "sms-2"))
    dropped = house.outcome("sms-0")
    assert (dropped.state, dropped.message, dropped.decisions[0].by) == (
        State.DROPPED, "the number was given back", "an",
    )  # fmt: skip
    assert target.keys().count("sms-0") == 1


def test_an_effector_that_lets_pass_goes_on_behind_a_dead_effect(house: House, target: Target) -> None:
    house.declare("sms", target.url, after_dead="pass")
    target.behave = lambda asked: Reply(False, 404) if asked.key == "sms-0" else Reply()
    house.ask(*effects(2, orders=1))
    house.work_until(house.are(State.SUCCEEDED, "sms-1"))
    target.behave = lambda asked: Reply()
    house.desk.retry(["sms-0"], by="an")
    house.work_until(house.are(State.SUCCEEDED, "sms-0"))
    assert target.keys() == ["sms-0", "sms-1", "sms-0"]


def test_an_effect_that_expires_is_not_begun_any_more_and_holds_nobody_up(house: House, target: Target) -> None:
    house.declare("sms", target.url)
    past = datetime.now(UTC) - timedelta(seconds=1)
    late = Effect(id="late", effector="sms", order="k", expires=past)
    house.ask(late, Effect(id="next", effector="sms", order="k"))
    house.work_until(house.are(State.SUCCEEDED, "next"))
    assert (house.outcome("late").state, house.outcome("late").reason) == (State.DEAD, Reason.EXPIRED)
    assert target.keys() == ["next"]
    house.desk.retry(["late"], by="an", why="send it all the same")
    house.work_until(house.are(State.SUCCEEDED, "late"))


def test_an_effect_for_nobody_is_dead_until_its_effector_is_declared(house: House, target: Target) -> None:
    house.ask(SMS)
    house.work_until(house.are(State.DEAD, SMS.id))
    assert house.outcome(SMS.id).reason is Reason.EFFECTOR
    assert "effects/sms.yaml" in house.outcome(SMS.id).message
    house.stop()
    house.declare("sms", target.url)
    house.desk.retry([SMS.id], by="an")
    house.work_until(house.are(State.SUCCEEDED, SMS.id))


def test_after_a_pause_that_the_target_asks_for_it_is_asked_again_and_not_before(house: House, target: Target) -> None:
    house.declare("sms", target.url, in_flight=1)
    busy = iter([Reply(False, 429, (("Retry-After", "1"),))])
    target.behave = lambda asked: next(busy, Reply())
    house.ask(*effects(3, orders=3))
    house.work_until(lambda: len(target.done) == 3)
    first, *others = target.asked
    assert min(asked.at for asked in others) >= first.at + 1.0, "it leaves the target alone, other effects included"


def test_a_rate_is_kept(house: House, target: Target) -> None:
    house.declare("sms", target.url, rate=20, burst=2)
    house.ask(*effects(10, orders=10))
    house.work_until(lambda: len(target.done) == 10)
    times = sorted(asked.at for asked in target.asked)
    assert times[-1] - times[0] >= (10 - 2) / 20 - 0.02


def test_a_target_that_is_down_is_left_alone_and_nothing_is_lost(house: House, target: Target) -> None:
    house.declare(
        "sms", target.url, attempts=3, breaker="{failures: 3, window: 60, pause: 0.3}", first_pause=0.001,
        longest_pause=0.001, in_flight=1,
    )  # fmt: skip
    target.behave = lambda asked: Reply(False, 503)
    house.ask(*effects(20, orders=20))
    house.work_until(lambda: len(target.asked) >= 3)
    opened = time.monotonic()
    house.work_until(lambda: len(target.asked) >= 5)
    assert time.monotonic() - opened >= 0.5, "one probe after each pause"
    target.behave = lambda asked: Reply()
    house.work_until(lambda: len(target.done) == 20 and house.runner.idle)
    assert set(house.states().values()) == {State.SUCCEEDED}


def test_a_target_that_nobody_reaches_costs_no_effect(house: House) -> None:
    gone = Target()
    gone.close()
    house.declare("sms", gone.url, attempts=2)
    house.ask(SMS)
    house.work_until(house.are(State.DEAD, SMS.id))
    outcome = house.outcome(SMS.id)
    assert [attempt.result for attempt in outcome.attempts] == [Result.LATER, Result.LATER]
    assert "cannot be reached" in outcome.message


class TestAtMostOnce:
    """For a target that does not know a key again."""

    def test_the_attempt_is_in_the_log_before_the_call(self, house: House, dull: Target) -> None:
        house.declare("sim", dull.url, once="at-most")
        seen: list[State] = []

        def behave(asked: Asked) -> Reply:
            seen.append(house.outcome(asked.key).state)
            return Reply()

        dull.behave = behave
        house.ask(*effects(3, orders=1, effector="sim"))
        house.work_until(house.are(State.SUCCEEDED, "sim-0", "sim-1", "sim-2"))
        assert seen == [State.ATTEMPTED] * 3

    def test_a_call_without_an_answer_is_for_a_person_to_decide(self, house: House, dull: Target) -> None:
        house.declare("sim", dull.url, once="at-most")
        dull.behave = lambda asked: Reply(True, 0)
        house.ask(*effects(2, orders=1, effector="sim"))
        house.work_until(house.are(State.DEAD, "sim-0"))
        house.work_for(0.2)
        assert house.outcome("sim-0").reason is Reason.UNKNOWN
        assert dull.counts() == {"sim-0": 1}
        house.desk.drop("sim-0", by="an", why="the SIM is active")
        dull.behave = lambda asked: Reply()
        house.work_until(house.are(State.SUCCEEDED, "sim-1"))

    @pytest.mark.parametrize("status", [500, 503])
    def test_an_answer_that_leaves_open_whether_it_was_done_is_not_repeated(
        self, house: House, dull: Target, status: int
    ) -> None:
        house.declare("sim", dull.url, once="at-most")
        dull.behave = lambda asked: Reply(True, status)
        house.ask(*effects(1, orders=1, effector="sim"))
        house.work_until(house.are(State.DEAD, "sim-0"))
        assert dull.counts() == {"sim-0": 1}

    def test_what_surely_was_not_done_is_tried_again(self, house: House, dull: Target) -> None:
        house.declare("sim", dull.url, once="at-most", later="[429, 503, 5xx]")
        answers = iter([Reply(False, 429), Reply(False, 503)])
        dull.behave = lambda asked: next(answers, Reply())
        house.ask(*effects(1, orders=1, effector="sim"))
        house.work_until(house.are(State.SUCCEEDED, "sim-0"))
        assert [attempt.status for attempt in house.outcome("sim-0").attempts] == [429, 503, 200]
