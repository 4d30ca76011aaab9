"""What an outside system says of an alarm over TMF642, as reports of that system: so it is an alarm like any other.

Everything that one POST says is told by reports alone, which the log keeps in their order: raised, cleared, commented,
acknowledged.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import quote

from msgspec.structs import replace

from trunkline.telco.model import AckState, AlarmReport, EventType, Report, Severity, Source
from trunkline.telco.network.records.alarms import ids, time_of
from trunkline.tmf.declaration import Document
from trunkline.tmf.errors import Refusal, bad

SYSTEM: Final = "tmf642"
"""Who reports where the alarm names no `sourceSystemId`, and who asks where nobody is named."""

AHEAD: Final = timedelta(days=1)  # that another system's clock may go before ours


def reports(document: Document, now: datetime) -> Iterator[AlarmReport]:
    """The reports that an alarm is made of. `now` is when it was said, where it tells no time itself.

    Raises `Refusal` (400) where it lacks what makes an alarm: its object, its problem, how severe it is.
    """
    report = _raise(document, now)
    later = max(now, report.time)
    if not is_cleared(document):
        yield report
    else:
        if report.severity is not Severity.CLEARED:  # what is over, and is said to have been so severe, was raised
            yield report
        over = max(_time(document, "alarmClearedTime", now) or later, report.time)
        yield replace(report, kind=Report.CLEAR, severity=Severity.CLEARED, time=over, user=who(document, "clear"))
    for note in notes(document):
        said = {"text": note["comment"], "user": text(note, "userId"), "time": _time(note, "time", now) or later}
        yield replace(report, kind=Report.COMMENT, **said)
    if document.get("ackState") == AckState.ACKNOWLEDGED:
        yield replace(report, kind=Report.ACKNOWLEDGE, user=who(document, "ack"), time=later)


def is_cleared(document: Document) -> bool:
    """Whether a document says that the alarm is over."""
    return "cleared" in (document.get("state"), document.get("perceivedSeverity"))


def severity(document: Document) -> Severity:
    """How severe an alarm is. Raises `Refusal` (400) where it does not say so."""
    try:
        return Severity(text(document, "perceivedSeverity"))
    except ValueError:
        raise _missing("perceivedSeverity", f"one of {', '.join(Severity)}") from None


def source(document: Document) -> str:
    """The system that an alarm came from."""
    return text(document, "sourceSystemId") or SYSTEM


def origin(system: str) -> Source:
    """Where a report came from that came over this API."""
    return Source(uri=f"{SYSTEM}://{quote(system, safe='')}")


def who(document: Document, did: str) -> str:
    """Who acknowledged (`ack`) or cleared (`clear`): the user, or the system where there is no user."""
    return text(document, f"{did}UserId") or text(document, f"{did}SystemId")


def notes(document: Document) -> list[Document]:
    """The comments that say anything."""
    said = document.get("comment")
    notes = said if isinstance(said, list) else [said]
    return [note for note in notes if isinstance(note, dict) and text(note, "comment")]


def text(document: Document, name: str) -> str:
    """The text that an attribute holds; "" where it holds none."""
    said = document.get(name)
    return said if isinstance(said, str) else ""


def _raise(document: Document, now: datetime) -> AlarmReport:
    objects = ids(document, "alarmedObject")
    if not objects or not objects[0]:
        raise _missing("alarmedObject.id", "the name of the object that has the alarm")
    problem = text(document, "specificProblem") or text(document, "probableCause")
    if not problem:
        raise _missing("specificProblem or probableCause", "what is wrong with the object")
    type = document.get("alarmType")
    return AlarmReport(
        kind=Report.RAISE,
        vendor="",
        system=source(document),
        dn=objects[0],
        problem=problem,
        severity=severity(document),
        # X.733's types. Those of X.736, on security, the model does not have: they stay in the document alone.
        event_type=EventType(type) if type in set(EventType) else None,
        probable_cause=text(document, "probableCause"),
        specific_problem=text(document, "specificProblem"),
        text=text(document, "alarmDetails"),
        time=_time(document, "alarmRaisedTime", now) or now,
        native_id=text(document, "externalAlarmId"),
        source=origin(source(document)),
    )


def _time(document: Document, name: str, now: datetime) -> datetime | None:
    """The time that an attribute holds. Raises `Refusal` (400) where it is to come: what follows would seem older."""
    time = time_of(document, name)
    if time is not None and time - now > AHEAD:
        raise bad("badTime", f"{name} is in the future", f"it is {document[name]}, and now it is {now.isoformat()}")
    return time


def _missing(attribute: str, meaning: str) -> Refusal:
    return bad("missingAttribute", f"an alarm needs {attribute}", meaning)
