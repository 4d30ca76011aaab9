"""What is sold: the operator's tariffs, without those that were stopped since the ledger would not balance by them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime

from trunkline.streams import Rejection
from trunkline.telco.charging.accounts.rating import Violation
from trunkline.telco.charging.tariff.terms import Tariff, Tariffs

logger = logging.getLogger(__name__)


class Sold:
    """Tariffs without those that were stopped since the worker began, as it does to take a corrected tariff."""

    def __init__(self, tariffs: Tariffs) -> None:
        self._tariffs = tariffs
        self.stopped: dict[str, str] = {}
        """Why, by the tariff's id."""

    def at(self, id: str, time: datetime) -> Tariff:
        """The version that was valid then. Raises `Rejection`, of a stopped one with `tariff.stopped`."""
        if id in self.stopped:
            raise Rejection("tariff.stopped", f"the tariff {id} is stopped: {self.stopped[id]}")
        return self._tariffs.at(id, time)

    def work(self, work: Callable[[], None]) -> None:
        """Do what is to be done with an account. A tariff by which its ledger would not balance is stopped, and it is
        done without it.

        Raises `Rejection` with `ledger.violation` where that does not help.
        """
        while True:
            try:
                work()
                return
            except Violation as violation:
                if not self._stop(violation.tariff, str(violation)):
                    raise Rejection("ledger.violation", str(violation)) from violation

    def _stop(self, id: str, why: str) -> bool:
        """Stop a tariff; whether it was not stopped yet."""
        if id in self.stopped:
            return False
        logger.error("the tariff %s is stopped: %s", id, why)
        self.stopped[id] = why
        return True
