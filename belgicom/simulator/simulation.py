"""The running network: faults advance second by second, alarms and files leave for the platform, state is kept."""

from __future__ import annotations

import asyncio
import random
import time
from datetime import UTC, datetime

from belgicom.simulator import keys, sftp
from belgicom.simulator.alarms import Alarm
from belgicom.simulator.faults import Faults
from belgicom.simulator.informs import Informs
from belgicom.simulator.managers import VENDORS, ActiveAlarms, Manager
from belgicom.simulator.measurements import Period
from belgicom.simulator.messages import MessageCentre
from belgicom.simulator.mishaps import TrapMishap, trap_mishap
from belgicom.simulator.network import build_network
from belgicom.simulator.radios import measured_radios
from belgicom.simulator.settings import Settings
from belgicom.simulator.state import State
from belgicom.simulator.traps import Notification
from belgicom.simulator.uploads import Uploads
from belgicom.simulator.usage.recording import Recording
from belgicom.simulator.usage.subscribers import Subscribers
from belgicom.simulator.ves import Collector, fault_event, measurement_event

TICK = 1.0  # seconds
HEARTBEAT = 60  # ticks between two signs of life of a manager
ENM_LIST = 5  # ticks between two files of ENM


class Simulation:
    """Everything that runs. Makes its keys at once; raises `ValueError` where its state file is damaged."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.keys = keys.prepare(settings.folder, settings.sftp_port)
        self.network = build_network(settings.seed, settings.sites)
        self.faults = Faults(self.network, settings.seed, 0.0 if settings.quiet else settings.rate)
        self.root = settings.folder / "sftp"
        self.uploads = Uploads(
            self.root, self.network, self.faults,
            period=settings.period, keep=settings.keep, mishaps=not settings.quiet,
        )  # fmt: skip
        self.recording = None
        if settings.subscribers:
            self.recording = Recording(
                self.root, settings.folder, self.network, Subscribers(settings.seed, settings.subscribers),
                uses=settings.uses, mishaps=not settings.quiet,
                surge_at=settings.surge_at, surge_for=settings.surge_for,
                fraudsters=min(settings.fraudsters, settings.subscribers // 10),
            )  # fmt: skip
        community, traps_to = self.keys.community.encode(), _address(settings.traps_to)
        informs = Informs(traps_to, keys.SNMPV3_USER, self.keys.snmpv3_auth, self.keys.snmpv3_priv)
        self.informs = informs if settings.snmpv3 else None
        self.managers = {
            vendor: Manager(
                vendor, community, self._active(vendor), traps_to, self.informs if vendor == "Nokia" else None
            )
            for vendor in VENDORS
        }
        self.collector = None
        if settings.ves:
            ca = settings.data / settings.ves_ca
            self.collector = Collector(settings.ves, ca, keys.VES_USER, self.keys.ves)
        self._enm: dict[int, Alarm] = {}
        self._state = State(settings.folder / "state.json")
        self._restore()

    async def run(self) -> None:
        """Work until cancelled. Raises `OSError` where a port is taken."""
        self.uploads.prepare()
        server = await sftp.serve(self.root, self.settings.sftp_port, self.keys)
        centre = None
        try:
            centre = MessageCentre(self.settings.folder, self.settings.message_port)
            for port, manager in enumerate(self.managers.values(), self.settings.agent_port):
                await manager.open(port)
            work = [self.uploads.measurements(), self._tick()]
            if self.recording is not None:
                self.recording.prepare()
                work.append(self.recording.run())
            if self.informs is not None:
                work.append(self.informs.run())
            if self.collector is not None:
                work += [self.collector.run(), self._measure_radios(self.collector)]
            await asyncio.gather(*work)
        finally:
            for manager in self.managers.values():
                manager.close()
            if centre is not None:
                centre.close()
            server.close()
            await server.wait_closed()

    async def _tick(self) -> None:
        storm_at = time.monotonic() + self.settings.storm_at if self.settings.storm_at else None
        while True:
            now = datetime.now(UTC)
            storm = storm_at is not None and time.monotonic() >= storm_at
            storm_at = None if storm else storm_at
            self.advance(now, storm)
            await asyncio.sleep(TICK - time.time() % TICK)

    def advance(self, now: datetime, storm: bool = False) -> None:
        """One tick: what happened is saved first and sent then, so that a kill loses a trap, never a number."""
        reported = self.faults.advance(now, storm)
        dice = random.Random(f"mishaps/{self.settings.seed}/{self.faults.tick}")
        leaving = [(alarm.site.vendor, each) for alarm in reported for each in self._traps(alarm, dice)]
        beat = self.faults.tick % HEARTBEAT == 0
        if beat:
            heartbeats = ((vendor, manager.heartbeat(now)) for vendor, manager in self.managers.items())
            leaving += [(vendor, each) for vendor, each in heartbeats if each is not None]
        if reported or beat:
            self.save()
        for vendor, notification in leaving:
            self.managers[vendor].send([notification])
        for alarm in reported:
            self._tell_otherwise(alarm)
        if self.faults.tick % ENM_LIST == 0:
            self.uploads.alarms(list(self._enm.values()), now)
            self._enm.clear()

    def _traps(self, alarm: Alarm, dice: random.Random) -> list[Notification]:
        """What leaves for the platform: the report of the alarm once, or not at all, or twice."""
        notification = self.managers[alarm.site.vendor].report(alarm)
        mishap = TrapMishap.NONE if self.settings.quiet else trap_mishap(dice)
        # MAE numbers its new alarms only: the loss of another report could never be noticed.
        noticed = alarm.site.vendor != "Huawei" or (alarm.changed == alarm.raised and not alarm.cleared)
        if mishap is TrapMishap.LOST and noticed:
            return []
        return [notification] * (2 if mishap is TrapMishap.DOUBLED else 1)

    def _tell_otherwise(self, alarm: Alarm) -> None:
        """The second path of some alarms: ENM's lists, and the VES events of O-RAN radios."""
        if alarm.site.vendor == "Ericsson" and alarm.id % 3 == 0:
            self._enm[alarm.id] = alarm
        if self.collector is not None and alarm.site.oran and alarm.cell and alarm.cell.technology == "NR":
            self.collector.put(fault_event(alarm, self.faults.tick))

    async def _measure_radios(self, collector: Collector) -> None:
        """What O-RAN radios counted, posted when a period is over."""
        seconds, radios = self.settings.period, [site for site in self.network.sites if site.oran]
        while True:
            await asyncio.sleep(seconds - time.time() % seconds)
            period = Period.before(datetime.now(UTC), seconds)
            for number, site in enumerate(radios):
                counted = measured_radios(self.settings.seed, site, period)
                collector.put(measurement_event(site, period, counted, number))
                await asyncio.sleep(seconds / 4 / len(radios))

    def save(self) -> None:
        """Remember what must outlive a restart."""
        settings = self.settings
        sequences = {vendor: manager.sequence for vendor, manager in self.managers.items()}
        self._state.save(
            {"seed": settings.seed, "sites": settings.sites, "sequences": sequences, "faults": self.faults.saved()}
        )

    def _restore(self) -> None:
        saved = self._state.load()
        for vendor, sequence in saved.get("sequences", {}).items():
            self.managers[vendor].sequence = sequence
        if saved:
            self.faults.restore(saved["faults"])

    def _active(self, vendor: str) -> ActiveAlarms:
        return lambda: [alarm for alarm in self.faults.active.values() if alarm.site.vendor == vendor]


def _address(text: str) -> tuple[str, int]:
    """`host:port`. Raises `ValueError` where it is not."""
    host, colon, port = text.rpartition(":")
    if not colon or not port.isdecimal():
        raise ValueError(f"{text!r} is not of the form host:port")
    return host, int(port)
