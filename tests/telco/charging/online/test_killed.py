"""The server may be killed at any moment: a session goes on at its next life, and nothing is charged twice or lost."""

from __future__ import annotations

import os
import random
import shutil
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.servers.process import ServerProcess, answers, free_ports
from tests.telco.charging.online.core import NOW, PATH, pdu_session, request, used
from tests.telco.charging.online.double import Double
from tests.telco.charging.online.house import REFERENCE, eventually, put, subscriber, told, values
from trunkline import starter
from trunkline.project import Project
from trunkline.telco.model import Account, Assignment, Balance, ChargingCommand, Member, Number, RatedUsage

CORES = 8
OCTETS = 1_000_003  # of each report


def test_a_kill_loses_and_doubles_nothing(tmp_path: Path) -> None:
    prove(tmp_path, kills=1, seed=1)


@pytest.mark.prove
def test_twenty_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    prove(tmp_path, kills=20, seed=int(os.environ.get("TRUNKLINE_SEED", time.time())))


def prove(folder: Path, kills: int, seed: int) -> None:
    print(f"seed {seed}")
    dice = random.Random(seed)
    starter.create(folder / "acme", "acme")
    project = Project.find(folder / "acme")
    [port] = free_ports(1)
    log = project.open_log()
    double = Double(log)
    with double.working():
        cores = [Core(port, subscriber(log, which), which) for which in range(CORES)]
        done = threading.Event()
        server = api(project, port)
        with ThreadPoolExecutor(CORES) as threads:
            reported = [threads.submit(core.run, done) for core in cores]
            try:
                for _ in range(kills):
                    time.sleep(dice.uniform(0.1, 0.5))
                    server.kill()
                    server = api(project, port)
                time.sleep(0.3)
            finally:
                done.set()
            octets = [core.result(60) for core in reported]
        server.stop()
    log.close()
    print(f"{sum(core.again for core in cores)} requests were sent again, {len(double.requests)} written")
    assert min(octets) > OCTETS, "every core has reported something"
    assert sum(core.again for core in cores) > 0, "a kill was noticed"
    for which, used_by_it in enumerate(octets):
        assert double.left[f"A-{which}"] == 10**12 - used_by_it


@pytest.mark.prove
def test_kills_of_charging_too_charge_each_octet_once_and_leave_nothing_held(tmp_path: Path) -> None:
    seed = int(os.environ.get("TRUNKLINE_SEED", time.time()))
    print(f"seed {seed}")
    dice = random.Random(seed)
    starter.create(tmp_path / "acme", "acme")
    project = Project.find(tmp_path / "acme")
    shutil.copytree(REFERENCE / "tariffs", project.folder / "tariffs", dirs_exist_ok=True)
    shutil.copy(REFERENCE / "charging.yaml", project.folder)
    [port] = free_ports(1)
    with closing(project.open_log()) as log:
        for which in range(CORES):
            put(log, prepaid(which))
            put(log, ChargingCommand(id=f"T-{which}", account=f"A-{which}", kind="topup", amount=10**7, time=NOW))
        processes = {"api": api(project, port), "worker": role(project, "worker")}
        eventually(lambda: len(values(log, Number.topic)) >= 2 * CORES, within=60)
        processes["api"].kill()
        processes["api"] = api(project, port)
        cores = [Core(port, f"imsi-20699{which:010}", which) for which in range(CORES)]
        done = threading.Event()
        with ThreadPoolExecutor(CORES) as threads:
            reported = [threads.submit(core.run, done) for core in cores]
            try:
                for _ in range(12):
                    time.sleep(dice.uniform(0.5, 2.0))
                    name = dice.choice(["api", "worker"])
                    processes[name].kill()
                    processes[name] = api(project, port) if name == "api" else role(project, name)
                time.sleep(1.0)
            finally:
                done.set()
            octets = [core.result(120) for core in reported]
        rated = {found.usage.id: found for found in told(log, RatedUsage)}
        balances = {found.account: found for found in told(log, Balance)}
        for process in processes.values():
            process.stop()
    for which, used_by_it in enumerate(octets):
        account = f"A-{which}"
        its = [found for found in rated.values() if found.usage.account == account]
        [money] = [bucket for bucket in balances[account].buckets if bucket.unit == "money"]
        assert used_by_it > OCTETS
        assert sum(found.usage.quantity for found in its) == used_by_it
        assert (money.remaining, money.reserved) == (10**7 - sum(found.amount for found in its), 0)


def api(project: Project, port: int) -> ServerProcess:
    """The platform's role `api`, once it answers."""
    server = role(project, "api", {"TRUNKLINE_HTTP__PORT": str(port)})
    server.wait_until(lambda: answers(port))
    return server


def role(project: Project, name: str, environment: dict[str, str] | None = None) -> ServerProcess:
    """A role of the platform as a process of its own."""
    command = [sys.executable, "-m", "trunkline", name, "--project", str(project.folder)]
    return ServerProcess(command, project.folder / f"{name}.log", environment)


def prepaid(which: int) -> Account:
    tariffs = (Assignment(tariff="prepaid", since=datetime(2025, 1, 1, tzinfo=UTC)),)
    member = Member(msisdn=f"3247{which:07}", imsi=f"20699{which:010}", tariffs=tariffs)
    return Account(id=f"A-{which}", customer=f"C-{which}", kind="prepaid", currency="EUR", members=(member,))


class Core:
    """One subscriber's sessions, one after the other, each of some updates; a request is sent until it is answered."""

    def __init__(self, port: int, supi: str, which: int) -> None:
        self._url, self._supi, self._which = f"http://127.0.0.1:{port}{PATH}/chargingdata", supi, which
        self._dice = random.Random(which)
        self._client = httpx.Client(timeout=5)
        self.again = 0

    def run(self, done: threading.Event) -> int:
        """The octets that it has reported when `done` is set and its session is over."""
        octets = sessions = 0
        while not done.is_set():
            sessions += 1
            session = pdu_session(charging_id=1000 * self._which + sessions)
            session["pduSessionInformation"]["servingCNPlmnId"] = {"mcc": "206", "mnc": "99"}
            location = self._send(self._url, 0, session, {"ratingGroup": 10, "requestedUnit": {}}).headers["location"]
            last = self._dice.randint(2, 6)
            for number in range(1, last + 1):
                octets += OCTETS
                operation = "release" if number == last else "update"
                usage = used(number, OCTETS, ask=number < last, triggerTimestamp=datetime.now(UTC).isoformat())
                self._send(f"{location}/{operation}", number, session, usage)
        self._client.close()
        return octets

    def _send(self, url: str, sequence: int, session: object, usage: object) -> httpx.Response:
        body = request(sequence, self._supi, pDUSessionChargingInformation=session, multipleUnitUsage=[usage])
        body["invocationTimeStamp"] = datetime.now(UTC).isoformat()
        while True:
            try:
                answer = self._client.post(url, json=body)
                if answer.status_code < 500:
                    assert answer.is_success, answer.text
                    return answer
            except httpx.TransportError:
                pass
            self.again += 1
            time.sleep(0.05)
