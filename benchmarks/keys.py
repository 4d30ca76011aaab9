"""What encryption costs the exactly-once processor on the embedded log: events a second of CPU time of its process,
with every batch sealed, with every event under the key of the person whose it is, and so again after somebody was
erased, when each person's values are opened for themselves; beside the same log in clear."""

from __future__ import annotations

import statistics
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

from benchmarks.headline import Headline
from benchmarks.streams.embedded import Embedded, output
from benchmarks.streams.ours import KINDS
from benchmarks.streams.process import running, watch
from benchmarks.streams.usage import INPUT, Load
from trunkline.log import Topic, open_log
from trunkline.security.keys.file import FileKek
from trunkline.security.keys.keyring import Keyring
from trunkline.security.keys.log import LogSealer
from trunkline.security.keys.table import KeyTable
from trunkline.security.keys.whose import ByKey, Whose
from trunkline.streams import Worker

EVENTS = 1_000_000
BEGIN = EVENTS // 10  # outputs after which the work is measured
RUNS = 3
KEPT = 0.85  # of the rate in clear
NAMES = {"batches": "every batch encrypted", "persons": "every event under its person's key"}
SINCE = "the same, what was written before somebody was erased"


def main() -> Iterator[Headline]:
    load, numbers = Load(EVENTS), count()
    with tempfile.TemporaryDirectory() as folder:
        logs = {how: filled(Path(folder, how), how, load) for how in ("clear", *NAMES)}
        found: dict[str, list[float]] = {how: [] for how in logs}
        for _ in range(RUNS):
            for how, embedded in logs.items():
                found[how].append(rate(embedded, how, load, f"{how}{next(numbers)}"))
        erase_somebody(logs["persons"].path.parent)
        found[SINCE] = [rate(logs["persons"], "persons", load, f"since{number}") for number in range(RUNS)]
        for embedded in logs.values():
            embedded.log.close()
    clear, *others = (statistics.median(figures) for figures in found.values())
    for name, figure in zip([*NAMES.values(), SINCE], others, strict=True):
        yield Headline(
            f"keys: exactly-once, {name}",
            "events/s/core",
            figure,
            clear,
            "in clear",
            ratio_target=None if name == SINCE else KEPT,
        )


def filled(folder: Path, how: str, load: Load) -> Embedded:
    """A log with the load in it."""
    folder.mkdir()
    embedded = Embedded(folder / "log.db")
    if how != "clear":
        embedded.log.close()
        embedded.log = open_log(embedded.url, sealer=sealer(folder, how))
    embedded.fill(load)
    return embedded


def keys(folder: Path) -> Keyring:
    return Keyring(lambda: FileKek(folder / "kek.json"), lambda: KeyTable(f"sqlite://{folder / 'keys.db'}"))


def sealer(folder: Path, how: str) -> LogSealer:
    whose: dict[str, Whose] = {INPUT: ByKey()} if how == "persons" else {}
    return LogSealer(keys(folder), lambda topic: True, whose.get)


def erase_somebody(folder: Path) -> None:
    """Erase a person who has no event in the log, so that all that is to come of it still comes."""
    with closing(keys(folder)) as keyring:
        keyring.persons([b"somebody"])
        keyring.erase(b"somebody")


def rate(embedded: Embedded, how: str, load: Load, name: str) -> float:
    """Events a second of CPU time of a process that works on the log with the same keys."""
    embedded.log.create(Topic(name=output(name), partitions=len(embedded.places(INPUT))))
    command = [sys.executable, "-m", "benchmarks.keys", str(embedded.path.parent), embedded.url, how, name]
    with running(command, embedded.path.with_name(f"{name}.output")) as process:
        stretch = watch([process], lambda: embedded.count(name), BEGIN, load.count)
    embedded.outputs(name).events(load, load.count)
    return stretch.per_cpu_second


def work(folder: Path, url: str, how: str, name: str) -> None:
    """Be that process."""
    with closing(open_log(url, sealer=None if how == "clear" else sealer(folder, how))) as log:
        Worker(log, [KINDS["events"](name, output(name))], name).run(threading.Event())


if __name__ == "__main__":
    work(Path(sys.argv[1]), *sys.argv[2:])
