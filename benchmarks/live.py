"""The platform running live for a benchmark: its processes, what arrives at its API, and how long it took."""

from __future__ import annotations

import json
import math
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from trunkline import starter
from trunkline.project import Project

API = "/network-health/v1"


def operator(folder: Path) -> Project:
    """A new operator's project, with the reference operator's contracts and rules."""
    starter.create(folder / "operator", "benchmark")
    return Project.find(folder / "operator")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def command(project: Project, name: str, environment: Mapping[str, str]) -> Iterator[None]:
    """A command of the platform as a process of its own, stopped at the end."""
    output = project.data / f"{name}.out"
    with output.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "trunkline", name, "--project", str(project.folder)],
            stdout=file,
            stderr=file,
            env={**os.environ, **environment},
        )
    try:
        yield
        if process.poll() is not None:
            raise RuntimeError(f"{name} ended with {process.returncode}: {output.read_text()[-2000:]}")
    finally:
        process.terminate()
        process.wait(20)


def until(answer: Callable[[], bool], within: float) -> None:
    """Wait until `answer` is true; what cannot be asked yet counts as not true. Raises `TimeoutError`."""
    deadline = time.monotonic() + within
    while True:
        try:
            if answer():
                return
        except httpx.TransportError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(f"it did not happen within {within:g} s")
        time.sleep(0.2)


class Arrivals:
    """When each thing was first seen, by name."""

    def __init__(self) -> None:
        self._times: dict[str, float] = {}

    def add(self, name: str, at: float) -> None:
        self._times.setdefault(name, at)

    def since(self, sent: dict[str, float], within: float = 10.0) -> list[float]:
        """Seconds from each sending to its arrival. Raises `TimeoutError` when one does not arrive at all."""
        deadline = time.monotonic() + within
        while missing := sent.keys() - self._times.keys():
            if time.monotonic() > deadline:
                raise TimeoutError(f"{len(missing)} of {len(sent)} never arrived, {min(missing)} among them")
            time.sleep(0.01)
        return [self._times[name] - at for name, at in sent.items()]


@contextmanager
def subscribe(url: str, heard: Arrivals, name: Callable[[Any], str | None], **query: str) -> Iterator[None]:
    """Follow the API's event stream, noting each record by the name that `name` gives it, if any."""
    ready, stop = threading.Event(), threading.Event()

    def follow() -> None:
        with httpx.stream("GET", f"{url}{API}/events", params=query, timeout=None) as answer:
            for line in answer.iter_lines():
                ready.set()
                if stop.is_set():
                    break
                if line.startswith("data: "):
                    at = time.perf_counter()
                    known = name(json.loads(line[6:]))
                    if known is not None:
                        heard.add(known, at)

    threading.Thread(target=follow, daemon=True).start()
    if not ready.wait(10):
        raise TimeoutError("the event stream does not open")
    yield
    stop.set()


def percentile(seconds: list[float], share: float) -> float:
    """The value in milliseconds that `share` of all do not exceed (nearest rank)."""
    return sorted(seconds)[max(0, math.ceil(share * len(seconds)) - 1)] * 1_000
