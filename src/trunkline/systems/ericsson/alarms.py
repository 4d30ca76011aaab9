"""Alarm traps of Ericsson nodes: ERICSSON-ALARM-MIB, severity by the trap's number, lost ones by its sequence.

The MIB has two lists: alarms, which are raised and cleared, and alerts, which only happen. An alert can never be
cleared, so it is no alarm here and goes to the quarantine. Source: ERICSSON-ALARM-MIB (2008-10-17), RFC 3877.
"""

from __future__ import annotations

from collections.abc import Iterator

from trunkline.quarantine import Rejected
from trunkline.systems import x733
from trunkline.systems.ericsson import objects
from trunkline.systems.snmp.mib import Mib, Variables
from trunkline.systems.system import Agent, Origin, Trap
from trunkline.telco.model import AlarmReport, Report, Severity

ROOT = "1.3.6.1.4.1.193.183.4"
TABLE = "1.3.5.1"  # eriAlarmActiveAlarmEntry

MIB = Mib(
    ROOT,
    {
        "1.2.1": "eriAlarmNObjAdditionalText",
        "1.3.3": "eriAlarmActiveLastSequenceNo",
        f"{TABLE}.2": "eriAlarmActiveMajorType",
        f"{TABLE}.3": "eriAlarmActiveMinorType",
        f"{TABLE}.4": "eriAlarmActiveSpecificProblem",
        f"{TABLE}.5": "eriAlarmActiveManagedObject",
        f"{TABLE}.6": "eriAlarmActiveEventType",
        f"{TABLE}.7": "eriAlarmActiveEventTime",
        f"{TABLE}.9": "eriAlarmActiveProbableCause",
        f"{TABLE}.10": "eriAlarmActiveSeverity",
        f"{TABLE}.12": "eriAlarmActiveAdditionalText",
    },
)

# The last number of a trap's OID, below ROOT.2.0. It is not the code of the table's severity column.
TRAPS = {
    "1": Severity.INDETERMINATE,
    "2": Severity.WARNING,
    "3": Severity.MINOR,
    "4": Severity.MAJOR,
    "5": Severity.CRITICAL,
    "7": Severity.CLEARED,
}
APPEND_INFO, HEARTBEAT, ALARM_LIST_REBUILT = "8", "20", "30"
ALERTS = {"10", "11", "12", "13", "14", "15"}
REBUILT = frozenset({f"{ROOT}.2.0.{ALARM_LIST_REBUILT}"})

# ItuPerceivedSeverity (ITU-ALARM-TC-MIB), the table's severity column.
SEVERITIES = {
    1: Severity.CLEARED,
    2: Severity.INDETERMINATE,
    3: Severity.CRITICAL,
    4: Severity.MAJOR,
    5: Severity.MINOR,
    6: Severity.WARNING,
}

# EriProbableCause: ITU's numbers, and from 100500 X.733's causes in the alphabet's order.
PROBABLE_CAUSES = x733.PROBABLE_CAUSES | x733.numbered(
    100_500,
    """adapterError applicationSubsystemFailure bandwidthReduced callEstablishmentError communicationsProtocolError
    communicationsSubsystemFailure configurationOrCustomizationError congestion corruptData cpuCyclesLimitExceeded
    dataSetOrModemError degradedSignal dteDceInterfaceError enclosureDoorOpen equipmentMalfunction excessiveVibration
    fileError fireDetected framingError heatingVentilationCoolingSystemProblem humidityUnacceptable
    inputOutputDeviceError inputDeviceError lanError leakDetected localNodeTransmissionError lossOfFrame lossOfSignal
    materialSupplyExhausted multiplexerProblem outOfMemory outputDeviceError performanceDegraded powerProblem
    pressureUnacceptable processorProblem pumpFailure queueSizeExceeded receiveFailure receiverFailure
    remoteNodeTransmissionError resourceAtOrNearingCapacity responseTimeExcessive retransmissionRateExcessive
    softwareError softwareProgramAbnormallyTerminated softwareProgramError storageCapacityProblem
    temperatureUnacceptable thresholdCrossed timingProblem toxicLeakDetected transmitFailure transmitterFailure
    underlyingResourceUnavailable versionMismatch""",
)


