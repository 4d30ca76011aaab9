"""From a trap or a measurement file to the API and to an SSE subscriber, with the whole platform and network running.

`trunkline up` runs BelgiCom with its simulator (600 sites, about 2,700 cells, a file for each node and minute, alarms,
VES posts). Into that go probes: real traps to the trap receiver's UDP port, as Huawei's manager sends them, and real
measurement files of all three vendors, put on the SFTP server as nodes put them there, before the simulator does. The
clock runs from the send, or from the file's arrival on the server, until the API shows the alarm, or the KPI of that
period, and until the subscriber has the alarm, the cell's health with that alarm among its reasons, and its new KPIs.
"""

from __future__ import annotations

import os
import random
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from belgicom.simulator import sftp
from belgicom.simulator.alarms import PROBLEMS, Alarm
from belgicom.simulator.measurements import NODES_PER_FILE, Period, measured, pm_file
from belgicom.simulator.names import canonical_dn
from belgicom.simulator.network import Cell, Network, Site, build_network
from belgicom.simulator.traps import Notification, encode, huawei
from benchmarks.headline import Headline
from benchmarks.live import API, Arrivals, command, free_port, percentile, subscribe, until
from trunkline.project import Project
from trunkline.telco.model import Dn

SEED, SITES, PERIOD = 1, 600, 60
TRAPS, TRAP_PACE = 300, 0.1  # seconds from one to the next
FILES, FILE_PACE = 60, 0.5
KPI = "CellAvailability"  # every formula table has it
TARGET = 1_000.0  # ms, p99
PROBE = replace(PROBLEMS["cell-down"], name="probe", huawei=(65001, "Probe"))  # no problem of the simulator's own
REFERENCE = Path(__file__).parents[1] / "belgicom"


def main() -> list[Headline]:
    with tempfile.TemporaryDirectory() as folder, belgicom(Path(folder)) as live:
        with httpx.Client(base_url=live.url + API, timeout=10) as client:
            until(lambda: known_cells(client) > 0.9 * live.cells, within=4 * PERIOD)
        with ThreadPoolExecutor(2) as both:
            files = both.submit(probe_files, live)
            traps = both.submit(probe_traps, live)
            return [*files.result(), *traps.result()]


class Live(NamedTuple):
    """The running platform: its API, where traps go and with which community, the SFTP server's folder, the network."""

    url: str
    traps_to: tuple[str, int]
    community: bytes
    server: Path
    network: Network

    @property
    def cells(self) -> int:
        return sum(len(site.cells) for site in self.network.sites)


@contextmanager
def belgicom(folder: Path) -> Iterator[Live]:
    """BelgiCom on free ports, with its data in `folder`."""
    http, ssh, traps, ves, messages = (free_port() for _ in range(5))
    agents = consecutive_ports(3)
    ports = {10022: ssh, 10162: traps, 10443: ves, 10171: agents, 10172: agents + 1, 10173: agents + 2, 10681: messages}
    shutil.copytree(REFERENCE, folder / "belgicom", ignore=shutil.ignore_patterns(".trunkline", "__pycache__"))
    for declared in (each for name in ("systems", "effects") for each in (folder / "belgicom" / name).glob("*.yaml")):
        declared.write_text(re.sub(r"\b10\d{3}\b", lambda port: str(ports[int(port[0])]), declared.read_text()))
    environment = {
        "TRUNKLINE_DATA": str(folder / "data"),
        "TRUNKLINE_HTTP__PORT": str(http),
        "BELGICOM_SIMULATOR_SEED": str(SEED),
        "BELGICOM_SIMULATOR_SITES": str(SITES),
        "BELGICOM_SIMULATOR_PERIOD": str(PERIOD),
        "BELGICOM_SIMULATOR_SFTP_PORT": str(ssh),
        "BELGICOM_SIMULATOR_AGENT_PORT": str(agents),
        "BELGICOM_SIMULATOR_MESSAGE_PORT": str(messages),
        "BELGICOM_SIMULATOR_TRAPS_TO": f"127.0.0.1:{traps}",
        "BELGICOM_SIMULATOR_VES": f"https://127.0.0.1:{ves}/eventListener/v7",
        "PYTHONPATH": str(REFERENCE.parent),
    }
    os.environ.update(environment)
    simulator = folder / "data" / "simulator"
    with command(Project.find(folder / "belgicom"), "up", environment):
        until((simulator / "community").exists, within=30)
        community = (simulator / "community").read_text().strip().encode()
        network = build_network(SEED, SITES)
        yield Live(f"http://127.0.0.1:{http}", ("127.0.0.1", traps), community, simulator / "sftp", network)


