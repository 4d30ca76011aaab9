"""Any alarm that the network may tell of, and what it is made of."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import strategies as st

from trunkline.telco.model import AckState, Alarm, Comment, EventType, Severity, Source

CELL = "ManagedElement=ANT_01,ENBFunction=1,EUtranCellFDD=1"
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def alarm(id: str = "a1", **fields: Any) -> Alarm:
    """An alarm with what every alarm has."""
    told: dict[str, Any] = {
        "state": "raised", "vendor": "Nokia", "dn": CELL, "problem": "7653", "perceived_severity": Severity.MAJOR,
        "raised_time": NOON, "changed_time": NOON, "paths": {"netact": "651"},
        "source": Source(uri="snmp://127.0.0.1:5000"),
    }  # fmt: skip
    return Alarm(id=id, **{**told, **fields})


texts = st.text(st.characters(codec="utf-8"), max_size=8)
words = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
times = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))
comments = st.builds(Comment, text=words, user=texts, system=words, time=times)
alarms = st.builds(
    Alarm,
    id=words,
    state=st.sampled_from(["raised", "updated", "cleared"]),
    vendor=texts,
    dn=words,
    native_dn=texts,
    problem=texts,
    perceived_severity=st.sampled_from(Severity),
    event_type=st.none() | st.sampled_from(EventType),
    probable_cause=texts,
    specific_problem=texts,
    text=texts,
    raised_time=times,
    changed_time=times,
    cleared_time=st.none() | times,
    cleared_by=texts,
    ack_state=st.sampled_from(AckState),
    ack_user=texts,
    comments=st.lists(comments, max_size=3).map(tuple),
    parent=texts,
    children=st.lists(words, max_size=3).map(tuple),
    paths=st.dictionaries(words, texts, max_size=3),
    repeats=st.integers(0, 5),
    source=st.builds(Source, uri=words),
)
