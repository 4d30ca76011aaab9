"""The vendors' alarm managers: each numbers its notifications, sends them, and tells its active alarms when asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from datetime import datetime

from belgicom.simulator import ber
from belgicom.simulator.agent import Agent
from belgicom.simulator.alarms import Alarm
from belgicom.simulator.informs import Informs
from belgicom.simulator.traps import Notification, encode, ericsson, huawei, nokia, notification

VENDORS = ("Ericsson", "Nokia", "Huawei")
ActiveAlarms = Callable[[], list[Alarm]]


class Manager:
    """One vendor's manager. `sequence` is the number of its last notification and outlives a restart.

    Traps and answers leave from one UDP socket on loopback; what nobody hears is lost, as in life. With `informs` the
    notifications go that way instead.
    """

    def __init__(
        self,
        vendor: str,
        community: bytes,
        active: ActiveAlarms,
        traps_to: tuple[str, int],
        informs: Informs | None = None,
    ) -> None:
        self.vendor, self.sequence, self.informs = vendor, 0, informs
        self._community, self._active, self._traps_to = community, active, traps_to
        self._objects: dict[str, ber.Value] | None = None
        self._request = 0
        self._began = time.monotonic()
        self._answers: set[asyncio.Task[None]] = set()
        self._transport: asyncio.DatagramTransport | None = None

    async def open(self, port: int) -> int:
        """Open the socket on this port (0: a free one) and return the port. Raises `OSError` where it is taken."""
        loop = asyncio.get_running_loop()
        agent = Agent(self._community, self.objects, self._set)
        self._transport, _ = await loop.create_datagram_endpoint(lambda: agent, local_addr=("127.0.0.1", port))
        return int(self._transport.get_extra_info("sockname")[1])

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def report(self, alarm: Alarm) -> Notification:
        """Number the report of an alarm; the table of active alarms is read anew from now on."""
        self._objects = None
        self.sequence += 1
        return notification(alarm, self.sequence)

    def heartbeat(self, now: datetime) -> Notification | None:
        """A sign of life, where the vendor's MIB has one."""
        if self.vendor == "Nokia":
            self.sequence += 1
            return nokia.heartbeat(self.sequence, now)
        return ericsson.heartbeat(self.sequence) if self.vendor == "Ericsson" else None

    def send(self, notifications: Iterable[Notification]) -> None:
        """Send notifications in this order; UDP does not say whether traps arrive."""
        for each in notifications:
            if self.informs is not None:
                self.informs.put(each)
                continue
            self._request = self._request % 2**31 + 1
            uptime = int((time.monotonic() - self._began) * 100)
            if self._transport is not None:
                self._transport.sendto(encode(each, self._community, self._request, uptime), self._traps_to)

    def objects(self) -> dict[str, ber.Value]:
        """What the agent shows: the active alarms as the vendor's MIB lists them. MAE has no table."""
        if self._objects is None:
            table = {"Ericsson": ericsson.table, "Nokia": nokia.table}.get(self.vendor)
            self._objects = table(self._active(), self.sequence) if table else {}
        return self._objects

    def _set(self, oid: str, value: ber.Value) -> bool:
        """MAE answers a query with its list of alarms as traps, after it has confirmed the query."""
        if self.vendor != "Huawei" or oid != huawei.ALARM_QUERY:
            return False
        answer = asyncio.create_task(self._list(self._active()))
        self._answers.add(answer)
        answer.add_done_callback(self._answers.discard)
        return True

    async def _list(self, alarms: list[Alarm]) -> None:
        """Send the list no faster than a manager's socket takes it in."""
        for at, each in enumerate(huawei.listed(alarms)):
            if at % 10 == 0:
                await asyncio.sleep(0.02)
            self.send([each])
