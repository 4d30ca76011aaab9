"""CHFChargingDataTypes: the record that a 5G charging function writes, of PDU sessions and messages."""

from trunkline.systems.cdr.structure import (
    ANY,
    BOOLEAN,
    INTEGER,
    NULL,
    OCTETS,
    TEXT,
    Choice,
    ListOf,
    Structure,
)
from trunkline.systems.cdr.tables.generic import (
    DIAGNOSTICS,
    ENHANCED_DIAGNOSTICS,
    INVOLVED_PARTY,
    IP_ADDRESS,
    MANAGEMENT_EXTENSIONS,
    NODE_ADDRESS,
    SUBSCRIBER_EQUIPMENT_NUMBER,
    SUBSCRIPTION_ID,
)
from trunkline.systems.cdr.tables.gprs import PRESENCE_REPORTING_AREA_INFO
from trunkline.systems.cdr.tables.sms import ORIGINATOR_INFO, RECIPIENT_INFO

NETWORK_FUNCTION_INFORMATION = Structure(
    {
        0: ("networkFunctionality", INTEGER),
        1: ("networkFunctionName", TEXT),
        2: ("networkFunctionIPv4Address", IP_ADDRESS),
        3: ("networkFunctionPLMNIdentifier", OCTETS),
        4: ("networkFunctionIPv6Address", IP_ADDRESS),
        5: ("networkFunctionFQDN", NODE_ADDRESS),
    }
)

SERVING_NETWORK_FUNCTION_ID = Structure(
    {0: ("servingNetworkFunctionInformation", NETWORK_FUNCTION_INFORMATION), 1: ("aMFIdentifier", OCTETS)}
)

TRIGGER = Choice({0: ("sMFTrigger", INTEGER)})

ALLOCATION_RETENTION_PRIORITY = Structure(
    {1: ("priorityLevel", INTEGER), 2: ("preemptionCapability", INTEGER), 3: ("preemptionVulnerability", INTEGER)}
)

FIVE_G_QOS_INFORMATION = Structure(
    {
        1: ("fiveQi", INTEGER),
        2: ("aRP", ALLOCATION_RETENTION_PRIORITY),
        3: ("qoSNotificationControl", BOOLEAN),
        4: ("reflectiveQos", BOOLEAN),
        5: ("maxbitrateUL", OCTETS),
        6: ("maxbitrateDL", OCTETS),
        7: ("guaranteedbitrateUL", OCTETS),
        8: ("guaranteedbitrateDL", OCTETS),
        9: ("priorityLevel", INTEGER),
        10: ("averWindow", INTEGER),
        11: ("maxDataBurstVol", INTEGER),
        12: ("maxPacketLossRateDL", INTEGER),
        13: ("maxPacketLossRateUL", INTEGER),
    }
)

AUTHORIZED_QOS_INFORMATION = Structure(
    {
        1: ("fiveQi", INTEGER),
        2: ("aRP", ALLOCATION_RETENTION_PRIORITY),
        3: ("priorityLevel", INTEGER),
        4: ("averWindow", INTEGER),
        5: ("maxDataBurstVol", INTEGER),
    }
)

SESSION_AMBR = Structure({1: ("ambrUL", OCTETS), 2: ("ambrDL", OCTETS)})

PDU_ADDRESS = Structure(
    {
        0: ("pDUIPv4Address", IP_ADDRESS),
        1: ("pDUIPv6AddresswithPrefix", IP_ADDRESS),
        2: ("iPV4dynamicAddressFlag", BOOLEAN),
        3: ("iPV6dynamicPrefixFlag", BOOLEAN),
        4: ("additionalPDUIPv6Prefixes", ListOf(IP_ADDRESS)),
    }
)

