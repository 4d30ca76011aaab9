"""What is remembered of a book, each part under a key of its own, so that an event changes little of it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from trunkline.telco.charging.accounts.history import Done
from trunkline.telco.charging.accounts.online import Session
from trunkline.telco.charging.accounts.passing import Move, Turn
from trunkline.telco.charging.accounts.standing import Standing
from trunkline.telco.model import Account, RatedUsage


class Told(msgspec.Struct, frozen=True, array_like=True):
    """A move as it was last told, and how often before."""

    move: Move
    number: int


class Origin(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What of a book changes seldom. `cycles` are the standings with which the cycle before and the open one began;
    `told` the ids of notices, and until when each must be known; `moves` what time moved since the first of them."""

    record: Account
    turns: tuple[Turn, ...]
    cycles: tuple[Standing, ...] = ()
    told: dict[str, datetime] = {}
    moves: dict[str, Told] = {}


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """What of a book changes with every event: how the account stands, and the ledger's totals."""

    account: str
    standing: Standing
    totals: dict[str, int]


Kept = Origin | Head | RatedUsage | Done | Session

KEPT: Final[dict[str, type[Kept]]] = {
    "account": Origin,
    "head": Head,
    "usage": RatedUsage,
    "command": Done,
    "session": Session,
}
"""By what a key begins with."""


def entry_key(entry: RatedUsage | Done) -> str:
    """The key under which an entry of history is remembered."""
    if isinstance(entry, Done):
        return f"command|{entry.account}|{entry.id}"
    return f"usage|{entry.usage.account}|{entry.usage.id}"


def owner(kept: Kept) -> str:
    """The account that it is of."""
    match kept:
        case Origin():
            return kept.record.id
        case RatedUsage():
            return kept.usage.account
        case _:
            return kept.account
