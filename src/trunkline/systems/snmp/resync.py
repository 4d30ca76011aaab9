"""Resynchronisation: when traps of an agent were lost, its list of active alarms is read anew.

It works beside the intake of traps, in threads. What a trap says while the list is being read is newer than the list:
an alarm that a trap spoke of meanwhile is left as the trap has it. The list ends with a `SYNCHRONISED` report, which
names the alarms that are still active, so that the alarms whose clear was lost go away.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence

from trunkline.quarantine import Rejected
from trunkline.systems.snmp.agents import Known
from trunkline.systems.snmp.client import Client
from trunkline.systems.system import Agent, Origin, Trap
from trunkline.telco.model import AlarmReport, Report, Severity

DEBOUNCE = 1.0  # seconds from a gap to the reading of the list: late traps may fill it, and gaps come in swarms
PAUSE = 30.0  # seconds at least between two readings of one agent's list
AT_ONCE = 4  # agents whose lists are read at a time
WARN_EVERY = 60.0  # seconds, for one agent
MOST_FAILURES = 5  # in a row, each of which doubles the pause

logger = logging.getLogger(__name__)
Resynchronise = Callable[[Agent, Origin], Iterator[AlarmReport | Rejected]]


class Resynchroniser:
    """Watches the numbers of all agents and reads lists when some are missing. `take` hands the reports on."""

    def __init__(self, take: Callable[[Sequence[AlarmReport | Rejected]], None], failed: Callable[[str], None]) -> None:
        self._take, self._failed = take, failed
        self._at_once = asyncio.Semaphore(AT_ONCE)
        self._agents: set[Known] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.gaps = self.done = 0

    def watch(self, agent: Known) -> None:
        """A new agent: what it had to say before is not known."""
        self._agents.add(agent)
        self._plan(agent)

    def seen(self, agent: Known, trap: Trap, report: AlarmReport | Rejected | None) -> None:
        """A trap of `agent` came, and what it was read as."""
        if agent.client is not None:
            agent.client.put(trap)
            if isinstance(report, AlarmReport) and report.kind in (Report.RAISE, Report.CLEAR):
                agent.touched.add(report.native_id)
        complete = agent.numbers.complete
        if (own := agent.mib.sequence(trap)) is not None:
            agent.numbers.take(own)
        elif (last := agent.mib.latest(trap)) is not None:
            agent.numbers.told(last)
        if complete and not agent.numbers.complete:
            self.gaps += 1
            self._plan(agent)
            if (now := time.monotonic()) > agent.warned + WARN_EVERY:
                agent.warned = now
                logger.warning("%s: traps of %s were lost", agent.origin.system, trap.agent)
        if trap.oid in agent.mib.rebuilt:
            agent.refresh = time.monotonic()
            self._plan(agent)

    async def close(self) -> None:
        for agent in self._agents:
            if agent.timer is not None:
                agent.timer.cancel()
            if agent.client is not None:
                agent.client.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _plan(self, agent: Known) -> None:
        """Set the timer to when the list must be read next, if it can be read at all."""
        if agent.connect is None or agent.mib.resynchronise is None:
            agent.numbers.forget()
            return
        if agent.reading:
            return
        now = time.monotonic()
        soonest = max(now + DEBOUNCE, agent.ended + PAUSE * 2**agent.failures)
        due = soonest if not agent.numbers.complete else max(soonest, agent.refresh)
        if agent.timer is not None:
            agent.timer.cancel()
            agent.timer = None
        if due < float("inf"):
            agent.timer = asyncio.get_running_loop().call_later(due - now, self._start, agent)

    def _start(self, agent: Known) -> None:
        agent.timer = None
        if agent.numbers.complete and time.monotonic() < agent.refresh:
            self._plan(agent)  # what was missing has come late
            return
        agent.reading = True
        task = asyncio.create_task(self._read(agent))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(self, agent: Known) -> None:
        connect, resynchronise = agent.connect, agent.mib.resynchronise
        if connect is None or resynchronise is None:
            return
        async with self._at_once:
            agent.numbers.forget()
            agent.touched.clear()
            try:
                agent.client = connect()
                reports = await asyncio.to_thread(_all, resynchronise, agent.client, agent.origin)
            except Exception as fault:
                if not isinstance(fault, OSError):
                    logger.exception("%s: reading the list of active alarms failed", agent.origin.system)
                agent.failures = min(agent.failures + 1, MOST_FAILURES)
                agent.refresh = time.monotonic()
                self._failed(f"the active alarms of {agent.origin.system} at {agent.origin.uri} were not read: {fault}")
            else:
                agent.failures = 0
                agent.refresh = time.monotonic() + agent.every if agent.every else float("inf")
                self._take(self._closed(agent, reports, agent.client))
                self.done += 1
            finally:
                if agent.client is not None:
                    agent.client.close()
                agent.client, agent.reading, agent.ended = None, False, time.monotonic()
        self._plan(agent)

    def _closed(
        self, agent: Known, reports: list[AlarmReport | Rejected], client: Client
    ) -> list[AlarmReport | Rejected]:
        """The list without what traps told since, closed by `SYNCHRONISED`, or open where a part was unreadable."""
        fresh = [r for r in reports if isinstance(r, Rejected) or r.native_id not in agent.touched]
        if any(isinstance(report, Rejected) for report in reports):
            self._failed(f"the active alarms of {agent.origin.system} were read in part: see the quarantine")
            return fresh
        active = {r.native_id for r in reports if isinstance(r, AlarmReport) and r.kind is Report.RAISE}
        end = AlarmReport(
            kind=Report.SYNCHRONISED,
            vendor=agent.system.vendor,
            system=agent.origin.system,
            dn="",
            problem="",
            severity=Severity.INDETERMINATE,
            time=client.began,
            agent=client.address,
            active=tuple(sorted(active | agent.touched)),
            source=agent.origin.source(),
        )
        return [*fresh, end]


def _all(resynchronise: Resynchronise, client: Client, origin: Origin) -> list[AlarmReport | Rejected]:
    return list(resynchronise(client, origin))
