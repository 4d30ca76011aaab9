"""A process of the hub for tests to kill: delivers what lies in a folder."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from tests.tmf.hub.house import ALARMS, QUICK, log_in, store_in
from trunkline.tmf.hub.deliverer import Deliverer

if __name__ == "__main__":
    folder, name = Path(sys.argv[1]), sys.argv[2]
    Deliverer(log_in(folder), store_in(folder), [ALARMS], QUICK, name).run(threading.Event())
