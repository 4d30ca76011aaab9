"""Charging's double as a process, until it is killed: `python -m benchmarks.charging.double LOG_URL`."""

from __future__ import annotations

import sys
import threading

from tests.telco.charging.online.double import Double
from trunkline.log import open_log

if __name__ == "__main__":
    with Double(open_log(sys.argv[1])).working():
        threading.Event().wait()
