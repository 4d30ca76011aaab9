"""The processor `numbers`: the directory of who pays for what a number or a SIM uses, made of the accounts.

A number may move from one account to another, and the accounts may say so in either order. It belongs to the account
that took it up last; when that one gives it up, to the one before that still has it, if there is one. An account that
says until when it had a number pays for what was used before, whoever has it now.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar

import msgspec

from trunkline.log.port import Record
from trunkline.streams.recorded import Outputs
from trunkline.telco.model import Account, Holder, Number


class Claim(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An account says that it has a number, or had it until then."""

    account: str
    msisdn: str
    until: datetime | None = None


Claims = tuple[Claim, ...]
"""Of one number, one of each account, in the order in which they took it up."""

FOR_EVER = datetime.max.replace(tzinfo=UTC)

_encode = msgspec.json.Encoder().encode


class Directory:
    """Keeps who has which number. One instance sees all accounts, since a number moves between them."""

    name: ClassVar[str] = "numbers"
    reads: ClassVar[tuple[str, ...]] = (Account.topic,)
    whole: ClassVar[bool] = True

    def __init__(self) -> None:
        self._claims: dict[str, Claims] = {}
        self._numbers: dict[str, set[str]] = {}
        """Those of each account."""
        self._account = msgspec.json.Decoder(Account).decode
        self._kept = msgspec.json.Decoder(Claims).decode

    def restore(self, key: str, value: bytes) -> None:
        self._claims[key] = self._kept(value)
        for claim in self._claims[key]:
            self._numbers.setdefault(claim.account, set()).add(key)

    def process(self, records: Sequence[Record], out: Outputs) -> None:
        for record in records:
            account = (record.key or b"").decode()
            claimed = claims(self._account(record.value)) if record.value else {}
            before = self._numbers.get(account, set())
            for id in sorted(before - claimed.keys()):
                self._change(id, account, None, record, out)
            for id, claim in claimed.items():
                self._change(id, account, claim, record, out)
            self._numbers[account] = set(claimed)

    def tick(self, now: int, out: Outputs) -> None:
        """Nothing happens here by the clock alone."""

    def _change(self, id: str, account: str, claim: Claim | None, record: Record, out: Outputs) -> None:
        """What an account says of a number, or that it does not name it any more."""
        before = self._claims.get(id, ())
        after = with_claim(before, account, claim)
        if after == before:
            return
        if after:
            self._claims[id] = after
        else:
            del self._claims[id]
        out.keep(id, _encode(after) if after else None)
        if (entry := entry_of(id, after)) != entry_of(id, before):
            name = f"{record.partition}/{record.offset}/{id}"
            out.send(Number.topic, id, None if entry is None else _encode(entry), id=name, time=record.time)


def claims(account: Account) -> dict[str, Claim]:
    """What an account says of numbers and SIMs, by the keys of the directory. Of two members with one SIM the later
    that is not given up has it."""
    found: dict[str, Claim] = {}
    for member in sorted(account.members, key=lambda member: member.until is None):
        claim = Claim(account.id, member.msisdn, member.until)
        found[member.msisdn] = claim
        if member.imsi:
            found[Number.of_sim(member.imsi)] = claim
    return found


def with_claim(claims: Claims, account: str, claim: Claim | None) -> Claims:
    """With what an account says now. It keeps its place, unless it had given the number up and takes it up again."""
    place = next((index for index, each in enumerate(claims) if each.account == account), None)
    if place is None:
        return claims if claim is None else (*claims, claim)
    others = (*claims[:place], *claims[place + 1 :])
    if claim is None:
        return others
    if claims[place].until is not None and claim.until is None:
        return (*others, claim)
    return (*claims[:place], claim, *claims[place + 1 :])


def entry_of(id: str, claims: Claims) -> Number | None:
    """The directory's entry: the last account that has the number; where none has, that which had it last."""
    if not claims:
        return None
    *others, now = sorted(claims, key=_until)
    former = tuple(Holder(account=each.account, msisdn=each.msisdn, until=each.until) for each in others if each.until)
    return Number(id=id, account=now.account, msisdn=now.msisdn, until=now.until, former=former)


def _until(claim: Claim) -> datetime:
    return claim.until or FOR_EVER
