"""The checkpoints' way out of the system: each witness is given all of them, in order, until it has confirmed each."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from random import random
from typing import Final

from trunkline.backoff import backoff
from trunkline.security.audit import metrics
from trunkline.security.audit.ledger import Ledger, LedgerError
from trunkline.security.audit.published import Published, WitnessError
from trunkline.security.audit.witness import Witness

PAUSE: Final = 1.0  # seconds between two looks for a new checkpoint
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds, after a failure

logger = logging.getLogger(__name__)


class Delivery:
    """Gives a witness the checkpoints of a ledger. What it has confirmed is in the ledger, so none is left out."""

    def __init__(self, ledger: Ledger, witness: Witness) -> None:
        self._ledger, self._witness = ledger, witness

    def run(self, stop: threading.Event) -> None:
        """Deliver until `stop` is set, and what is there then. What fails is said and tried again."""
        failures, ended = 0, False
        while not ended:
            ended = stop.is_set()
            try:
                self.run_once()
                failures = 0
            except (WitnessError, LedgerError) as error:
                failures += 1
                logger.error("a checkpoint of the audit trail has not left the system: %s", error)
            if not ended:
                stop.wait(backoff(failures, FIRST_PAUSE, LONGEST_PAUSE, random()) if failures else PAUSE)  # noqa: S311  # no secret

    def run_once(self) -> int:
        """Deliver what waits; how many checkpoints that were. Raises `WitnessError`, `LedgerError`."""
        count, confirmed = 0, self._ledger.delivered(self._witness.name)
        try:
            for published in publications(self._ledger, above=confirmed):
                self._witness.publish(published)
                confirmed = published.checkpoint.size
                self._ledger.set_delivered(self._witness.name, confirmed)
                count += 1
        finally:
            signed, _ = self._ledger.last_checkpoint() or (0, "")
            metrics.UNWITNESSED.labels(self._witness.name).set(signed - max(0, confirmed))
        return count


def publications(ledger: Ledger, above: int = -1) -> Iterator[Published]:
    """The checkpoints of a ledger that are larger than `above`, each with the leaves since the one before."""
    before = ledger.last_checkpoint(above)
    first = before[0] if before is not None else 0
    for size, note in ledger.checkpoints(above):
        yield Published(note, first, ledger.leaves(first, size))
        first = size
