"""The whole platform, run as an operator runs it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.runtime.operator import Operator, is_alive, pm_file, until
from trunkline.project import Project
from trunkline.runtime import supervisor
from trunkline.runtime.up import Summary

CELL = "ManagedElement=ANT_01,LTECell=ANT_01-1"
NOW = datetime.now(UTC).replace(second=0, microsecond=0)  # what is older than some periods tells nothing of today


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Operator]:
    operator = Operator(tmp_path / "acme")
    operator.start()
    operator.wait_until_up()
    yield operator
    if operator.process is not None and operator.process.poll() is None:
        operator.stop()


def availability(operator: Operator) -> float | None:
    cell = operator.get(f"/network-health/v1/cells/{CELL}")
    return None if cell is None else cell.get("kpis", {}).get("CellAvailability")


def alarms(operator: Operator) -> int:
    page = operator.get("/network-health/v1/alarms")
    return len(page or [])


def test_files_and_informs_show_in_the_network_health_and_a_restart_goes_on_where_it_was(operator: Operator) -> None:
    operator.deliver("a.xml", pm_file("ANT_01", (NOW - timedelta(minutes=15)).isoformat(), down=90))
    until(lambda: availability(operator) == 90.0, "the file's KPI shows")
    until(lambda: operator.inform(1, "A"), "the inform is acknowledged")
    until(lambda: alarms(operator) == 1, "the alarm shows")

    assert operator.stop() == 0
    output = (operator.folder / "up.log").read_text()
    assert "open " in output
    assert "Stopped." in output
    assert "Traceback" not in "".join(path.read_text() for path in (operator.folder / ".trunkline/output").iterdir())

    operator.deliver("b.xml", pm_file("ANT_01", NOW.isoformat(), down=45))
    operator.start()
    until(lambda: availability(operator) == 95.0, "the next file's KPI shows after the restart")
    assert alarms(operator) == 1
    assert len(operator.records("network.measurement")) == 2


def test_how_the_network_is_is_said_while_it_runs(operator: Operator, capsys: pytest.CaptureFixture[str]) -> None:
    operator.deliver("a.xml", pm_file("ANT_01", (NOW - timedelta(minutes=15)).isoformat(), down=90))
    until(lambda: availability(operator) == 90.0, "the file's KPI shows")
    assert "starting …" in (operator.folder / "up.log").read_text()
    with operator.log() as log:
        summary = Summary(Project(operator.folder), log, None)
        summary.show()
        assert re.search(r"Z  network \w+ \(\d+\.\d\)   cells 1 \w+   alarms none\n", capsys.readouterr().out)
    operator.stop()
    with operator.log() as log:
        Summary(Project(operator.folder), log, None).show()
    assert capsys.readouterr().out == "starting …\n"


def test_a_second_one_on_the_same_port_is_refused_with_the_way_out(operator: Operator) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "trunkline", "up", "-p", str(operator.folder)],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert second.returncode == 1
    assert f"port {operator.http}" in second.stderr
    assert "Traceback" not in second.stderr


def test_the_output_of_a_talkative_process_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor, "LONGEST_OUTPUT", 10_000)
    talk = "import time\nwhile True: print('x' * 99, flush=True); time.sleep(0.001)"
    service = supervisor.Service("talker", [sys.executable, "-c", talk], tmp_path, tmp_path / "talker.log")
    service.keep_running()
    assert service.process is not None
    try:
        for _ in range(2):
            until(lambda: service.output.stat().st_size > 10_000, "there is much output")
            service.keep_running()
            assert service.output.stat().st_size < 10_000
        assert (tmp_path / "talker.1.log").read_text().startswith("x" * 99)
    finally:
        service.process.kill()
        service.process.wait()


def test_prometheus_is_told_what_the_processors_of_all_processes_do(operator: Operator) -> None:
    operator.deliver("a.xml", pm_file("ANT_01", NOW.isoformat(), down=90))
    until(lambda: availability(operator) == 90.0, "the file's KPI shows")
    until(lambda: figures(operator)['trunkline_processor_events_total{processor="kpis"}'] == 1, "the event is counted")
    found = figures(operator)
    assert found['trunkline_processor_outputs_total{processor="kpis"}'] > 0
    assert found['trunkline_processor_commit_seconds_count{processor="kpis"}'] > 0
    until(lambda: figures(operator)['trunkline_processor_state_keys{processor="kpis"}'] > 0, "the state's size shows")
    assert figures(operator)['trunkline_processor_lag{processor="kpis"}'] == 0


def figures(operator: Operator) -> dict[str, float]:
    """What `/metrics` says, in the text format that Prometheus reads."""
    lines = operator.text("/metrics").splitlines()
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line[:1] != "#")}


def test_a_process_that_dies_is_started_again_and_all_stop_with_their_supervisor(operator: Operator) -> None:
    before = operator.processes()
    assert before.keys() == {"up", "api", "worker", "connect", "perform"}
    for role in ("api", "worker", "connect", "perform"):
        os.kill(before[role], signal.SIGKILL)
    until(
        lambda: (
            operator.processes().keys() == before.keys()
            and all(operator.processes()[role] != before[role] for role in ("api", "worker", "connect", "perform"))
        ),
        "the roles run again",
    )
    operator.wait_until_up()
    running = operator.processes()
    os.kill(running["up"], signal.SIGKILL)
    until(lambda: not any(is_alive(pid) for role, pid in running.items() if role != "up"), "the roles end too")
