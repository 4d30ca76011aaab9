"""Charging's double as a process, until it is killed: `python -m benchmarks.charging.double --project FOLDER`."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from tests.telco.charging.online.double import Double
from trunkline.project import Project

if __name__ == "__main__":
    with Double(Project.find(Path(sys.argv[-1])).open_log()).working():
        threading.Event().wait()
