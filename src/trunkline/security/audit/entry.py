"""An entry of the audit trail: who did what on whose data, why, from where, and what came of it. Never the data itself.

On the log it is an event of the topic `audit.entry`; what it holds is said in belgicom/contracts/audit.entry.yaml.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime
from typing import ClassVar, Final, Literal, Protocol

import msgspec

from trunkline.log.envelope import JSON
from trunkline.log.port import Event, Topic

ANONYMOUS: Final = "anonymous"
UNNUMBERED: Final = ""
"""The id of an entry that no recorder has numbered yet."""
SOURCE: Final = b"/audit"

Action = Literal["read", "create", "change", "delete", "signIn", "command", "decide"]
Outcome = Literal["done", "refused", "failed"]

LONGEST: Final = 200  # characters of a text
MOST: Final = 1_000  # ids and names in a list
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")


class Caller(Protocol):
    """Who calls, as identity has found out (`identity.caller`)."""

    @property
    def subject(self) -> str: ...

    @property
    def client(self) -> str: ...

    @property
    def roles(self) -> Collection[str]: ...

    @property
    def issuer(self) -> str: ...


class Who(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A person or service, the client that it used, its roles, and who vouches for it."""

    subject: str
    client: str = ""
    roles: tuple[str, ...] = ()
    issuer: str = ""


class Resource(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A kind of records and, where one is meant, its id: a pseudonym where the kind is of people (see `resource`)."""

    kind: str
    id: str = ""


class Origin(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """From where: the network address, the request's id, and the operation without the ids in it."""

    address: str = ""
    request: str = ""
    operation: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """See above. `id` is the writer's name and a number that counts its entries from 0, so that none can be missing."""

    topic: ClassVar[str] = "audit.entry"

    id: str
    time: datetime
    who: Who
    action: Action
    resource: Resource
    concerns: tuple[str, ...] = ()
    """Whose data: pseudonyms of customers, accounts and numbers; names of network elements."""
    told: int = 0
    """How many records were told."""
    fields: tuple[str, ...] = ()
    """Which attributes were asked for or changed; none says all. Of a grant: its scopes."""
    factors: tuple[str, ...] = ()
    """By what somebody has proved who they are (RFC 8176)."""
    purpose: str = ""
    reason: str = ""
    """In the caller's words, or the number of a ticket."""
    origin: Origin = Origin()
    outcome: Outcome
    rule: str = ""
    """What refused it."""
    status: int = 0
    """Of the HTTP answer."""

    @property
    def key(self) -> str:
        return self.id

    def numbered(self, writer: str, number: int) -> Entry:
        return msgspec.structs.replace(self, id=f"{writer}-{number}")

    def event(self) -> Event:
        """On the log."""
        id = self.id.encode()
        return Event(encode(self), id, (*JSON, ("ce_type", _TYPE), ("ce_source", SOURCE), ("ce_id", id)))


TOPIC: Final = Topic(name=Entry.topic)
"""One partition: the order of its events is the order of the trail."""
_TYPE: Final = Entry.topic.encode()
encode: Final = msgspec.json.Encoder().encode
decode: Final = msgspec.json.Decoder(Entry).decode


def who(caller: Caller | None) -> Who:
    """Who calls, in texts of bounded length."""
    if caller is None:
        return Who(ANONYMOUS)
    roles = tuple(bounded(role) for role in sorted(caller.roles)[:MOST])
    return Who(bounded(caller.subject) or ANONYMOUS, bounded(caller.client), roles, bounded(caller.issuer))


def bounded(text: str, longest: int = LONGEST) -> str:
    """A text of others as an entry takes it: not too long, and printable."""
    return _UNPRINTABLE.sub(" ", str(text)[:longest]).strip()


def moment(seconds: float) -> datetime:
    """A moment of the machine's clock."""
    return datetime.fromtimestamp(seconds, UTC)


def writer_and_number(id: str) -> tuple[str, int]:
    """What an entry's id is made of. Raises `ValueError`."""
    writer, _, number = id.rpartition("-")
    return writer, int(number)
