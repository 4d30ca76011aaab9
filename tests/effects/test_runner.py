"""What the ledger promises, on every log: each effect is done once, in order, and nothing fails in silence."""

from __future__ import annotations

import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from tests.effects.house import House, effects, event
from tests.effects.target import Asked, Moods, Reply, Target
from trunkline.effects import Effect, Place, State, request
from trunkline.effects.desk import Refused
from trunkline.effects.outcome import Reason, Result
from trunkline.log import Event, Topic
from trunkline.quarantine import Rejected
from trunkline.streams.outputs import Outputs

SMS = Effect(id="notice-1", effector="sms", order="32470000000", payload='{"text": "80 %"}')


def test_an_effect_that_a_processor_asks_for_is_performed_and_its_outcome_tells_how(
    house: House, target: Target
) -> None:
    house.declare("sms", target.url + "/messages", receipt="/id")
    out = Outputs("balances")
    request(msgspec.structs.replace(SMS, cause=Place("usage.rated", 3, 17)), out)
    with house.log.transactional("balances").transaction() as transaction:
        out.write(transaction)
    house.work_until(house.are(State.SUCCEEDED, SMS.id))
    [asked] = target.asked
    assert (asked.method, asked.path, asked.body) == ("POST", "/messages", SMS.payload)
    assert asked.headers["idempotency-key"] == f'"{SMS.id}"'
    outcome = house.outcome(SMS.id)
    [attempt] = outcome.attempts
    assert (attempt.number, attempt.result, attempt.status) == (1, Result.DONE, 200)
    assert attempt.ended is not None
    assert attempt.began <= attempt.ended
    assert outcome.receipt == "m-notice-1"
    assert outcome.cause == Place("usage.rated", 3, 17)
    assert outcome.effect is None, "what was sent is not kept longer than it is needed"
    assert house.desk.asked(outcome) is not None
    assert [told.state for told in house.told(SMS.id)] == [State.REQUESTED, State.SUCCEEDED]


def test_a_request_that_comes_again_is_answered_from_the_ledger(house: House, target: Target) -> None:
    house.declare("sms", target.url)
    house.ask(SMS, SMS)
    house.work_until(house.are(State.SUCCEEDED, SMS.id))
    house.ask(SMS)
    house.work_until(lambda: house.outcome(SMS.id).duplicates == 2)
    house.stop()
    house.ask(SMS, *effects(5, orders=2))
    house.work_until(lambda: house.outcome(SMS.id).duplicates == 3)
    house.work_until(lambda: house.runner.idle)
    assert target.counts()[SMS.id] == 1
    assert target.keys().count(SMS.id) == 1
    assert house.told(SMS.id)[-1].attempts == house.told(SMS.id)[-2].attempts, "the answer is the same"


def test_effects_of_one_ordering_key_are_performed_one_after_the_other_whatever_fails(
    house: House, target: Target
) -> None:
    house.declare("sms", target.url, in_flight=16, attempts=1000)
    target.behave = Moods(seed=1)
    house.ask(*effects(60, orders=7))
    house.work_until(lambda: len(target.done) == 60 and house.runner.idle)
    assert set(target.counts().values()) == {1}
    done = defaultdict(list)
    for key, _ in target.done:
        n = int(key.removeprefix("sms-"))
        done[n % 7].append(n)
    assert all(numbers == sorted(numbers) for numbers in done.values())
    assert set(house.states().values()) == {State.SUCCEEDED}


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


def test_a_dead_letter_is_replayed_with_the_same_key_also_after_a_restart(house: House, target: Target) -> None:
    house.declare("sms", target.url, attempts=2)
    target.behave = lambda asked: Reply(True, 500)
    house.ask(SMS)
    house.work_until(house.are(State.DEAD, SMS.id))
    assert house.outcome(SMS.id).reason is Reason.ATTEMPTS
    house.stop()
    house.desk.retry([SMS.id], by="an", why="it is up again")
    target.behave = lambda asked: Reply()
    house.work_until(house.are(State.SUCCEEDED, SMS.id))
    outcome = house.outcome(SMS.id)
    assert [attempt.number for attempt in outcome.attempts] == [1, 2, 3]
    assert [attempt.status for attempt in outcome.attempts] == [500, 500, 200]
    assert outcome.decisions[0].why == "it is up again"
    assert target.counts()[SMS.id] == 1, "the target knew the key again"
    with pytest.raises(Refused, match="is not dead but succeeded"):
        house.desk.retry([SMS.id], by="an")


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


def test_what_is_no_effect_goes_to_the_quarantine_and_the_rest_is_performed(
    url: str, house: House, target: Target
) -> None:
    from trunkline.log import open_log

    house.declare("sms", target.url)
    careless = open_log(url)  # another writer, who does not hold events against contracts
    careless.append(Effect.topic, [Event(b'{"id": 5}', b"k"), event(SMS), Event(None, b"k")])
    careless.close()
    house.work_until(house.are(State.SUCCEEDED, SMS.id))
    house.work_until(lambda: house.log.end(Rejected.topic, 0) > 0)
    [record] = house.log.read(Rejected.topic, 0, 0)
    rejected = msgspec.json.decode(record.value or b"", type=Rejected)
    assert rejected.system == "effects"
    assert rejected.part == b'{"id": 5}'
    assert "id" in rejected.message


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


def test_two_processes_share_the_work_and_one_takes_over_what_the_other_leaves(house: House, target: Target) -> None:
    from tests.effects.house import lanes
    from trunkline.effects import Runner

    house.declare("sms", target.url, in_flight=4)
    target.behave = lambda asked: Reply(delay=0.005)
    house.ask(*effects(40, orders=20))
    other = Runner(house.log, lanes(house.folder), "other")
    house.work_until(lambda: (other.step(), len(other.held) == 2 and len(house.runner.held) == 2)[1])
    house.ask(*effects(40, orders=20, first=40))
    house.work_until(lambda: (other.step(), len(target.done) >= 60)[1])
    other.close()
    house.work_until(lambda: len(target.done) == 80 and house.runner.idle)
    assert set(target.counts().values()) == {1}
    assert set(house.states().values()) == {State.SUCCEEDED}


def test_the_ledger_says_so_where_its_topics_do_not_match(url: str) -> None:
    from trunkline.effects import topics
    from trunkline.log import LogError, open_log

    log = open_log(url)
    log.create(Topic(name="effect.requested", partitions=3))
    log.create(Topic(name="effect.outcome", partitions=2, compacted=True))
    with pytest.raises(LogError, match="same number"):
        topics.create(log)
    log.close()
