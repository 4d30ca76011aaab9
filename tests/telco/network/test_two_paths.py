"""The same fault over two paths, in the vendors' own words: one alarm."""

from __future__ import annotations

import io
import json

from tests.systems import traps
from tests.telco.network.outputs import Running
from trunkline.systems import Origin
from trunkline.systems.ericsson import alarms, openalarm
from trunkline.telco.model import Alarm, AlarmReport
from trunkline.telco.network.alarms.book import AlarmBook

TRAP, ENM = Origin(system="enm-traps", uri="snmp://127.0.0.1:5000"), Origin(system="enm", uri="sftp://enm/alarms.json")

LISTED = {
    "alarmNumber": 281479271678035, "fdn": "NetworkElement=ANT_HAVEN_02",
    "objectOfReference": "SubNetwork=BE,MeContext=ANT_HAVEN_02,ManagedElement=ANT_HAVEN_02,ENodeBFunction=1,"
    "EUtranCellFDD=ANT_HAVEN_02-1",
    "eventTime": "2026-03-09T15:54:48.000+0100", "presentSeverity": "CRITICAL", "previousSeverity": "UNDEFINED",
    "eventType": "Communications alarm", "probableCause": "LOSS_OF_SIGNAL", "specificProblem": "Service Unavailable",
    "problemText": "S1 link", "alarmState": "ACTIVE_UNACKNOWLEDGED", "recordType": "ALARM",
}  # fmt: skip


def listed(**changed: str) -> AlarmReport:
    (report,) = openalarm.read(io.BytesIO(json.dumps(LISTED | changed).encode()), ENM)
    assert isinstance(report, AlarmReport)
    return report


def trapped(number: int = 5, **changed: object) -> AlarmReport:
    report = alarms.read(traps.trap(traps.eri(number, **changed)), TRAP)
    assert isinstance(report, AlarmReport)
    return report


def test_a_trap_and_enms_list_tell_of_one_alarm() -> None:
    book = Running(AlarmBook)
    (first,) = book.take(trapped()).of(Alarm)
    (both,) = book.take(listed()).of(Alarm)
    assert both.id == first.id
    assert both.state == "raised"
    assert set(both.paths) == {"enm-traps", "enm"}


def test_either_path_clears_it() -> None:
    cleared = {"presentSeverity": "CLEARED", "alarmState": "CLEARED_UNACKNOWLEDGED"}
    later = {"eventTime": "2026-03-09T15:59:48.000+0100"}
    book = Running(AlarmBook)
    (first,) = book.take(trapped()).of(Alarm)
    book.take(listed())
    (over,) = book.take(listed(**cleared, **later)).of(Alarm)
    assert (over.id, over.state) == (first.id, "cleared")
    assert not book.take(trapped(7, sequence=101)).of(Alarm), "the other path's clear says nothing new"
