"""A subscriber for tests to kill: it writes into a file what it takes, before it says so."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any

import msgspec

from tests.tmf.hub.subscriber import Answer, Subscriber

if __name__ == "__main__":
    port, file = int(sys.argv[1]), os.open(sys.argv[2], os.O_WRONLY | os.O_APPEND)

    def keep(event: dict[str, Any]) -> Answer:
        os.write(file, msgspec.json.encode(event) + b"\n")
        return Answer()

    Subscriber(port, behave=keep)
    threading.Event().wait()
