"""A process that records, or keeps, until it is killed: `writing.py record|keep FOLDER`.

One that records prints the id of each entry that is durable.
"""

from __future__ import annotations

import sys
import threading
from contextlib import closing
from pathlib import Path

from tests.security.audit.trail import entry
from trunkline.log import open_log
from trunkline.security.audit import Keeper, Ledger, Recorder
from trunkline.security.audit.keys import SigningKeys


def record(folder: Path) -> None:
    with closing(open_log(f"sqlite://{folder}/log.db")) as log, closing(Recorder(log)) as recorder:
        number = 0
        while True:
            for _ in range(20):
                recorder.add(lambda: entry(0))  # reads, that share the change's batch
            recorder.record(lambda: entry(0)).result()
            number += 21
            print(f"{recorder.writer}-{number - 1}", flush=True)


def keep(folder: Path) -> None:
    with (
        closing(open_log(f"sqlite://{folder}/log.db?lease=0.5")) as log,
        closing(Ledger(folder / "ledger.db")) as ledger,
    ):
        print("ready", flush=True)
        Keeper(log, ledger, SigningKeys(folder, "BelgiCom"), every=0.1, member="one").run(threading.Event())


if __name__ == "__main__":
    {"record": record, "keep": keep}[sys.argv[1]](Path(sys.argv[2]))
