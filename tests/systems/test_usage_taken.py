"""Files of usage that are dropped into folders become events of charging.usage.reported, each once."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.connect.project import until
from tests.systems.charging_requests import SESSION, lines
from tests.systems.tap_files import GPRS, SUPPLEMENTARY, originated, tap_file
from tests.systems.usage_files import CALL, HEADER, MVNO, radius_record
from trunkline import contracts
from trunkline.connect import connection
from trunkline.connect.runner import Runner
from trunkline.log import Log, open_log
from trunkline.quarantine import Rejected
from trunkline.telco.model import UsageReport

CONTRACTS = contracts.load(Path(__file__).parents[2] / "belgicom" / "contracts")
CONNECTIONS = {
    "roaming": {"system": "tap", "options": {"networks": {"FRAF1": "20801"}}},
    "broadband": {"system": "radius"},
    "core": {},
    "mvno": {"system": "usagecsv", "options": MVNO},
}
FILES = {
    "roaming": tap_file(originated(), SUPPLEMENTARY, GPRS),
    "broadband": radius_record() + radius_record(Acct_Session_Id=None) + radius_record(Acct_Status_Type="Stop"),
    "core": lines(SESSION, {"nonsense": 1}),
    "mvno": (HEADER + CALL + CALL.replace(";C;", ";X;")).encode(),
}
TAKEN = {"roaming": 2, "broadband": 2, "core": 2, "mvno": 1}


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    log = open_log(f"sqlite://{tmp_path}/log.db", CONTRACTS.validators())
    contracts.accept(log, CONTRACTS)
    yield log
    log.close()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """An operator's folder with a connection for each kind of file, and an inbox for each."""
    (tmp_path / "systems").mkdir()
    for name, settings in CONNECTIONS.items():
        (tmp_path / name).mkdir()
        declared = {"name": name, "reach": "directory", "directory": name, "every": 0.05, "settle": 0} | settings
        (tmp_path / "systems" / f"{name}.yaml").write_bytes(msgspec.json.encode(declared))
    return tmp_path


def events(log: Log, kind: type[UsageReport] | type[Rejected]) -> list[tuple[bytes | None, UsageReport | Rejected]]:
    partitions = next(topic.partitions for topic in log.topics() if topic.name == kind.topic)
    records = [record for partition in range(partitions) for record in log.read(kind.topic, partition, 0, 10_000)]
    return [(record.key, msgspec.json.decode(record.value or b"", type=kind)) for record in records]


def run(project: Path, log: Log, files: int) -> None:
    """Run the connections until they have taken so many files, and a little longer, to see that no more come."""

    async def work() -> None:
        runner = Runner(project, project / "data", log, connection.load(project))
        stop = threading.Event()
        running = asyncio.create_task(runner.run(stop))
        try:
            await until(lambda: sum(status.files for status in runner.statuses) >= files)
            await asyncio.sleep(0.2)
        finally:
            stop.set()
            await running

    asyncio.run(work())


def test_files_of_every_kind_are_taken_once_and_what_is_wrong_in_them_goes_to_the_quarantine(
    project: Path, log: Log
) -> None:
    for name, data in FILES.items():
        (project / name / "today").write_bytes(data)
    run(project, log, files=4)
    for name, data in FILES.items():  # the same content again, under another name, after a restart
        (project / name / "again").write_bytes(data)
    run(project, log, files=4)

    reports = events(log, UsageReport)
    assert Counter(report.system for _, report in reports) == TAKEN
    assert len({report.id for _, report in reports if isinstance(report, UsageReport)}) == len(reports)
    for key, report in reports:
        assert isinstance(report, UsageReport)
        assert key == report.session.encode()
        assert report.source.uri == (project / report.system / "today").as_uri()
        assert len(report.source.archive) == 64
    refused = [one for _, one in events(log, Rejected)]
    assert Counter(one.system for one in refused if isinstance(one, Rejected)) == dict.fromkeys(CONNECTIONS, 1)
    assert {one.reason for one in refused if isinstance(one, Rejected)} == {
        "tap.unusable", "radius.unreadable", "nchf.unreadable", "csv.line"
    }  # fmt: skip


def test_a_file_is_known_by_its_content_where_the_connection_names_no_system(project: Path, log: Log) -> None:
    for name in ("broadband", "core"):
        (project / "core" / name).write_bytes(FILES[name])
    run(project, log, files=2)
    assert len(events(log, UsageReport)) == TAKEN["broadband"] + TAKEN["core"]
