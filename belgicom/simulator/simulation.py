"""The running network: measurement files period by period, delivered over SFTP as nodes upload them."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from belgicom.simulator import keys, sftp
from belgicom.simulator.measurements import NODES_PER_FILE, Period, measured, pm_file
from belgicom.simulator.network import Site, build_network
from belgicom.simulator.settings import Settings
from belgicom.simulator.topology import topology_files

EXPORTED = datetime(2026, 1, 1, tzinfo=UTC)
"""When the topology was exported: fixed, so that a restart does not write it anew."""


class Simulation:
    """Everything that runs, and what it has done so far."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.network = build_network(settings.seed, settings.sites)
        self.keys = keys.prepare(settings.folder, settings.sftp_port)
        self.root = settings.folder / "sftp"
        self.files = 0

    async def run(self) -> None:
        """Work until cancelled."""
        self.export_topology()
        server = await sftp.serve(self.root, self.settings.sftp_port, self.keys)
        try:
            await self.deliver_measurements()
        finally:
            server.close()
            await server.wait_closed()

    def export_topology(self) -> None:
        """Write the bulk CM files that are not there yet or have changed."""
        for name, content in topology_files(self.network, EXPORTED):
            path = self.root / "cm" / name
            if not path.exists() or path.read_bytes() != content:
                sftp.put(self.root, f"cm/{name}", content)

    async def deliver_measurements(self) -> None:
        """Each period's files, spread over the period that follows, as nodes upload with jitter."""
        seconds = self.settings.period
        while True:
            period = Period.before(datetime.now(UTC), seconds)
            dice = random.Random(f"upload/{self.settings.seed}/{period.end.isoformat()}")
            uploads = sorted((dice.uniform(1, seconds * 0.9), sites) for sites in self.nodes_by_file())
            for after, sites in uploads:
                await _until(period.end.timestamp() + after)
                self.deliver(period, sites)
            sftp.sweep(self.root, self.settings.keep * seconds)
            await _until(period.end.timestamp() + seconds)

    def nodes_by_file(self) -> Iterator[tuple[Site, ...]]:
        """The nodes that share a file."""
        for vendor, nodes in NODES_PER_FILE.items():
            sites = self.network.of(vendor)
            yield from (tuple(sites[at : at + nodes]) for at in range(0, len(sites), nodes))

    def deliver(self, period: Period, sites: tuple[Site, ...]) -> None:
        """Write one file, unless it was written before a restart."""
        file = pm_file(period, {site: measured(self.settings.seed, site, period) for site in sites})
        name = f"{sites[0].vendor.lower()}/pm/{file.name}"
        if not (self.root / name).exists():
            sftp.put(self.root, name, file.content)
            self.files += 1


async def _until(moment: float) -> None:
    """Sleep until a wall clock time; not at all where it is past."""
    await asyncio.sleep(max(0.0, moment - time.time()))
