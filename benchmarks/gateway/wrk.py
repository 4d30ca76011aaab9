"""wrk against a URL, from a core that the proxies do not have; and what a process has cost meanwhile."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.streams.process import cpu_seconds

PROXY_CORE: Final = 0
LOAD_CORE: Final = max(os.sched_getaffinity(0))
SECONDS: Final = 5
_UNITS: Final = {"us": 0.001, "ms": 1.0, "s": 1_000.0}


class Missing(Exception):
    """A program that is needed is not on this machine."""


class Load(NamedTuple):
    """What came of a load: requests a second, the median in milliseconds, CPU of the process for each in µs."""

    per_second: float
    median: float
    cpu: float


def load(
    url: str, pid: int, connections: int, headers: Mapping[str, str] | None = None, script: Path | None = None
) -> Load:
    """Ask `url` for `SECONDS` on so many connections, by GET, or as wrk's `script` says. Raises `Missing`, and
    `RuntimeError` where an answer is bad."""
    if shutil.which("wrk") is None:
        raise Missing("wrk is not on this machine (apt install wrk)")
    before = cpu_seconds(pid)
    said = subprocess.run(
        [
            *("taskset", "-c", str(LOAD_CORE), "wrk", "-t1", f"-c{connections}", f"-d{SECONDS}", "--latency"),
            *(word for name, value in (headers or {}).items() for word in ("-H", f"{name}: {value}")),
            *(("-s", str(script)) if script else ()),
            url,
        ],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    spent = cpu_seconds(pid) - before
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"{url} did not answer as it should:\n{said}")
    requests = int(_found(r"(\d+) requests in", said)[0])
    value, unit = _found(r"50%\s+([\d.]+)(us|ms|s)", said)
    return Load(
        float(_found(r"Requests/sec:\s+([\d.]+)", said)[0]), float(value) * _UNITS[unit], spent / requests * 1e6
    )


def pin(pid: int, core: int) -> None:
    """Give a process, all its threads, one core."""
    for thread in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {core})


def _found(pattern: str, text: str) -> tuple[str, ...]:
    found = re.search(pattern, text)
    if found is None:
        raise RuntimeError(f"wrk did not say what it was asked for:\n{text}")
    return found.groups()
