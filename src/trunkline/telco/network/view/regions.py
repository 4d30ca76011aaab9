"""In which region each managed object stands, by the log's topology."""

from __future__ import annotations

import logging
import threading
import time
from typing import Final

from trunkline.log.port import Log, LogError
from trunkline.telco.model import NetworkResource
from trunkline.telco.network.view.network import NetworkView

LOOK: Final = 1.0  # seconds between two looks at whether something was built

logger = logging.getLogger(__name__)


class Regions:
    """Asked by a DN, from any thread. What was built shows within a second; while the log cannot be read, what was
    known before holds."""

    def __init__(self, log: Log) -> None:
        """Raises `LogError` where the log cannot be read."""
        self._view = NetworkView(log)
        self._lock = threading.Lock()
        self._view.catch_up((NetworkResource.topic,))
        self._due = time.monotonic() + LOOK

    def __call__(self, dn: str) -> str:
        """The region, `unknown` where no resource says it."""
        if time.monotonic() >= self._due:
            self._keep_up()
        return self._view.region(dn)

    def _keep_up(self) -> None:
        if not self._lock.acquire(blocking=False):
            return  # another thread does it
        try:
            self._view.catch_up((NetworkResource.topic,))
        except LogError as error:
            logger.warning("the log does not tell what was built, which is asked again: %s", error)
        finally:
            self._due = time.monotonic() + LOOK
            self._lock.release()
