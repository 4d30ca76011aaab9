"""A notice becomes one message that is sent, whatever is killed on the way, and TMF681 tells of it with the proof.

The roles are those of the platform, as processes on the embedded log. The messaging system is BelgiCom's simulated one.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest

from belgicom.simulator.messages import MessageCentre
from tests.telco.charging.notices.operator import ELS, notice, project
from trunkline.effects.desk import Desk
from trunkline.effects.outcome import State
from trunkline.log import Event, Log
from trunkline.project import Project
from trunkline.store import StoreError
from trunkline.telco.model import Notice

LATE = "1042/2026-03/data/100"
SUBSCRIBERS = [f"3247000000{digit}" for digit in range(10)]


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[MessageCentre]:
    with closing(MessageCentre(tmp_path, 0)) as centre:
        yield centre


@pytest.fixture
def operator(tmp_path: Path, centre: MessageCentre) -> Project:
    """BelgiCom, whose messages go to the test's centre, and soon again where it does not answer."""
    folder = project(tmp_path / "operator")
    declared = folder / "effects" / "messages.yaml"
    text = declared.read_text().replace(":10681/", f":{centre.port}/")
    declared.write_text(text + "first_pause: 0.05\nlongest_pause: 0.2\nbreaker: {pause: 0.2}\n")
    return Project(folder)


@contextmanager
def role(name: str, operator: Project) -> Iterator[subprocess.Popen[bytes]]:
    """A role of the platform at work; killed at the end, if not before."""
    process = subprocess.Popen([sys.executable, "-m", "trunkline", name, "--project", str(operator.folder)])
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until(holds: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, f"waited in vain until {what}"
        time.sleep(0.02)


def tell(log: Log, *notices: Notice) -> None:
    log.append(Notice.topic, [Event(msgspec.json.encode(each), each.key.encode()) for each in notices])


def kept(operator: Project, id: str) -> dict[str, Any]:
    """The communicationMessage as the API has it; {} while there is none."""
    try:
        with closing(operator.open_store()) as store:
            stored = store.get("communicationMessage", id)
    except StoreError:  # its tables are being made
        return {}
    return msgspec.json.decode(stored.document, type=dict[str, Any]) if stored is not None else {}


def counts(centre: MessageCentre) -> Counter[str]:
    return Counter(message["id"] for message in centre.messages())


def test_a_notice_is_sent_and_tmf681_tells_what_and_why(operator: Project, centre: MessageCentre) -> None:
    with closing(operator.open_log()) as log, role("worker", operator), role("perform", operator):
        tell(log, notice(), notice(LATE, language="de"), notice())
        until(lambda: kept(operator, LATE).get("state") == "completed", "the message is sent")
    told = kept(operator, LATE)
    assert told["content"] == "Sie haben 80% von Go verbraucht. Bis 1. April 2026, 00:00 bleiben 4 GB."
    assert told["sender"] == {"@type": "Sender", "id": "belgicom", "name": "BelgiCom"}
    proof = {each["name"]: each["value"] for each in told["characteristic"]}
    assert proof["trigger"] == proof["notice"]
    assert proof["trigger"]["topic"] == Notice.topic
    assert proof["trigger"]["offset"] == 1
    assert (proof["receipt"], proof["cause"]) == (LATE, "msc/1/7")
    assert counts(centre) == {notice().id: 1, LATE: 1}
    assert [message["id"] for message in centre.messages(ELS)] == [LATE, notice().id]
    assert not centre.messages("32479999999")


def test_kills_of_the_roles_send_each_notice_once_and_in_order(operator: Project, centre: MessageCentre) -> None:
    kills(operator, centre, rounds=1, each=40)


@pytest.mark.prove
def test_many_kills_of_the_roles_send_each_notice_once_and_in_order(operator: Project, centre: MessageCentre) -> None:
    kills(operator, centre, rounds=12, each=80)


def kills(operator: Project, centre: MessageCentre, *, rounds: int, each: int) -> None:
    """Tell notices, some twice; each round both roles are killed as soon as something was sent."""
    ids: list[str] = []
    with closing(operator.open_log()) as log:
        for turn in range(rounds):
            told = [
                notice(f"{turn}/{number}", account=f"A{number % 10}", subscription=SUBSCRIBERS[number % 10])
                for number in range(each)
            ]
            ids += [notice.id for notice in told]
            tell(log, *told, *told[::7])
            with role("worker", operator), role("perform", operator):
                until(partial(more, centre, len(centre.messages())), "a message is sent")
        with role("worker", operator), role("perform", operator):
            until(lambda: len(centre.messages()) == len(ids), "all messages are sent")
            until(lambda: states(log) == {State.SUCCEEDED}, "the ledger knows it")
    assert counts(centre) == Counter(ids)
    for subscriber in SUBSCRIBERS:
        sent = [message["id"] for message in reversed(centre.messages(subscriber))]
        assert sent == [id for id in ids if SUBSCRIBERS[int(id.split("/")[1]) % 10] == subscriber]


def more(centre: MessageCentre, before: int) -> bool:
    return len(centre.messages()) > before


def states(log: Log) -> set[State]:
    return {outcome.state for outcome in Desk(log).outcomes()}


def test_a_messaging_system_that_is_away_is_waited_for(
    operator: Project, tmp_path: Path, centre: MessageCentre
) -> None:
    port = centre.port
    centre.close()
    with closing(operator.open_log()) as log, role("worker", operator), role("perform", operator):
        tell(log, notice())
        until(lambda: kept(operator, notice().id).get("state") == "inProgress", "it is tried")
        with closing(MessageCentre(tmp_path, port)) as again:
            until(lambda: kept(operator, notice().id).get("state") == "completed", "the message is sent")
            assert counts(again) == {notice().id: 1}


def test_the_simulated_centre_keeps_what_it_took_and_knows_it_again(tmp_path: Path) -> None:
    message = json.loads('{"content": "a", "messageType": "SMS", "sender": {}, "receiver": [{"phoneNumber": "32470"}]}')
    with closing(MessageCentre(tmp_path, 0)) as centre:
        new, first = centre.take("k", message)
        assert new
    with closing(MessageCentre(tmp_path, 0)) as centre:
        assert centre.take("k", message | {"content": "b"}) == (False, first)
        assert [each["content"] for each in centre.messages()] == ["a"]
