"""The keeper: the one who numbers and chains what all processes have said, and signs what the trail then is.

Writers append to the topic `audit.entry`, which puts their entries into one order; an entry is safe from then on,
whoever is killed. Of the keepers of all workers the one that holds the topic's partition brings it into the ledger.
The ledger says how far, in the transaction that adds the entries: so a killed keeper leaves neither gap nor repetition,
and one that was paused and wakes up cannot add anything.
"""

from __future__ import annotations

import logging
import threading
import time
from datetime import UTC, datetime
from typing import Final

import msgspec

from trunkline.log.port import Event, Log, LogError, Record, Topic, TopicPartition
from trunkline.quarantine import EXCERPT, Rejected
from trunkline.security.audit import entry as entries
from trunkline.security.audit.checkpoint import Checkpoint, Signer, parse
from trunkline.security.audit.entry import TOPIC
from trunkline.security.audit.keys import SigningKeys
from trunkline.security.audit.ledger import Ledger, LedgerError, Superseded
from trunkline.security.audit.published import MOST

BATCH: Final = 500  # entries in one transaction
AGAIN: Final = 5.0  # seconds after which is tried again what failed
PLACE: Final = TopicPartition(TOPIC.name, 0)

logger = logging.getLogger(__name__)


class Keeper:
    """Keeps `ledger`, and signs a checkpoint `every` so many seconds in which something came, and at `MOST` entries.

    `member` is its own name among keepers, the same after a restart.
    """

    def __init__(self, log: Log, ledger: Ledger, keys: SigningKeys, *, every: float = 10.0, member: str = "") -> None:
        self._log, self._ledger, self._keys, self._every = log, ledger, keys, every
        ensure_topic(log)
        self._member = log.member("audit.keeper", TOPIC.name, member)
        self._reader = log.reader()
        self._holds = False
        self._signed = 0
        self._sign_at = time.monotonic() + every

    def run(self, stop: threading.Event) -> None:
        """Keep until `stop` is set; then sign what is there. What fails is said and tried again."""
        ended = False
        while not ended:
            ended = stop.is_set()
            try:
                self.run_once(0.0 if ended else 0.2)
                if ended and self._holds:
                    self.sign()
            except Superseded:
                logger.warning("another keeper of the audit trail was faster; this one looks again at what is there")
            except (LogError, LedgerError, ValueError, OSError):
                logger.exception("the audit trail stands still, its entries wait in the log; again in %d s", AGAIN)
                stop.wait(AGAIN)

    def run_once(self, timeout: float = 0.0) -> int:
        """Bring in what waits, some hundreds of entries at most, and sign when it is time; how many they were.

        Raises `LogError`, `Superseded`, `LedgerError`; nothing is lost by that.
        """
        try:
            self._share()
            if not self._holds:
                time.sleep(timeout)
                return 0
            taken = 0
            for batch in self._reader.take(BATCH, timeout):
                good = self._sound(batch.records(), {at: reason for at, _, reason in batch.failures})
                taken += self._ledger.take(good, batch.offsets[-1] + 1)
            if self._ledger.size - self._signed >= MOST - BATCH or time.monotonic() >= self._sign_at:
                self.sign()
        except BaseException:
            self._holds = False  # to begin again where the ledger says
            raise
        return taken

    def caught_up(self) -> bool:
        """Whether this one keeps the trail, and has brought in all that had come when last looked."""
        return self._holds and self._reader.at_end()

    def sign(self) -> None:
        """Sign what is there, where it is more than was signed; with a key that is new, if one waits."""
        self._sign_at = time.monotonic() + self._every
        size = self._ledger.size
        if size <= self._signed:
            return
        signers, following = [self._signer()], self._keys.next()
        if following is not None:
            signers.append(following)
        checkpoint = Checkpoint(
            self._keys.name,
            size,
            self._ledger.root,
            datetime.now(UTC),
            self._ledger.head,
            following.public if following is not None else None,
        )
        self._ledger.add_checkpoint(size, checkpoint.signed(signers))
        self._signed = size
        if following is not None:
            self._keys.replace()

    def close(self) -> None:
        """Let another one keep it."""
        self._reader.close()
        self._member.close()

    def _share(self) -> None:
        holds = 0 in self._member.assignment()
        if holds and not self._holds:
            self._ledger.load()
            self._refuse_changed()
            self._reader.assign({PLACE: self._begin()})
        self._holds = holds

    def _begin(self) -> int:
        """From where the log is brought in. Another log than before, to which it was moved, is read from its start:
        what is there already is known."""
        start, end, offset = self._log.start(*PLACE), self._log.end(*PLACE), self._ledger.offset
        if offset is None or offset > end:
            return start
        if offset < start:
            logger.error(
                "the audit trail has missed the events %d to %d of %s, which the log has not kept: no worker ran for "
                "longer than its retention",
                offset,
                start - 1,
                TOPIC.name,
            )
        return max(start, offset)

    def _refuse_changed(self) -> None:
        """Go on with a trail only where it is still the one that was signed last: who has cut or changed it would
        otherwise have the rest signed. Raises `LedgerError`."""
        last = self._ledger.last_checkpoint()
        if last is not None:
            size, note = last
            signed = parse(note)
            if size > self._ledger.size or self._ledger.root_at(size) != signed.root:
                raise LedgerError(
                    f"{self._ledger.path} is not what was signed at {size} entries: `trunkline audit verify` shows "
                    "what was changed. Move the file away as evidence; the keeper then begins a new one from the log"
                )
        self._signed = last[0] if last is not None else 0

    def _signer(self) -> Signer:
        """Who signs; a change of keys that was signed, but broken off, is brought to its end."""
        last, following = self._ledger.last_checkpoint(), self._keys.next()
        if last is not None and following is not None and parse(last[1]).next_key == following.public:
            self._keys.replace()
        return self._keys.current()

    def _sound(self, records: list[Record], failures: dict[int, str]) -> list[bytes]:
        """The entries among records. What is none, although it lies on a log to which others write too, goes to the
        quarantine."""
        found, refused = [], []
        for place, record in enumerate(records):
            value = record.value or b""
            try:
                if place in failures:
                    raise ValueError(failures[place])
                value.decode()
                entries.writer_and_number(entries.decode(value).id)
            except (ValueError, msgspec.DecodeError) as error:
                refused.append(_rejected(record, str(error)))
            else:
                found.append(value)
        if refused:
            events = [Event(msgspec.json.encode(rejected), rejected.key.encode()) for rejected in refused]
            self._log.append(Rejected.topic, events)
        return found


def ensure_topic(log: Log) -> None:
    """The trail's topic is there also where the operator's contracts do not name it: nobody goes unaudited."""
    there = {topic.name for topic in log.topics()}
    for topic in (TOPIC, Topic(name=Rejected.topic)):
        if topic.name not in there:
            log.create(topic)


def _rejected(record: Record, reason: str) -> Rejected:
    return Rejected(
        stage="decode",
        reason="decode.audit",
        message=f"this is no entry of the audit trail: {reason}",
        system="audit",
        uri=f"log://{record.topic}/{record.partition}",
        offset=record.offset,
        length=len(record.value or b""),
        part=(record.value or b"")[:EXCERPT],
        target=record.topic,
        time=datetime.now(UTC),
    )