PDU_CONTAINER_INFORMATION = Structure(
    {
        0: ("chargingRuleBaseName", TEXT),
        1: ("aFCorrelationInformation", OCTETS),
        2: ("timeOfFirstUsage", OCTETS),
        3: ("timeOfLastUsage", OCTETS),
        4: ("qoSInformation", FIVE_G_QOS_INFORMATION),
        5: ("userLocationInformation", OCTETS),
        6: ("presenceReportingAreaInfo", PRESENCE_REPORTING_AREA_INFO),
        7: ("rATType", INTEGER),
        8: ("sponsorIdentity", OCTETS),
        9: ("applicationServiceProviderIdentity", OCTETS),
        10: ("servingNetworkFunctionID", ListOf(SERVING_NETWORK_FUNCTION_ID)),
        11: ("uETimeZone", OCTETS),
        12: ("threeGPPPSDataOffStatus", INTEGER),
        13: ("qoSCharacteristics", OCTETS),
        14: ("afChargingIdentifier", INTEGER),
        15: ("afChargingIdString", TEXT),
        16: ("mAPDUSteeringFunctionality", INTEGER),
        17: ("mAPDUSteeringMode", ANY),
        18: ("userLocationInformationASN1", ANY),
        19: ("listOfPresenceReportingAreaInformation", ListOf(PRESENCE_REPORTING_AREA_INFO)),
        20: ("trafficForwardingWay", INTEGER),
        21: ("qosMonitoringReport", ANY),
    }
)

USED_UNIT_CONTAINER = Structure(
    {
        0: ("serviceIdentifier", INTEGER),
        1: ("time", INTEGER),
        2: ("triggers", ListOf(TRIGGER)),
        3: ("triggerTimeStamp", OCTETS),
        4: ("dataTotalVolume", INTEGER),
        5: ("dataVolumeUplink", INTEGER),
        6: ("dataVolumeDownlink", INTEGER),
        7: ("serviceSpecificUnits", INTEGER),
        8: ("eventTimeStamp", OCTETS),
        9: ("localSequenceNumber", INTEGER),
        10: ("ratingIndicator", BOOLEAN),
        11: ("pDUContainerInformation", PDU_CONTAINER_INFORMATION),
        12: ("quotaManagementIndicator", BOOLEAN),
        13: ("quotaManagementIndicatorExt", INTEGER),
        14: ("nSPAContainerInformation", ANY),
        15: ("eventTimeStampExt", ListOf(OCTETS)),
        16: ("pC5ContainerInformation", ANY),
    }
)

MULTIPLE_UNIT_USAGE = Structure(
    {
        0: ("ratingGroup", INTEGER),
        1: ("usedUnitContainers", ListOf(USED_UNIT_CONTAINER)),
        2: ("uPFID", TEXT),
        3: ("multihomedPDUAddress", PDU_ADDRESS),
    }
)

