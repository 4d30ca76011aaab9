"""Holding the whole trail against its own chain, and against the checkpoints that others keep.

Who changes the file alone breaks the chain at that place. Who also computes the chain anew comes into conflict with the
leaf hashes and roots that witnesses keep, at that place too. What was written after the last checkpoint is held against
the chain alone.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from trunkline.security.audit.checkpoint import Checkpoint, PublicKey, Refused
from trunkline.security.audit.entry import Entry, decode, writer_and_number
from trunkline.security.audit.keys import Trust
from trunkline.security.audit.ledger import START, Ledger, LedgerError, Row, chained, concerned
from trunkline.security.audit.merkle import SIZE, Peaks, leaf_hash
from trunkline.security.audit.published import Published
from trunkline.security.audit.retention import Cut, says

MOST: Final = 1_000  # findings; there is no use in more
MASK: Final = (1 << 64) - 1


class Finding(NamedTuple):
    """What is wrong, and with which entry it begins; -1 where it is none."""

    number: int
    kind: str
    """`cut`, `changed`, `missing`, `order`, `truncated`, `replaced`, `checkpoint`, `writer`, `index`, or `damaged`."""
    text: str


class Report(NamedTuple):
    """How many entries and checkpoints were looked at, how far the last checkpoint reaches, what is wrong, in the order
    of the entries, and how many entries were removed because their time was over."""

    entries: int
    checkpoints: int
    signed: int
    findings: list[Finding]
    removed: int = 0


class Source(NamedTuple):
    """Checkpoints, and who keeps them."""

    name: str
    published: Sequence[Published]


def verify(ledger: Ledger, keys: Sequence[PublicKey], witnesses: Iterable[Source] = ()) -> Report:
    """Read all of it. `keys` are the verifier keys that are known to be the trail's; `witnesses` what others keep."""
    run = _Run(ledger, keys)
    run.take_own()
    for source in witnesses:
        run.take(source)
    run.walk()
    findings = sorted(run.findings, key=lambda finding: finding.number)
    return Report(
        run.size, len(run.signed), max((checkpoint.size for checkpoint in run.signed), default=0), findings, run.removed
    )


