"""The simulator's messaging system as a process until it is killed: `centre FOLDER PORT`, for a benchmark."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from belgicom.simulator.messages import MessageCentre

if __name__ == "__main__":
    MessageCentre(Path(sys.argv[1]), int(sys.argv[2]))
    threading.Event().wait()
