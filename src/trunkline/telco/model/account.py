"""Who pays: the account as charging knows it, with the numbers that use at its cost (SID PartyAccount, TMF666)."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

import msgspec


class Assignment(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """A tariff from a moment on, until that of the next assignment."""

    tariff: str
    since: datetime


class Member(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """A subscription that uses at the account's cost: its number, its SIM, and its tariffs in order of time.

    `language` is that in which it is written to (ISO 639-1); `until` is when it was given up.
    """

    msisdn: str
    imsi: str
    tariffs: tuple[Assignment, ...]
    language: str = "en"
    until: datetime | None = None


class Account(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """An account, as its keeper says it is: the last word on its id counts.

    `cycle_day` is the day of the month on which its cycles begin, at midnight of the operator's zone: 1 to 28. `limit`
    is what it may owe within a cycle, in minor units, before usage that costs something is refused (EU 2022/612,
    article 14, and the customer's own cap); None says that there is none. A prepaid account spends what was topped
    up, so it may owe nothing.
    """

    topic: ClassVar[str] = "charging.account"

    id: str
    customer: str
    kind: Literal["prepaid", "postpaid"]
    currency: str
    cycle_day: int = 1
    limit: int | None = None
    members: tuple[Member, ...] = ()

    @property
    def key(self) -> str:
        return self.id


class Holder(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """An account that held a number until it gave it up."""

    account: str
    msisdn: str
    until: datetime


class Number(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """Who pays for what a number or a SIM uses: the accounts, the other way round.

    `id` is the MSISDN, or `imsi:` and the IMSI; `msisdn` the number, of a SIM that which it uses with. `until` is when
    the account gave it up, `former` who held it before, as far as their accounts say until when; the first first.
    """

    topic: ClassVar[str] = "charging.number"

    id: str
    account: str
    msisdn: str
    until: datetime | None = None
    former: tuple[Holder, ...] = ()

    @staticmethod
    def of_sim(imsi: str) -> str:
        """The id under which a SIM is found."""
        return f"imsi:{imsi}"

    @property
    def key(self) -> str:
        return self.id
