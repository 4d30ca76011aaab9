"""One process at a time in a role on one data folder."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from trunkline.project import Project


@contextmanager
def alone(project: Project, role: str, *, wait: bool = False) -> Iterator[bool]:
    """Hold the role's lock; yields whether it could be had. With `wait`, wait until it can.

    The kernel frees it with the process, however that ends.
    """
    with (project.data / f"{role}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
