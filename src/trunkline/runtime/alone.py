"""Which processes of a role run on one data folder: one alone, or several by number."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from trunkline.project import Project

MOST = 64  # processes of one role on one data folder


class AlreadyRunning(OSError):
    """Other processes hold the role on this data folder."""


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


@contextmanager
def numbered(project: Project, role: str) -> Iterator[int]:
    """Hold the lowest number of the role that no living process holds, so that one which is started again has the
    number that it had. Raises `AlreadyRunning` where there are too many."""
    for number in range(MOST):
        with alone(project, f"{role}-{number}") as free:
            if free:
                yield number
                return
    raise AlreadyRunning(f"{MOST} processes run as {role} on {project.data} already")


def held(project: Project, role: str) -> bool:
    """Whether a living process holds any number of the role."""
    for number in range(MOST):
        if (project.data / f"{role}-{number}.lock").exists():
            with alone(project, f"{role}-{number}") as free:
                if not free:
                    return True
    return False
