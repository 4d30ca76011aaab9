"""The life of alarms as an operator sees it (X.733, TMF642)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.telco.network.outputs import NOON, Running, Sent, at
from trunkline.quarantine import Rejected
from trunkline.telco.model import AckState, Alarm, AlarmCommand, AlarmReport, EventType, Report, Severity, Source
from trunkline.telco.network.alarms.book import AlarmBook
from trunkline.telco.network.alarms.life import FLAPPING, MOST_COMMENTS

CELL = "ManagedElement=ANT_01,ENBFunction=1,EUtranCellFDD=1"
NETACT, ENM = "netact", "enm"


def report(kind: Report = Report.RAISE, seconds: float = 0, **fields: Any) -> AlarmReport:
    told: dict[str, Any] = {
        "vendor": "Nokia", "system": NETACT, "dn": CELL, "problem": "7653", "severity": Severity.MAJOR,
        "event_type": EventType.EQUIPMENT, "text": "Unit not operating", "native_id": "651", "agent": "netact-1",
        "source": Source(uri="snmp://127.0.0.1:5000"),
    }  # fmt: skip
    if kind is Report.CLEAR:
        told["severity"] = Severity.CLEARED
    return AlarmReport(kind=kind, time=at(seconds), **{**told, **fields})


def clear(seconds: float, **fields: Any) -> AlarmReport:
    return report(Report.CLEAR, seconds, **fields)


def command(name: str, alarm: Alarm, seconds: float = 60, **fields: Any) -> AlarmCommand:
    return AlarmCommand(command=name, alarm_id=alarm.id, dn=alarm.dn, user="an", time=at(seconds), **fields)


@pytest.fixture
def book() -> Running:
    return Running(AlarmBook)


def the_alarm(sent: Sent) -> Alarm:
    (alarm,) = sent.of(Alarm)
    return alarm


def test_a_raise_begins_an_alarm(book: Running) -> None:
    alarm = the_alarm(book.take(report()))
    assert (alarm.state, alarm.perceived_severity, alarm.raised_time) == ("raised", Severity.MAJOR, NOON)
    assert alarm.paths == {NETACT: "651"}
    assert alarm.ack_state is AckState.UNACKNOWLEDGED


def test_a_change_of_severity_may_name_its_alarm_by_its_id_alone(book: Running) -> None:
    first = the_alarm(book.take(report()))
    worse = the_alarm(book.take(report(seconds=10, severity=Severity.CRITICAL, problem="")))
    assert (worse.id, worse.problem, worse.perceived_severity) == (first.id, "7653", Severity.CRITICAL)
    (rejected,) = book.take(report(seconds=20, problem="", native_id="unheard of")).of(Rejected)
    assert rejected.reason == "alarm.unknown"


def test_a_change_of_severity_or_text_updates_the_same_alarm(book: Running) -> None:
    first = the_alarm(book.take(report()))
    worse = the_alarm(book.take(report(seconds=10, severity=Severity.CRITICAL)))
    reworded = the_alarm(book.take(report(seconds=20, severity=Severity.CRITICAL, text="Unit is gone")))
    assert worse.id == reworded.id == first.id
    assert (worse.state, worse.perceived_severity, worse.changed_time) == ("updated", Severity.CRITICAL, at(10))
    assert (reworded.text, reworded.raised_time) == ("Unit is gone", NOON)


def test_a_clear_says_when_and_by_whom(book: Running) -> None:
    raised = the_alarm(book.take(report()))
    cleared = the_alarm(book.take(clear(30)))
    assert cleared.id == raised.id
    assert (cleared.state, cleared.perceived_severity) == ("cleared", Severity.CLEARED)
    assert (cleared.cleared_time, cleared.cleared_by) == (at(30), NETACT)


def test_what_comes_again_changes_nothing(book: Running) -> None:
    life = [report(), report(seconds=5, severity=Severity.MINOR), clear(30)]
    book.each(life)
    before = dict(book.kept)
    for again in (*life, *reversed(life)):
        assert not book.take(again).events
    assert book.kept == before


def test_the_same_alarm_over_two_paths_is_one_alarm(book: Running) -> None:
    first = the_alarm(book.take(report()))
    both = the_alarm(book.take(report(seconds=0.4, system=ENM, native_id="9", text="worded otherwise")))
    assert both.id == first.id
    assert both.paths == {NETACT: "651", ENM: "9"}
    assert both.text == first.text
    assert both.repeats == 0


def test_two_paths_that_word_a_fault_differently_do_not_overwrite_each_other(book: Running) -> None:
    book.each([report(), report(seconds=1, system=ENM, text="worded otherwise")])
    again = book.take(report(seconds=60), report(seconds=61, system=ENM, text="worded otherwise"))
    assert [alarm.text for alarm in again.of(Alarm)] == ["Unit not operating"]


def test_a_clear_on_one_path_clears_the_alarm_for_all(book: Running) -> None:
    book.each([report(), report(seconds=1, system=ENM, native_id="9")])
    assert the_alarm(book.take(clear(30, system=ENM, native_id="9"))).state == "cleared"
    assert not book.take(clear(31)).events


def test_a_slower_path_does_not_bring_a_cleared_alarm_back(book: Running) -> None:
    book.each([report(), clear(30)])
    late = the_alarm(book.take(report(seconds=1, system=ENM, native_id="9")))
    assert (late.state, late.paths) == ("cleared", {NETACT: "651", ENM: "9"})


def test_a_clear_that_overtook_its_raise_leaves_no_alarm_behind(book: Running) -> None:
    book.take(clear(30))
    alarm = the_alarm(book.take(report(seconds=10)))
    assert (alarm.state, alarm.raised_time, alarm.cleared_time) == ("cleared", at(10), at(30))
    assert not book.take(report(seconds=10)).events


def test_a_clear_without_a_raise_is_kept_as_history(book: Running) -> None:
    alarm = the_alarm(book.take(clear(30)))
    assert (alarm.state, alarm.cleared_time, alarm.dn) == ("cleared", at(30), CELL)


def test_a_clear_older_than_the_last_raise_does_not_clear(book: Running) -> None:
    book.each([report(seconds=50)])
    assert not book.take(clear(30)).events


def test_a_pair_that_came_in_the_wrong_order_does_not_reopen_an_old_alarm(book: Running) -> None:
    book.each([report(), clear(20), clear(1000)])
    assert all(alarm.state == "cleared" for alarm in book.take(report(seconds=900)).of(Alarm))


def test_a_clear_that_names_no_object_finds_its_alarm_by_the_systems_own_id(book: Running) -> None:
    raised = the_alarm(book.take(report()))
    assert the_alarm(book.take(clear(30, dn="", problem=""))).id == raised.id


def test_a_clear_that_names_nothing_known_goes_to_the_quarantine(book: Running) -> None:
    (rejected,) = book.take(clear(30, dn="", problem="", native_id="77")).of(Rejected)
    assert rejected.reason == "alarm.unknown"
    assert "'77'" in rejected.message


def test_a_flapping_alarm_stays_one_alarm_and_is_counted(book: Running) -> None:
    first = the_alarm(book.take(report()))
    for flap in range(1, 4):
        book.take(clear(60 * flap))
        back = the_alarm(book.take(report(seconds=60 * flap + 10)))
        assert (back.id, back.state, back.repeats, back.cleared_time) == (first.id, "raised", flap, None)
    assert back.raised_time == NOON


def test_a_raise_long_after_the_clear_is_a_new_alarm(book: Running) -> None:
    first = the_alarm(book.take(report()))
    book.take(clear(30))
    second = the_alarm(book.take(report(seconds=31 + FLAPPING.total_seconds())))
    assert second.id != first.id
    assert (second.state, second.repeats) == ("raised", 0)
    assert not book.take(report(), clear(30)).events, "the old life's reports are of the past"
    assert not book.take(report(seconds=1, system=ENM, native_id="9")).events, "and over another path, too"


def test_a_flap_that_two_paths_tell_of_is_counted_once(book: Running) -> None:
    book.each([report(), report(seconds=0.5, system=ENM, native_id="9"), clear(30), report(seconds=40)])
    assert not book.take(report(seconds=40.5, system=ENM, native_id="9")).events


def test_a_raise_of_the_very_moment_of_the_clear_is_over(book: Running) -> None:
    book.each([report(), clear(30)])
    sent = book.take(report(seconds=30, system=ENM, native_id="9"))
    assert all(alarm.state == "cleared" for alarm in sent.of(Alarm))


def test_an_alarms_id_is_the_same_wherever_it_is_worked_out(book: Running) -> None:
    assert the_alarm(book.take(report())).id == the_alarm(Running(AlarmBook).take(report())).id


def test_a_storm_of_the_same_report_is_told_once_a_batch(book: Running) -> None:
    book.take(report())
    storm = book.take(*(report(seconds=second) for second in range(1, 501)))
    assert the_alarm(storm).repeats == 500


def test_an_operator_acknowledges_comments_and_clears(book: Running) -> None:
    alarm = the_alarm(book.take(report()))
    acknowledged = the_alarm(book.take(command("acknowledge", alarm, 10)))
    commented = the_alarm(book.take(command("comment", alarm, 20, text="crew sent")))
    undone = the_alarm(book.take(command("unacknowledge", alarm, 30)))
    cleared = the_alarm(book.take(command("clear", alarm, 40)))
    assert (acknowledged.ack_state, acknowledged.ack_user) == (AckState.ACKNOWLEDGED, "an")
    assert acknowledged.ack_time == at(10)
    assert [(comment.text, comment.user) for comment in commented.comments] == [("crew sent", "an")]
    assert (undone.ack_state, undone.ack_user, undone.ack_time) == (AckState.UNACKNOWLEDGED, "", None)
    assert (cleared.state, cleared.cleared_by) == ("cleared", "an")


def test_an_acknowledgement_at_the_system_counts_as_well(book: Running) -> None:
    book.take(report())
    alarm = the_alarm(book.take(report(Report.ACKNOWLEDGE, 10, user="omc")))
    assert (alarm.ack_state, alarm.ack_user) == (AckState.ACKNOWLEDGED, "omc")


def test_an_old_acknowledgement_does_not_undo_a_newer_word(book: Running) -> None:
    alarm = the_alarm(book.take(report()))
    book.each([command("acknowledge", alarm, 10), command("unacknowledge", alarm, 20)])
    assert not book.take(command("acknowledge", alarm, 10)).events
    assert not book.take(command("acknowledge", alarm, 20)).events, "of two words of one moment the first stands"


def test_the_same_comment_twice_is_one_comment_and_there_are_not_endlessly_many(book: Running) -> None:
    alarm = the_alarm(book.take(report()))
    book.take(command("comment", alarm, 1, text="once"))
    assert not book.take(command("comment", alarm, 1, text="once")).events
    for second in range(2, MOST_COMMENTS + 10):
        last = the_alarm(book.take(command("comment", alarm, second, text=f"note {second}")))
    assert len(last.comments) == MOST_COMMENTS
    assert last.comments[-1].text == f"note {MOST_COMMENTS + 9}"


def test_alarms_are_grouped_under_a_parent_and_let_go_again(book: Running) -> None:
    parent = the_alarm(book.take(report()))
    child = the_alarm(book.take(report(problem="1234")))
    grouped = {alarm.id: alarm for alarm in book.take(command("group", child, parent=parent.id)).of(Alarm)}
    assert grouped[child.id].parent == parent.id
    assert grouped[parent.id].children == (child.id,)
    let_go = {alarm.id: alarm for alarm in book.take(command("ungroup", child, 70)).of(Alarm)}
    assert (let_go[child.id].parent, let_go[parent.id].children) == ("", ())


def test_a_child_that_gets_another_parent_leaves_the_first(book: Running) -> None:
    first, second, child = (the_alarm(book.take(report(problem=name))) for name in ("a", "b", "c"))
    book.take(command("group", child, parent=first.id))
    moved = {alarm.id: alarm for alarm in book.take(command("group", child, parent=second.id)).of(Alarm)}
    assert (moved[child.id].parent, moved[first.id].children, moved[second.id].children) == (
        second.id, (), (child.id,),
    )  # fmt: skip


def test_an_alarm_cannot_be_its_own_ancestor(book: Running) -> None:
    top, below = (the_alarm(book.take(report(problem=name))) for name in ("a", "b"))
    book.take(command("group", below, parent=top.id))
    for bad in (command("group", top, parent=below.id), command("group", top, parent=top.id)):
        (rejected,) = book.take(bad).of(Rejected)
        assert rejected.reason == "alarm.parent"


@pytest.mark.parametrize(("name", "id"), [("acknowledge", "gone"), ("explode", None), ("group", None)])
def test_a_command_that_cannot_be_followed_goes_to_the_quarantine(book: Running, name: str, id: str | None) -> None:
    alarm = the_alarm(book.take(report()))
    asked = AlarmCommand(command=name, alarm_id=id or alarm.id, dn=CELL, user="an", time=at(9), parent="nobody")
    sent = book.take(asked)
    (rejected,) = sent.of(Rejected)
    assert rejected.uri == "log://network.alarm.command/0"
    assert rejected.part
    assert not sent.of(Alarm)


def test_a_synchronisation_clears_what_the_agent_no_longer_has(book: Running) -> None:
    book.each([report(), report(problem="2", native_id="652"), report(problem="3", native_id="9", agent="other")])
    listed = report(Report.SYNCHRONISED, 100, dn="", problem="", native_id="", active=("652",))
    cleared = the_alarm(book.take(listed))
    assert (cleared.problem, cleared.state, cleared.cleared_time) == ("7653", "cleared", at(100))
    assert not book.take(listed).events


def test_a_synchronisation_spares_what_was_raised_after_its_list(book: Running) -> None:
    book.take(report(seconds=150))
    assert not book.take(report(Report.SYNCHRONISED, 100, active=())).events


def test_a_synchronisation_says_nothing_of_what_was_cleared_before(book: Running) -> None:
    book.each([report(), clear(30), report(Report.SYNCHRONISED, 100, dn="", problem="", native_id="")])
    assert the_alarm(book.take(report(seconds=60))).state == "raised", "late, but it was not known to the list"


def test_cleared_alarms_are_forgotten_after_the_declared_time() -> None:
    book = Running(lambda: AlarmBook(cleared_kept=timedelta(hours=1)))
    old, active = (the_alarm(book.take(report(problem=name))) for name in ("old", "active"))
    book.take(clear(30, problem="old"))
    assert not book.tick(at(3600)).events
    assert book.tick(at(3631)).tombstones() == [old.id]
    assert set(book.kept) == {active.id}
    assert not book.tick(at(9999)).events


def test_no_more_cleared_alarms_are_kept_than_declared() -> None:
    book = Running(lambda: AlarmBook(most_cleared=10))
    for number in range(50):
        book.each([report(seconds=number, problem=str(number)), clear(number, problem=str(number))])
    assert len(book.tick(at(60)).tombstones()) == 40
    assert len(book.kept) == 10


def test_a_forgotten_parent_leaves_its_children_alone() -> None:
    book = Running(lambda: AlarmBook(cleared_kept=timedelta(0)))
    parent, child = (the_alarm(book.take(report(problem=name))) for name in ("a", "b"))
    book.take(command("group", child, parent=parent.id))
    book.take(clear(90, problem="a"))
    told = book.tick(at(100))
    assert told.tombstones() == [parent.id]
    assert the_alarm(told).parent == ""


def test_a_raise_of_severity_cleared_is_a_clear(book: Running) -> None:
    book.take(report())
    assert the_alarm(book.take(report(seconds=5, severity=Severity.CLEARED))).state == "cleared"


def test_events_of_one_batch_have_ids_of_their_own(book: Running) -> None:
    parent, child = (the_alarm(book.take(report(problem=name))) for name in ("a", "b"))
    sent = book.take(command("group", child, parent=parent.id), report(seconds=9, problem="b"), clear(10, problem="b"))
    assert len(set(sent.ids)) == len(sent.ids)