PDU_SESSION_CHARGING_INFORMATION = Structure(
    {
        0: ("pDUSessionChargingID", INTEGER),
        1: ("userIdentifier", INVOLVED_PARTY),
        2: ("userEquipmentInfo", SUBSCRIBER_EQUIPMENT_NUMBER),
        3: ("userLocationInformation", OCTETS),
        4: ("userRoamerInOut", INTEGER),
        5: ("presenceReportingAreaInfo", PRESENCE_REPORTING_AREA_INFO),
        6: ("pDUSessionId", INTEGER),
        7: ("networkSliceInstanceID", Structure({0: ("sST", INTEGER), 1: ("sD", OCTETS)})),
        8: ("pDUType", INTEGER),
        9: ("sSCMode", INTEGER),
        10: ("sUPIPLMNIdentifier", OCTETS),
        11: ("servingNetworkFunctionID", ListOf(SERVING_NETWORK_FUNCTION_ID)),
        12: ("rATType", INTEGER),
        13: ("dataNetworkNameIdentifier", TEXT),
        14: ("pDUAddress", PDU_ADDRESS),
        15: ("authorizedQoSInformation", AUTHORIZED_QOS_INFORMATION),
        16: ("uETimeZone", OCTETS),
        17: ("pDUSessionstartTime", OCTETS),
        18: ("pDUSessionstopTime", OCTETS),
        19: ("diagnostics", DIAGNOSTICS),
        20: ("chargingCharacteristics", OCTETS),
        21: ("chChSelectionMode", INTEGER),
        22: ("threeGPPPSDataOffStatus", INTEGER),
        23: (
            "rANSecondaryRATUsageReport",
            ListOf(Structure({0: ("nGRANSecondaryRATType", OCTETS), 1: ("qosFlowsUsageReports", ANY)})),
        ),
        24: ("subscribedQoSInformation", AUTHORIZED_QOS_INFORMATION),
        25: ("authorizedSessionAMBR", SESSION_AMBR),
        26: ("subscribedSessionAMBR", SESSION_AMBR),
        27: ("servingCNPLMNID", OCTETS),
        28: ("sUPIunauthenticatedFlag", NULL),
        29: ("dnnSelectionMode", INTEGER),
        30: ("homeProvidedChargingID", INTEGER),
        31: ("mAPDUNonThreeGPPUserLocationInfo", OCTETS),
        32: ("mAPDUNonThreeGPPRATType", INTEGER),
        33: ("mAPDUSessionInformation", ANY),
        34: ("enhancedDiagnostics", ANY),
        35: ("userLocationInformationASN1", ANY),
        36: ("mAPDUNonThreeGPPUserLocationInfoASN1", ANY),
        37: ("userLocationTime", OCTETS),
        38: ("mAPDUNonThreeGPPUserLocationTime", OCTETS),
        39: ("listOfPresenceReportingAreaInformation", ListOf(PRESENCE_REPORTING_AREA_INFO)),
        40: ("redundantTransmissionType", INTEGER),
        41: ("pDUSessionPairID", INTEGER),
        45: ("smfChargingID", TEXT),
        46: ("smfHomeProvidedChargingID", TEXT),
    }
)

MULTIPLE_QFI_CONTAINER = Structure(
    {
        0: ("qosFlowId", INTEGER),
        1: ("triggers", ListOf(TRIGGER)),
        2: ("triggerTimeStamp", OCTETS),
        3: ("dataTotalVolume", INTEGER),
        4: ("dataVolumeUplink", INTEGER),
        5: ("dataVolumeDownlink", INTEGER),
        6: ("localSequenceNumber", INTEGER),
        8: ("timeOfFirstUsage", OCTETS),
        9: ("timeOfLastUsage", OCTETS),
        10: ("qoSInformation", FIVE_G_QOS_INFORMATION),
        11: ("userLocationInformation", OCTETS),
        12: ("uETimeZone", OCTETS),
        13: ("presenceReportingAreaInfo", PRESENCE_REPORTING_AREA_INFO),
        14: ("rATType", INTEGER),
        15: ("reportTime", OCTETS),
        16: ("servingNetworkFunctionID", ListOf(SERVING_NETWORK_FUNCTION_ID)),
        17: ("threeGPPPSDataOffStatus", INTEGER),
        18: ("threeGPPChargingID", INTEGER),
        19: ("diagnostics", DIAGNOSTICS),
        20: ("extensionDiagnostics", ENHANCED_DIAGNOSTICS),
        21: ("qoSCharacteristics", OCTETS),
        22: ("time", INTEGER),
        23: ("userLocationInformationASN1", ANY),
    }
)

