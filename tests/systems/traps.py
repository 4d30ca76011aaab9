"""Traps of the three vendors as their managers send them, with invented names."""

from __future__ import annotations

from typing import Any

from trunkline.systems import Trap
from trunkline.systems.ericsson import alarms as ericsson
from trunkline.systems.huawei import alarms as huawei
from trunkline.systems.nokia import alarms as nokia

Variables = dict[str, Any]

EVENT_TIME = bytes.fromhex("07EA03090F3630002B0100")  # 2026-03-09 15:54:48 +01:00


def eri(number: int = 5, sequence: int = 100, instance: str = "", **changed: Any) -> tuple[str, Variables]:
    """An eriAlarm trap: `number` 5 is critical, 7 cleared."""
    entry = f"{ericsson.ROOT}.{ericsson.TABLE}"
    given = {
        "major": 193, "minor": 9_175_059, "problem": b"Service Unavailable",
        "object": b"ManagedElement=ANT_HAVEN_02,ENodeBFunction=1,EUtranCellFDD=ANT_HAVEN_02-1",
        "type": 2, "time": EVENT_TIME, "cause": 14, "text": b"S1 link",
    } | changed  # fmt: skip
    variables = {
        f"{entry}.5{instance}": given["object"],
        f"{entry}.2{instance}": given["major"],
        f"{entry}.3{instance}": given["minor"],
        f"{entry}.4{instance}": given["problem"],
        f"{ericsson.ROOT}.1.3.3.0": sequence,
        f"{entry}.6{instance}": given["type"],
        f"{entry}.7{instance}": given["time"],
        f"{entry}.9{instance}": given["cause"],
        f"{ericsson.ROOT}.1.2.1.0": given["text"],
    }
    return f"{ericsson.ROOT}.2.0.{number}", variables


NOKIA_NAMES = {
    "sequence": "2.1.3.9", "event_time": "2.1.6.3", "object": "2.1.6.5", "ack_state": "3.1.1.1", "ack_time": "3.1.1.2",
    "ack_user": "3.1.1.3", "text": "3.1.1.4", "id": "3.1.1.5", "alarm_time": "3.1.1.6", "type": "3.1.1.7",
    "clear_time": "3.1.1.8", "clear_user": "3.1.1.9", "comment": "3.1.1.10", "comment_time": "3.1.1.11",
    "comment_user": "3.1.1.12", "severity": "3.1.1.13", "cause": "3.1.1.14", "problem": "3.1.1.16",
}  # fmt: skip


def nbi(number: int = 1, group: int = 1, **changed: Any) -> tuple[str, Variables]:
    """A NetAct trap: 1 new, 2 acknowledged, 3 severity, 4 comment, 5 cleared; `None` leaves a variable out."""
    given = {
        "sequence": 11_164_043, "id": b"65182239", "type": 4, "object": b"PLMN-PLMN/MRBTS-4711/LNBTS-4711/LNCEL-11",
        "event_time": b"2026-03-09,15:54:59.5,+1:0", "severity": 1, "cause": 107,
    }  # fmt: skip
    if number == 1:
        given |= {"alarm_time": b"2026-03-09,15:54:46.0,+1:0", "problem": b"7653|CELL FAULTY", "text": b"Unit down"}
    given |= changed
    variables = {f"{nokia.ROOT}.{NOKIA_NAMES[name]}.0": v for name, v in given.items() if v is not None}
    return f"{nokia.ROOT}.3.0.{group}.{number}", variables


def imap(trap: int = 1, **columns: Any) -> tuple[str, Variables]:
    """An iMAP trap; `c11=6` sets column 11."""
    given = {
        "c1": b"30458812", "c2": b"1", "c3": b"2026/03/09 - 15:54:46Z",
        "c4": b"eNodeB Function Name=BRU_NOORD_01, Local Cell ID=2, Cell Name=BRU_NOORD_01_L18_2",
        "c5": 1, "c6": b"BTS3900 LTE", "c7": b"BRU_NOORD_01", "c8": b"7741", "c9": 29_240, "c10": 8, "c11": 2, "c12": 2,
        "c13": 2, "c14": b"", "c15": b"", "c16": b"", "c27": b"", "c28": b"Cell Unavailable", "c29": b"",
        "c30": b"Cell capability failure", "c51": b"NE=7741",
    } | columns  # fmt: skip
    variables = {f"{huawei.ROOT}.{name[1:]}.0": value for name, value in given.items() if value is not None}
    return f"{huawei.ROOT}.0.{trap}", variables


def trap(made: tuple[str, Variables], agent: str = "127.0.0.1") -> Trap:
    oid, variables = made
    return Trap(oid, tuple(variables.items()), agent)
