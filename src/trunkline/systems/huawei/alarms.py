"""Alarm traps of Huawei's iMAP northbound interface (U2000, MAE), lost ones by the serial numbers of new alarms.

Every notification is the same trap; its category says whether the alarm is new, cleared or acknowledged. A query makes
the manager send its list of alarms as traps between a begin and an end. Source: IMAP_NORTHBOUND-MIB-V2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import NamedTuple

from trunkline.quarantine import Rejected
from trunkline.systems import x733
from trunkline.systems.huawei import objects
from trunkline.systems.snmp.mib import Mib, Variables
from trunkline.systems.system import Agent, Origin, Trap
from trunkline.telco.model import AlarmReport, EventType, Report, Severity

FAULT = "1.3.6.1.4.1.2011.2.15.2.4"
ROOT = f"{FAULT}.3.3"
ALARM_QUERY = f"{FAULT}.1.5.0"  # iMAPNorthboundAlarmQuery; an empty filter asks for every alarm
REPORT, QUERY_BEGIN, QUERY, QUERY_END = (f"{ROOT}.0.{number}" for number in range(1, 5))

MIB = Mib(
    ROOT,
    {
        "1": "iMAPNorthboundAlarmCSN",
        "2": "iMAPNorthboundAlarmCategory",
        "3": "iMAPNorthboundAlarmOccurTime",
        "4": "iMAPNorthboundAlarmMOName",
        "9": "iMAPNorthboundAlarmID",
        "10": "iMAPNorthboundAlarmType",
        "11": "iMAPNorthboundAlarmLevel",
        "12": "iMAPNorthboundAlarmRestore",
        "13": "iMAPNorthboundAlarmConfirm",
        "14": "iMAPNorthboundAlarmAckTime",
        "15": "iMAPNorthboundAlarmRestoreTime",
        "16": "iMAPNorthboundAlarmOperator",
        "27": "iMAPNorthboundAlarmExtendInfo",
        "28": "iMAPNorthboundAlarmProbablecause",
        "30": "iMAPNorthboundAlarmSpecificproblems",
        "46": "iMAPNorthboundAlarmClearOperator",
        "51": "iMAPNorthboundAlarmAdditionalInfo",
    },
)

# iMAPNorthboundAlarmLevel: indeterminate is 5 and cleared 6, the other way round than at NetAct.
SEVERITIES = {
    1: Severity.CRITICAL,
    2: Severity.MAJOR,
    3: Severity.MINOR,
    4: Severity.WARNING,
    5: Severity.INDETERMINATE,
    6: Severity.CLEARED,
}

# iMAPNorthboundAlarmType; 12 to 16 are X.736's violations, for which X.733 has no type.
EVENT_TYPES = {
    1: EventType.EQUIPMENT,  # power
    2: EventType.ENVIRONMENTAL,
    3: EventType.COMMUNICATIONS,  # signalling
    4: EventType.COMMUNICATIONS,  # trunk
    5: EventType.EQUIPMENT,  # hardware
    6: EventType.PROCESSING_ERROR,  # software
    7: EventType.PROCESSING_ERROR,  # running
    8: EventType.COMMUNICATIONS,
    9: EventType.QUALITY_OF_SERVICE,
    10: EventType.PROCESSING_ERROR,
    11: EventType.PROCESSING_ERROR,  # the manager itself
}


class Meaning(NamedTuple):
    """What a category reports, and which variables say when (the first that is there) and who."""

    kind: Report
    times: tuple[str, ...] = ("iMAPNorthboundAlarmOccurTime",)
    user: str = ""


NEW, CLEARED, EVENT, ACKNOWLEDGED, UNACKNOWLEDGED, CHANGED = 1, 2, 3, 4, 5, 9
CATEGORIES = {
    NEW: Meaning(Report.RAISE),
    CLEARED: Meaning(
        Report.CLEAR,
        ("iMAPNorthboundAlarmRestoreTime", "iMAPNorthboundAlarmOccurTime"),
        "iMAPNorthboundAlarmClearOperator",
    ),
    ACKNOWLEDGED: Meaning(
        Report.ACKNOWLEDGE,
        ("iMAPNorthboundAlarmAckTime", "iMAPNorthboundAlarmOccurTime"),
        "iMAPNorthboundAlarmOperator",
    ),
    UNACKNOWLEDGED: Meaning(
        Report.UNACKNOWLEDGE,
        ("iMAPNorthboundAlarmAckTime", "iMAPNorthboundAlarmOccurTime"),
        "iMAPNorthboundAlarmOperator",
    ),
    CHANGED: Meaning(Report.RAISE),
}
RESTORED = CONFIRMED = 1  # iMAPNorthboundAlarmRestore, …Confirm; 2 is not yet

# `2026/03/09 - 15:54:46Z`, `2016-11-22 00:35:00`, `2016-11-22 00:35:00 +08:00 DST`
_TIME = re.compile(
    r"(\d{4})[-/](\d\d?)[-/](\d\d?)(?: - |[ ,T]+)(\d\d?):(\d\d?):(\d\d?)(?:\.\d+)?"
    r" *(?:Z|(?:UTC|GMT)?(?:([+-])(\d\d?):?(\d\d)?)?)( DST)?"
)


def read(trap: Trap, origin: Origin) -> AlarmReport | Rejected | None:
    """The report that a trap makes, None for the answers to a query, or `Rejected` where it is unreadable."""
    if trap.oid in (QUERY_BEGIN, QUERY, QUERY_END):
        return None  # `resynchronise` reads them
    if trap.oid != REPORT:
        return origin.rejected(
            "alarm.unknown-notification", f"{trap.oid} is no alarm notification of iMAP", target=AlarmReport.topic
        )
    variables = MIB.variables(trap.varbinds)
    try:
        category = variables.number("iMAPNorthboundAlarmCategory")
        if category == EVENT:
            return origin.rejected(
                "alarm.stateless",
                "an event of category 3 is never cleared and so is no alarm",
                target=AlarmReport.topic,
            )
        if category not in CATEGORIES:
            raise ValueError(f"iMAPNorthboundAlarmCategory {category} is unknown")
        return _report(CATEGORIES[category], variables, trap.agent, origin)
    except ValueError as fault:
        return origin.rejected("alarm.unreadable", f"iMAP trap: {fault}", target=AlarmReport.topic)


def sequence(trap: Trap) -> int | None:
    """The serial number of a new alarm or event, which counts up by one; what follows repeats its alarm's number."""
    if trap.oid != REPORT:
        return None
    variables = MIB.variables(trap.varbinds)
    try:
        if variables.number("iMAPNorthboundAlarmCategory") in (NEW, EVENT):
            return variables.number("iMAPNorthboundAlarmCSN")
    except ValueError:
        pass  # `read` says what is wrong
    return None


