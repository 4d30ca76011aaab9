"""A connection's context for tests: what is handed over is kept in a list, secrets are given by the test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from trunkline.quarantine import Rejected
from trunkline.systems import Format, Origin, installed_systems
from trunkline.systems.reach import Context, FileReport
from trunkline.telco.model import AlarmReport


class Kept:
    """An intake that keeps what it is given; `refuse` makes it fail as a log that takes nothing."""

    def __init__(self) -> None:
        self.batches: list[Sequence[Any]] = []
        self.refuse: Exception | None = None
        self.gate: asyncio.Event | None = None
        """While it is not set, nothing becomes durable."""

    async def records(self, records: Sequence[Any]) -> None:
        while self.gate is not None and not self.gate.is_set():  # noqa: ASYNC110  # the gate is a thread's
            await asyncio.sleep(0.005)
        if self.refuse is not None:
            raise self.refuse
        self.batches.append(list(records))

    def file(self, stream: BinaryIO, origin: Origin, *, version: str = "", format: Format | None = None) -> FileReport:
        raise NotImplementedError

    def taken(self) -> Mapping[str, str]:
        return {}

    def forget(self, uris: Iterable[str]) -> None: ...

    @property
    def all(self) -> list[Any]:
        return [record for batch in self.batches for record in batch]

    @property
    def reports(self) -> list[AlarmReport]:
        return [record for record in self.all if isinstance(record, AlarmReport)]

    @property
    def rejected(self) -> list[Rejected]:
        return [record for record in self.all if isinstance(record, Rejected)]


class Told:
    """A status that remembers what it was told."""

    def __init__(self) -> None:
        self.problems: list[str] = []
        self.successes = 0

    def succeeded(self) -> None:
        self.successes += 1

    def failed(self, reason: str) -> None:
        self.problems.append(reason)


def context(folder: Path, secrets: Mapping[str, str] | None = None, **changes: Any) -> Context:
    """A context named `traps` whose `intake` is `Kept` and whose `status` is `Told`."""
    given = {
        "name": "traps", "system": None, "systems": installed_systems(), "intake": Kept(), "status": Told(),
        "folder": folder, "project": folder, "secret": lambda name: (secrets or {})[name], "certificate": None,
        "refused": lambda subject, address, rule: None,
    } | changes  # fmt: skip
    return Context(**given)


async def until(condition: Callable[[], object], what: str, seconds: float = 10.0) -> None:
    """Wait until `condition` is true; fails with `what` when it does not come true."""
    for _ in range(int(seconds / 0.005)):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError(f"{what} did not happen within {seconds} s")
