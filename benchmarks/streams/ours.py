"""The job as a processor of ours: `ours.py URL NAME KIND WORKER`.

KIND is `events`, a function over one key's state, or `columns`, one over batches. It sends to `usage.total.NAME` until
it is killed; WORKER tells it from others that share its work.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

import msgspec
import numpy as np

from trunkline.log import open_log
from trunkline.streams import Out, Outputs, Worker, processor
from trunkline.streams.columnar import Batch, Columnar, columnar
from trunkline.streams.columns import Columns
from trunkline.streams.instance import Definition
from trunkline.streams.keyed import Folded

encode = msgspec.json.Encoder().encode


class Usage(msgspec.Struct, frozen=True, gc=False):
    """What of an event is used."""

    octets: int


class Total(msgspec.Struct, frozen=True, gc=False):
    """The state of a key, and what is sent."""

    events: int = 0
    octets: int = 0


def by_event(name: str, output: str) -> Folded:
    @processor(reads="usage", state=Total, writes=(output,), name=name)
    def total(total: Total, usage: Usage, out: Out) -> Total:
        after = Total(total.events + 1, total.octets + usage.octets)
        out.send(output, after)
        return after

    return total


def by_column(name: str, output: str) -> Columnar:
    @columnar(reads="usage", event=Usage, state={"events": np.int64, "octets": np.int64}, writes=(output,), name=name)
    def totals(state: Columns, batch: Batch, out: Outputs) -> None:
        rows = state.rows(batch.keys)
        events, octets = state.add("events", rows, 1), state.add("octets", rows, batch["octets"])
        out.send_columns(output, batch.keys, list(map(encode, map(Total, events.tolist(), octets.tolist()))))

    return totals


KINDS: dict[str, Callable[[str, str], Definition]] = {"events": by_event, "columns": by_column}

if __name__ == "__main__":
    url, name, kind, worker = sys.argv[1:]
    total = KINDS[kind](name, f"usage.total.{name}")
    Worker(open_log(url), [total], worker).run(threading.Event())
