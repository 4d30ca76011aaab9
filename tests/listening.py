"""An application that answers on loopback while a test asks it."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from fastapi import FastAPI

from trunkline.http import server


@contextmanager
def listening(app: FastAPI, port: int = 0) -> Iterator[str]:
    """It answers on the port, or a free one, in this process; yields its URL."""
    running = server(app, "127.0.0.1", port)
    thread = threading.Thread(target=running.run)
    thread.start()
    while not running.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{running.port}"
    finally:
        running.should_exit = True
        thread.join()
