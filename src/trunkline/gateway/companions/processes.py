"""The companions' processes: started before routes use them, started again when they die, ended when unneeded.

As Envoy does, they go on when the control plane dies. The next one replaces each by a new one of its own, which takes
over the socket in one step; so an update of Trunkline reaches them, too, and no call is lost.
"""

from __future__ import annotations

import logging
import os
import random
import subprocess
import sys
import time
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from trunkline.backoff import backoff
from trunkline.gateway.companions.kinds import KINDS
from trunkline.gateway.companions.sockets import identity
from trunkline.gateway.places import Places

START: Final = 20.0
"""Seconds that a companion has to answer at its socket."""
STEADY: Final = 30.0
"""Seconds after which one that has run counts as sound again."""
FIRST_PAUSE: Final = 0.1
LONGEST_PAUSE: Final = 5.0
"""Seconds before one that has died is started again."""
GRACE: Final = 12.0
"""Seconds that one has to end; it gives its own calls a little less."""
LARGEST_LOG: Final = 1 << 20

logger = logging.getLogger(__name__)


class NoCompanion(OSError):
    """A companion does not start."""


@dataclass
class _Companion:
    process: subprocess.Popen[bytes]
    started: float
    deaths: int = 0
    again: float | None = None
    """When it is started again, where it has died."""


class Companions:
    """The companions of one gateway."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._running: dict[str, _Companion] = {}
        self._ending: list[subprocess.Popen[bytes]] = []

    def start(self, names: Collection[str]) -> None:
        """Start those of these that are not ours yet, and wait until they answer. Raises `NoCompanion`."""
        new = sorted(set(names) - set(self._running))
        before = {name: identity(self._places.companion(name)) for name in new}
        for name in new:
            self._running[name] = _Companion(self._start(name), time.monotonic())
        deadline = time.monotonic() + START
        for name, old in before.items():
            companion = self._running[name]
            while identity(self._places.companion(name)) in (None, old):
                if companion.process.poll() is not None or time.monotonic() > deadline:
                    self._end([name])
                    raise NoCompanion(f"the companion {name} does not start; {self._log(name)} says why")
                time.sleep(0.01)

    def tend(self) -> None:
        """Start again those that have died."""
        self._ending = [process for process in self._ending if process.poll() is None]
        now = time.monotonic()
        for name, companion in self._running.items():
            if companion.process.poll() is None:
                continue
            if companion.again is None:
                companion.deaths = 1 if now - companion.started > STEADY else companion.deaths + 1
                pause = backoff(companion.deaths, FIRST_PAUSE, LONGEST_PAUSE, random.random())  # noqa: S311  # no secret
                companion.again = now + pause
                logger.warning("the companion %s has ended; %s may say why", name, self._log(name))
            if now >= companion.again:
                companion.process, companion.started, companion.again = self._start(name), now, None

    def keep(self, names: Collection[str]) -> None:
        """Let all but these end, also those that a control plane before us has left."""
        for name in set(KINDS) - set(names):
            self._places.companion(name).unlink(missing_ok=True)  # one that is not ours ends when it sees this
        self._end([name for name in self._running if name not in names])

    def stop(self) -> None:
        """End all, and wait until they have."""
        self.keep(())
        deadline = time.monotonic() + GRACE
        for process in self._ending:
            try:
                process.wait(max(0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _end(self, names: Collection[str]) -> None:
        for name in names:
            process = self._running.pop(name).process
            process.terminate()
            self._ending.append(process)

    def _start(self, name: str) -> subprocess.Popen[bytes]:
        log = self._log(name)
        anew = os.O_TRUNC if log.exists() and log.stat().st_size > LARGEST_LOG else 0
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | anew, 0o600)
        try:
            process = subprocess.Popen(  # noqa: S603  # our own arguments
                [sys.executable, "-m", "trunkline.gateway.companions", name],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        finally:
            os.close(output)
        assert process.stdin  # noqa: S101  # it is a pipe
        with suppress(BrokenPipeError), process.stdin:  # one that has ended is seen soon
            process.stdin.write(msgspec.json.encode(self._places, enc_hook=str))
        return process

    def _log(self, name: str) -> Path:
        return self._places.folder / f"{name}.log"
