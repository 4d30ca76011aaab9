"""Lost traps show by the agent's numbers, and its list of active alarms is read anew; with real agents on sockets."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.systems import traps
from tests.systems.reached import until
from tests.systems.snmp_agent import SnmpAgent
from tests.systems.test_snmp_receiver import SECRETS, receiving
from trunkline.quarantine import Rejected
from trunkline.systems.ericsson import alarms as ericsson
from trunkline.systems.huawei import alarms as huawei
from trunkline.systems.nokia import alarms as nokia
from trunkline.systems.snmp import client, resync
from trunkline.systems.snmp.client import AgentFault, CommunityClient
from trunkline.systems.snmp.sequence import Sequence
from trunkline.systems.snmp.settings import AgentSettings
from trunkline.telco.model import AlarmReport, Report, Severity

pytestmark = pytest.mark.anyio
SECRETS["${env:TABLES}"] = "tables"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(resync, "DEBOUNCE", 0.05)
    monkeypatch.setattr(resync, "PAUSE", 0.1)


def agents(system: str, port: int, **more: Any) -> dict[str, Any]:
    one = AgentSettings(
        system=system, address="127.0.0.1", name="manager", port=port, community="${env:TABLES}", **more
    )  # fmt: skip
    return {"agents": (one,)}


def eri_table(last: int, *rows: Mapping[str, Any]) -> dict[str, Any]:
    """Rows of eriAlarmActiveAlarmTable: `object`, and whatever else differs from a critical alarm."""
    table: dict[str, Any] = {f"{ericsson.ROOT}.1.3.3.0": last}
    entry = f"{ericsson.ROOT}.{ericsson.TABLE}"
    for index, row in enumerate(rows, 1):
        given = {
            2: 193, 3: 9_175_059, 4: b"Service Unavailable", 5: row["object"], 6: 2, 7: traps.EVENT_TIME, 9: 14,
            10: row.get("severity", 3), 12: b"S1 link",
        }  # fmt: skip
        table |= {f"{entry}.{column}.{index}": value for column, value in given.items()}
    return table


def cell(number: int) -> bytes:
    return b"ManagedElement=ANT_01,ENodeBFunction=1,EUtranCellFDD=%d" % number


def native(number: int) -> str:
    return f"193.9175059 {cell(number).decode()}"


def synchronised(reports: list[AlarmReport]) -> list[AlarmReport]:
    return [report for report in reports if report.kind is Report.SYNCHRONISED]


# Numbers


def test_numbers_without_gaps_are_complete():
    numbers = Sequence()
    for number in (7, 8, 9, 9, 8):
        numbers.take(number)
    assert numbers.complete
    assert numbers.last == 9


def test_a_gap_is_incomplete_until_what_was_missing_comes_late():
    numbers = Sequence()
    for number in (7, 10, 8):
        numbers.take(number)
    assert not numbers.complete
    numbers.take(9)
    assert numbers.complete


def test_a_heartbeat_shows_the_loss_of_the_last_ones():
    numbers = Sequence()
    numbers.take(7)
    numbers.told(7)
    assert numbers.complete
    numbers.told(9)
    assert not numbers.complete
    numbers.take(9)
    numbers.take(8)
    assert numbers.complete


@pytest.mark.parametrize("number", [1, 50_000])
def test_an_agent_that_counts_anew_or_leaps_has_to_be_read(number: int):
    numbers = Sequence()
    numbers.take(10_000)
    numbers.take(number)
    assert not numbers.complete
    numbers.forget()
    numbers.take(number + 1)
    assert numbers.complete


@given(st.permutations(range(100, 140)), st.sets(st.integers(101, 138)))
def test_in_whatever_order_they_come_only_lost_numbers_are_missed(order: list[int], lost: set[int]):
    numbers = Sequence()
    numbers.take(100)
    for number in order:
        if number not in lost:
            numbers.take(number)
    assert numbers.complete == (not lost)


# Lists


async def test_a_lost_trap_shows_and_the_list_of_active_alarms_is_read(tmp_path: Path):
    with SnmpAgent(eri_table(1, {"object": cell(1)})) as agent:
        async with receiving(tmp_path, **agents("ericsson", agent.port, resynchronise_every=0)) as (running, intake, _):
            await until(lambda: len(synchronised(intake.reports)) == 1, "the list at the start")
            at_start = len(intake.reports)
            agent.trap(traps.eri(5, 1, object=cell(1)), running.address)
            # Number 2, the clear of cell 1, is lost; so is number 3, the raise of cell 2.
            agent.variables = eri_table(4, {"object": cell(2)}, {"object": cell(3)})
            agent.trap(traps.eri(5, 4, object=cell(3)), running.address)
            await until(lambda: len(synchronised(intake.reports)) == 2, "the list after the gap")
            after = intake.reports[at_start:]
            assert [(r.kind.value, r.native_id) for r in after[2:-1]] == [("raise", native(2)), ("raise", native(3))]
            end = after[-1]
            assert end.kind is Report.SYNCHRONISED
            assert end.active == (native(2), native(3))
            assert (end.system, end.agent, end.vendor, end.dn) == ("manager", "127.0.0.1", "Ericsson", "")
            assert {report.agent for report in after} == {"127.0.0.1"}


async def test_the_list_is_read_once_at_the_start_and_not_again_while_nothing_is_lost(tmp_path: Path):
    with SnmpAgent(eri_table(1, {"object": cell(1)})) as agent:
        async with receiving(tmp_path, **agents("ericsson", agent.port, resynchronise_every=0)) as (running, intake, _):
            await until(lambda: synchronised(intake.reports), "the list at the start")
            for number in range(2, 50):
                agent.trap(traps.eri(5, number), running.address)
            await until(lambda: len(intake.reports) == 50, "48 more reports")
            await asyncio.sleep(0.3)
            assert len(synchronised(intake.reports)) == 1


async def test_traps_that_only_came_in_another_order_cost_no_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with SnmpAgent(eri_table(1)) as agent:
        async with receiving(tmp_path, **agents("ericsson", agent.port, resynchronise_every=0)) as (running, intake, _):
            await until(lambda: synchronised(intake.reports), "the list at the start")
            monkeypatch.setattr(resync, "DEBOUNCE", 0.3)
            for number in (1, 3, 2, 4):
                agent.trap(traps.eri(5, number), running.address)
            await until(lambda: len(intake.reports) == 5, "four more reports")
            asked = len(agent.asked)
            await asyncio.sleep(0.5)
            assert len(agent.asked) == asked


async def test_a_heartbeat_that_tells_a_later_number_makes_the_list_be_read(tmp_path: Path):
    with SnmpAgent(eri_table(2, {"object": cell(2)})) as agent:
        async with receiving(tmp_path, **agents("ericsson", agent.port, resynchronise_every=0)) as (running, intake, _):
            await until(lambda: synchronised(intake.reports), "the list at the start")
            agent.trap(traps.eri(5, 1), running.address)
            agent.trap(traps.eri(20, 2), running.address)
            await until(lambda: len(synchronised(intake.reports)) == 2, "the list after the heartbeat")


async def test_a_rebuilt_list_is_read_anew(tmp_path: Path):
    with SnmpAgent(eri_table(2)) as agent:
        async with receiving(tmp_path, **agents("ericsson", agent.port, resynchronise_every=0)) as (running, intake, _):
            await until(lambda: synchronised(intake.reports), "the list at the start")
            agent.trap(traps.eri(30), running.address)
            await until(lambda: len(synchronised(intake.reports)) == 2, "the list once more")


async def test_the_list_is_read_by_the_clock_too(tmp_path: Path):
    with SnmpAgent(eri_table(2)) as agent:
        declared = agents("ericsson", agent.port, resynchronise_every=0.15)
        async with receiving(tmp_path, **declared) as (_, intake, _told):
            await until(lambda: len(synchronised(intake.reports)) >= 3, "three readings")


async def test_what_a_trap_says_while_the_list_is_read_is_newer_than_the_list(tmp_path: Path):
    with SnmpAgent(eri_table(9, {"object": cell(1)}, {"object": cell(2)})) as agent:
        agent.slow = 0.05
        async with receiving(tmp_path, **agents("ericsson", agent.port, resynchronise_every=0)) as (running, intake, _):
            await until(lambda: agent.asked, "the walk to begin")
            agent.trap(traps.eri(7, 10, object=cell(1)), running.address)  # cleared after the agent listed it
            agent.trap(traps.eri(5, 11, object=cell(3)), running.address)  # raised after the agent made its list
            await until(lambda: synchronised(intake.reports), "the end of the list")
            told = [(report.kind.value, report.native_id) for report in intake.reports[:-1]]
            assert told == [("clear", native(1)), ("raise", native(3)), ("raise", native(2))]
            assert intake.reports[-1].active == (native(1), native(2), native(3))


async def test_traps_are_taken_while_an_agent_does_not_answer(tmp_path: Path):
    with SnmpAgent({}) as agent:
        agent.silent = True
        async with receiving(tmp_path, **agents("ericsson", agent.port)) as (running, intake, status):
            await until(lambda: agent.asked, "the walk to begin")
            for number in range(100):
                agent.trap(traps.eri(5, number), running.address)
            await until(lambda: len(intake.reports) == 100, "100 reports")
            assert status.problems == [], "the reports came only after the agent was given up"


async def test_an_agent_that_does_not_answer_is_told_of_and_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(CommunityClient.__init__, "__kwdefaults__", {"timeout": 0.02, "retries": 1, "silence": 1.0})
    with SnmpAgent(eri_table(1)) as agent:
        agent.silent = True
        async with receiving(tmp_path, **agents("ericsson", agent.port)) as (_, intake, status):
            await until(lambda: status.problems, "a problem")
            assert "did not answer GET_BULK" in status.problems[0]
            assert f"snmp://127.0.0.1:{agent.port}" in status.problems[0]
            agent.silent = False
            await until(lambda: synchronised(intake.reports), "the list")


async def test_a_list_with_an_unreadable_row_is_left_open_so_that_no_alarm_is_cleared_by_it(tmp_path: Path):
    broken = eri_table(1, {"object": cell(1)}, {"object": cell(2)})
    broken[f"{ericsson.ROOT}.{ericsson.TABLE}.7.2"] = b"never"
    with SnmpAgent(broken) as agent:
        async with receiving(tmp_path, **agents("ericsson", agent.port, resynchronise_every=0)) as (_, intake, status):
            await until(lambda: len(intake.all) == 2, "a report and a rejected row")
            assert [rejected.message for rejected in intake.rejected] == [
                "row 2 of eriAlarmActiveAlarmTable: eriAlarmActiveEventTime: 'never' is not a DateAndTime (RFC 2579)"
            ]
            assert "read in part" in status.problems[0]
            assert synchronised(intake.reports) == []


async def test_netacts_table_is_read_with_its_acknowledgements(tmp_path: Path):
    entry = f"{nokia.ROOT}.{nokia.TABLE}"
    table: dict[str, Any] = {}
    for name, acknowledged in ((b"41", 2), (b"4711", 1)):
        index = ".".join(map(str, (len(name), *name)))
        row = {
            2: 4, 3: b"PLMN-PLMN/MRBTS-1", 4: b"2026-03-09,15:54:59.5,+1:0", 5: b"2026-03-09,15:54:46.0,+1:0", 6: 8,
            7: b"7653|CELL FAULTY", 8: 2, 9: b"", 10: b"text", 11: acknowledged, 12: b"2026-03-09,16:00:00.0,+1:0",
            13: b"els",
        }  # fmt: skip
        table |= {f"{entry}.{column}.{index}": value for column, value in row.items()}
    with SnmpAgent(table) as agent:
        async with receiving(tmp_path, **agents("nokia", agent.port, resynchronise_every=0)) as (_, intake, _told):
            await until(lambda: synchronised(intake.reports), "the list")
            assert [(report.kind, report.native_id, report.user) for report in intake.reports[:-1]] == [
                (Report.RAISE, "41", ""), (Report.RAISE, "4711", ""), (Report.ACKNOWLEDGE, "4711", "els"),
            ]  # fmt: skip
            assert intake.reports[0].severity is Severity.MAJOR
            assert intake.reports[-1].active == ("41", "4711")


async def test_huaweis_list_comes_as_traps_between_begin_and_end(tmp_path: Path):
    with SnmpAgent({}) as agent:
        async with receiving(tmp_path, **agents("huawei", agent.port, resynchronise_every=0)) as (running, intake, _):

            def answer(oid: str, value: Any) -> None:
                assert (oid, value) == (huawei.ALARM_QUERY, b"")
                for made in (
                    traps.imap(2), traps.imap(3, c1=b"11"), traps.imap(3, c1=b"12", c13=1, c16=b"jan"),
                    traps.imap(3, c1=b"13", c12=1, c15=b"2026/03/09 - 16:00:00Z"), traps.imap(4),
                ):  # fmt: skip
                    agent.trap(made, running.address)

            agent.on_set = answer
            await until(lambda: synchronised(intake.reports), "the list")
            assert [(report.kind, report.native_id) for report in intake.reports[:-1]] == [
                (Report.RAISE, "11"), (Report.RAISE, "12"), (Report.ACKNOWLEDGE, "12"), (Report.CLEAR, "13"),
            ]  # fmt: skip
            assert intake.reports[-1].active == ("11", "12")


async def test_an_agent_that_refuses_the_query_is_told_of(tmp_path: Path):
    with SnmpAgent({}) as agent:
        async with receiving(tmp_path, **agents("huawei", agent.port)) as (_, _intake, status):
            await until(lambda: status.problems, "a problem")
            assert f"SET {huawei.ALARM_QUERY} was refused with error-status 17" in status.problems[0]


# The client


def walk(agent: SnmpAgent, root: str, **options: Any) -> list[tuple[str, Any]]:
    walking = CommunityClient("127.0.0.1", agent.port, b"tables", **options)
    try:
        return list(walking.walk(root))
    finally:
        walking.close()


def test_a_walk_gives_all_below_the_root_and_nothing_beside_it():
    table = {f"1.3.6.1.{top}.{row}": row for top in (3, 4, 40, 5) for row in (1, 2, 10, 200)}
    with SnmpAgent(table) as agent:
        assert walk(agent, "1.3.6.1.4") == [(f"1.3.6.1.4.{row}", row) for row in (1, 2, 10, 200)]
        assert walk(agent, "1.3.6.1.5")[-1] == ("1.3.6.1.5.200", 200)
        assert walk(agent, "1.3.6.1.6") == []


def test_a_walk_asks_for_less_where_an_answer_would_be_too_large():
    with SnmpAgent({f"1.3.6.1.{row}": row for row in range(1, 60)}, most=3) as agent:
        assert len(walk(agent, "1.3.6.1")) == 59


def test_an_agent_whose_table_never_ends_is_given_up():
    with SnmpAgent({f"1.3.6.1.{row}": row for row in range(1, 5)}) as agent:
        agent.circling = True
        with pytest.raises(AgentFault, match="does not end"):
            walk(agent, "1.3.6.1")


def test_a_table_of_too_many_variables_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(client, "MOST", 10)
    table = {f"1.3.6.1.{row}": row for row in range(1, 50)}
    with SnmpAgent(table) as agent, pytest.raises(AgentFault, match="more than 10 variables"):
        walk(agent, "1.3.6.1")


def test_an_agent_that_is_not_there_is_given_up():
    with SnmpAgent({}) as agent:
        pass
    with pytest.raises(TimeoutError, match="did not answer GET_BULK in 2 tries"):
        walk(agent, "1.3", timeout=0.05, retries=1)


def test_the_wrong_community_gets_no_answer():
    with SnmpAgent({"1.3.1": 1}, community=b"other") as agent, pytest.raises(TimeoutError):
        walk(agent, "1.3", timeout=0.05, retries=0)


def test_closing_ends_what_waits_for_traps():
    waiting = CommunityClient("127.0.0.1", 9, b"tables")
    closing = threading.Timer(0.05, waiting.close)
    closing.start()
    with pytest.raises(AgentFault):
        next(waiting.traps())


def test_an_agent_that_sends_no_trap_is_given_up():
    waiting = CommunityClient("127.0.0.1", 9, b"tables", silence=0.05)
    with pytest.raises(TimeoutError, match="sent no trap"):
        next(waiting.traps())
    waiting.close()


def test_rejected_rows_name_their_table():
    class Agent:
        address = "127.0.0.1"

        def walk(self, root: str) -> Any:
            return iter([(f"{nokia.ROOT}.{nokia.TABLE}.8.9.9", 1)])

    (rejected,) = nokia.resynchronise(Agent(), traps_origin())  # type: ignore[arg-type]
    assert isinstance(rejected, Rejected)
    assert "row 9.9 of nbiActiveAlarmsTable: the index is no nbiAlarmId" in rejected.message


def traps_origin() -> Any:
    from trunkline.systems import Origin

    return Origin("netact", "snmp://127.0.0.1")
