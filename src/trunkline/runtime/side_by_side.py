"""Several works of one process, each until it is told to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence


def side_by_side(works: Sequence[Callable[[threading.Event], None]], stop: threading.Event, name: str) -> None:
    """Do these until `stop` is set, each in a thread called `name`.

    Where one fails the others end too, and what it raised is raised.
    """
    raised: list[BaseException] = []

    def do(work: Callable[[threading.Event], None]) -> None:
        try:
            work(stop)
        except BaseException as error:
            raised.append(error)
        finally:
            stop.set()

    threads = [threading.Thread(target=do, args=(work,), name=name) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]
