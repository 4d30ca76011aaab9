"""The connections of a folder of `outlet.py` as a process: `python -m tests.connect.reach_process FOLDER`."""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path

from tests.connect.outlet import Outlets
from trunkline.connect import connection
from trunkline.connect.runner import Runner


def main(folder: Path) -> None:
    outlets = Outlets(folder)
    asyncio.run(Runner(folder, folder / "data", outlets.log, connection.load(folder)).run(threading.Event()))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
