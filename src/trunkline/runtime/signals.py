"""When a role must stop: SIGTERM, SIGINT, or the end of the supervisor that started it."""

import os
import signal
import threading

SUPERVISED = "TRUNKLINE_SUPERVISED"


def stop_event() -> threading.Event:
    """An event that is set when this process is asked to stop.

    A supervised role holds its supervisor's pipe as standard input: when that ends, the supervisor is gone (even by
    kill -9) and a role that lived on would hold ports and leases against the next start.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if os.environ.get(SUPERVISED):
        threading.Thread(target=_wait_for_end_of_input, args=(stop,), daemon=True).start()
    return stop


def _wait_for_end_of_input(stop: threading.Event) -> None:
    while os.read(0, 1024):
        pass
    stop.set()
