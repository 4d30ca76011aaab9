"""The server may be killed at any moment: a session goes on at its next life, and nothing is charged twice or lost."""

from __future__ import annotations

import os
import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.servers.process import ServerProcess, answers, free_ports
from tests.telco.charging.online.core import PATH, pdu_session, request, used
from tests.telco.charging.online.double import Double
from tests.telco.charging.online.house import subscriber
from trunkline import starter
from trunkline.project import Project

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
        server = serve(project, port)
        with ThreadPoolExecutor(CORES) as threads:
            reported = [threads.submit(core.run, done) for core in cores]
            try:
                for _ in range(kills):
                    time.sleep(dice.uniform(0.1, 0.5))
                    server.kill()
                    server = serve(project, port)
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


def serve(project: Project, port: int) -> ServerProcess:
    """The platform's role `api`, once it answers."""
    server = ServerProcess(
        [sys.executable, "-m", "trunkline", "api", "--project", str(project.folder)],
        project.folder / "api.log",
        {"TRUNKLINE_HTTP__PORT": str(port)},
    )
    server.wait_until(lambda: answers(port))
    return server


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
            location = self._send(self._url, 0, session, {"ratingGroup": 10, "requestedUnit": {}}).headers["location"]
            last = self._dice.randint(2, 6)
            for number in range(1, last + 1):
                octets += OCTETS
                operation = "release" if number == last else "update"
                self._send(f"{location}/{operation}", number, session, used(number, OCTETS, ask=number < last))
        self._client.close()
        return octets

    def _send(self, url: str, sequence: int, session: object, usage: object) -> httpx.Response:
        body = request(sequence, self._supi, pDUSessionChargingInformation=session, multipleUnitUsage=[usage])
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
