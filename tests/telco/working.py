"""Works that run beside a test, and waiting for what they do."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def running(*works: Callable[[threading.Event], None]) -> Iterator[None]:
    """Each in a thread of its own, until the block ends."""
    stop = threading.Event()
    threads = [threading.Thread(target=work, args=(stop,)) for work in works]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def until(is_so: Callable[[], Any], what: str, seconds: float = 30) -> Any:
    """What `is_so` gives once that is something."""
    end = time.monotonic() + seconds
    while not (found := is_so()):
        assert time.monotonic() < end, f"it never came to be that {what}"
        time.sleep(0.02)
    return found
