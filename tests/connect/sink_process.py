"""The sinks of a project folder as a process that dies, as by kill -9, between a write to the system and its commit.

`python -m tests.connect.sink_process PROJECT COMMITS`: at the commit of that number, counted from 1.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any

from tests.connect.outlet import Outlets
from trunkline.connect import connection
from trunkline.connect.runner import Runner
from trunkline.connect.sink_group import SinkGroup
from trunkline.log import TopicPartition


def main(folder: Path, commits: int) -> None:
    committed, commit = count(1), SinkGroup.commit

    def die_or_commit(group: SinkGroup, offsets: Mapping[TopicPartition, int], *refused: Any) -> None:
        if any(offsets.values()) and next(committed) == commits:  # not where it says that it begins at 0
            os.kill(os.getpid(), signal.SIGKILL)
        commit(group, offsets, *refused)

    SinkGroup.commit = die_or_commit  # type: ignore[method-assign]
    runner = Runner(folder, folder / "data", Outlets(folder).log, connection.load(folder))
    asyncio.run(runner.run(threading.Event()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
