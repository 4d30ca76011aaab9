"""The project's audit trail: its folder, its keys, and the keeper that runs beside the worker."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Final

from trunkline import credentials
from trunkline.log import Log, LogError
from trunkline.project import Project
from trunkline.runtime.alone import held
from trunkline.runtime.side_by_side import side_by_side
from trunkline.security.audit import Keeper, Ledger, LedgerError
from trunkline.security.audit.delivery import Delivery
from trunkline.security.audit.keys import SigningKeys
from trunkline.security.audit.pseudonym import Pseudonyms, pseudonyms
from trunkline.security.audit.witness import Witness, open_witness

PATIENCE: Final = 60.0  # seconds that a command waits for a running worker to keep what it has recorded
AGAIN: Final = 5.0  # seconds after which is tried again what failed

logger = logging.getLogger(__name__)


def folder(project: Project) -> Path:
    """Where the ledger and its keys lie; made if it is not there."""
    found = project.data / "audit"
    found.mkdir(mode=0o700, exist_ok=True)
    return found


def ledger_file(project: Project) -> Path:
    return folder(project) / "ledger.db"


def signing_keys(project: Project) -> SigningKeys:
    return SigningKeys(folder(project), project.settings.name)


def pseudonyms_of(project: Project) -> Pseudonyms:
    """Raises `ValueError` where the key cannot be had."""
    return pseudonyms(folder(project), project.settings.audit.pseudonym_key, project.folder, project.data)


def witnesses(project: Project) -> list[Witness]:
    """Who keeps the checkpoints. Raises `ValueError` where one is none, or its token cannot be had."""

    def token(reference: str) -> str:
        return credentials.reveal(reference, project.folder, project.data) if reference else ""

    return [
        open_witness(
            declared.url,
            token=token(declared.token),
            authority=project.folder / declared.authority if declared.authority is not None else None,
        )
        for declared in project.settings.audit.witnesses
    ]


def keep(project: Project, log: Log, member: str, stop: threading.Event) -> None:
    """Keep the trail and give its checkpoints to the witnesses until `stop` is set, as the process `member`."""
    while not stop.is_set():
        try:
            with ExitStack() as stack:
                works = [stack.enter_context(closing(_keeper(project, log, stack, member))).run]
                works += [Delivery(_ledger(project, stack), witness).run for witness in witnesses(project)]
                side_by_side(works, stop, "audit")
        except (LogError, LedgerError, ValueError, OSError):
            logger.exception("the audit trail cannot be kept now, its entries wait in the log; again in %d s", AGAIN)
            stop.wait(AGAIN)


def catch_up(project: Project) -> None:
    """Chain and sign what waits in the log, unless a worker is running that does so anyway."""
    if held(project, "worker"):
        return
    with ExitStack() as stack:
        log = stack.enter_context(closing(project.open_log()))
        keeper = stack.enter_context(closing(_keeper(project, log, stack, "command")))
        while keeper.run_once() or not keeper.caught_up():
            pass
        keeper.sign()
        for witness in witnesses(project):
            Delivery(_ledger(project, stack), witness).run_once()


def await_entry(project: Project, ledger: Ledger, kind: str, id: str) -> None:
    """Wait until the ledger has what a command has recorded just now on a kind with an id. Raises `LedgerError`."""
    where = ("body ->> '$.resource.kind' = ?", "body ->> '$.resource.id' = ?")
    until = time.monotonic() + PATIENCE
    while not ledger.find(where, (kind, id), 1):
        catch_up(project)
        if time.monotonic() > until:
            raise LedgerError(
                f"the worker has not brought the entry into the ledger within {PATIENCE:g} s: does it run?"
            )
        time.sleep(0.1)


def _keeper(project: Project, log: Log, stack: ExitStack, member: str) -> Keeper:
    ledger = _ledger(project, stack)
    return Keeper(log, ledger, signing_keys(project), every=project.settings.audit.every, member=member)


def _ledger(project: Project, stack: ExitStack) -> Ledger:
    return stack.enter_context(closing(Ledger(ledger_file(project))))
