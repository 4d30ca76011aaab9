"""An alarm of the network as TMF642 tells of it, in the shape of v5. X.733's words are the model's already.

What TMF642 has no attribute for stands beside its own, as its `@schemaLocation` says: `vendor`, `problem` (the vendor's
stable code), `nativeDn`, `repeats`, `reportedBy` (every system that told of it) and `externalIdentifier` (the ids that
it has there).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from trunkline.store.times import read_time
from trunkline.telco.model import AckState, Alarm, Comment, EventType, Severity, Source
from trunkline.tmf.declaration import Document

SCHEMA = "urn:trunkline:schema:network-alarm"

# What an alarm has now and need not have later. All else that was ever said of it stays.
_PASSING = frozenset(
    {"ackUserId", "alarmClearedTime", "clearUserId", "clearSystemId", "parentAlarm", "correlatedAlarm"}
)
# Of these a client may say more than the network (a name, an address), or the same in other digits.
_REFERENCES = ("alarmedObject", "parentAlarm", "correlatedAlarm")
_TIMES = ("alarmRaisedTime", "alarmChangedTime", "alarmClearedTime")
_NEVER = datetime.min.replace(tzinfo=UTC)


def alarm(alarm: Alarm) -> Document:
    """The document of an alarm. It is one alarm however many systems reported it; the first is its source."""
    source = next(iter(alarm.paths), "")
    clearing = "clearSystemId" if alarm.cleared_by in alarm.paths else "clearUserId"
    return _without_gaps(
        {
            "id": alarm.id,
            "@type": "Alarm",
            "@schemaLocation": SCHEMA,
            "externalAlarmId": alarm.paths.get(source, ""),
            "state": alarm.state,
            "alarmType": alarm.event_type,
            "perceivedSeverity": alarm.perceived_severity,
            "probableCause": alarm.probable_cause,
            "specificProblem": alarm.specific_problem,
            "alarmDetails": alarm.text,
            "alarmedObjectType": _class_of(alarm.dn),
            "alarmedObject": {"id": alarm.dn, "@type": "AlarmedObjectRef", "@referredType": "LogicalResource"},
            "sourceSystemId": source,
            "alarmRaisedTime": alarm.raised_time,
            "alarmChangedTime": alarm.changed_time,
            "alarmClearedTime": alarm.cleared_time,
            clearing: alarm.cleared_by,
            "ackState": alarm.ack_state,
            "ackUserId": alarm.ack_user,
            "comment": [_comment(one) for one in alarm.comments],
            "parentAlarm": [reference(alarm.parent)] if alarm.parent else [],
            "correlatedAlarm": [reference(child) for child in alarm.children],
            "reportedBy": list(alarm.paths),
            "externalIdentifier": [_identifier(system, id) for system, id in alarm.paths.items() if id],
            "vendor": alarm.vendor,
            "problem": alarm.problem,
            "nativeDn": alarm.native_dn,
            "repeats": alarm.repeats or None,
        }
    )


def read(document: Document) -> Alarm:
    """The alarm that `alarm` made a document of, but for where it was read and when it was acknowledged."""
    own_ids = {known["owner"]: known["id"] for known in document.get("externalIdentifier", ())}
    type, raised = document.get("alarmType"), time_of(document, "alarmRaisedTime") or _NEVER
    return Alarm(
        id=document["id"],
        state=document["state"],
        vendor=document.get("vendor", ""),
        dn=document["alarmedObject"]["id"],
        native_dn=document.get("nativeDn", ""),
        problem=document.get("problem", ""),
        perceived_severity=Severity(document["perceivedSeverity"]),
        event_type=EventType(type) if type in set(EventType) else None,
        probable_cause=document.get("probableCause", ""),
        specific_problem=document.get("specificProblem", ""),
        text=document.get("alarmDetails", ""),
        raised_time=raised,
        changed_time=time_of(document, "alarmChangedTime") or raised,
        cleared_time=time_of(document, "alarmClearedTime"),
        cleared_by=document.get("clearUserId", "") or document.get("clearSystemId", ""),
        ack_state=AckState(document.get("ackState", AckState.UNACKNOWLEDGED)),
        ack_user=document.get("ackUserId", ""),
        comments=tuple(
            Comment(
                text=said["comment"],
                user=said.get("userId", ""),
                system=said.get("systemId", ""),
                time=time_of(said, "time") or raised,
            )
            for said in document.get("comment", ())
            if said.get("comment")
        ),
        parent=next(iter(ids(document, "parentAlarm")), ""),
        children=tuple(ids(document, "correlatedAlarm")),
        paths={system: own_ids.get(system, "") for system in document.get("reportedBy", ())},
        repeats=document.get("repeats", 0),
        source=Source(uri=""),
    )


def merged(before: Document, told: Document) -> Document:
    """The document `before` with what the network now tells.

    What the network says nothing of stays as clients wrote it: affected services, proposed repairs, extensions.
    """
    kept = {name: value for name, value in before.items() if name not in _PASSING}
    if (before.get("ackState"), before.get("ackUserId")) != (told.get("ackState"), told.get("ackUserId")):
        kept.pop("ackSystemId", None)
    same = list(before.keys() & {"@type", "@schemaLocation"})  # an alarm that was posted may be of another type
    same += [name for name in _REFERENCES if ids(before, name) and ids(before, name) == ids(told, name)]
    same += [name for name in _TIMES if time_of(before, name) and time_of(before, name) == time_of(told, name)]
    return kept | told | {name: before[name] for name in same} | _comments(before, told)


def _comments(before: Document, told: Document) -> Document:
    """What the network tells of comments, those that it took from a client as the client wrote them."""
    if "comment" not in told:
        return {}
    said = before.get("comment")
    written = {_said(note): note for note in said if isinstance(note, dict)} if isinstance(said, list) else {}
    return {"comment": [written.get(_said(note), note) for note in told["comment"]]}


def _said(comment: Document) -> tuple[Any, ...]:
    """What makes two the same: who said what, and when."""
    return comment.get("comment"), comment.get("userId"), time_of(comment, "time")


def reference(id: str) -> Document:
    """What refers to an alarm."""
    return {"id": id, "@type": "AlarmRef", "@referredType": "Alarm"}


def ids(document: Document, name: str) -> list[str]:
    """What an attribute refers to: the id of its reference, or of each."""
    value = document.get(name)
    references = value if isinstance(value, list) else [value]
    return [str(reference["id"]) for reference in references if isinstance(reference, dict) and "id" in reference]


def time_of(document: Document, name: str) -> datetime | None:
    """The time that an attribute holds; None where it holds none."""
    said = document.get(name)
    return read_time(said) if isinstance(said, str) else None


def _comment(comment: Comment) -> Document:
    said = {"comment": comment.text, "userId": comment.user, "systemId": comment.system, "time": comment.time}
    return {"@type": "Comment", **_without_gaps(said)}


def _identifier(system: str, id: str) -> Document:
    return {"@type": "ExternalIdentifier", "owner": system, "externalIdentifierType": "Alarm", "id": id}


def _class_of(dn: str) -> str:
    """The class of the object that a DN names; "" where the name is no DN."""
    cls, equals, _ = dn[dn.rfind(",") + 1 :].partition("=")
    return cls if equals else ""


def _without_gaps(document: dict[str, Any]) -> Document:
    """As JSON has it, without what is not known: TM Forum's clients take no null for an absent value."""
    told = {name: value for name, value in document.items() if value not in (None, "", [])}
    plain: Document = msgspec.to_builtins(told)
    return plain
