"""A worker process over the processor `Count`, run until it is killed. Usage: counting.py URL [NAME]"""

import sys
import threading
from collections.abc import Sequence
from typing import ClassVar

from trunkline.log import Record, open_log
from trunkline.streams import Worker
from trunkline.streams.recorded import Outputs


class Count:
    """Counts the events of each key and announces each new count."""

    name: ClassVar[str] = "count"
    reads: ClassVar[tuple[str, ...]] = ("calls",)
    whole: ClassVar[bool] = False

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}

    def restore(self, key: str, value: bytes) -> None:
        self.counts[key] = int(value)

    def process(self, records: Sequence[Record], out: Outputs) -> None:
        for record in records:
            key = (record.key or b"").decode()
            self.counts[key] = self.counts.get(key, 0) + 1
            if record.value == b"poison":
                raise ValueError("this call cannot be counted")
            count = str(self.counts[key]).encode()
            out.keep(key, count)
            out.send("counts", key, count, id=f"{record.partition}/{record.offset}", time=record.time)

    def tick(self, now: int, out: Outputs) -> None:
        """Nothing is due without events."""


if __name__ == "__main__":
    worker = Worker(open_log(sys.argv[1]), [Count], *sys.argv[2:])
    print("ready", flush=True)
    worker.run(threading.Event())
