"""A process of the hub for tests to kill: delivers what lies in a folder's log to whom a store says."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from tests.tmf.hub.house import ALARMS, QUICK, log_in
from trunkline.store.opening import open_store
from trunkline.tmf.hub.deliverer import Deliverer

if __name__ == "__main__":
    folder, store_url, name = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    Deliverer(log_in(folder), open_store(store_url), [ALARMS], QUICK, name).run(threading.Event())
