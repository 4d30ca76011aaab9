"""Event types and probable causes of alarms as numbers and as words (ITU-T X.733, X.736, M.3100; GSM 12.11).

Vendors' MIBs number probable causes as 3GPP TS 32.111-2 annex B and the IANA-ITU-ALARM-TC-MIB do; files and VES events
write them as words. Both come to one name here, the word in camel case: `lossOfSignal`.
"""

from __future__ import annotations

import re

from trunkline.telco.model import EventType

# IANAItuEventType of the IANA-ITU-ALARM-TC-MIB (RFC 3877).
EVENT_TYPES = {
    2: EventType.COMMUNICATIONS,
    3: EventType.QUALITY_OF_SERVICE,
    4: EventType.PROCESSING_ERROR,
    5: EventType.EQUIPMENT,
    6: EventType.ENVIRONMENTAL,
}

_WORDS = {re.sub(r"alarm$", "", kind.value.lower()): kind for kind in EventType}
_WORDS |= {"communication": EventType.COMMUNICATIONS, "processing": EventType.PROCESSING_ERROR}
_WORDS |= {"environment": EventType.ENVIRONMENTAL, "qos": EventType.QUALITY_OF_SERVICE}


def event_type(words: str) -> EventType | None:
    """The event type that `words` names in any spelling (`Communications alarm`, `QUALITY_OF_SERVICE`), or None."""
    return _WORDS.get(re.sub(r"[^a-z]|alarm", "", words.lower()))


def numbered(first: int, names: str) -> dict[int, str]:
    """Consecutive numbers from `first` for names in order; `-` leaves a number out."""
    return {number: name for number, name in enumerate(names.split(), first) if name != "-"}


