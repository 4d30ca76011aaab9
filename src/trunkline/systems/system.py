"""The shape of a vendor's system: which file formats it reads and which SNMP traps it answers for.

Readers are pure: bytes in, records out; no network, no clock, no log. So a vendor is tested with files alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, BinaryIO, Protocol

from trunkline.quarantine import EXCERPT, Rejected
from trunkline.telco.model import AlarmReport, Dn, Source

SNIFFED = 4096  # bytes of a file's head that `Format.matches` is shown


@dataclass(frozen=True, slots=True)
class Origin:
    """Where bytes come from: `system` is the operator's name of the connection, `uri` the file or the sender,
    `archive` the SHA-256 under which the raw file is kept ("" where it is not)."""

    system: str
    uri: str
    archive: str = ""

    def source(self, offset: int = 0, line: int = 0) -> Source:
        return Source(uri=self.uri, offset=offset, line=line, archive=self.archive)

    def rejected(
        self,
        reason: str,
        message: str,
        *,
        offset: int = 0,
        length: int = 0,
        line: int = 0,
        part: bytes = b"",
        target: str = "",
    ) -> Rejected:
        return Rejected(
            stage="decode",
            reason=reason,
            message=message,
            system=self.system,
            uri=self.uri,
            offset=offset,
            length=length,
            line=line,
            part=part[:EXCERPT],
            archive=self.archive,
            target=target,
        )


class CanonicalRecord(Protocol):
    """A record of `telco.model`: it knows its topic, its key, and where it came from."""

    @property
    def source(self) -> Source: ...

    @property
    def system(self) -> str: ...

    @property
    def topic(self) -> str: ...

    @property
    def key(self) -> str: ...


Reader = Callable[[BinaryIO, Origin], Iterator[Any]]
"""Yields canonical records and `Rejected` parts in the file's order, in constant memory; never raises on bad bytes."""


@dataclass(frozen=True, slots=True)
class Format:
    """A file format: its name (`omes`), how it is recognised from the first bytes (uncompressed), and its reader."""

    name: str
    matches: Callable[[bytes], bool]
    read: Reader


@dataclass(frozen=True, slots=True)
class Trap:
    """A decoded SNMP notification. `oid` is snmpTrapOID.0; OIDs are dotted without a leading dot.

    Values are int (INTEGER, Counter, Gauge, TimeTicks), bytes (OCTET STRING, Opaque, IpAddress), str (an OID) or None.
    """

    oid: str
    varbinds: tuple[tuple[str, int | bytes | str | None], ...]
    agent: str = ""
    """The sender's address, `127.0.0.1`."""
    received: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    """When it arrived, for what bears no time of its own."""


class Agent(Protocol):
    """What a resynchronisation may ask of an SNMP agent. Every call raises `OSError` when the agent does not answer."""

    address: str
    """The agent's address, as `Trap.agent` gives it."""
    began: datetime
    """When the resynchronisation began."""

    def walk(self, root: str) -> Iterator[tuple[str, int | bytes | str | None]]:
        """All variables below `root`, in the order of their OIDs."""

    def set(self, oid: str, value: int | bytes) -> None: ...

    def traps(self) -> Iterator[Trap]:
        """The traps that the agent sends from `began` on, as they come; `TimeoutError` after a silence."""


@dataclass(frozen=True, slots=True)
class TrapMib:
    """The MIB subtree whose traps a vendor answers for.

    `read` turns a trap into a report, or into None where it reports no alarm (a heartbeat). `sequence` gives the
    trap's own number, by which the loss of the one before shows, and `latest` the number that the agent gave last,
    where a heartbeat tells it without taking one itself; both give None where the trap has none. `rebuilt` are the
    OIDs of the traps after which the list of active alarms must be read anew. `resynchronise` yields that whole list
    and raises where it cannot read to the list's end; whoever calls it closes the list with a `SYNCHRONISED` report.
    """

    root: str
    read: Callable[[Trap, Origin], AlarmReport | Rejected | None]
    sequence: Callable[[Trap], int | None] = lambda trap: None
    resynchronise: Callable[[Agent, Origin], Iterator[AlarmReport | Rejected]] | None = None
    latest: Callable[[Trap], int | None] = lambda trap: None
    rebuilt: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class System:
    """What a folder offers: `SYSTEM = System(name="nokia", vendor="Nokia", formats=(…), traps=(…))`.

    `canonical` turns the vendor's name of a managed object into the canonical local DN.

    A system whose files do not say everything themselves takes `options` from its connection: a msgspec Struct of what
    may stand there, and `configured`, which makes the formats of it. `formats` are then those without options.
    """

    name: str
    vendor: str
    formats: tuple[Format, ...] = ()
    traps: tuple[TrapMib, ...] = field(default=())
    canonical: Callable[[str], str] = Dn.local
    options: type[Any] | None = None
    configured: Callable[[Any], tuple[Format, ...]] | None = None

    def with_options(self, options: Any) -> System:
        """The same system, whose formats are read as `options` say."""
        return replace(self, formats=self.configured(options)) if self.configured else self
