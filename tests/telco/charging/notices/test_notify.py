"""A notice becomes one request for a message, the same however often it is told."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from tests.telco.charging.notices.operator import APRIL, DATA, ELS, NOON, Desk, notice
from trunkline.effects import Place
from trunkline.telco.model import Notice


def test_a_notice_asks_for_a_message_by_its_own_id_with_its_place_as_the_proof() -> None:
    [effect] = Desk().tell(notice(), first=77)
    assert (effect.id, effect.effector, effect.order) == ("1042/2026-03/data/80", "messages", ELS)
    assert effect.cause == Place(Notice.topic, 2, 77)
    assert effect.waits


def test_the_message_is_that_of_tmf681() -> None:
    [effect] = Desk().tell(notice(language="fr"))
    message = msgspec.json.decode(effect.payload)
    assert message["content"] == "Vous avez utilisé 80% de Go. Il reste 4 Go jusqu'au 1 avril 2026, 00:00."
    assert message["sender"] == {"@type": "Sender", "id": "belgicom", "name": "BelgiCom"}
    assert message["receiver"] == [{"@type": "Receiver", "phoneNumber": ELS}]
    assert (message["id"], message["messageType"]) == (effect.id, "SMS")


def test_a_notice_that_is_told_again_asks_for_the_same_and_for_nothing_else() -> None:
    desk, told = Desk(), [notice(), notice("1042/2026-03/data/100")]
    first = desk.tell(*told)
    desk.driver.restart()
    assert desk.tell(*told) == first
    assert len({effect.id for effect in first}) == 2


def test_a_message_is_of_use_for_hours_after_the_notice_was_told_however_late_its_usage_came() -> None:
    told = NOON + timedelta(days=20)
    [effect] = Desk().tell(notice(time=NOON), at=told)
    assert effect.expires == told + timedelta(hours=72)


def test_who_reads_none_of_the_languages_is_written_to_in_the_first() -> None:
    [effect] = Desk().tell(notice(language="it"))
    message = msgspec.json.decode(effect.payload)
    assert message["content"].startswith("U hebt 80% van Go gebruikt.")
    assert message["characteristic"] == [{"@type": "StringCharacteristic", "name": "language", "value": "nl"}]


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        (notice("é"), "notice.id"),
        (notice("1" * 201), "notice.id"),
        (notice(kind="threshold", values={"name": "Go"}), "notice.values"),
        (notice(values=DATA | {"left": "much"}), "notice.values"),
        (notice(values=DATA | {"unit": "parsec"}), "notice.values"),
        (notice(values=DATA | {"unit": "money"}), "notice.values"),
        (notice(values=DATA | {"end": "soon"}), "notice.values"),
        (notice(values=DATA | {"end": "9999-12-31T23:59:59+00:00"}), "notice.values"),
    ],
)
def test_one_that_cannot_be_told_goes_to_the_quarantine_and_holds_nothing_up(told: Notice, reason: str) -> None:
    desk = Desk()
    assert [effect.id for effect in desk.tell(told, notice("next", values=DATA))] == ["next"]
    assert [rejected[:2] for rejected in desk.driver.rejected] == [(reason, 0)]
    assert len(desk.driver.instance) == 0


def test_an_allowance_without_an_end_is_told_too() -> None:
    assert "9999" in Desk().text(**DATA | {"end": "9999-01-01T00:00:00+00:00"})
    assert APRIL.isoformat() == DATA["end"]