def resynchronise(agent: Agent, origin: Origin) -> Iterator[AlarmReport | Rejected]:
    """Ask for the list of alarms and yield what comes between the query's begin and end traps.

    The list holds alarms that are cleared but not acknowledged, too; acknowledgements follow their alarms.
    """
    agent.set(ALARM_QUERY, b"")
    for trap in agent.traps():
        if trap.oid == QUERY_END:
            return
        if trap.oid != QUERY:
            continue
        variables = MIB.variables(trap.varbinds)
        try:
            cleared = variables.number("iMAPNorthboundAlarmRestore", 0) == RESTORED
            yield _report(CATEGORIES[CLEARED if cleared else NEW], variables, agent.address, origin)
            if variables.number("iMAPNorthboundAlarmConfirm", 0) == CONFIRMED:
                yield _report(CATEGORIES[ACKNOWLEDGED], variables, agent.address, origin)
        except ValueError as fault:
            yield origin.rejected("alarm.unreadable", f"iMAP query: {fault}", target=AlarmReport.topic)


def _report(means: Meaning, variables: Variables, agent: str, origin: Origin) -> AlarmReport:
    native = variables.text("iMAPNorthboundAlarmMOName")
    level = variables.number("iMAPNorthboundAlarmLevel", 5)
    if level not in SEVERITIES:
        raise ValueError(f"iMAPNorthboundAlarmLevel {level} is unknown")
    cleared = means.kind is Report.CLEAR or (means.kind is Report.RAISE and level == 6)
    serial = variables.text("iMAPNorthboundAlarmCSN")
    texts = ("Specificproblems", "AdditionalInfo", "ExtendInfo")
    return AlarmReport(
        kind=Report.CLEAR if cleared else means.kind,
        vendor="Huawei",
        system=origin.system,
        dn=objects.canonical(native),
        native_dn=native,
        problem=str(variables.number("iMAPNorthboundAlarmID")),
        severity=Severity.CLEARED if cleared else SEVERITIES[level],
        event_type=EVENT_TYPES.get(variables.number("iMAPNorthboundAlarmType", 0)),
        probable_cause=x733.probable_cause(variables.text("iMAPNorthboundAlarmProbablecause", "")),
        specific_problem=variables.text("iMAPNorthboundAlarmProbablecause", ""),
        text="; ".join(filter(None, (variables.text(f"iMAPNorthboundAlarm{name}", "") for name in texts))),
        user=variables.text(means.user, "") if means.user else "",
        time=_time(variables, means.times),
        native_id=serial,
        agent=agent,
        sequence=int(serial) if means is CATEGORIES[NEW] and len(serial) < 20 and serial.isdecimal() else None,
        source=origin.source(),
    )


def _time(variables: Variables, names: tuple[str, ...]) -> datetime:
    """The first of `names` that is there and not empty, in UTC; without a zone it is UTC, iMAP's default."""
    for name in names:
        text = variables.text(name, "")
        if not text:
            continue
        match = _TIME.fullmatch(text)
        if match is None:
            raise ValueError(f"{name} is {text[:40]!r} and no time of iMAP")
        hours, minutes = int(match[8] or 0), int(match[9] or 0)
        # In summer time the clock is an hour ahead of its zone.
        offset = timedelta(hours=hours, minutes=minutes) * (-1 if match[7] == "-" else 1)
        year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
        try:
            zone = timezone(offset + timedelta(hours=1 if match[10] else 0))
            return datetime(year, month, day, hour, minute, second, tzinfo=zone).astimezone(UTC)
        except (ValueError, OverflowError) as fault:
            raise ValueError(f"{name} is {text!r}: {fault}") from None
    raise ValueError(f"{names[0]} is missing")
