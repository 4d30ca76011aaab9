"""Commands that change something, or tell of people, are in the audit trail: by whom, on what, why, what came of it."""

from __future__ import annotations

import functools
import getpass
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

import typer

if TYPE_CHECKING:
    from trunkline.project import Project
    from trunkline.security.audit.entry import Action, Outcome

P = ParamSpec("P")
T = TypeVar("T")
AUDITED: Final = "audited"
"""The attribute of a command that is recorded: as which one."""
LOCAL: Final = "local"  # where a command comes from
PATIENCE: Final = 30.0  # seconds for the log to take what a command did


def audited(
    kind: str, command: str, *, id: str = "id", personal: bool = False, reads: bool = False
) -> Callable[[Callable[P, T]], Callable[P, T]]:
    """Record each use of a command that changes records of this kind: by whom, which ids, why, and what came of it.
    One that `reads` is recorded before it tells anything, and once more where it is refused.

    It reads the command's own parameters `project`, the one named `id`, or `ids`, and `why`. Ids that are `personal`
    are recorded as pseudonyms.
    """

    def decorate(function: Callable[P, T]) -> Callable[P, T]:
        @functools.wraps(function)
        def recorded(*arguments: P.args, **options: P.kwargs) -> T:
            from trunkline.project import Project

            given: dict[str, Any] = options
            ids = given.get("ids") or ([given[id]] if given.get(id) is not None else [])
            project = Project.find(given["project"])
            action: Action = "read" if reads else "command"
            why = given.get("why") or ""
            with commanded(project, kind, command, action=action, ids=ids, reason=why, personal=personal, first=reads):
                return function(*arguments, **options)

        recorded.__dict__[AUDITED] = command
        return recorded

    return decorate


@contextmanager
def commanded(
    project: Project,
    kind: str,
    command: str,
    *,
    action: Action = "command",
    ids: Sequence[object] = (),
    reason: str = "",
    personal: bool = False,
    first: bool = False,
) -> Iterator[None]:
    """Record what the block does, when it ends: durable in the log before the command says that it is done. With
    `first` it is recorded when it begins, for what is told from then on, and again only where it is refused."""
    began = time.time()

    def record(outcome: Outcome, rule: str = "") -> None:
        from trunkline.runtime.audit import pseudonyms_of
        from trunkline.security.audit import Entry, Origin, Recorder, Resource, Who
        from trunkline.security.audit.entry import MOST, UNNUMBERED, bounded, moment

        name = pseudonyms_of(project).of if personal else bounded
        subjects = tuple(name(str(id)) for id in ids)[:MOST]
        entry = Entry(
            id=UNNUMBERED,
            time=moment(began),
            who=Who(bounded(getpass.getuser()), client="trunkline", issuer=f"os:{socket.gethostname()}"),
            action=action,
            resource=Resource(kind, subjects[0] if len(subjects) == 1 else ""),
            concerns=subjects if len(subjects) > 1 else (),
            reason=bounded(reason),
            origin=Origin(LOCAL, operation=f"trunkline {command}"),
            outcome=outcome,
            rule=rule,
        )
        with closing(Recorder(log)) as recorder:
            recorder.record(lambda: entry).result(PATIENCE)

    with closing(project.open_log()) as log:  # what could not be recorded is not begun
        if first:
            record("done")
        try:
            yield
        except BaseException as error:
            if isinstance(error, typer.Exit) and not error.exit_code:
                if not first:
                    record("done")
            else:
                record("refused", type(error).__name__)
            raise
        if not first:
            record("done")