def read(trap: Trap, origin: Origin) -> AlarmReport | Rejected | None:
    """The report that a trap makes, None for a heartbeat, or the trap as `Rejected` where it cannot be read."""
    number = trap.oid.rpartition(".")[2]
    variables = MIB.variables(trap.varbinds)
    try:
        if number in TRAPS:
            return _report(variables, TRAPS[number], trap.agent, origin)
        if number == APPEND_INFO:
            return _comment(variables, trap, origin)
    except ValueError as fault:
        return origin.rejected("alarm.unreadable", f"eriAlarm trap {number}: {fault}", target=AlarmReport.topic)
    if number in (HEARTBEAT, ALARM_LIST_REBUILT):
        return None
    if number in ALERTS:
        return origin.rejected(
            "alarm.stateless", f"eriAlarm trap {number} is an alert, which is never cleared and so is no alarm",
            target=AlarmReport.topic,
        )  # fmt: skip
    return origin.rejected(
        "alarm.unknown-notification", f"{trap.oid} is no notification of the ERICSSON-ALARM-MIB",
        target=AlarmReport.topic,
    )  # fmt: skip


def sequence(trap: Trap) -> int | None:
    """The number that the node gave this alarm trap; heartbeats and alerts take none of this count."""
    return _last_number(trap) if trap.oid.rpartition(".")[2] in TRAPS else None


def latest(trap: Trap) -> int | None:
    """The number of the last alarm trap, as a heartbeat tells it."""
    return _last_number(trap) if trap.oid.rpartition(".")[2] == HEARTBEAT else None


def resynchronise(agent: Agent, origin: Origin) -> Iterator[AlarmReport | Rejected]:
    """Yield every row of eriAlarmActiveAlarmTable as a report.

    A list that changed while it was walked is walked again, because its rows may be torn; the third time it is taken.
    """
    for _ in range(3):
        before = list(agent.walk(MIB.oid("eriAlarmActiveLastSequenceNo")))
        rows = MIB.rows(TABLE, agent.walk(f"{ROOT}.{TABLE}"))
        if list(agent.walk(MIB.oid("eriAlarmActiveLastSequenceNo"))) == before:
            break
    for index, row in rows.items():
        try:
            severity = SEVERITIES.get(row.number("eriAlarmActiveSeverity"), Severity.INDETERMINATE)
            yield _report(row, severity, agent.address, origin)
        except ValueError as fault:
            yield origin.rejected(
                "alarm.unreadable", f"row {index} of eriAlarmActiveAlarmTable: {fault}", target=AlarmReport.topic
            )


def _report(variables: Variables, severity: Severity, agent: str, origin: Origin) -> AlarmReport:
    managed_object = variables.text("eriAlarmActiveManagedObject")
    problem = variables.text("eriAlarmActiveSpecificProblem")
    last_number = variables.get("eriAlarmActiveLastSequenceNo")
    text = variables.text("eriAlarmNObjAdditionalText", "") or variables.text("eriAlarmActiveAdditionalText", "")
    return AlarmReport(
        kind=Report.CLEAR if severity is Severity.CLEARED else Report.RAISE,
        vendor="Ericsson",
        system=origin.system,
        dn=objects.canonical(managed_object),
        native_dn=managed_object,
        problem=problem,
        severity=severity,
        event_type=x733.EVENT_TYPES.get(variables.number("eriAlarmActiveEventType", 0)),
        probable_cause=_probable_cause(variables),
        specific_problem=problem,
        text=text,
        time=variables.time("eriAlarmActiveEventTime"),
        native_id=_native_id(variables),
        agent=agent,
        sequence=last_number if isinstance(last_number, int) else None,
        source=origin.source(),
    )


def _comment(variables: Variables, trap: Trap, origin: Origin) -> AlarmReport:
    """eriAlarmAppendInfo: more text to an alarm that was raised before; it has neither problem nor time."""
    managed_object = variables.text("eriAlarmActiveManagedObject")
    return AlarmReport(
        kind=Report.COMMENT,
        vendor="Ericsson",
        system=origin.system,
        dn=objects.canonical(managed_object),
        native_dn=managed_object,
        problem="",
        severity=Severity.INDETERMINATE,
        text=variables.text("eriAlarmNObjAdditionalText"),
        time=trap.received,
        native_id=_native_id(variables),
        agent=trap.agent,
        source=origin.source(),
    )


def _native_id(variables: Variables) -> str:
    """Major type, minor type and object are an Ericsson alarm's identity; no other id is given."""
    major, minor = variables.number("eriAlarmActiveMajorType"), variables.number("eriAlarmActiveMinorType")
    return f"{major}.{minor} {variables.text('eriAlarmActiveManagedObject')}"


def _probable_cause(variables: Variables) -> str:
    number = variables.number("eriAlarmActiveProbableCause", 0)
    return PROBABLE_CAUSES.get(number, str(number))


def _last_number(trap: Trap) -> int | None:
    number = MIB.variables(trap.varbinds).get("eriAlarmActiveLastSequenceNo")
    return number if isinstance(number, int) else None
