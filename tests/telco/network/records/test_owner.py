"""What is asked of alarms over TMF642 happens to the live alarms, and the records tell of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.store import stores
from tests.telco.network.records.house import House
from tests.telco.network.records.lives import CELL
from trunkline.store import open_store
from trunkline.telco.model import AckState, AlarmCommand, AlarmReport, Report, Severity, Source
from trunkline.telco.network.alarms.book import CLEARED_KEPT
from trunkline.tmf.declaration import Document
from trunkline.tmf.errors import Refusal

RAISED = datetime(2026, 3, 9, 2, 14, 30, tzinfo=UTC)


@pytest.fixture(params=stores.NAMES)
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    with stores.url(request.param, tmp_path) as url, closing(open_store(url)) as store:
        yield House(store)


def report(kind: Report = Report.RAISE, seconds: float = 0, **fields: Any) -> AlarmReport:
    told: dict[str, Any] = {
        "vendor": "Nokia", "system": "netact", "dn": CELL, "problem": "7653", "severity": Severity.MAJOR,
        "text": "Unit not operating", "native_id": "651", "source": Source(uri="snmp://127.0.0.1:5000"),
    }  # fmt: skip
    if kind is Report.CLEAR:
        told["severity"] = Severity.CLEARED
    return AlarmReport(kind=kind, **{"time": RAISED + timedelta(seconds=seconds), **told, **fields})


def raised(house: House, *problems: str) -> list[str]:
    """The ids of alarms that the network has raised."""
    house.network(*(report(problem=problem, native_id=problem) for problem in problems or ("7653",)))
    return list(house.book.kept)


POSTED: Document = {
    "state": "raised",
    "alarmType": "environmentalAlarm",
    "perceivedSeverity": "minor",
    "probableCause": "rectifierLowVoltage",
    "specificProblem": "ps=3,sl=1,in=8",
    "alarmedObjectType": "Rectifier",
    "alarmedObject": {"@type": "AlarmedObjectRef", "id": "93051825", "name": "the rectifier"},
    "sourceSystemId": "ems-1",
    "externalAlarmId": "5551212",
    "alarmDetails": "voltage=204",
    "alarmRaisedTime": "2026-03-09T03:14:30.250+01:00",
    "alarmReportingTime": "2026-03-09T02:14:31Z",
    "serviceAffecting": True,
}


def by_id(*ids: str) -> list[Document]:
    return [{"@type": "AlarmRef", "id": id} for id in ids]


# What the network says


def test_what_the_network_reports_is_told_once(house: House) -> None:
    [id] = raised(house)
    house.network(report(seconds=10, severity=Severity.CRITICAL), report(Report.CLEAR, 20))
    house.settle()
    assert house.alarm(id)["state"] == "cleared"
    assert [type for type, _ in house.told] == [
        "AlarmCreateEvent",
        "AlarmStateChangeEvent",
        "AlarmAttributeValueChangeEvent",
        "AlarmStateChangeEvent",
        "AlarmAttributeValueChangeEvent",
    ]


def test_what_the_network_forgets_is_gone(house: House) -> None:
    [id] = raised(house)
    house.network(report(Report.CLEAR, 20))
    house.tick(RAISED + CLEARED_KEPT + timedelta(minutes=1))
    house.settle()
    assert house.gone(id)
    assert house.told[-1] == ("AlarmDeleteEvent", id)


# What outside systems post


def test_what_is_posted_is_a_live_alarm_and_its_record_as_it_was_written(house: House) -> None:
    made = house.post(**POSTED)
    assert POSTED.items() <= made.items()
    house.settle()
    live = house.live(made["id"])
    assert (live.dn, live.problem, live.perceived_severity) == ("93051825", "ps=3,sl=1,in=8", Severity.MINOR)
    assert live.paths == {"ems-1": "5551212"}
    assert house.alarm(made["id"]) == made
    assert house.told == [], "the record did not change by what the network told of it"


def test_an_alarm_is_posted_as_it_stands(house: House) -> None:
    note = {"@type": "Comment", "comment": "seen", "userId": "an", "systemId": "x", "time": "2026-03-09T04:00:00Z"}
    made = house.post(**POSTED, ackState="acknowledged", ackUserId="an", comment=[note])
    assert made["comment"] == [note]
    house.settle()
    live = house.live(made["id"])
    assert (live.ack_state, live.ack_user) == (AckState.ACKNOWLEDGED, "an")
    assert [(said.text, said.user, said.system) for said in live.comments] == [("seen", "an", "ems-1")]
    assert house.alarm(made["id"]) == made


def test_an_alarm_that_is_over_may_be_posted_as_history(house: House) -> None:
    made = house.post(**{**POSTED, "state": "cleared", "alarmClearedTime": "2026-03-09T04:00:00Z"})
    house.settle()
    assert house.live(made["id"]).state == "cleared"
    assert house.alarm(made["id"])["alarmClearedTime"] == "2026-03-09T04:00:00Z"


@pytest.mark.parametrize("missing", ["alarmedObject", "perceivedSeverity"])
def test_what_makes_no_alarm_is_refused(house: House, missing: str) -> None:
    with pytest.raises(Refusal, match=missing) as refused:
        house.post(**{name: value for name, value in POSTED.items() if name != missing})
    assert refused.value.status == 400


def test_an_alarm_that_is_there_is_not_posted_again(house: House) -> None:
    made = house.post(**POSTED)
    for settled in (False, True):
        with pytest.raises(Refusal, match=made["id"]) as refused:
            house.post(**POSTED | {"alarmRaisedTime": "2026-03-09T05:00:00Z"})
        assert (refused.value.status, refused.value.code, settled) == (409, "alarmExists", settled)
        house.settle()
    assert list(house.book.kept) == [made["id"]]


def test_an_alarm_that_flaps_is_posted_again_under_its_id(house: House) -> None:
    made = house.post(**POSTED)
    house.settle()
    house.patch(made["id"], state="cleared")
    house.settle()
    cleared = house.live(made["id"]).cleared_time
    assert cleared is not None
    again = house.post(**POSTED | {"alarmRaisedTime": (cleared + timedelta(minutes=1)).isoformat()})
    house.settle()
    assert again["id"] == made["id"]
    assert (house.live(made["id"]).state, house.live(made["id"]).repeats) == ("raised", 1)
    assert house.alarm(made["id"]) == again
    later = house.patch(made["id"], state="cleared")["alarmClearedTime"]
    house.settle()
    with pytest.raises(Refusal, match="is over since"):
        house.post(**POSTED | {"alarmRaisedTime": later})
    new = house.post(**POSTED | {"alarmRaisedTime": (datetime.fromisoformat(later) + timedelta(hours=1)).isoformat()})
    house.settle()
    assert new["id"] != made["id"]
    assert house.alarm(new["id"]) == new


def test_what_another_system_raised_meanwhile_is_one_alarm(house: House) -> None:
    made = house.post(**POSTED)
    house.network(report(dn="93051825", problem="ps=3,sl=1,in=8", seconds=-1))
    [id] = house.book.kept
    assert id != made["id"]
    assert house.gone(made["id"])
    assert house.alarm(id)["reportedBy"] == ["netact", "ems-1"]
    assert ("AlarmDeleteEvent", made["id"]) in house.told


# What is patched


def test_an_acknowledgement_is_told_at_once_and_done_by_the_network(house: House) -> None:
    [id] = raised(house)
    patched = house.patch(id, ackState="acknowledged", ackUserId="an", ackSystemId="desk")
    house.settle()
    assert (house.live(id).ack_state, house.live(id).ack_user) == (AckState.ACKNOWLEDGED, "an")
    assert house.alarm(id) == patched
    assert patched["ackSystemId"] == "desk"
    back = house.patch(id, ackState="unacknowledged")
    house.settle()
    assert house.live(id).ack_state is AckState.UNACKNOWLEDGED
    assert house.alarm(id) == back
    assert "ackUserId" not in back


def test_a_comment_is_added_to_what_is_there(house: House) -> None:
    [id] = raised(house)
    house.patch(id, comment=[{"@type": "Comment", "comment": "on my way", "userId": "an"}])
    house.settle()
    patched = house.patch(id, comment=[{"@type": "Comment", "comment": "there", "userId": "bo"}])
    house.settle()
    assert [said.text for said in house.live(id).comments] == ["on my way", "there"]
    assert house.alarm(id) == patched


def test_a_clear_clears(house: House) -> None:
    [id] = raised(house)
    patched = house.patch(id, state="cleared", clearUserId="an")
    house.settle()
    assert (house.live(id).state, house.live(id).cleared_by) == ("cleared", "an")
    assert house.alarm(id) == patched
    assert patched["perceivedSeverity"] == "cleared"
    with pytest.raises(Refusal, match="is over"):
        house.patch(id, perceivedSeverity="major")


def test_a_parent_is_given_and_taken_away(house: House) -> None:
    parent, child = raised(house, "1", "2")
    house.patch(child, parentAlarm=by_id(parent))
    house.settle()
    assert house.live(child).parent == parent
    assert [one["id"] for one in house.alarm(parent)["correlatedAlarm"]] == [child]
    for wrong, why in ((child, "below itself"), ("nobody", "no alarm nobody")):
        with pytest.raises(Refusal, match=why):
            house.patch(parent, parentAlarm=by_id(wrong))
    house.patch(child, parentAlarm=None)
    house.settle()
    assert house.live(child).parent == ""
    assert "parentAlarm" not in house.alarm(child)


def test_what_a_system_posted_it_may_word_anew_also_at_once(house: House) -> None:
    made = house.post(**POSTED)
    house.patch(made["id"], perceivedSeverity="major", alarmDetails="voltage=95", state="updated")
    patched = house.patch(made["id"], ackState="acknowledged", ackUserId="an")
    house.settle()
    live = house.live(made["id"])
    assert (live.perceived_severity, live.text, live.state) == (Severity.MAJOR, "voltage=95", "updated")
    assert live.ack_state is AckState.ACKNOWLEDGED
    assert house.alarm(made["id"]) == patched
    with pytest.raises(Refusal, match="the same severity"):
        house.patch(made["id"], probableCause="powerProblem")


def test_what_is_not_live_yet_is_asked_by_reports_which_a_command_could_overtake(house: House) -> None:
    made = house.post(**POSTED)
    house.patch(made["id"], ackState="acknowledged", ackUserId="an")
    assert {outgoing.topic for outgoing in house.store.outbox()} == {AlarmReport.topic}
    with pytest.raises(Refusal, match="posted a moment ago"):
        house.ask("groupAlarm", parentAlarm={"id": house.post(**POSTED | {"specificProblem": "x"})["id"]},
                  correlatedAlarm=by_id(made["id"]))  # fmt: skip
    house.settle()
    house.patch(made["id"], ackState="unacknowledged")
    assert {outgoing.topic for outgoing in house.store.outbox()} == {AlarmCommand.topic}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("perceivedSeverity", "minor"),
        ("problem", "x"),
        ("externalAlarmId", "7"),
        ("alarmedObject", {"@type": "AlarmedObjectRef", "id": "x"}),
        ("ackUserId", "bo"),
    ],
)
def test_what_the_network_says_is_not_the_clients_to_change(house: House, name: str, value: object) -> None:
    [id] = raised(house)
    with pytest.raises(Refusal, match=name) as refused:
        house.patch(id, **{name: value})
    assert (refused.value.status, refused.value.code) == (409, "notYours")


def test_what_the_network_does_not_say_is_the_clients(house: House) -> None:
    [id] = raised(house)
    house.patch(id, serviceAffecting=True, proposedRepairedActions="replace the unit")
    house.network(report(seconds=60, severity=Severity.CRITICAL))
    assert house.alarm(id)["proposedRepairedActions"] == "replace the unit"
    assert house.alarm(id)["perceivedSeverity"] == "critical"


def test_only_an_alarm_that_is_over_may_be_deleted(house: House) -> None:
    [id] = raised(house)
    with pytest.raises(Refusal, match="not over"):
        house.delete(id)
    house.network(report(Report.CLEAR, 5))
    house.delete(id)
    assert house.gone(id)


def test_what_is_deleted_stays_so_whatever_the_network_still_tells_of_it(house: House) -> None:
    made = house.post(**POSTED)
    house.patch(made["id"], state="cleared")
    house.delete(made["id"])
    house.settle()
    assert house.live(made["id"]).state == "cleared"
    assert house.gone(made["id"])
    house.network(report(Report.COMMENT, dn="93051825", problem="ps=3,sl=1,in=8", time=datetime.now(UTC)))
    assert len(house.live(made["id"]).comments) == 1
    assert house.gone(made["id"])
    house.network(report(dn="93051825", problem="ps=3,sl=1,in=8", time=datetime.now(UTC) + timedelta(minutes=1)))
    assert house.alarm(made["id"])["state"] == "raised", "it was raised anew"


def test_what_is_deleted_is_forgotten_with_what_the_network_forgets(house: House) -> None:
    [id] = raised(house)
    house.network(report(Report.CLEAR, 5))
    house.delete(id)
    house.tick(RAISED + CLEARED_KEPT + timedelta(minutes=1))
    assert house.store.get("network.alarm.deleted", id) is None
    house.network(report(seconds=CLEARED_KEPT.total_seconds() + 300))
    assert len(house.book.kept) == 1


# Tasks


def test_acknowledging_says_of_which_alarms_and_is_done_when_they_are(house: House) -> None:
    first, second, third = raised(house, "1", "2", "3")
    task = house.ask("ackAlarm", ackUserId="an", ackSystemId="desk", alarmPattern=by_id(first, third))
    assert (task["state"], task["ackedAlarm"]) == ("inProgress", [])
    house.settle()
    done = house.task(task)
    assert done["state"] == "done"
    assert {alarm["id"] for alarm in done["ackedAlarm"]} == {first, third}
    assert [house.live(id).ack_user for id in (first, second, third)] == ["an", "", "an"]
    assert ("AckAlarmStateChangeEvent", task["id"]) in house.told


def test_what_is_so_already_is_done_at_once(house: House) -> None:
    [id] = raised(house)
    task = house.ask("unAckAlarm", ackUserId="an", alarmPattern=by_id(id))
    assert (task["state"], [alarm["id"] for alarm in task["unAckedAlarm"]]) == ("done", [id])
    assert house.store.outbox() == []


def test_a_pattern_asks_for_all_of_its_attributes_and_several_for_any(house: House) -> None:
    house.network(
        report(problem="1"),
        report(problem="2", severity=Severity.CRITICAL),
        report(problem="3", dn="ManagedElement=OTHER"),
    )
    one, two, three = house.book.kept
    patterns = [
        {"@type": "Alarm", "alarmedObject": {"@type": "AlarmedObjectRef", "id": CELL}, "perceivedSeverity": "critical"},
        {"alarmedObject": {"id": "ManagedElement=OTHER"}, "alarmRaisedTime": "2026-03-09T03:14:30+01:00"},
    ]
    house.ask("ackAlarm", ackUserId="an", alarmPattern=patterns)
    house.settle()
    assert [house.live(id).ack_user for id in (one, two, three)] == ["", "an", "an"]


def test_clearing_comments_and_groups_happen_to_the_live_alarms(house: House) -> None:
    one, two = raised(house, "1", "2")
    tasks = [house.ask("commentAlarm", comment={"comment": "on my way", "userId": "an"}, alarmPattern=by_id(one))]
    tasks.append(house.ask("groupAlarm", sourceSystemId="desk", parentAlarm={"id": one}, correlatedAlarm=by_id(two)))
    house.settle()
    assert [said.text for said in house.live(one).comments] == ["on my way"]
    assert (house.live(two).parent, house.live(one).children) == (one, (two,))
    tasks.append(house.ask("unGroupAlarm", sourceSystemId="desk", parentAlarm={"id": one}, correlatedAlarm=by_id(two)))
    tasks.append(house.ask("clearAlarm", clearUserId="an", alarmPattern=by_id(one, two)))
    house.settle()
    assert (house.live(two).parent, house.live(one).children) == ("", ())
    assert [house.live(id).cleared_by for id in (one, two)] == ["an", "an"]
    assert [house.task(task)["state"] for task in tasks] == ["done"] * 4


@pytest.mark.parametrize(
    ("task", "said", "status", "why"),
    [
        ("ackAlarm", {"alarmPattern": []}, 400, "alarmPattern must name alarms"),
        ("ackAlarm", {"alarmPattern": [{"@type": "Alarm"}]}, 400, "names no attribute"),
        ("ackAlarm", {"alarmPattern": [{"id": "nobody"}]}, 409, "no alarm nobody"),
        ("ackAlarm", {"alarmPattern": [{"alarmedObject": {"id": "nobody"}}]}, 409, "no alarm is as"),
        ("commentAlarm", {"alarmPattern": [{"vendor": "Nokia"}]}, 400, "comment.comment is missing"),
        ("groupAlarm", {"correlatedAlarm": [{"vendor": "Nokia"}], "parentAlarm": {"vendor": "Nokia"}}, 409, "3 alarms"),
        ("unGroupAlarm", {"correlatedAlarm": [{"vendor": "Nokia"}]}, 409, "is not in a group"),
        ("clearAlarm", {"alarmPattern": [{"problem": "3"}]}, 409, "cleared already"),
    ],
)
def test_a_task_that_cannot_be_is_refused(house: House, task: str, said: Any, status: int, why: str) -> None:
    house.network(report(problem="1"), report(problem="2"), report(Report.CLEAR, problem="3", native_id="3"))
    with pytest.raises(Refusal, match=why) as refused:
        house.ask(task, **said)
    assert refused.value.status == status
    assert house.store.outbox() == []


def test_an_alarm_is_not_grouped_below_its_own_child(house: House) -> None:
    one, two, three = raised(house, "1", "2", "3")
    for parent, child in ((one, two), (two, three)):
        house.ask("groupAlarm", parentAlarm={"id": parent}, correlatedAlarm=by_id(child))
        house.settle()
    with pytest.raises(Refusal, match="below itself"):
        house.ask("groupAlarm", parentAlarm={"id": three}, correlatedAlarm=by_id(one))


def test_a_task_on_an_alarm_that_goes_ends_with_an_error(house: House) -> None:
    [id] = raised(house)
    house.network(report(Report.CLEAR, 5))
    task = house.ask("ackAlarm", ackUserId="an", alarmPattern=by_id(id))
    house.tick(RAISED + CLEARED_KEPT + timedelta(minutes=1))
    assert house.task(task)["state"] == "terminatedWithError"
