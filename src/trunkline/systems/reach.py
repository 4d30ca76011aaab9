"""The shape of a way to reach outside systems (`sftp`, `snmp`, `ves`, …): it brings the bytes, for all vendors.

A reach is a folder here, or in the operator's own `systems/`, whose `__init__.py` says
`REACH = Reach(name="sftp", settings=SftpSettings, run=run)`. `connect` runs one for each declared connection.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Protocol

import msgspec

from trunkline.log.port import Event
from trunkline.protection import Unprotected
from trunkline.quarantine import Rejected
from trunkline.systems.system import CanonicalRecord, Format, Origin, System
from trunkline.telco.model import Source

if TYPE_CHECKING:  # what serves is not loaded where nothing is served
    from trunkline.http.tls import Files

Secret = Annotated[str, msgspec.Meta(pattern=r"^\$\{(env|file|data):[^}]+\}$")]
"""A setting that names a secret and never holds it: `${env:NAME}`, `${file:path}` in the
operator's folder or `${data:path}` in its data folder; `Context.secret` reveals it."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every connection declares in `systems/<name>.yaml`; each reach adds its own fields in a subclass
    (`frozen=True, kw_only=True`).

    `name` is the operator's name of the connection and `reach` the way to it. `system` is the vendor's folder whose
    formats are read; "" lets the file's first bytes, the trap's OID or the event itself decide. `options` are that
    system's own (`System.options`), for formats that do not say everything themselves.
    """

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    reach: str
    system: str = ""
    options: dict[str, Any] = {}

    @property
    def answers_as(self) -> Sequence[str]:
        """Where it listens by a certificate of the platform's own authority: the host names and addresses for which it
        does, beside this machine's own; none where it needs no such certificate."""
        return ()

    def unprotected(self) -> Iterable[Unprotected]:
        """The ways to other machines on which it is not encrypted, or not known who they are (`trunkline.protection`);
        none, where the reach has no others."""
        return ()


class FileReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What became of one file.

    `records` counts the events by topic, `values` the counter values in measurements, `counters` their distinct names
    (counted up to 100,000), `rejected` the parts in quarantine. `format` is "" where no system knows the file.
    `duplicate` says that the same content was taken before, so that nothing was taken now; the counts are those of
    the first time. `archive` is the SHA-256 of the uncompressed content, under which the raw file is kept.
    """

    uri: str
    archive: str
    format: str = ""
    records: dict[str, int] = {}
    values: int = 0
    counters: int = 0
    rejected: int = 0
    duplicate: bool = False
    seconds: float = 0.0


class Captured(msgspec.Struct, frozen=True, gc=False):
    """An event for `topic` that a reach made itself, of a system that keeps a log of its own: a database.

    `source` is where it stood in that log and `place` the same in words, for who reads why it was refused. An event
    that concerns every key of the topic is `everywhere`: it is written to each partition.
    """

    topic: str
    event: Event
    system: str
    source: Source
    place: str
    everywhere: bool = False


class Intake(Protocol):
    """Where a reach hands over what it brought. What was handed over is durable when the call returns."""

    async def records(self, records: Sequence[CanonicalRecord | Rejected]) -> None:
        """Take records that came by themselves (traps, posted events). Concurrent callers share one commit.

        A record that breaks its topic's contract goes to the quarantine and the rest is taken.
        Raises `LogError` where the log takes nothing at all: the sender must not be told that all is well.
        """

    def file(self, stream: BinaryIO, origin: Origin, *, version: str = "", format: Format | None = None) -> FileReport:
        """Take a file, plain or gzip, exactly once by its content: after a crash, call it again with the same file.

        Blocks: call it in a thread. `version` tells one content of `origin.uri` from the next (size and time of
        change); it is remembered with the file and given back by `taken`.
        """

    def taken(self) -> Mapping[str, str]:
        """The version of each file that this connection has done with, by URI; also after a restart."""

    def forget(self, uris: Iterable[str]) -> None:
        """Remember no longer that these files are done with, because they are gone from the system."""

    def position(self) -> bytes | None:
        """What was last given to `commit`, also after a restart; None where nothing ever was. From this call on any
        other process that works for the same connection is fenced. Blocks: call it in a thread."""

    def commit(self, captured: Sequence[Captured | Rejected], position: bytes) -> None:
        """Take events together with how far the system's own log was read for them: all of it or nothing.

        An event that breaks its topic's contract goes to the quarantine and the rest is taken. Blocks: call it in a
        thread. Raises `LogError` where the log takes nothing, and `Fenced` where another process has taken over since
        `position` was called.
        """


class Status(Protocol):
    """How a connection is doing, as operators see it."""

    def succeeded(self) -> None:
        """The system answered: it is reached."""

    def failed(self, reason: str) -> None:
        """Something went wrong and will be tried again; `reason` is one line for the person who must act."""


@dataclass(frozen=True, slots=True)
class Context:
    """What a running connection is given.

    `system` is the vendor's folder that the connection names, None where it names none; `systems` are all installed
    ones. `folder` is the connection's own place for files in transit, which outlives a restart; `project` is the
    operator's folder, to which relative paths in settings refer.
    `secret` turns a `Secret` setting into its value and raises `ValueError` with what to do where it is not there.
    `certificate` is that of the platform's own authority, for who listens and has no other (`Settings.answers_as`).
    `refused` records in the audit trail who was refused: as whom he came, from which address, and by which rule.
    """

    name: str
    system: System | None
    systems: Mapping[str, System]
    intake: Intake
    status: Status
    folder: Path
    project: Path
    secret: Callable[[str], str]
    certificate: Files | None
    refused: Callable[[str, str, str], None]


@dataclass(frozen=True, slots=True)
class Reach:
    """A way to reach systems. `run` works until it is cancelled; when it raises, it is started again after a pause."""

    name: str
    settings: type[Settings]
    run: Callable[[Any, Context], Awaitable[None]]
