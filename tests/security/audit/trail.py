"""A small audit trail of a test's own: a log, a ledger and its keeper, in a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from trunkline.log import Log, open_log
from trunkline.security.audit import TOPIC, Entry, Keeper, Ledger, Origin, Resource, Who
from trunkline.security.audit.checkpoint import PublicKey
from trunkline.security.audit.delivery import Delivery
from trunkline.security.audit.entry import UNNUMBERED
from trunkline.security.audit.keys import SigningKeys
from trunkline.security.audit.verify import Finding, Source, verify
from trunkline.security.audit.witness import FolderWitness, Witness

BEGIN = datetime(2026, 3, 9, 12, tzinfo=UTC)
WRITER = "0123456789ab"


def entry(number: int, *, writer: str = WRITER, who: str = "", whose: str = "") -> Entry:
    """The entry with this number of a writer: a read of somebody's usage."""
    return Entry(
        id=UNNUMBERED,
        time=BEGIN + timedelta(milliseconds=number),
        who=Who(who or f"agent-{number % 7}", "crm", ("customerService",), "https://id.belgicom.be"),
        action="read",
        resource=Resource("usage", f"~usage{number}"),
        concerns=(whose or f"~customer{number % 50}",),
        told=1,
        reason=f"TT-{number}",
        origin=Origin("127.0.0.1", f"request-{number}", "GET /tmf-api/usageManagement/v4/usage/{id}"),
        outcome="done",
        status=200,
    ).numbered(writer, number)


@dataclass
class Trail:
    """See above. `key` is the verifier key that an auditor has from the beginning."""

    folder: Path
    log: Log
    ledger: Ledger
    keys: SigningKeys
    keeper: Keeper
    key: PublicKey

    def record(self, entries: Sequence[Entry]) -> None:
        self.log.append(TOPIC.name, [each.event() for each in entries], 0)

    def keep(self) -> None:
        """Bring in all that is there, and sign it."""
        while self.keeper.run_once() or not self.keeper.caught_up():
            pass
        self.keeper.sign()

    def deliver(self, witness: Witness) -> int:
        return Delivery(self.ledger, witness).run_once()

    def findings(self, *witnesses: Witness) -> list[Finding]:
        return findings(self.folder / "ledger.db", self.key, *witnesses)


@contextmanager
def trail(folder: Path) -> Iterator[Trail]:
    with ExitStack() as stack:
        log = stack.enter_context(closing(open_log(f"sqlite://{folder}/log.db")))
        ledger = stack.enter_context(closing(Ledger(folder / "ledger.db")))
        keys = SigningKeys(folder, "BelgiCom")
        keeper = stack.enter_context(closing(Keeper(log, ledger, keys, every=3_600, member="one")))
        yield Trail(folder, log, ledger, keys, keeper, keys.public()[0])


def findings(file: Path, key: PublicKey, *witnesses: Witness) -> list[Finding]:
    """What is wrong with the ledger in a file."""
    with closing(Ledger(file, read_only=True)) as ledger:
        return verify(ledger, [key], [Source(each.name, list(each.all())) for each in witnesses]).findings


def folder_witness(folder: Path) -> FolderWitness:
    return FolderWitness(folder / "elsewhere")
