"""In whatever order, over whatever path, however often: an alarm is active exactly when its last raise follows its
last clear."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tests.telco.network.outputs import Running, Sent, at
from trunkline.telco.model import Alarm, AlarmCommand, AlarmReport, Report, Severity, Source
from trunkline.telco.network.alarms.book import AlarmBook
from trunkline.telco.network.alarms.life import Life

CELL = "ManagedElement=ANT_01,ENBFunction=1,EUtranCellFDD=1"
PROBLEMS = st.sampled_from(["down", "hot"])
SYSTEMS = st.sampled_from(["netact", "enm"])
TIMES = st.one_of(st.integers(0, 40), st.integers(0, 2000))  # close together, and apart by more than a flap
SEVERITIES = st.sampled_from([Severity.CRITICAL, Severity.MINOR])
TEXTS = st.sampled_from(["", "burning"])


class AlarmsInAnyOrder(RuleBasedStateMachine):
    """Two books hear the same. One of them is restarted from its kept state now and then, and must not show it."""

    def __init__(self) -> None:
        super().__init__()
        self.steady, self.restarted = Running(AlarmBook), Running(AlarmBook)
        self.topic: dict[str, Alarm] = {}
        self.heard: list[AlarmReport] = []
        self.raised: dict[str, int] = {}
        self.cleared: dict[str, int] = {}

    def take(self, item: Any) -> Sent:
        sent, twin = self.steady.take(item), self.restarted.take(item)
        assert sent.events == twin.events
        assert sent.ids == twin.ids
        for alarm in sent.of(Alarm):
            self.topic[alarm.id] = alarm
        return sent

    def hear(self, kind: Report, problem: str, system: str, time: int, severity: Severity, text: str) -> None:
        report = AlarmReport(
            kind=kind, vendor="Nokia", system=system, dn=CELL, problem=problem, severity=severity, text=text,
            time=at(time), native_id=f"{system}-{problem}", agent=system, source=Source(uri="snmp://127.0.0.1:1"),
        )  # fmt: skip
        if kind in (Report.RAISE, Report.CLEAR):  # a remark on an alarm that is not known yet may count later
            self.heard.append(report)
        self.take(report)

    @rule(problem=PROBLEMS, system=SYSTEMS, time=TIMES, severity=SEVERITIES, text=TEXTS)
    def a_system_raises(self, problem: str, system: str, time: int, severity: Severity, text: str) -> None:
        self.hear(Report.RAISE, problem, system, time, severity, text)
        self.raised[problem] = max(time, self.raised.get(problem, -1))

    @rule(problem=PROBLEMS, system=SYSTEMS, time=TIMES)
    def a_system_clears(self, problem: str, system: str, time: int) -> None:
        self.hear(Report.CLEAR, problem, system, time, Severity.CLEARED, "")
        self.cleared[problem] = max(time, self.cleared.get(problem, -1))

    @rule(
        kind=st.sampled_from([Report.ACKNOWLEDGE, Report.UNACKNOWLEDGE, Report.COMMENT]), problem=PROBLEMS, time=TIMES
    )
    def a_system_remarks(self, kind: Report, problem: str, time: int) -> None:
        self.hear(kind, problem, "netact", time, Severity.MAJOR, "remark")

    @rule(choice=st.randoms(use_true_random=False))
    def an_old_report_comes_again(self, choice: Any) -> None:
        if self.heard:
            sent = self.take(choice.choice(self.heard))
            assert not sent.of(Alarm)

    @rule(
        name=st.sampled_from(["acknowledge", "unacknowledge", "comment", "group", "ungroup"]),
        choice=st.randoms(use_true_random=False),
        time=TIMES,
    )
    def an_operator_commands(self, name: str, choice: Any, time: int) -> None:
        if self.topic:
            ids = sorted(self.topic)
            self.take(
                AlarmCommand(
                    command=name,
                    alarm_id=choice.choice(ids),
                    dn=CELL,
                    user="an",
                    time=at(time),
                    text="note",
                    parent=choice.choice(ids),
                )
            )

    @rule()
    def the_worker_restarts(self) -> None:
        self.restarted.restart()

    @invariant()
    def the_last_word_in_time_counts(self) -> None:
        for problem in self.raised.keys() | self.cleared.keys():
            active = [a for a in self.topic.values() if a.problem == problem and a.state != "cleared"]
            assert len(active) == (self.raised.get(problem, -1) > self.cleared.get(problem, -1))

    @invariant()
    def an_alarm_is_whole(self) -> None:
        for alarm in self.topic.values():
            assert (alarm.state == "cleared") == (alarm.cleared_time is not None)
            assert (alarm.perceived_severity is Severity.CLEARED) == (alarm.state == "cleared")
            assert alarm.raised_time <= alarm.changed_time
            assert not alarm.parent or alarm.id in self.topic[alarm.parent].children
            assert all(self.topic[child].parent == alarm.id for child in alarm.children)

    @invariant()
    def what_is_kept_is_what_was_told(self) -> None:
        kept = {id: msgspec.json.decode(value, type=Life).alarm for id, value in self.steady.kept.items()}
        assert kept == self.topic


TestAlarmsInAnyOrder = AlarmsInAnyOrder.TestCase
TestAlarmsInAnyOrder.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


class ManyAlarmsInAnyOrder(AlarmsInAnyOrder):
    """The same, for long."""


TestManyAlarmsInAnyOrder = pytest.mark.prove(ManyAlarmsInAnyOrder.TestCase)
TestManyAlarmsInAnyOrder.settings = settings(
    max_examples=3000, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