SMS_CHARGING_INFORMATION = Structure(
    {
        1: ("originatorInfo", ORIGINATOR_INFO),
        2: ("recipientInfos", ListOf(RECIPIENT_INFO)),
        3: ("userEquipmentInfo", SUBSCRIBER_EQUIPMENT_NUMBER),
        4: ("userLocationInformation", OCTETS),
        5: ("uETimeZone", OCTETS),
        6: ("rATType", INTEGER),
        7: ("sMSCAddress", OCTETS),
        8: ("eventtimestamp", OCTETS),
        20: ("sMDataCodingScheme", INTEGER),
        21: ("sMMessageType", INTEGER),
        22: ("sMReplyPathRequested", INTEGER),
        23: ("sMUserDataHeader", OCTETS),
        24: ("sMSStatus", OCTETS),
        25: ("sMDischargeTime", OCTETS),
        26: ("sMTotalNumber", INTEGER),
        27: ("sMServiceType", INTEGER),
        28: ("sMSequenceNumber", INTEGER),
        29: ("sMSResult", DIAGNOSTICS),
        30: ("submissionTime", OCTETS),
        31: ("sMPriority", INTEGER),
        32: ("messageReference", OCTETS),
        33: ("messageSize", INTEGER),
        34: ("messageClass", INTEGER),
        35: ("sMdeliveryReportRequested", INTEGER),
        36: ("messageClassTokenText", TEXT),
        37: ("userRoamerInOut", INTEGER),
        38: ("userLocationInformationASN1", ANY),
    }
)

CHARGING_RECORD = Structure(
    {
        0: ("recordType", INTEGER),
        1: ("recordingNetworkFunctionID", TEXT),
        2: ("subscriberIdentifier", SUBSCRIPTION_ID),
        3: ("nFunctionConsumerInformation", NETWORK_FUNCTION_INFORMATION),
        4: ("triggers", ListOf(TRIGGER)),
        5: ("listOfMultipleUnitUsage", ListOf(MULTIPLE_UNIT_USAGE)),
        6: ("recordOpeningTime", OCTETS),
        7: ("duration", INTEGER),
        8: ("recordSequenceNumber", INTEGER),
        9: ("causeForRecClosing", INTEGER),
        10: ("diagnostics", DIAGNOSTICS),
        11: ("localRecordSequenceNumber", INTEGER),
        12: ("recordExtensions", MANAGEMENT_EXTENSIONS),
        13: ("pDUSessionChargingInformation", PDU_SESSION_CHARGING_INFORMATION),
        14: (
            "roamingQBCInformation",
            Structure(
                {
                    0: ("multipleQFIcontainer", ListOf(MULTIPLE_QFI_CONTAINER)),
                    1: ("uPFID", TEXT),
                    2: ("roamingChargingProfile", ANY),
                }
            ),
        ),
        15: ("sMSChargingInformation", SMS_CHARGING_INFORMATION),
        16: ("chargingSessionIdentifier", OCTETS),
        17: ("serviceSpecificationInformation", OCTETS),
        18: ("exposureFunctionAPIInformation", ANY),
        19: ("registrationChargingInformation", ANY),
        20: ("n2ConnectionChargingInformation", ANY),
        21: ("locationReportingChargingInformation", ANY),
        22: (
            "incompleteCDRIndication",
            Structure({0: ("initialLost", BOOLEAN), 1: ("updateLost", BOOLEAN), 2: ("terminationLost", BOOLEAN)}),
        ),
        23: ("tenantIdentifier", OCTETS),
        24: ("mnSConsumerIdentifier", OCTETS),
        25: ("nSMChargingInformation", ANY),
        26: ("nSPAChargingInformation", ANY),
        27: ("chargingID", INTEGER),
        28: ("iMSChargingInformation", ANY),
        29: ("mMTelChargingInformation", ANY),
        30: ("edgeInfrastructureUsageChargingInformation", ANY),
        31: ("eASDeploymentChargingInformation", ANY),
        32: ("directEdgeEnablingServiceChargingInformation", ANY),
        33: ("exposedEdgeEnablingServiceChargingInformation", ANY),
        34: ("proseChargingInformation", ANY),
        35: ("eASID", TEXT),
        36: ("eDNID", TEXT),
        37: ("eASProviderIdentifier", TEXT),
        39: ("aMFIdentifier", OCTETS),
    }
)
