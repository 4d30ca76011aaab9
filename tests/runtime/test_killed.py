"""Any process of the platform may be killed at any moment: nothing acknowledged is lost, nothing is taken twice."""

from __future__ import annotations

import base64
import http.client
import json
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.runtime.operator import Operator, pm_file, until

BEGIN = datetime(2026, 3, 9, tzinfo=UTC)


def test_kills_under_load_lose_and_double_nothing(tmp_path: Path) -> None:
    prove(tmp_path, kills=4, seed=1)


@pytest.mark.prove
def test_twenty_kills_under_load_lose_and_double_nothing(tmp_path: Path) -> None:
    prove(tmp_path, kills=20, seed=int(os.environ.get("TRUNKLINE_SEED", time.time())))


def prove(folder: Path, kills: int, seed: int) -> None:
    print(f"seed {seed}")
    dice = random.Random(seed)
    operator = Operator(folder / "acme")
    load = Load(operator)
    operator.start()
    operator.wait_until_up()
    load.start()
    killed = Counter[str]()
    try:
        while killed.total() < kills:
            time.sleep(dice.uniform(0.3, 1.5))
            role = dice.choice(["connect", "worker", "api", "up", "connect", "worker"])
            pid = operator.processes().get(role)
            if pid is None:  # not started again yet
                continue
            os.kill(pid, signal.SIGKILL)
            killed[role] += 1
            if role == "up":
                operator.process.wait()  # type: ignore[union-attr]
                operator.start()
            if role != "api":  # the load goes on while it is down, and is acknowledged again once it is back
                mark = load.total()
                until(lambda mark=mark: load.total() > mark, f"load is taken again after {role} was killed")  # type: ignore[misc]
    finally:
        load.stop()
    print(f"killed {dict(killed)}; acknowledged {load.counts()}")
    try:
        until(lambda: settled(operator, load), "everything acknowledged has come through", seconds=90)
        time.sleep(1.0)  # what would come twice has come by then
        verify(operator, load)
    finally:
        operator.stop()


class Load:
    """Files, informs and VES posts, each repeated until the platform acknowledges it."""

    def __init__(self, operator: Operator) -> None:
        self._operator = operator
        self._stop = threading.Event()
        self.files: list[str] = []
        self.informs: list[str] = []
        self.events: list[str] = []
        self._threads = [
            threading.Thread(target=self._repeat, args=(work, pause), daemon=True)
            for work, pause in ((self._file, 0.05), (self._inform, 0.01), (self._event, 0.03))
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(30)

    def total(self) -> int:
        return len(self.informs) + len(self.events)

    def counts(self) -> dict[str, int]:
        return {"files": len(self.files), "informs": len(self.informs), "VES events": len(self.events)}

    def _repeat(self, work: Callable[[int], None], pause: float) -> None:
        number = 0
        while not self._stop.wait(pause):
            work(number)
            number += 1

    def _file(self, number: int) -> None:
        end = (BEGIN + timedelta(minutes=15 * (number % 90))).isoformat()
        node = f"F{number // 90}"
        self._operator.deliver(f"{number}.xml", pm_file(node, end, down=number % 900))
        self.files.append(f"ManagedElement={node},LTECell={node}-1 {end}")

    def _inform(self, number: int) -> None:
        while not self._operator.inform(number + 1, f"I{number}", timeout=0.5):
            if self._stop.wait(0.05):
                return
        self.informs.append(f"I{number}")

    def _event(self, number: int) -> None:
        while not self._post(number):
            if self._stop.wait(0.1):
                return
        self.events.append(f"V{number}")

    def _post(self, number: int) -> bool:
        micros = 1_773_068_086_000_000 + number
        event = {
            "event": {
                "commonEventHeader": {
                    "version": "4.1", "vesEventListenerVersion": "7.2.1", "domain": "fault", "sequence": number,
                    "eventName": "Fault_acme", "eventId": f"fault-{number}", "priority": "High",
                    "reportingEntityName": "acme", "sourceName": "radio", "startEpochMicrosec": micros,
                    "lastEpochMicrosec": micros, "nfVendorName": "Ericsson",
                },
                "faultFields": {
                    "faultFieldsVersion": "4.0", "alarmCondition": f"V{number}", "eventSourceType": "other",
                    "specificProblem": f"V{number}", "eventSeverity": "MAJOR", "vfStatus": "Active",
                },
            }
        }  # fmt: skip
        login = base64.b64encode(b"radio:acme-secret").decode()
        connection = http.client.HTTPConnection("127.0.0.1", self._operator.ves, timeout=2)
        try:
            headers = {"Authorization": f"Basic {login}", "Content-Type": "application/json"}
            connection.request("POST", "/eventListener/v7", json.dumps(event), headers)
            status = connection.getresponse().status
        except OSError:
            return False
        except http.client.HTTPException:
            return False
        finally:
            connection.close()
        assert status in (202, 503), status
        return status == 202


def alarm_name(alarm: dict[str, str]) -> str:
    """The name that the load gave it: the cell of an inform, the problem of a VES event."""
    return alarm["problem"] if alarm["problem"].startswith("V") else alarm["dn"].rpartition("=")[2]


def settled(operator: Operator, load: Load) -> bool:
    """Whether a KPI of each file and an alarm of each acknowledged event are there."""
    kpis = {(kpi["dn"], kpi["endTime"]) for kpi in values(operator, "network.kpi")}
    known = {alarm_name(alarm) for alarm in values(operator, "network.alarm")}
    return len(kpis) >= len(load.files) and known >= {*load.informs, *load.events}


def verify(operator: Operator, load: Load) -> None:
    measured = Counter((value["dn"], value["endTime"]) for value in values(operator, "network.measurement"))
    assert len(measured) == len(load.files)
    assert set(measured.values()) == {1}, "a file was taken twice"
    kpis = Counter((value["dn"], value["name"], value["endTime"]) for value in values(operator, "network.kpi"))
    assert set(kpis.values()) == {1}, "a KPI was computed twice"
    life = Counter[tuple[str, str]]()
    for alarm in values(operator, "network.alarm"):
        life[alarm_name(alarm), alarm["state"]] += 1
    raised = {name: count for (name, state), count in life.items() if state == "raised"}
    assert {*load.informs, *load.events} <= raised.keys(), "an acknowledged alarm was lost"
    assert set(raised.values()) == {1}, "an alarm was taken twice"
    assert not [name for (name, state) in life if state != "raised"], "an alarm changed that nobody changed"
    assert not values(operator, "quarantine")


def values(operator: Operator, topic: str) -> list[dict[str, str]]:
    return [json.loads(record.value) for record in operator.records(topic) if record.value is not None]
