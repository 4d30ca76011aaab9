"""How a connection is doing, for its operator: what it brought, when it last worked, and what is wrong."""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field

from trunkline.systems.sink import Down

logger = logging.getLogger("trunkline.connect")


@dataclass
class Status:
    """The figures of one connection since the process started. Times are seconds since the epoch, 0 for never.

    `problem` is what is wrong now, "" when all is well.
    """

    name: str
    state: str = "starting"
    """`starting`, `running`, `waiting` (to be started again after an error) or `stopped`."""
    problem: str = ""
    last_success: float = 0.0
    files: int = 0
    duplicates: int = 0
    events: int = 0
    rejected: int = 0
    errors: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def succeeded(self) -> None:
        """The system answered."""
        self.last_success = time.time()
        if self.problem:
            logger.info("%s: works again", self.name)
        self.problem, self.state = "", "running"

    def failed(self, reason: str) -> None:
        """Something went wrong and will be tried again. The same reason twice running is logged once."""
        self.errors += 1
        reason = "".join(letter if letter.isprintable() else " " for letter in reason)  # servers write parts of it
        if reason != self.problem:
            logger.warning("%s: %s", self.name, reason)
        self.problem = reason

    def took(self, *, events: int = 0, rejected: int = 0, files: int = 0, duplicates: int = 0) -> None:
        """Records or a file went into the log."""
        with self._lock:
            self.events += events
            self.rejected += rejected
            self.files += files
            self.duplicates += duplicates


def reason_of(error: BaseException) -> str:
    """One line that says what went wrong, the innermost error of a group."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    text = " ".join(str(error).split())
    known = isinstance(error, OSError | ValueError | Down) and text
    return text if known else f"{type(error).__name__}: {text}".removesuffix(": ")