class _Run:
    def __init__(self, ledger: Ledger, keys: Sequence[PublicKey]) -> None:
        self._ledger, self._keys = ledger, keys
        self.findings: list[Finding] = []
        self.signed: dict[Checkpoint, str] = {}
        """The checkpoints with a good signature, and who keeps each."""
        self._known = _Leaves()
        self.size = 0
        self._writers: dict[str, int] = {}
        self._wrong: set[int] = set()
        self.removed = 0
        self._cut = Cut(0, {})
        self._said = False

    def take_own(self) -> None:
        """The ledger's own checkpoints."""
        try:
            notes = [note for _, note in self._ledger.checkpoints()]
        except LedgerError as error:
            self._find(-1, "damaged", str(error))
            notes = []
        trust = Trust(self._keys)
        for note in notes:
            self._open(trust, note, "the ledger")

    def take(self, source: Source) -> None:
        """What a witness keeps: the leaf hashes count where they lead to the root that was signed."""
        trust, theirs = Trust(self._keys), Peaks()
        for published in source.published:
            checkpoint = self._open(trust, published.note, source.name)
            if checkpoint is None:
                continue
            if published.first != theirs.size:
                theirs = Peaks(-1)  # one before it is not there: what follows cannot be joined
            if theirs.size < 0:
                continue
            for leaf in published.leaf_hashes():
                theirs.add(leaf)
            if theirs.root() == checkpoint.root:
                self._known.add(published.first, published.leaves)
            else:
                self._find(published.first, "checkpoint", f"the leaf hashes at {source.name} are not those signed")
                theirs = Peaks(-1)

    def walk(self) -> None:
        """All entries, in order."""
        at: dict[int, list[Checkpoint]] = {}
        for checkpoint in self.signed:
            at.setdefault(checkpoint.size, []).append(checkpoint)
        peaks, head, good = Peaks(), START, 0
        index = 0
        try:
            head, good = self._walk_removed(at, peaks)
            for row in self._ledger.rows():
                if row.number < peaks.size:
                    self._find(row.number, "order", "an entry of this number was never recorded")
                    continue
                if row.number > peaks.size:
                    self._missing(peaks.size, row.number)
                    while peaks.size < row.number:  # go on with what witnesses know of them
                        peaks.add(self._known.get(peaks.size) or bytes(SIZE))
                        self._hold(at.get(peaks.size, ()), peaks, None, good)
                    head = b""
                leaf = leaf_hash(row.body)
                entry = self._look(row, leaf, head)
                peaks.add(leaf)
                head = row.head
                for id in concerned(entry) if entry is not None else ():
                    index = index + hash((id, row.number)) & MASK
                good = self._hold(at.get(peaks.size, ()), peaks, head, good)
        except LedgerError as error:
            self._find(peaks.size, "damaged", f"from here on the file cannot be read: {error}")
        self.size = peaks.size
        self._look_at_cut()
        beyond = [checkpoint for checkpoint in self.signed if checkpoint.size > self.size]
        if beyond:
            last = max(beyond, key=lambda checkpoint: checkpoint.size)
            self._find(
                self.size,
                "truncated",
                f"{last.size} entries were signed at {last.time:%Y-%m-%d %H:%M:%SZ} ({self.signed[last]}), and "
                f"{self.size} are there: those from here on are missing",
            )
        self._look_at_indexes(index)

    def _open(self, trust: Trust, note: str, where: str) -> Checkpoint | None:
        try:
            checkpoint = trust.opened(note)
        except Refused as error:
            self._find(-1, "checkpoint", f"{where}: {error}")
            return None
        self.signed.setdefault(checkpoint, where)
        return checkpoint

    def _look(self, row: Row, leaf: bytes, head: bytes) -> Entry | None:
        """Hold one entry against itself, the chain, what witnesses know, and its writer's count; what it says. `head`
        is that before it, b"" where it is not known because entries are missing."""
        known = self._known.get(row.number)
        if leaf != row.leaf:
            self._find(row.number, "changed", "it is not the entry whose hash stands beside it")
        elif known is not None and known != leaf:
            self._find(row.number, "replaced", "it is not the entry that a checkpoint outside was made over")
        elif head and chained(head, row.leaf) != row.head:
            self._find(row.number, "order", "the chain is broken: it is not what followed the entry before it")
        try:
            entry = decode(row.body)
            writer, number = writer_and_number(entry.id)
        except (msgspec.DecodeError, ValueError) as error:
            self._find(row.number, "changed", f"it is no entry: {error}")
            return None
        self._said = self._said or says(entry, self._cut)
        expected = self._writers.get(writer, -1) + 1
        if number != expected and row.number not in self._wrong:
            what = f"those numbered {expected} to {number - 1} are missing" if number > expected else "was there before"
            self._find(row.number, "writer", f"the entry {entry.id}: of what its writer has recorded, {what}")
        self._writers[writer] = max(number, expected - 1)
        return entry

    def _walk_removed(self, at: dict[int, list[Checkpoint]], peaks: Peaks) -> tuple[bytes, int]:
        """The hashes of entries that were removed; the head of the chain behind them, and how far all is good."""
        head, good = START, 0
        for number, leaf in self._ledger.removed():
            if number != peaks.size:
                break  # from there on entries are missing
            if self._known.get(number) not in (None, leaf):
                self._find(number, "replaced", "its hash is not that of the entry a checkpoint outside was made over")
            peaks.add(leaf)
            head = chained(head, leaf)
            good = self._hold(at.get(peaks.size, ()), peaks, head, good)
        self._cut = Cut(peaks.size, self._ledger.removed_writers())
        self._writers = dict(self._cut.writers)
        self.removed = peaks.size
        return head, good

    def _look_at_cut(self) -> None:
        """Entries are removed at a checkpoint, by somebody who has said so."""
        if not self._cut.size:
            return
        if all(checkpoint.size != self._cut.size for checkpoint in self.signed):
            self._find(self._cut.size, "cut", "those before it are removed, and no checkpoint was signed there")
        if not self._said:
            self._find(
                self._cut.size, "cut", "those before it are removed, and no entry says that somebody has done so"
            )

    def _missing(self, first: int, last: int) -> None:
        which = f"the entries {first} to {last - 1} are" if last - first > 1 else "it is"
        self._find(first, "missing", f"{which} missing")

    def _hold(self, checkpoints: Sequence[Checkpoint], peaks: Peaks, head: bytes | None, good: int) -> int:
        """Hold the tree so far against checkpoints of its size; up to which size it is known to be good."""
        for checkpoint in checkpoints:
            if checkpoint.root == peaks.root() and head in (None, checkpoint.chain):
                good = max(good, checkpoint.size)
            elif not any(good <= number < checkpoint.size for number in self._wrong):
                self._find(
                    good,
                    "replaced",
                    f"an entry from here up to {checkpoint.size - 1} is not what was signed at "
                    f"{checkpoint.time:%Y-%m-%d %H:%M:%SZ} ({self.signed[checkpoint]})",
                )
        return good

    def _look_at_indexes(self, expected: int) -> None:
        try:
            if sum(hash(each) for each in self._ledger.concerned()) & MASK != expected:
                self._find(-1, "index", "the index by whose data is not what the entries say: a search may miss some")
            for text in self._ledger.damages():
                self._find(-1, "damaged", text)
        except LedgerError as error:
            self._find(-1, "damaged", str(error))

    def _find(self, number: int, kind: str, text: str) -> None:
        self._wrong.add(number)
        if len(self.findings) < MOST:
            self.findings.append(Finding(number, kind, text))


class _Leaves:
    """The leaf hashes that witnesses know, in runs by their first number."""

    def __init__(self) -> None:
        self._firsts: list[int] = []
        self._runs: list[bytes] = []

    def add(self, first: int, leaves: bytes) -> None:
        place = bisect_right(self._firsts, first)
        if leaves and not (place and self._runs[place - 1] == leaves and self._firsts[place - 1] == first):
            self._firsts.insert(place, first)
            self._runs.insert(place, leaves)

    def get(self, number: int) -> bytes | None:
        place = bisect_right(self._firsts, number) - 1
        if place < 0:
            return None
        run, at = self._runs[place], SIZE * (number - self._firsts[place])
        return run[at : at + SIZE] or None
