"""Usage: what one chargeable thing was and how much of it, whoever reported it (TM Forum SID Usage, TMF635).

A system brings a `UsageReport` for each call detail record that it reads; mediation makes of these the `Usage` that is
charged: each record once, partial records of one session put together, the numbers as E.164.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar

import msgspec

from trunkline.telco.model.source import Source


class Service(StrEnum):
    """What was used."""

    VOICE = "voice"
    """Measured in seconds."""
    MESSAGE = "message"
    """A text or multimedia message; measured in messages."""
    DATA = "data"
    """Measured in octets."""
    CONTENT = "content"
    """Something that has a price of its own, sold by the operator or a partner; measured in items."""


class Direction(StrEnum):
    """Which end of it the charged subscriber was."""

    ORIGINATING = "originating"
    TERMINATING = "terminating"


class UsageReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """One call detail record, as canonical as one record alone can be.

    `id` is the record's own identity, the same however often it is sent: what its kind is told apart by (a CDR: the
    node and its localRecordSequenceNumber), behind the kind: `pgw/<nodeID>/<number>`. `session` is the same for all
    partial records of one session (`pgw/<P-GW address>/<chargingID>`), and the id where a record is a whole one.
    `partial` counts them from 1 (recordSequenceNumber), 0 says that the record is whole; `final` that none follows.
    A record that counts several rating groups is one report for each, with `/<rating group>` behind the record's id:
    all have its session and its `partial`, and of its reports only the last may be `final`. What a session used of a
    rating group is the sum over its parts that have this group; a part need not have it.
    `corrects` is the id of an earlier record that this one replaces.
    Where the quantities are `cumulative`, they are those since the session began (RFC 2869 clause 5.17): the session's
    are those of the record with the highest `partial`, not the sum; `partial` grows then, but not by ones.
    """

    topic: ClassVar[str] = "charging.usage.reported"

    system: str
    """The operator's name of the connection it came over."""
    id: str
    session: str
    partial: int = 0
    final: bool = True
    cumulative: bool = False
    corrects: str = ""
    service: Service
    direction: Direction = Direction.ORIGINATING
    msisdn: str = ""
    """E.164 digits of the charged subscriber, without `+`; empty where the record has only the IMSI."""
    imsi: str = ""
    user: str = ""
    """Name of a subscriber that has neither, as of a fixed line: User-Name (RFC 2865), or the NAI of a SUPI."""
    imei: str = ""
    started: datetime
    """When the session or this part of it began, UTC."""
    duration: int = 0
    """Seconds."""
    uplink: int = 0
    downlink: int = 0
    """Octets."""
    items: int = 0
    """Messages, or pieces of content."""
    other_party: str = ""
    """E.164 digits of who was called or texted; a short code or a service's name where it has no number."""
    apn: str = ""
    """Access point name, or DNN."""
    rating_group: int = -1
    """Of the service data flow (TS 32.299); -1: none."""
    visited: str = ""
    """PLMN that served the subscriber, MCC and MNC: `20610`."""
    zone_offset: int = 0
    """Minutes that the local time of the place is ahead of UTC, for bands of the day; as the record says."""
    cell: str = ""
    price: int | None = None
    """What content costs, in minor units, where the seller says it."""
    currency: str = ""
    source: Source

    @property
    def key(self) -> str:
        """The session: its parts and the same record sent twice meet in one partition."""
        return self.session

    @property
    def whose(self) -> str:
        """The subscriber, by the name under which `charging.number` has them."""
        return self.msisdn or (f"imsi:{self.imsi}" if self.imsi else self.user)


class Usage(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """What is charged: one session, call, message or piece of content, or a part of a long session.

    `id` names it for ever: the id of its record, or of the last of the partial records that it is made of. `corrects`
    is the id of a usage that was charged before and is replaced by this one; with a quantity of nothing it only takes
    it back. `account` is who pays, `subscription` the number (`msisdn`) that used it.
    """

    topic: ClassVar[str] = "charging.usage"
    mediated: ClassVar[str] = "charging.usage.mediated"
    """The topic on which it lies before it is known who pays."""

    id: str
    corrects: str = ""
    account: str = ""
    """Empty until the directory of numbers has been asked."""
    subscription: str
    imsi: str = ""
    service: Service
    direction: Direction = Direction.ORIGINATING
    started: datetime
    duration: int = 0
    uplink: int = 0
    downlink: int = 0
    items: int = 0
    other_party: str = ""
    apn: str = ""
    rating_group: int = -1
    visited: str = ""
    zone_offset: int = 0
    cell: str = ""
    price: int | None = None
    currency: str = ""
    records: int = 1
    """Of how many records it was made."""
    system: str
    source: Source
    """Of the last record."""

    @property
    def key(self) -> str:
        """Who pays, once that is known."""
        return self.account or self.subscription

    @property
    def quantity(self) -> int:
        """How much, in the unit of the service."""
        match self.service:
            case Service.VOICE:
                return self.duration
            case Service.DATA:
                return self.uplink + self.downlink
            case Service.MESSAGE | Service.CONTENT:
                return self.items
