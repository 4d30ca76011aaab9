"""What charging is told and what it tells: commands and requests in, postings, rated usage, balances and notices out.

Amounts of money are minor units of the account's currency; units of usage are seconds, octets, messages or items.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal

import msgspec

from trunkline.telco.model.usage import Service, Usage


class Unit(StrEnum):
    """What a bucket holds."""

    MONEY = "money"
    """Minor units of the account's currency."""
    SECOND = "second"
    OCTET = "octet"
    MESSAGE = "message"
    ITEM = "item"


class Drawn(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """What one usage took from one bucket."""

    bucket: str
    amount: int


class RatedUsage(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """What a usage cost, and why (TMF635 RatedProductUsage).

    The same usage is told again with a higher `revision` when later records change what it costs; the last word
    counts. `tariff`, `rate`, `zone` and `band` name the line of the tariff that decided; `quantity` is what was charged
    for after rounding, `free` how much of it allowances gave, `amount` what the rest cost with tax.
    """

    topic: ClassVar[str] = "charging.usage.rated"

    usage: Usage
    revision: int = 0
    tariff: str
    rate: str
    zone: str
    band: str
    unit: Unit
    quantity: int
    free: int = 0
    amount: int = 0
    currency: str
    tax: str
    """Class of tax of the rate: `standard`, `none`."""
    drawn: tuple[Drawn, ...] = ()
    cycle: datetime
    """Beginning of the cycle in which it counts."""
    void: bool = False
    """It was taken back: it costs nothing any more."""

    @property
    def key(self) -> str:
        return self.usage.account


class Ledger(StrEnum):
    """The accounts of the ledger beside the customers' buckets: where postings come from and go to."""

    PAYMENTS = "payments"
    """What customers paid in."""
    GRANTS = "grants"
    """What was given: allowances, bonuses, goodwill."""
    REVENUE = "revenue"
    """What usage cost."""
    CONSUMED = "consumed"
    """Units of allowances that were used."""
    EXPIRED = "expired"
    """What was left when its time was over."""
    RESERVED = "reserved"
    """What open sessions hold."""


class Posting(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """One entry of the ledger: `amount` moves from `debit` to `credit`, each a bucket's id or a `Ledger` account.

    `amount` is more than 0; what goes back is a posting the other way. `cause` is the id of the usage, command or
    session that it comes of. The sum over all postings of what a bucket received less what it gave is its balance.
    """

    topic: ClassVar[str] = "charging.posting"

    id: str
    account: str
    debit: str
    credit: str
    unit: Unit
    amount: int
    currency: str = ""
    time: datetime
    cause: str
    kind: Literal["usage", "correction", "topup", "grant", "adjustment", "transfer", "reservation", "release", "expiry"]

    @property
    def key(self) -> str:
        return self.account


class Bucket(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """What is left of one thing (TMF654 Bucket).

    Buckets are drawn from in the order of `priority`, of equal ones that which ends first. `subscription` is the one
    number that may draw from it, or empty where the account shares it.
    """

    id: str
    name: str
    unit: Unit
    remaining: int
    granted: int
    reserved: int = 0
    subscription: str = ""
    allowance: str = ""
    """Of the tariff; empty for money and what was added by hand."""
    priority: int = 0
    valid_from: datetime
    valid_to: datetime | None = None


class Balance(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """The state of an account after an event: its buckets, and what the cycle's usage cost so far."""

    topic: ClassVar[str] = "charging.balance"

    account: str
    kind: Literal["prepaid", "postpaid"]
    currency: str
    buckets: tuple[Bucket, ...] = ()
    cycle: datetime
    spent: int = 0
    limit: int | None = None
    time: datetime
    cause: str

    @property
    def key(self) -> str:
        return self.account


class ChargingCommand(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """What somebody wants of an account's buckets (TMF654); `id` makes that it is done once.

    `amount` is minor units or units of the bucket; of an adjustment it may be negative. A transfer goes from `bucket`
    to `to_bucket` of the same account. `offering` is the pack that is added: the allowances of that tariff. `reason` is
    why, in the words of who wants it; of a release, the id of the command whose hold goes first.
    """

    topic: ClassVar[str] = "charging.command"

    id: str
    account: str
    kind: Literal["topup", "adjust", "transfer", "reserve", "release", "pack"]
    bucket: str = ""
    to_bucket: str = ""
    amount: int = 0
    subscription: str = ""
    offering: str = ""
    valid_to: datetime | None = None
    reason: str = ""
    user: str = ""
    time: datetime

    @property
    def key(self) -> str:
        return self.account


class ChargingRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """One request of a charging session in real time (TS 32.291, Nchf_ConvergedCharging).

    `used` is what was used since the last request of the session and rating group, `wanted` what is asked for now
    (0: whatever is usual); both in the unit of the service. `final` ends the session, `sequence` is that of the
    session's requests. Answered by a `ChargingAnswer` of the same id.
    """

    topic: ClassVar[str] = "charging.request"

    id: str
    account: str
    session: str
    sequence: int
    used: tuple[Usage, ...] = ()
    wanted: dict[int, int] = {}
    """By rating group."""
    service: Service
    subscription: str
    visited: str = ""
    zone_offset: int = 0
    apn: str = ""
    other_party: str = ""
    final: bool = False
    time: datetime

    @property
    def key(self) -> str:
        return self.account


class Granted(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """What a rating group may use now. `last` says that there is no more behind it (final unit indication)."""

    rating_group: int
    units: int
    result: Literal["SUCCESS", "QUOTA_LIMIT_REACHED", "RATING_FAILED", "END_USER_SERVICE_DENIED"]
    last: bool = False
    valid_until: datetime | None = None


class ChargingAnswer(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """The answer to a request or a command; `problem` is a code and why it was refused, empty where it was done."""

    topic: ClassVar[str] = "charging.answer"

    id: str
    account: str
    granted: tuple[Granted, ...] = ()
    problem: str = ""
    detail: str = ""
    time: datetime

    @property
    def key(self) -> str:
        return self.account


class Notice(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """Something a subscriber must be told, once (TMF681). `id` says of what, so that it is never told twice.

    `values` are what the message's text names. `cause` is the event that made it due, `topic`, partition and offset
    of which the effect ledger keeps as the proof.
    """

    topic: ClassVar[str] = "charging.notice"

    id: str
    account: str
    subscription: str
    kind: Literal["threshold", "forecast", "roaming", "cut-off", "limit", "fair-use", "expiry"]
    language: str = "en"
    values: dict[str, str] = {}
    cause: str
    time: datetime

    @property
    def key(self) -> str:
        return self.account
