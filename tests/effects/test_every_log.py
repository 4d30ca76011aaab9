"""What the ledger promises, on every log: each effect is done once, in order, and nothing fails in silence."""

from __future__ import annotations

from collections import defaultdict

import msgspec
import pytest

from tests.effects.house import House, effects, event
from tests.effects.target import Moods, Reply, Target
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


def test_what_is_no_effect_goes_to_the_quarantine_and_the_rest_is_performed(
    url: str, house: House, target: Target
) -> None:
    from trunkline.log import open_log

    house.declare("sms", target.url)
    careless = open_log(url)  # another writer, who does not hold events against contracts
    careless.append(Effect.topic, [Event(b'{"id": 5}', b"k"), event(SMS)])
    careless.close()
    house.work_until(house.are(State.SUCCEEDED, SMS.id))
    house.work_until(lambda: house.log.end(Rejected.topic, 0) > 0)
    [record] = house.log.read(Rejected.topic, 0, 0)
    rejected = msgspec.json.decode(record.value or b"", type=Rejected)
    assert rejected.system == "effects"
    assert rejected.part == b'{"id": 5}'
    assert rejected.message.startswith("this is no effect, and nothing is called: ")


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
