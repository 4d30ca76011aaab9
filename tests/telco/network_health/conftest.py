"""A network whose records a test puts into a real log, and the API served from it on a free port."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from tests.listening import listening
from trunkline import contracts
from trunkline.connect.archive import Archive
from trunkline.http import create_app
from trunkline.log import open_log
from trunkline.log.envelope import cloud_event
from trunkline.log.port import Log
from trunkline.streams import Worker
from trunkline.telco.model import (
    Alarm,
    Health,
    HealthStatus,
    Kpi,
    NetworkResource,
    Passport,
    Ratio,
    Reason,
    Severity,
    Source,
)
from trunkline.telco.network.alarms.book import AlarmBook
from trunkline.telco.network.api.network_health import network_health

CONTRACTS = Path(__file__).parents[3] / "belgicom" / "contracts"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CELL = "ManagedElement=ANT_01,LTECell=ANT_01-1"


def minutes(count: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=count)


class Network:
    """What the processors would write, written by the test."""

    def __init__(self, log: Log) -> None:
        self.log = log

    def put(self, *records: Any) -> list[tuple[int, int]]:
        """Append records of one kind; return their places."""
        topic = records[0].topic
        return self.log.append(
            topic,
            [
                cloud_event(type=topic, source="/test", id=f"{r.key}", value=msgspec.json.encode(r), key=r.key)
                for r in records
            ],
        )

    def health(self, scope: str, id: str, score: float = 100.0, at: datetime = NOON, **fields: Any) -> Health:
        status = HealthStatus.HEALTHY if score > 90 else HealthStatus.DEGRADED if score > 50 else HealthStatus.CRITICAL
        record = Health(scope=scope, id=id, **{"status": status, "score": score, "time": at, **fields})
        self.put(record)
        return record

    def alarm(self, id: str, severity: str = "major", at: datetime = NOON, **fields: Any) -> Alarm:
        record = make_alarm(id, severity, at, **fields)
        self.put(record)
        return record

    def forget_alarm(self, id: str) -> None:
        self.log.append(
            Alarm.topic, [cloud_event(type=Alarm.topic, source="/test", id=f"{id}-gone", value=None, key=id)]
        )

    def resource(self, dn: str, site: str = "", region: str = "") -> None:
        self.put(
            NetworkResource(
                dn=dn,
                native_dn=dn,
                cls=dn.rpartition(",")[2].partition("=")[0],
                site=site,
                region=region,
                time=NOON,
                source=Source(uri="file:///cm.xml"),
            )
        )

    def kpi(
        self,
        name: str = "Accessibility",
        value: float | None = 98.5,
        at: datetime = NOON,
        dn: str = CELL,
        source: Source | None = None,
        **counters: int,
    ) -> str:
        """Append a KPI value and return its id."""
        counters = counters or {"pmRrcConnEstabSucc": 197, "pmRrcConnEstabAtt": 200}
        record = Kpi(
            name=name,
            dn=dn,
            vendor="Ericsson",
            technology="LTE",
            end_time=at,
            granularity=900,
            value=value,
            unit="%",
            ratios=(Ratio(numerator=197, denominator=200),),
            passport=Passport(
                formula=f"ericsson-lte/{name}",
                version="1.0",
                expression="100 × pmRrcConnEstabSucc / pmRrcConnEstabAtt",
                counters=dict(counters),
                sources=(source or Source(uri="sftp://enm/A.xml", offset=120, line=7),),
            ),
        )
        [(partition, offset)] = self.put(record)
        return f"{partition}-{offset}"


def make_alarm(id: str, severity: str = "major", at: datetime = NOON, **fields: Any) -> Alarm:
    defaults: dict[str, Any] = {
        "state": "raised",
        "vendor": "Nokia",
        "dn": f"ManagedElement=ANT_01,Equipment={id}",
        "problem": "7653",
        "perceived_severity": Severity(severity),
        "raised_time": at,
        "changed_time": at,
        "source": Source(uri="snmp://127.0.0.1:50112"),
    }
    return Alarm(id=id, **{**defaults, **fields})


def reason(**fields: Any) -> Reason:
    defaults = {"kind": "kpi", "name": "Accessibility", "status": HealthStatus.CRITICAL, "dn": CELL, "time": NOON}
    return Reason(**{**defaults, **fields})


@cache
def loaded_contracts() -> contracts.Contracts:
    return contracts.load(CONTRACTS)


@contextmanager
def opened(folder: Path) -> Iterator[Log]:
    """The real embedded log with the reference operator's contracts, so that no test's record breaks them."""
    log = open_log(f"sqlite://{folder}/log.db", loaded_contracts().validators())
    contracts.accept(log, loaded_contracts())
    yield log
    log.close()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with opened(tmp_path) as log:
        yield log


@pytest.fixture
def network(log: Log) -> Network:
    return Network(log)


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive")


@contextmanager
def serving(log: Log, archive: Archive) -> Iterator[str]:
    """The API on a free port; yields its URL. It knows all that the log holds by then."""
    stop = threading.Event()
    with listening(create_app([network_health(log, archive, stop)])) as url:
        try:
            yield url
        finally:
            stop.set()


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of an API that many tests only ask, with twelve alarms, some of each kind."""
    folder = tmp_path_factory.mktemp("idle")
    with opened(folder) as log:
        network = Network(log)
        network.resource("ManagedElement=ANT_01", site="Haven", region="Antwerpen")
        network.put(
            *(
                make_alarm(
                    f"a{number:02}",
                    ("critical", "major", "minor")[number % 3],
                    minutes(number),
                    vendor="Nokia" if number < 6 else "Huawei",
                    dn=f"ManagedElement={'ANT_01' if number % 2 else 'GNT_01'},Equipment={number}",
                )
                for number in range(12)
            )
        )
        with serving(log, Archive(folder / "archive")) as url, client(url) as api:
            yield api


def client(url: str) -> httpx.Client:
    return httpx.Client(base_url=f"{url}/network-health/v1", timeout=10)


@pytest.fixture
def url(log: Log, archive: Archive) -> Iterator[str]:
    with serving(log, archive) as url:
        yield url


@pytest.fixture
def api(url: str) -> Iterator[httpx.Client]:
    """A client of the Network Health API."""
    with client(url) as api:
        yield api


@pytest.fixture
def alarm_book(log: Log) -> Iterator[None]:
    """The processor that carries commands out, at work."""
    stop = threading.Event()
    thread = threading.Thread(target=Worker(log, [AlarmBook]).run, args=(stop,))
    thread.start()
    yield
    stop.set()
    thread.join()


def eventually(answer: Any, within: float = 5.0) -> Any:
    """What `answer` returns as soon as it is true; fails when that takes too long."""
    deadline = time.monotonic() + within
    while not (found := answer()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)
    return found
