"""What is remembered of a book, each part under a key of its own, so that an event changes little of it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from trunkline.telco.charging.accounts.corrections import Place
from trunkline.telco.charging.accounts.history import Done
from trunkline.telco.charging.accounts.online import Session
from trunkline.telco.charging.accounts.passing import Move, Turn
from trunkline.telco.charging.accounts.standing import Standing
from trunkline.telco.model import Account


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


class Head(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What of a book changes with every event: how the account stands, and the ledger's totals."""

    account: str
    standing: Standing
    totals: dict[str, int]


Kept = Origin | Head | Done | Session

KEPT: Final[dict[str, type[Kept]]] = {"account": Origin, "head": Head, "command": Done, "session": Session}
"""By what a key begins with. Behind `usage` lies a `RatedUsage`, as the JSON that was told."""


def place_key(account: str, place: Place) -> str:
    """The key under which the usage or command of a place in history is remembered."""
    _, is_usage, id = place
    return f"{'usage' if is_usage else 'command'}|{account}|{id}"


def session_key(account: str, id: str) -> str:
    """The key under which what a session holds is remembered."""
    return f"session|{account}|{id}"


def owner(kept: Kept) -> str:
    """The account that it is of."""
    return kept.record.id if isinstance(kept, Origin) else kept.account
