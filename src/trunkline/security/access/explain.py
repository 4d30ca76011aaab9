"""A refusal shown again: who asked what and why, and the rule that decided, as it stands in the operator's file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from trunkline.security.access.decisions import NO_RULE
from trunkline.security.access.requests import ELSEWHERE, HIDDEN_FIELD, UNKNOWN_KIND, UNKNOWN_PURPOSE
from trunkline.security.access.rules import Rules
from trunkline.security.audit.entry import Entry, decode
from trunkline.security.audit.ledger import Ledger

_BUILT_IN: Final = {
    NO_RULE: "No rule permits it, and what is not permitted is refused: a rule in access/*.cedar would have to.",
    UNKNOWN_KIND: "Nobody has declared these records in access/fields.yaml.",
    UNKNOWN_PURPOSE: "The purpose is none of access/purposes.yaml, or the client is registered for others alone.",
    HIDDEN_FIELD: "By an attribute that is hidden from somebody, he can neither look for records nor change it.",
    ELSEWHERE: "The record lies in a region that is not the caller's (access/regions.yaml).",
}


class Deciding(NamedTuple):
    """A rule that decided: where it stands, what it is for, and its text."""

    id: str
    place: str
    why: str
    text: str


class Unknown(Exception):
    """No decision has this id."""


def refusal(ledger: Ledger, id: str) -> Entry:
    """The entry of the refusal with this id. Raises `Unknown`, `LedgerError`."""
    conditions = ["body ->> '$.action' = ?", "body ->> '$.origin.request' = ?"]
    found = ledger.find(conditions, ["decide", id], 1)
    if not found:
        raise Unknown(f"no refusal has the id {id!r}: it is in the answer's header X-Decision")
    return decode(found[0].body)


def deciding(entry: Entry, rules: Rules) -> Iterator[Deciding]:
    """The rules that an entry names, as they stand now."""
    for id in entry.rule.split():
        rule = rules.by_id.get(id)
        if rule is not None:
            yield Deciding(id, f"{rule.file}:{rule.line}", " ".join(rule.why.split()), rule.text)
        else:
            yield Deciding(id, "", _BUILT_IN.get(id, "This rule is not there any more."), "")
