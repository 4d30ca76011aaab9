"""The connections of a project folder as a process: `python -m tests.connect.process PROJECT`, until it is killed."""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
import threading
from pathlib import Path

from tests.connect.operator import Operator
from trunkline.connect import connection
from trunkline.connect.runner import Runner


def main(project: Path) -> None:
    logging.basicConfig(level=logging.INFO)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    operator = Operator(project / "data")
    try:
        asyncio.run(Runner(project, project / "data", operator.log, connection.load(project)).run(stop))
    finally:
        operator.log.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
