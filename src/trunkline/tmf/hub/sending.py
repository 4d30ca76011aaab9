"""One event to one subscriber: again and again, with pauses, until it is taken or to be given up."""

from __future__ import annotations

import random
import threading
import time
from typing import NamedTuple

from trunkline.backoff import backoff
from trunkline.settings import Hub as Settings
from trunkline.tmf.hub import metrics
from trunkline.tmf.hub.connection import Answer, Connection


class Failure(NamedTuple):
    """An event was not taken, in so many attempts; the last answer."""

    attempts: int
    answer: Answer


class Stopped(Exception):
    """All is to end, in the middle of an event: whoever goes on begins with that one."""


class Sender:
    """Sends over `connection`. Pauses grow with the failures one after the other, whatever the event."""

    def __init__(self, connection: Connection, settings: Settings) -> None:
        self._connection, self._settings = connection, settings
        self._failures = 0
        self._failed = Answer(0)
        self._failed_at = -float("inf")
        self._stop = threading.Event()

    def send(self, body: bytes, since: float) -> Failure | None:
        """Send an event that is there `since` a time (seconds since the epoch). Raises `Stopped`."""
        settings = self._settings
        if self._is_over(since) and time.monotonic() < self._failed_at + settings.longest_pause:
            return Failure(0, self._failed)
        attempt = 0
        while True:
            self.go_on()
            attempt += 1
            answer = self._request(body)
            if answer.taken:
                self._failures = 0
                return None
            self._failures += 1
            self._failed, self._failed_at = answer, time.monotonic()
            if attempt >= settings.attempts or self._is_over(since):
                return Failure(attempt, answer)
            wait = backoff(self._failures, settings.first_pause, settings.longest_pause, random.random())  # noqa: S311
            self.pause(min(max(wait, answer.pause), settings.longest_pause))

    def stop(self) -> None:
        """Begin nothing more."""
        self._stop.set()

    def go_on(self) -> None:
        """Raises `Stopped` where all is to end."""
        self.pause(0.0)

    def pause(self, seconds: float) -> None:
        """Wait. Raises `Stopped`."""
        if self._stop.wait(seconds):
            raise Stopped

    def close(self) -> None:
        """Let go of the connection."""
        self._connection.close()

    def _is_over(self, since: float) -> bool:
        return time.time() > since + self._settings.max_age

    def _request(self, body: bytes) -> Answer:
        began = time.monotonic()
        answer = self._connection.post(body)
        metrics.REQUEST.observe(time.monotonic() - began)
        metrics.REQUESTS.labels("taken" if answer.taken else "failed").inc()
        return answer
