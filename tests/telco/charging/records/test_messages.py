"""A notice becomes a message, and what the effect ledger says of it the message's state and proof."""

from __future__ import annotations

from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest

from tests.telco.charging.records.events import ELS, NOON, House, notice
from trunkline.effects import Effect, Place
from trunkline.effects.outcome import Attempt, Outcome, Result, State
from trunkline.telco.model import Notice

ID = "1042-data-80"
TEXT = "U hebt 80 % van 20 GB gebruikt."
SENT = '{"content": "U hebt 80 % van 20 GB gebruikt.", "sender": {"id": "belgicom", "name": "BelgiCom"}}'


def outcome(state: State, *attempts: Attempt, **said: Any) -> Outcome:
    over = state in (State.SUCCEEDED, State.DROPPED)
    defaults: dict[str, Any] = {
        "id": ID, "effector": "sms", "order": "32470123456", "number": 0, "requested": NOON, "changed": NOON,
        "request": Place("effect.requested", 0, 1), "cause": Place(Notice.topic, 2, 77),
        "attempts": attempts, "attempted": len(attempts),
        "effect": None if over else asked(),
    }  # fmt: skip
    return Outcome(state=state, **defaults | said)


def asked(payload: str = SENT, **said: Any) -> Effect:
    """The effect as it was asked for."""
    defaults: dict[str, Any] = {"id": ID, "effector": "sms", "order": ELS, "cause": Place(Notice.topic, 2, 77)}
    return Effect(payload=payload, **defaults | said)


def attempt(number: int, result: Result = Result.DONE) -> Attempt:
    began = NOON + timedelta(minutes=number)
    return Attempt(number=number, began=began, ended=began + timedelta(seconds=1), result=result)


def proof(house: House) -> dict[str, Any]:
    return {each["name"]: each["value"] for each in house.get("communicationMessage", ID)["characteristic"]}


def test_a_notice_is_a_message_that_waits(house: House) -> None:
    house.told(notice())
    told = house.get("communicationMessage", ID)
    assert (told["state"], told["subject"]) == ("initial", "threshold")
    [receiver] = told["receiver"]
    assert (receiver["phoneNumber"], receiver["party"]["partyOrPartyRole"]["id"]) == ("32470123456", "1042")
    assert proof(house)["value.percent"] == "80"
    assert proof(house)["notice"] == {"topic": "charging.notice", "partition": 0, "offset": 1}


def test_what_was_sent_is_told_with_the_event_that_made_it_due(house: House) -> None:
    house.told(notice())
    assert house.told(outcome(State.REQUESTED)) == ["CommunicationMessageAttributeValueChangeEvent"]
    failed, done = attempt(1, Result.LATER), attempt(2)
    house.told(outcome(State.FAILED, failed))
    assert house.get("communicationMessage", ID)["state"] == "inProgress"
    house.told(outcome(State.SUCCEEDED, failed, done, receipt="smsc-4711"))
    told = house.get("communicationMessage", ID)
    assert (told["state"], told["tryTimes"]) == ("completed", 2)
    assert (told["sendTime"], told["sendTimeComplete"]) == ("2026-03-09T12:01:00Z", "2026-03-09T12:02:01Z")
    assert told["content"] == TEXT
    assert proof(house)["trigger"] == {"topic": "charging.notice", "partition": 2, "offset": 77}
    assert proof(house)["receipt"] == "smsc-4711"


def test_what_went_wrong_before_it_was_sent_is_no_problem_any_more(house: House) -> None:
    failed, done = attempt(1, Result.LATER), attempt(2)
    house.told(notice(), outcome(State.FAILED, failed, message="cannot be reached"))
    assert proof(house)["problem"] == "cannot be reached"
    house.told(outcome(State.SUCCEEDED, failed, done, message='{"id": "smsc-4711"}', receipt="smsc-4711"))
    assert "problem" not in proof(house)
    assert proof(house)["receipt"] == "smsc-4711"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_a_message_is_whole_in_whatever_order_the_topics_come_and_whatever_was_compacted(
    house: House, order: tuple[int, ...]
) -> None:
    """Of the outcomes the last one alone, which has no payload any more."""
    said = [notice(), asked(), outcome(State.SUCCEEDED, attempt(1), receipt="smsc-4711")]
    for number in order:
        house.told(said[number])
    told = house.get("communicationMessage", ID)
    assert (told["state"], told["content"], told["subject"]) == ("completed", TEXT, "threshold")
    assert told["sender"] == {"@type": "Sender", "id": "belgicom", "name": "BelgiCom"}
    assert told["receiver"][0]["phoneNumber"] == ELS
    assert proof(house).keys() >= {"notice", "trigger", "effect", "receipt", "cause", "kind", "language"}


def test_what_is_asked_for_again_changes_no_words(house: House) -> None:
    house.told(notice(), asked())
    assert house.told(asked('{"content": "Iets anders."}')) == []
    assert house.get("communicationMessage", ID)["content"] == TEXT


def test_a_notice_that_is_said_again_is_one_message(house: House) -> None:
    house.told(notice(), outcome(State.SUCCEEDED, attempt(1)), notice())
    assert house.get("communicationMessage", ID)["state"] == "completed"


@pytest.mark.parametrize(
    ("state", "told"), [(State.DEAD, "failed"), (State.DROPPED, "cancelled"), (State.ATTEMPTED, "inProgress")]
)
def test_each_state_of_an_effect_is_one_of_the_message(house: House, state: State, told: str) -> None:
    house.told(notice(), outcome(state, attempt(1, Result.REFUSED), message="no such number"))
    assert house.get("communicationMessage", ID)["state"] == told
    assert proof(house)["problem"] == "no such number"


def test_effects_that_are_about_something_else_are_passed_over(house: House) -> None:
    for cause in (None, Place("network.alarm", 0, 3)):
        house.told(outcome(State.SUCCEEDED, cause=cause), asked(cause=cause))
    assert house.store.get("communicationMessage", ID) is None


@pytest.mark.parametrize("payload", ["", "{", "[1]", '{"content": 7, "sender": "me"}'])
def test_a_payload_that_is_no_message_says_nothing(house: House, payload: str) -> None:
    house.told(notice(), asked(payload), outcome(State.REQUESTED, effect=asked(payload)))
    assert "content" not in house.get("communicationMessage", ID)