def probe_traps(live: Live) -> list[Headline]:
    """Alarms on Huawei's cells, each on another, sent as changes, which its manager does not number."""
    targets = [(site, cell) for site in live.network.of("Huawei") for cell in site.cells]
    random.Random(SEED).shuffle(targets)
    sent: dict[str, float] = {}
    ids: dict[str, str] = {}  # of the alarms, to the numbers of their traps
    alarms, healths = Arrivals(), Arrivals()

    def alarm_heard(record: Any) -> str | None:
        if "scope" in record:
            at = time.perf_counter()
            for reason in record.get("reasons", ()):
                if reason.get("alarm") in ids:
                    healths.add(ids[reason["alarm"]], at)
            return None
        native = next((native for native in record.get("paths", {}).values() if native in sent), None)
        if native is not None:
            ids[record["id"]] = native
        return native

    with (
        subscribe(live.url, alarms, alarm_heard),
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        ThreadPoolExecutor(4) as polls,
        httpx.Client(base_url=live.url + API, timeout=10) as client,
    ):
        seen = []
        for number, (site, cell) in enumerate(targets[:TRAPS]):
            native = str(90_000_000 + number)
            datagram = trap(int(native), site, cell, live.community)
            sent[native] = time.perf_counter()
            udp.sendto(datagram, live.traps_to)
            seen.append(polls.submit(alarm_shown, client, canonical_dn(site, cell), native, sent[native]))
            time.sleep(TRAP_PACE)
        shown = [poll.result() for poll in seen]
        told, judged = alarms.since(sent), healths.since(sent)
    return [
        *headlines("trap to the API", shown),
        *headlines("trap to an SSE subscriber", told),
        *headlines("trap to the cell's health at an SSE subscriber", judged),
    ]


def trap(number: int, site: Site, cell: Cell, community: bytes) -> bytes:
    now = datetime.now(UTC)
    alarm = Alarm(number, PROBE, site, cell, "critical", now - timedelta(seconds=1), now)
    notification: Notification = huawei.notification(alarm, number)
    return encode(notification, community, request_id=number, uptime=0)


def alarm_shown(client: httpx.Client, dn: str, native: str, sent: float) -> float:
    while not any(native in alarm["paths"].values() for alarm in client.get("/alarms", params={"dn": dn}).json()):
        time.sleep(0.01)
    return time.perf_counter() - sent


def probe_files(live: Live) -> list[Headline]:
    """Files of the period that just ended, each put on the server before the simulator puts it there."""
    nodes = [
        tuple(sites[at : at + size])
        for vendor, size in NODES_PER_FILE.items()
        for sites in [live.network.of(vendor)]
        for at in range(0, len(sites), size)
    ]
    random.Random(SEED).shuffle(nodes)
    sent: dict[str, float] = {}
    kpis: dict[str, Any] = {}
    healths = Arrivals()

    def health_heard(record: Any) -> str | None:
        cell, now = record["id"], record.get("kpis")
        before, kpis[cell] = kpis.get(cell), now
        return cell if cell in sent and now != before else None

    with (
        subscribe(live.url, healths, health_heard, kind="health", scope="cell"),
        ThreadPoolExecutor(4) as polls,
        httpx.Client(base_url=live.url + API, timeout=10) as client,
    ):
        time.sleep(PERIOD - time.time() % PERIOD)
        period = Period.before(datetime.now(UTC), PERIOD)
        seen = []
        for sites in nodes:
            file = pm_file(period, {site: measured(SEED, site, period) for site in sites})
            name = f"{sites[0].vendor.lower()}/pm/{file.name}"
            if (live.server / name).exists():
                continue  # the simulator was quicker
            cell = Dn.cell(canonical_dn(sites[0], sites[0].cells[0]))
            sent[cell] = time.perf_counter()
            sftp.put(live.server, name, file.content)
            seen.append(polls.submit(kpi_shown, client, cell, period.end, sent[cell]))
            if len(sent) == FILES:
                break
            time.sleep(FILE_PACE)
        shown = [poll.result() for poll in seen]
        judged = healths.since(sent)
    return [
        *headlines("file to the KPI in the API", shown),
        *headlines("file to the cell's health at an SSE subscriber", judged),
    ]


def kpi_shown(client: httpx.Client, cell: str, end: datetime, sent: float) -> float:
    query = {"dn": cell, "name": KPI, "from": end.isoformat()}
    while not any(series["points"] for series in client.get("/kpis", params=query).json()):
        time.sleep(0.01)
    return time.perf_counter() - sent


def headlines(what: str, times: list[float]) -> Iterator[Headline]:
    for name, share, target in (("p50", 0.5, None), ("p99", 0.99, TARGET)):
        described = f"{what}, {name} of {len(times)}, {SITES} sites"
        yield Headline(described, "ms", percentile(times, share), target=target, lower_is_better=True)


def known_cells(client: httpx.Client) -> int:
    """The cells that were heard of."""
    answer = client.get("/network")
    cells: dict[str, int] = answer.json()["cells"] if answer.status_code == 200 else {}
    return sum(count for status, count in cells.items() if status != "unknown")


def consecutive_ports(count: int) -> int:
    """The first of so many UDP ports in a row that are free."""
    while True:
        first = free_port()
        with ExitStack() as probes:
            try:
                for port in range(first, first + count):
                    probes.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)).bind(("127.0.0.1", port))
            except OSError:
                continue
            return first


if __name__ == "__main__":
    for headline in main():
        print(headline)
