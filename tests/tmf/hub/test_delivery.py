"""Events that arrive: in order, at least once, to everyone who asked, whatever becomes of the others."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.store import stores
from tests.tmf.hub.house import ACK, PRODUCTS, QUICK, House
from tests.tmf.hub.subscriber import Answer, Subscriber
from trunkline.log import Event
from trunkline.log.envelope import cloud_event
from trunkline.tmf.declaration import V4, V5
from trunkline.tmf.events import TOPIC
from trunkline.tmf.hub.subscription import POSITIONS, position_id


@pytest.fixture(params=stores.NAMES)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    """On each store that there is."""
    with stores.url(request.param, tmp_path) as url:
        found = House(tmp_path, store_url=url)
        yield found
        found.close()


@pytest.fixture
def subscribers() -> Iterator[list[Subscriber]]:
    three = [Subscriber() for _ in range(3)]
    yield three
    for subscriber in three:
        subscriber.close()


def numbers(first: int, last: int) -> list[str]:
    return [str(n) for n in range(first, last)]


def test_every_event_comes_in_order_once_where_nothing_fails(house: House, subscribers: list[Subscriber]) -> None:
    house.subscribe(subscribers[0].callback)
    house.start()
    house.raise_alarms(range(300))
    subscribers[0].wait(300)
    assert [event["event"]["alarm"]["id"] for event in subscribers[0].asked] == numbers(0, 300)
    assert len({event["eventId"] for event in subscribers[0].asked}) == 300


def test_only_what_happens_after_the_subscription_is_told(house: House, subscribers: list[Subscriber]) -> None:
    house.raise_alarms(range(10))
    house.subscribe(subscribers[0].callback)
    house.raise_alarms(range(10, 20))
    house.start()
    subscribers[0].wait(10)
    assert subscribers[0].ids() == numbers(10, 20)


def test_each_is_told_what_it_asked_for_in_its_version(house: House, subscribers: list[Subscriber]) -> None:
    everything, critical, products = subscribers
    house.subscribe(everything.callback, version=V5)
    house.subscribe(critical.callback, "perceivedSeverity=critical&fields=perceivedSeverity", version=V4)
    house.subscribe(products.callback, api=PRODUCTS)
    house.start()
    house.raise_alarms([1], perceivedSeverity="minor", probableCause="fire")
    house.raise_alarms([2], probableCause="fire")
    house.change({"id": "3", "@type": "AckAlarm", "state": "done"}, of=ACK.resource)
    house.change({"id": "4", "@type": "Product"}, of=PRODUCTS.resources[0], api=PRODUCTS)
    everything.wait(3)
    products.wait(1)
    critical.wait(1)
    assert (everything.ids(), critical.ids(), products.ids()) == (["1", "2", "3"], ["2"], ["4"])
    assert everything.taken[0]["timeOccurred"]
    assert critical.taken[0]["timeOcurred"]
    assert critical.taken[0]["event"]["alarm"].keys() == {"id", "href", "@type", "perceivedSeverity"}


def test_one_that_fails_half_the_time_gets_all_in_order(house: House, subscribers: list[Subscriber]) -> None:
    dice = random.Random(7)
    subscribers[0].behave = lambda event: Answer(dice.choice([201, 201, 201, 201, 503, 404, 0, 302]))
    house.subscribe(subscribers[0].callback)
    house.start()
    house.raise_alarms(range(200))
    subscribers[0].wait(200)
    assert subscribers[0].ids() == numbers(0, 200)
    assert len(subscribers[0].asked) > 250, "nothing failed: nothing was tested"
    assert len({event["eventId"] for event in subscribers[0].asked}) == 200, "an event keeps its id when it comes again"


def test_one_that_does_not_answer_delays_nobody_else(house: House, subscribers: list[Subscriber]) -> None:
    slow, gone, well = subscribers
    slow.behave = lambda event: Answer(delay=20)
    gone.close()
    for subscriber in subscribers:
        house.subscribe(subscriber.callback)
    house.start()
    house.raise_alarms(range(100))
    well.wait(100, seconds=10)
    assert well.ids() == numbers(0, 100)


def test_a_subscription_that_has_ended_is_sent_nothing_more(house: House, subscribers: list[Subscriber]) -> None:
    ended, well = subscribers[:2]
    subscription = house.subscribe(ended.callback)
    house.subscribe(well.callback)
    house.start()
    house.raise_alarms(range(5))
    ended.wait(5)
    house.unsubscribe(subscription)
    house.wait_until_served(1)
    house.raise_alarms(range(5, 10))
    well.wait(10)
    assert ended.ids() == numbers(0, 5)


def test_after_a_stop_delivery_goes_on_where_it_was(house: House, subscribers: list[Subscriber]) -> None:
    house.subscribe(subscribers[0].callback)
    house.start()
    house.raise_alarms(range(50))
    subscribers[0].wait(50)
    house.stop()
    house.raise_alarms(range(50, 100))
    house.start()
    subscribers[0].wait(100)
    assert [event["event"]["alarm"]["id"] for event in subscribers[0].asked] == numbers(0, 100)


def test_a_position_that_another_process_has_saved_counts(house: House, subscribers: list[Subscriber]) -> None:
    """One that stood still and wakes up finds out, and does not turn back what others have done since."""
    subscription = house.subscribe(subscribers[0].callback)
    house.start()
    house.raise_alarms(range(5))
    subscribers[0].wait(5)
    place = position_id(subscription.id, 0)
    subscribers[0].until(lambda: house.position(place) == 5, "the position is saved")
    with house.store.unit() as unit:
        unit.put(POSITIONS.name, place, b'{"offset": 2}')
    house.raise_alarms([5])
    subscribers[0].until(lambda: house.position(place) == 6, "it goes on from there")
    came = [event["event"]["alarm"]["id"] for event in subscribers[0].taken]
    assert came == [*numbers(0, 6), *numbers(2, 6)]


def test_what_is_not_taken_after_the_declared_attempts_is_a_dead_letter_and_the_rest_goes_on(tmp_path: Path) -> None:
    with Dead(tmp_path) as dead:
        assert dead.subscriber.ids() == ["0", "2", "3"]
        [letter] = dead.house.letters.all()
        assert (letter.subscription, letter.event_type, letter.attempts) == (dead.id, "AlarmCreateEvent", 4)
        assert (letter.status, letter.message) == (400, "not this one")
        tried = [event for event in dead.subscriber.asked if event["eventId"] == letter.event_id]
        assert len(tried) == 4


def test_a_dead_letter_that_is_replayed_comes_with_its_own_id_and_is_forgotten_when_it_is_taken(tmp_path: Path) -> None:
    with Dead(tmp_path) as dead:
        [letter] = dead.house.letters.all()
        dead.subscriber.behave = lambda event: Answer()
        dead.house.letters.replay([letter.id])
        dead.subscriber.wait(4)
        dead.subscriber.until(lambda: not list(dead.house.letters.all()), "it is forgotten")
        assert dead.subscriber.taken[-1]["eventId"] == letter.event_id
        assert dead.subscriber.taken[-1]["event"]["alarm"]["id"] == "1"


def test_a_replayed_dead_letter_that_is_refused_again_stays(tmp_path: Path) -> None:
    with Dead(tmp_path) as dead:
        [letter] = dead.house.letters.all()
        dead.house.letters.replay([letter.id])
        dead.subscriber.until(
            lambda: [found.attempts for found in dead.house.letters.all()] == [8], "it is tried again"
        )
        assert [found.replay for found in dead.house.letters.all()] == [False]


def test_dead_letters_end_with_their_subscription(tmp_path: Path) -> None:
    with Dead(tmp_path) as dead:
        [subscription] = dead.house.all_subscriptions()
        dead.house.unsubscribe(subscription)
        assert list(dead.house.letters.all()) == []


def test_an_event_that_is_none_is_a_dead_letter_and_holds_nobody_up(
    house: House, subscribers: list[Subscriber]
) -> None:
    house.subscribe(subscribers[0].callback)
    house.start()
    for value in (b"no JSON", b'{"event": 1}', b'{"eventType": "AlarmCreateEvent", "event": {"ghost": {"id": "1"}}}'):
        event = cloud_event(type="AlarmCreateEvent", source="/test", id="x", value=value)
        house.log.append(TOPIC, [Event(event.value, b"k", (*event.headers, ("tmf_api", b"642")))])
    house.raise_alarms([5])
    subscribers[0].wait(1)
    subscribers[0].until(lambda: len(list(house.letters.all())) == 3, "the three are dead letters")
    assert {letter.attempts for letter in house.letters.all()} == {0}
    assert subscribers[0].ids() == ["5"]


def test_what_is_older_than_it_may_be_is_not_tried_while_the_subscriber_is_ill(tmp_path: Path) -> None:
    house = House(tmp_path, QUICK.model_copy(update={"max_age": 0.001, "longest_pause": 3_600}))
    subscriber = Subscriber()
    subscriber.behave = lambda event: Answer(500)
    house.subscribe(subscriber.callback)
    house.raise_alarms(range(20))
    house.start()
    subscriber.until(lambda: len(list(house.letters.all())) == 20, "all are dead letters")
    assert [letter.attempts for letter in house.letters.all()] == [1] + [0] * 19
    house.close()
    subscriber.close()


class Dead:
    """A subscriber that refuses the alarm 1 of four, which has become a dead letter."""

    def __init__(self, folder: Path) -> None:
        self.house = House(folder, QUICK.model_copy(update={"attempts": 4}))
        self.subscriber = Subscriber()

    def __enter__(self) -> Dead:
        self.subscriber.behave = self._refuse
        self.id = self.house.subscribe(self.subscriber.callback).id
        self.house.start()
        self.house.raise_alarms(range(4))
        self.subscriber.wait(3)
        self.subscriber.until(lambda: len(list(self.house.letters.all())) == 1, "there is a dead letter")
        return self

    def __exit__(self, *error: Any) -> None:
        self.house.close()
        self.subscriber.close()

    @staticmethod
    def _refuse(event: dict[str, Any]) -> Answer:
        return Answer(400, (), b"not this one") if event["event"]["alarm"]["id"] == "1" else Answer()
