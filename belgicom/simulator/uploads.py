"""The files that nodes and managers put on the SFTP server: topology, measurements, and ENM's alarm lists."""

from __future__ import annotations

import asyncio
import heapq
import json
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from belgicom.simulator import sftp
from belgicom.simulator.alarms import Alarm
from belgicom.simulator.faults import Faults
from belgicom.simulator.measurements import NODES_PER_FILE, Period, PmFile, measured, pm_file
from belgicom.simulator.mishaps import FileMishap, file_mishap, spoiled
from belgicom.simulator.network import Network, Site
from belgicom.simulator.openalarm import open_alarm
from belgicom.simulator.topology import topology_files

FOLDERS = ("cm", "ericsson/fm", "ericsson/pm", "nokia/pm", "huawei/pm")
EXPORTED = datetime(2026, 1, 1, tzinfo=UTC)
"""When the topology was exported: fixed, so that a restart does not write it anew."""


class Uploads:
    """Writes below `root`, the SFTP server's folder: `cm/`, `<vendor>/pm/` and `ericsson/fm/`.

    A period's times are true: `period` seconds of the wall clock, ending at whole multiples of it.
    """

    def __init__(self, root: Path, network: Network, faults: Faults, *, period: int, keep: int, mishaps: bool) -> None:
        self.root, self.network, self.faults = root, network, faults
        self._period, self._keep, self._mishaps = period, keep, mishaps
        self._late: list[tuple[float, str, bytes]] = []
        self.files = 0

    def prepare(self) -> None:
        """Make the folders, and write the bulk CM files that are not there yet or have changed."""
        for folder in FOLDERS:
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        for name, content in topology_files(self.network, EXPORTED):
            path = self.root / "cm" / name
            if not path.exists() or path.read_bytes() != content:
                sftp.put(self.root, f"cm/{name}", content)

    def alarms(self, alarms: list[Alarm], now: datetime) -> None:
        """Write ENM's view of these alarms: the second path by which the platform hears of an alarm."""
        if alarms:
            listed = json.dumps([open_alarm(alarm, now) for alarm in alarms], ensure_ascii=False, indent=1)
            sftp.put(self.root, f"ericsson/fm/openalarm_{now:%Y%m%dT%H%M%S%f}.json", listed.encode())

    async def measurements(self) -> None:
        """Each period's files, spread over the period that follows as nodes upload with jitter; until cancelled."""
        while True:
            period = Period.before(datetime.now(UTC), self._period)
            begin = period.end.timestamp()
            dice = random.Random(f"uploads/{self.faults.seed}/{period.end.isoformat()}")
            uploads = [(dice.uniform(1, self._period * 0.9), sites) for sites in self._nodes_by_file()]
            for after, sites in sorted(uploads, key=lambda upload: upload[0]):
                await _until(begin + after)
                self.upload(period, sites, file_mishap(dice) if self._mishaps else FileMishap.NONE, dice)
            sftp.sweep(self.root, self._keep * self._period)
            await _until(begin + self._period)

    def _nodes_by_file(self) -> Iterator[tuple[Site, ...]]:
        """The nodes that share a file."""
        for vendor, nodes in NODES_PER_FILE.items():
            sites = self.network.of(vendor)
            yield from (tuple(sites[at : at + nodes]) for at in range(0, len(sites), nodes))

    def upload(self, period: Period, sites: tuple[Site, ...], mishap: FileMishap, dice: random.Random) -> None:
        """Write the file of these nodes as the mishap has it, and the late files whose time has come."""
        folder = f"{sites[0].vendor.lower()}/pm"
        counted = {
            site: measured(self.faults.seed, site, period, self.faults.conditions(site, period)) for site in sites
        }
        file = pm_file(period, counted)
        if mishap is FileMishap.LATE:
            due = period.end.timestamp() + self._period * dice.uniform(1, 3)
            heapq.heappush(self._late, (due, f"{folder}/{file.name}", file.content))
        elif mishap is FileMishap.AGAIN:
            self._put(folder, file)
            self._put(folder, spoiled(file, mishap))
        else:
            self._put(folder, spoiled(file, mishap))
        while self._late and self._late[0][0] <= time.time():
            _, name, content = heapq.heappop(self._late)
            sftp.put(self.root, name, content)
            self.files += 1

    def _put(self, folder: str, file: PmFile) -> None:
        """Write a file, unless it was written before a restart."""
        if not (self.root / folder / file.name).exists():
            sftp.put(self.root, f"{folder}/{file.name}", file.content)
            self.files += 1


async def _until(moment: float) -> None:
    """Sleep until a wall clock time; not at all where it is past."""
    await asyncio.sleep(max(0.0, moment - time.time()))
