"""From the simulator's files to usage with who pays for it: what comes out of mediation is what was really used."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
import time
from collections import defaultdict
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from belgicom.simulator.network import Network
from belgicom.simulator.usage.delivery import LOOK_BACK, Delivery
from belgicom.simulator.usage.life import TICK, Life
from belgicom.simulator.usage.subscribers import Subscribers
from belgicom.simulator.usage.truth import Truth
from tests.belgicom.usage_totals import Totals
from trunkline.connect import connection
from trunkline.connect.runner import Runner
from trunkline.log import Log
from trunkline.project import Project
from trunkline.quarantine import Rejected
from trunkline.streams import Worker
from trunkline.telco.charging.processors import processors
from trunkline.telco.model import Usage

BELGICOM = Path(__file__).parents[2] / "belgicom"
CONNECTIONS = ("crm", "cdr", "roaming", "broadband", "corrections")
MEDIATION = ("mediate", "numbers", "payer")
SUBSCRIBERS = Subscribers(7, 300)
TICKS = 25


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """BelgiCom's folder, whose connections look into a folder of this machine instead of the SFTP server."""
    folder = tmp_path / "belgicom"
    shutil.copytree(BELGICOM, folder, ignore=shutil.ignore_patterns(".*", "__pycache__", "simulator", "systems"))
    (folder / "systems").mkdir()
    for name in CONNECTIONS:
        declared = yaml.safe_load((BELGICOM / "systems" / f"{name}.yaml").read_text())
        kept = {key: declared[key] for key in ("name", "system", "options", "recursive", "settle") if key in declared}
        here = {"reach": "directory", "directory": str(tmp_path / "server") + declared["directory"]}
        (folder / "systems" / f"{name}.yaml").write_text(yaml.safe_dump({**kept, **here}))
    return Project(folder)


def write_files(server: Path, network: Network, truth: Truth) -> int:
    """Yesterday evening's files below `server`, all that comes of it later, and the accounts; says how many."""
    (server / "crm").mkdir(parents=True)
    accounts = [json.dumps(account) for account in SUBSCRIBERS.accounts()]
    (server / "crm" / "accounts.jsonl").write_text("\n".join(accounts) + "\n")
    evening = datetime.now(UTC).replace(hour=18, minute=0, second=0) - timedelta(days=1)
    begin = int(evening.timestamp()) // TICK
    delivery, written = Delivery(Life(SUBSCRIBERS, network, uses=12.0)), 1
    for tick in range(begin, begin + TICKS + LOOK_BACK):
        for file in delivery.files(tick, surge=tick % 7 == 0, uses=tick < begin + TICKS):
            path = server / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
            truth.write(file.sent, 0)
            written += 1
    return written


def connect(project: Project, log: Log, files: int) -> None:
    """Run the connections until they have taken so many files."""

    async def run() -> None:
        runner = Runner(project.folder, project.data, log, connection.load(project.folder))
        stop = threading.Event()
        work = asyncio.create_task(runner.run(stop))
        deadline = time.monotonic() + 120
        while sum(status.files for status in runner.statuses) < files and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        stop.set()
        await work
        assert sum(status.files for status in runner.statuses) == files

    asyncio.run(run())


def mediate(project: Project, log: Log) -> None:
    wanted = [each for each in processors(project.folder) if each.name in MEDIATION]
    assert {each.name for each in wanted} == set(MEDIATION)
    with closing(Worker(log, wanted)) as worker:
        while worker.run_once() or not worker.caught_up():
            pass


def everything(log: Log, kind: type[Any]) -> list[Any]:
    """All records of a topic."""
    partitions = next(known.partitions for known in log.topics() if known.name == kind.topic)
    return [
        msgspec.json.decode(record.value or b"", type=kind)
        for partition in range(partitions)
        for record in log.read(kind.topic, partition, 0, 1_000_000)
    ]


def totals(usages: list[Usage]) -> Totals:
    """Seconds, octets or messages by number, service and direction; what was corrected counts as corrected."""
    by_id = {usage.id: usage for usage in usages}
    corrected = {usage.corrects for usage in usages}
    found: Totals = defaultdict(int)
    for usage in by_id.values():
        if usage.id not in corrected:
            found[usage.subscription, usage.service.value, usage.direction.value] += usage.quantity
    return dict(found)


def test_what_comes_out_of_mediation_is_what_was_really_used_for_every_subscriber(
    project: Project, network: Network, tmp_path: Path
) -> None:
    truth = Truth(":memory:")
    files = write_files(tmp_path / "server", network, truth)
    with closing(project.open_log()) as log:
        connect(project, log, files)
        mediate(project, log)
        usages, rejected = everything(log, Usage), everything(log, Rejected)
    assert totals(usages) == truth.totals()
    fates = truth.fates()
    assert len(rejected) == fates["broken"], rejected
    assert min(fates[fate] for fate in ("late", "duplicate", "correction", "broken")) > 0
    payers = {member["msisdn"]: account["id"] for account in SUBSCRIBERS.accounts() for member in account["members"]}
    assert {usage.subscription: usage.account for usage in usages}.items() <= payers.items()
