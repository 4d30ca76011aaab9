"""What subscribers were told, as TMF681 tells of it: a message for each notice, with the proof of why and whether.

A notice says what is to be told; the effect of the same id, as it was asked for, in which words; and its outcome, in
the effect ledger, that it was sent. The topics come in any order, and of outcomes that are compacted only the last one:
so each says what it knows. Characteristics hold the proof: `trigger` is the event that made it due, by its topic,
partition and offset; `receipt` what the target said; `effect` the ledger's id, by which `trunkline effects show` has
each attempt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from trunkline.effects.effect import Effect, Place
from trunkline.effects.outcome import Outcome, State
from trunkline.log.port import Record
from trunkline.telco.charging.records.documents import Documents, characteristic, plain
from trunkline.telco.model import Notice
from trunkline.tmf.apis.communication import MESSAGE
from trunkline.tmf.declaration import Document

SCHEMA: Final = "urn:trunkline:schema:charging-notice"
STATES: Final = {
    State.REQUESTED: "initial",
    State.ATTEMPTED: "inProgress",
    State.FAILED: "inProgress",
    State.SUCCEEDED: "completed",
    State.DEAD: "failed",
    State.DROPPED: "cancelled",
}
"""By the state of the effect."""


def take_notices(documents: Documents, told: Sequence[tuple[Notice, Record]]) -> None:
    """Somebody must be told something."""
    documents.read(MESSAGE, [notice.id for notice, _ in told])
    for notice, record in told:
        _take_notice(documents, notice, record)


def take_effects(documents: Documents, told: Sequence[tuple[Effect, Record]]) -> None:
    """Effects were asked for. Those that are not about a notice are passed over."""
    documents.read(MESSAGE, [effect.id for effect, _ in told])
    for effect, _ in told:
        _take_effect(documents, effect)


def take_outcomes(documents: Documents, told: Sequence[tuple[Outcome, Record]]) -> None:
    """Something came of effects. Those that are not about a notice are passed over."""
    documents.read(MESSAGE, [outcome.id for outcome, _ in told])
    for outcome, _ in told:
        _take_outcome(documents, outcome)


def is_charged(document: Document) -> bool:
    """Whether charging tells of a message, and not a client of the API."""
    return document.get("@schemaLocation") == SCHEMA


def _take_notice(documents: Documents, notice: Notice, record: Record) -> None:
    told = plain(
        {
            "subject": notice.kind,
            "messageType": "SMS",
            "scheduledSendTime": notice.time,
            "receiver": [{"@type": "Receiver", "phoneNumber": notice.subscription, "party": _payer(notice.account)}],
        }
    )
    proof: dict[str, Any] = {
        "kind": notice.kind,
        "language": notice.language,
        "cause": notice.cause,
        "notice": _place(record.topic, record.partition, record.offset),
        **{f"value.{name}": value for name, value in notice.values.items()},
    }
    before = documents.get(MESSAGE, notice.id)
    _keep(documents, before, _blank(notice.id) | told | (before or {}), proof)


def _take_effect(documents: Documents, effect: Effect) -> None:
    before = documents.get(MESSAGE, effect.id)
    if before is None and not _is_of_notice(effect.cause):
        return
    # What is asked for again is the same effect: the first words are those that are sent.
    _keep(documents, before, _blank(effect.id) | plain(_sent(effect)) | (before or {}), _due(effect.id, effect.cause))


def _take_outcome(documents: Documents, outcome: Outcome) -> None:
    before = documents.get(MESSAGE, outcome.id)
    if before is None and not _is_of_notice(outcome.cause):
        return
    attempts = outcome.attempts
    told = plain(
        {
            "state": STATES[outcome.state],
            "tryTimes": outcome.attempted or None,
            "sendTime": attempts[0].began if attempts else None,
            "sendTimeComplete": attempts[-1].ended if attempts and outcome.state is State.SUCCEEDED else None,
            **(_sent(outcome.effect) if outcome.effect is not None else {}),
        }
    )
    problem = "" if outcome.state is State.SUCCEEDED else outcome.message
    proof = {**_due(outcome.id, outcome.cause), "receipt": outcome.receipt, "problem": problem}
    _keep(documents, before, (before or _blank(outcome.id)) | told, proof)


def _is_of_notice(cause: Place | None) -> bool:
    return cause is not None and cause.topic == Notice.topic


def _due(id: str, cause: Place | None) -> dict[str, Any]:
    """The proof of why: the effect, and the event that made it due."""
    trigger = {"trigger": _place(cause.topic, cause.partition, cause.offset)} if cause is not None else {}
    return {"effect": id, **trigger}


def _blank(id: str) -> Document:
    return {
        "id": id,
        "@type": "CommunicationMessage",
        "@schemaLocation": SCHEMA,
        "state": "initial",
        "characteristic": [],
    }


def _keep(documents: Documents, before: Document | None, after: Document, proof: Mapping[str, Any]) -> None:
    known = {each["name"]: each for each in after["characteristic"] if proof.get(each["name"]) != ""}
    known |= {name: characteristic(name, value) for name, value in proof.items() if value != ""}
    documents.keep(MESSAGE, before, after | {"characteristic": [known[name] for name in sorted(known)]})


def _sent(effect: Effect) -> dict[str, Any]:
    """What an effect sends of a TMF681 message: its text, and from whom."""
    try:
        sent = msgspec.json.decode(effect.payload) if effect.payload else {}
    except msgspec.DecodeError:
        return {}
    if not isinstance(sent, dict):
        return {}
    content = sent.get("content") or sent.get("text")
    sender = sent.get("sender")
    return {
        "content": content if isinstance(content, str) else None,
        "sender": {"@type": "Sender", **sender} if isinstance(sender, dict) else None,
    }


def _payer(account: str) -> Document:
    party = {"@type": "PartyRef", "id": account, "@referredType": "PartyAccount"}
    return {"@type": "RelatedPartyRefOrPartyRoleRef", "role": "account", "partyOrPartyRole": party}


def _place(topic: str, partition: int, offset: int) -> Document:
    return {"topic": topic, "partition": partition, "offset": offset}