PROBABLE_CAUSES: dict[int, str] = {
    # M.3100, communications
    **numbered(0, """indeterminate alarmIndicationSignal callSetupFailure degradedSignal farEndReceiverFailure
        framingError lossOfFrame lossOfPointer lossOfSignal payloadTypeMismatch transmissionError
        remoteAlarmInterface excessiveBitErrorRate pathTraceMismatch unavailable signalLabelMismatch lossOfMultiFrame
        receiveFailure transmitFailure modulationFailure demodulationFailure broadcastChannelFailure
        connectionEstablishmentError invalidMessageReceived localNodeTransmissionError remoteNodeTransmissionError
        routingFailure"""),
    # M.3100, equipment
    **numbered(51, """backPlaneFailure dataSetProblem equipmentIdentifierDuplication externalDeviceProblem
        lineCardProblem multiplexerProblem neIdentifierDuplication powerProblem processorProblem
        protectionPathFailure receiverFailure replaceableUnitMissing replaceableUnitTypeMismatch
        synchronizationSourceMismatch terminalProblem timingProblem transmitterFailure trunkCardProblem
        replaceableUnitProblem realTimeClockFailure antennaFailure batteryChargingFailure diskFailure
        frequencyHoppingFailure inputOutputDeviceError lossOfSynchronization lossOfRedundancy powerSupplyFailure
        signalQualityEvaluationFailure transceiverFailure protectionMechanismFailure protectingResourceFailure"""),
    # M.3100, environment
    **numbered(101, """airCompressorFailure airConditioningFailure airDryerFailure batteryDischarging batteryFailure
        commercialPowerFailure coolingFanFailure engineFailure fireDetectorFailure fuseFailure generatorFailure
        lowBatteryThreshold pumpFailure rectifierFailure rectifierHighVoltage rectifierLowVoltage
        ventilationSystemFailure enclosureDoorOpen explosiveGas fire flood highHumidity highTemperature highWind
        iceBuildUp - lowFuel lowHumidity lowCablePressure lowTemperature lowWater smoke toxicGas
        coolingSystemFailure externalEquipmentFailure externalPointFailure"""),
    # M.3100, processing
    **numbered(151, """storageCapacityProblem memoryMismatch corruptData outOfCpuCycles softwareEnvironmentProblem
        softwareDownloadFailure lossOfRealTime applicationSubsystemFailure configurationOrCustomizationError
        databaseInconsistency fileError outOfMemory softwareError timeoutExpired underlyingResourceUnavailable
        versionMismatch"""),
    # Quality of service
    **numbered(201, """bandwidthReduced congestion excessiveErrorRate excessiveResponseTime
        excessiveRetransmissionRate reducedLoggingCapability systemResourcesOverload"""),
    # X.733
    **numbered(301, """adapterError applicationSubsystemFailure bandwidthReduced - communicationsProtocolError
        communicationsSubsystemFailure configurationOrCustomizationError congestion - cpuCyclesLimitExceeded
        dataSetOrModemError - dteDceInterfaceError - equipmentMalfunction excessiveVibration fileError - - -
        heatingVentilationCoolingSystemProblem humidityUnacceptable inputOutputDeviceError inputDeviceError lanError
        leakDetected localNodeTransmissionError - - materialSupplyExhausted - outOfMemory outputDeviceError
        performanceDegraded - pressureUnacceptable - - queueSizeExceeded receiveFailure -
        remoteNodeTransmissionError resourceAtOrNearingCapacity responseTimeExcessive retransmissionRateExcessive
        softwareError softwareProgramAbnormallyTerminated softwareProgramError - temperatureUnacceptable
        thresholdCrossed - toxicLeakDetected transmitFailure - underlyingResourceUnavailable versionMismatch"""),
    # X.736, security
    **numbered(401, """authenticationFailure breachOfConfidentiality cableTamper delayedInformation denialOfService
        duplicateInformation informationMissing informationModificationDetected informationOutOfSequence
        intrusionDetection keyExpired nonRepudiationFailure outOfHoursActivity outOfService proceduralError
        unauthorizedAccessAttempt unexpectedInformation unspecifiedReason"""),
    # GSM 12.11
    **numbered(501, """abisToBtsInterfaceFailure abisToTrxInterfaceFailure antennaProblem batteryBreakdown
        batteryChargingFault clockSynchronizationProblem combinerProblem diskProblem - excessiveReceiverTemperature
        excessiveTransmitterOutputPower excessiveTransmitterTemperature frequencyHoppingDegraded
        frequencyHoppingFailure frequencyRedefinitionFailed lineInterfaceFailure linkFailure lossOfSynchronization
        lostRedundancy mainsBreakdownWithBatteryBackUp mainsBreakdownWithoutBatteryBackUp powerSupplyFailure
        receiverAntennaFault - receiverMulticouplerFailure reducedTransmitterOutputPower
        signalQualityEvaluationFault timeslotHardwareFailure transceiverProblem transcoderProblem
        transcoderOrRateAdapterProblem transmitterAntennaFailure transmitterAntennaNotAdjusted -
        transmitterLowVoltageOrCurrent transmitterOffFrequency databaseInconsistency fileSystemCallUnsuccessful
        inputParameterOutOfRange invalidParameter invalidPointer messageNotExpected messageNotInitialized
        messageOutOfSequence systemCallUnsuccessful timeoutExpired variableOutOfRange watchDogTimerExpired
        coolingSystemFailure externalEquipmentFailure externalPowerSupplyFailure
        externalTransmissionDeviceFailure"""),
    **numbered(561, """reducedAlarmReporting reducedEventReporting reducedLoggingCapability systemResourcesOverload
        broadcastChannelFailure connectionEstablishmentError invalidMessageReceived invalidMsuReceived
        lapdLinkProtocolFailure localAlarmIndication remoteAlarmIndication routingFailure ss7ProtocolFailure
        transmissionError"""),
}  # fmt: skip


def probable_cause(value: int | str) -> str:
    """The name of a probable cause, from its number or from words in any spelling.

    A number that the standards do not give stays a number in text.

    >>> probable_cause(8), probable_cause("LOSS_OF_SIGNAL"), probable_cause("Loss of Signal (LOS)")
    ('lossOfSignal', 'lossOfSignal', 'lossOfSignal')
    """
    if isinstance(value, int):
        return PROBABLE_CAUSES.get(value, str(value))
    words: list[str] = re.findall(r"[A-Za-z0-9]+", re.sub(r"\(.*?\)", "", value))
    if len(words) == 1 and not words[0].isupper():
        return words[0][:1].lower() + words[0][1:]
    return "".join(word.lower() if at == 0 else word.capitalize() for at, word in enumerate(words))
