"""The ledger as a process, until it is killed or told to stop: `python -m tests.effects.process PROJECT URL NAME`."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from pathlib import Path

from tests.effects.house import lanes
from trunkline.effects import Runner
from trunkline.log import open_log


def main(project: Path, url: str, name: str) -> None:
    logging.basicConfig(level=logging.INFO)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    Runner(open_log(url), lanes(project), name).run(stop)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
