"""Finding entries: by who, whose data, what, when, and what came of it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from trunkline.security.audit.ledger import Ledger, Row
from trunkline.security.audit.pseudonym import Pseudonyms


class Search(NamedTuple):
    """What an entry must be; "" and None ask for nothing. `whose` is the id of a customer, an account, a number or a
    network element; times are from `since` on and before `until`."""

    who: str = ""
    whose: str = ""
    kind: str = ""
    action: str = ""
    outcome: str = ""
    since: datetime | None = None
    until: datetime | None = None


def search(ledger: Ledger, wanted: Search, pseudonyms: Pseudonyms, limit: int) -> list[Row]:
    """The last `limit` entries that are so, the oldest first. Raises `LedgerError`."""
    conditions: list[str] = []
    values: list[str] = []

    def ask(condition: str, *its: str) -> None:
        conditions.append(condition)
        values.extend(its)

    for place, value in (
        ("$.who.subject", wanted.who),
        ("$.resource.kind", wanted.kind),
        ("$.action", wanted.action),
        ("$.outcome", wanted.outcome),
    ):
        if value:
            ask(f"body ->> '{place}' = ?", value)
    if wanted.whose:
        ask("number IN (SELECT number FROM concern WHERE id IN (?, ?))", wanted.whose, pseudonyms.of(wanted.whose))
    if wanted.since is not None:
        ask("body ->> '$.time' >= ?", _text(wanted.since))
    if wanted.until is not None:
        ask("body ->> '$.time' < ?", _text(wanted.until))
    return ledger.find(conditions, values, limit)


def _text(moment: datetime) -> str:
    """As entries have times, up to the second: so that texts are in the order of times."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}"
