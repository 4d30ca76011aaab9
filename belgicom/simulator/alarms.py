"""What can go wrong in the network, what each vendor calls it, and an alarm that stands because of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from belgicom.simulator.network import Cell, Network, Site
from belgicom.simulator.traffic import Condition

SEVERITIES = ("critical", "major", "minor", "warning")


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One kind of fault.

    `weight` is how often it happens beside the others, `minutes` how long it lasts in the mean. `event_type` and
    `cause` are X.733's words, `cause_number` ITU's number for the cause. `nokia` is NetAct's specific problem and its
    text, `huawei` MAE's alarm number and name; Ericsson names the problem and numbers it (`minor_type`).
    """

    name: str
    of_cell: bool
    severity: str
    event_type: str
    cause: str
    cause_number: int
    condition: Condition
    weight: float
    minutes: float
    ericsson: str
    minor_type: int
    nokia: tuple[int, str]
    huawei: tuple[int, str]


PROBLEMS = {
    problem.name: problem
    for problem in (
        Problem(
            name="cell-down", of_cell=True, severity="critical", event_type="communicationsAlarm",
            cause="Unavailable", cause_number=14, condition=Condition(outage=1.0), weight=2, minutes=4,
            ericsson="Service Unavailable", minor_type=9175059,
            nokia=(7653, "CELL FAULTY"), huawei=(29240, "Cell Unavailable"),
        ),
        Problem(
            name="cell-degraded", of_cell=True, severity="major", event_type="qualityOfServiceAlarm",
            cause="Performance Degraded", cause_number=334, condition=Condition(impairment=0.6), weight=4, minutes=6,
            ericsson="Service Degraded", minor_type=9175058,
            nokia=(7654, "CELL OPERATION DEGRADED"), huawei=(29243, "Cell Capability Degraded"),
        ),
        Problem(
            name="antenna", of_cell=True, severity="major", event_type="equipmentAlarm",
            cause="Antenna Failure", cause_number=71, condition=Condition(impairment=0.4), weight=3, minutes=8,
            ericsson="VswrOverThreshold", minor_type=9175108,
            nokia=(7655, "CELL NOTIFICATION"), huawei=(26529, "RF Unit VSWR Threshold Crossed"),
        ),
        Problem(
            name="transport-down", of_cell=False, severity="critical", event_type="communicationsAlarm",
            cause="Loss Of Signal", cause_number=8, condition=Condition(outage=1.0), weight=0.5, minutes=3,
            ericsson="Gigabit Ethernet Link Fault", minor_type=9175076,
            nokia=(7656, "BASE STATION CONNECTIVITY LOST"), huawei=(25888, "SCTP Link Fault"),
        ),
        Problem(
            name="synchronisation", of_cell=False, severity="minor", event_type="equipmentAlarm",
            cause="Timing Problem", cause_number=66, condition=Condition(impairment=0.05), weight=2, minutes=10,
            ericsson="Sync PTP Time PDV Problem", minor_type=9175140,
            nokia=(7651, "BASE STATION OPERATION DEGRADED"), huawei=(26263, "IP Clock Link Failure"),
        ),
        Problem(
            name="mains", of_cell=False, severity="major", event_type="environmentalAlarm",
            cause="Commercial Power Failure", cause_number=106, condition=Condition(), weight=1.5, minutes=8,
            ericsson="Mains Failure", minor_type=9175200,
            nokia=(7401, "EXTERNAL AL 1"), huawei=(25622, "Mains Input Out of Range"),
        ),
        Problem(
            name="temperature", of_cell=False, severity="warning", event_type="environmentalAlarm",
            cause="High Temperature", cause_number=123, condition=Condition(), weight=2, minutes=12,
            ericsson="Enclosure Temperature High", minor_type=9175202,
            nokia=(7652, "BASE STATION NOTIFICATION"), huawei=(25650, "Ambient Temperature Unacceptable"),
        ),
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm as the equipment holds it. `id` is unique at the vendor's manager and never used again.

    `cell` is None where the alarm is the site's. `changed` is the time of its last change, the raise included.
    """

    id: int
    problem: Problem
    site: Site
    cell: Cell | None
    severity: str
    raised: datetime
    changed: datetime
    cleared: bool = False

    @property
    def object(self) -> tuple[str, str, str, int]:
        """What the alarm is about: no two active alarms are the same."""
        return (
            self.problem.name,
            self.site.name,
            *((self.cell.technology, self.cell.number) if self.cell else ("", 0)),
        )

    @property
    def code(self) -> str:
        """The vendor's code of the problem: Ericsson's is its words, the others' a number."""
        own = {"Ericsson": self.problem.ericsson, "Nokia": self.problem.nokia[0], "Huawei": self.problem.huawei[0]}
        return str(own[self.site.vendor])

    @property
    def words(self) -> str:
        """What the vendor calls the problem."""
        own = {"Ericsson": self.problem.ericsson, "Nokia": self.problem.nokia[1], "Huawei": self.problem.huawei[1]}
        return own[self.site.vendor]

    def clear(self, now: datetime) -> Alarm:
        return replace(self, cleared=True, changed=now)

    def saved(self) -> dict[str, Any]:
        """As JSON for the state file."""
        problem, site, technology, number = self.object
        return {
            "id": self.id, "problem": problem, "site": site, "technology": technology, "cell": number,
            "severity": self.severity, "raised": self.raised.isoformat(), "changed": self.changed.isoformat(),
        }  # fmt: skip


def restored(saved: dict[str, Any], network: Network) -> Alarm:
    """The alarm that `Alarm.saved` wrote. Raises `KeyError` where the network has no such site or cell any more."""
    site = network.by_name[saved["site"]]
    cell = next(
        (cell for cell in site.cells if (cell.technology, cell.number) == (saved["technology"], saved["cell"])), None
    )
    if saved["technology"] and cell is None:
        raise KeyError(saved["technology"], saved["cell"])
    raised, changed = datetime.fromisoformat(saved["raised"]), datetime.fromisoformat(saved["changed"])
    return Alarm(saved["id"], PROBLEMS[saved["problem"]], site, cell, saved["severity"], raised, changed)
