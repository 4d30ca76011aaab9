"""GPRSChargingDataTypes: records of the packet core (S-GW, P-GW) and of messages over SGSN and MME."""

from trunkline.systems.cdr.structure import (
    ANY,
    BITS,
    BOOLEAN,
    INTEGER,
    NULL,
    OCTETS,
    TEXT,
    ListOf,
    Structure,
)
from trunkline.systems.cdr.tables.generic import (
    DIAGNOSTICS,
    ENHANCED_DIAGNOSTICS,
    INVOLVED_PARTY,
    IP_ADDRESS,
    MANAGEMENT_EXTENSIONS,
    PDP_ADDRESS,
    PS_CELL_INFORMATION,
    SERVICE_SPECIFIC_INFO,
    SUBSCRIPTION_ID,
)

EPC_QOS_INFORMATION = Structure(
    {
        1: ("qCI", INTEGER),
        2: ("maxRequestedBandwithUL", INTEGER),
        3: ("maxRequestedBandwithDL", INTEGER),
        4: ("guaranteedBitrateUL", INTEGER),
        5: ("guaranteedBitrateDL", INTEGER),
        6: ("aRP", INTEGER),
        7: ("aPNAggregateMaxBitrateUL", INTEGER),
        8: ("aPNAggregateMaxBitrateDL", INTEGER),
        9: ("extendedMaxRequestedBWUL", INTEGER),
        10: ("extendedMaxRequestedBWDL", INTEGER),
        11: ("extendedGBRUL", INTEGER),
        12: ("extendedGBRDL", INTEGER),
        13: ("extendedAPNAMBRUL", INTEGER),
        14: ("extendedAPNAMBRDL", INTEGER),
    }
)

USER_CSG_INFORMATION = Structure(
    {0: ("cSGId", OCTETS), 1: ("cSGAccessMode", INTEGER), 2: ("cSGMembershipIndication", NULL)}
)

PRESENCE_REPORTING_AREA_INFO = Structure(
    {
        0: ("presenceReportingAreaIdentifier", OCTETS),
        1: ("presenceReportingAreaStatus", INTEGER),
        2: ("presenceReportingAreaElementsList", OCTETS),
        3: ("presenceReportingAreaNode", BITS),
    }
)

WLAN_OPERATOR_ID = Structure({0: ("wLANOperatorName", OCTETS), 1: ("wLANPLMNId", OCTETS)})

TWAN_USER_LOCATION_INFO = Structure(
    {
        0: ("sSID", OCTETS),
        1: ("bSSID", OCTETS),
        2: ("civicAddressInformation", OCTETS),
        3: ("wLANOperatorId", WLAN_OPERATOR_ID),
        4: ("logicalAccessID", OCTETS),
    }
)

UWAN_USER_LOCATION_INFO = Structure(
    {
        0: ("uELocalIPAddress", IP_ADDRESS),
        1: ("uDPSourcePort", OCTETS),
        2: ("sSID", OCTETS),
        3: ("bSSID", OCTETS),
        4: ("tCPSourcePort", OCTETS),
        5: ("civicAddressInformation", OCTETS),
        6: ("wLANOperatorId", WLAN_OPERATOR_ID),
        7: ("logicalAccessID", OCTETS),
    }
)

SERVING_PLMN_RATE_CONTROL = Structure(
    {0: ("sPLMNDLRateControlValue", INTEGER), 1: ("sPLMNULRateControlValue", INTEGER)}
)

APN_RATE_CONTROL_PARAMETERS = Structure(
    {
        0: ("additionalExceptionReports", INTEGER),
        1: ("rateControlTimeUnit", INTEGER),
        2: ("rateControlMaxRate", INTEGER),
        3: ("rateControlMaxMessageSize", INTEGER),
    }
)
APN_RATE_CONTROL = Structure(
    {
        0: ("aPNRateControlUplink", APN_RATE_CONTROL_PARAMETERS),
        1: ("aPNRateControlDownlink", APN_RATE_CONTROL_PARAMETERS),
    }
)

PS_FURNISH_CHARGING_INFORMATION = Structure({1: ("pSFreeFormatData", OCTETS), 2: ("pSFFDAppendIndicator", BOOLEAN)})

RAN_SECONDARY_RAT_USAGE_REPORT = Structure(
    {
        1: ("dataVolumeUplink", INTEGER),
        2: ("dataVolumeDownlink", INTEGER),
        3: ("rANStartTime", OCTETS),
        4: ("rANEndTime", OCTETS),
        5: ("secondaryRATType", INTEGER),
        6: ("chargingID", INTEGER),
    }
)

MO_EXCEPTION_DATA_COUNTER = Structure({0: ("counterValue", INTEGER), 1: ("counterTimestamp", OCTETS)})

SCS_AS_ADDRESS = Structure({1: ("sCSAddress", IP_ADDRESS), 2: ("sCSRealm", OCTETS)})

CHANGE_OF_CHAR_CONDITION = Structure(
    {
        1: ("qosRequested", OCTETS),
        2: ("qosNegotiated", OCTETS),
        3: ("dataVolumeGPRSUplink", INTEGER),
        4: ("dataVolumeGPRSDownlink", INTEGER),
        5: ("changeCondition", INTEGER),
        6: ("changeTime", OCTETS),
        8: ("userLocationInformation", OCTETS),
        9: ("ePCQoSInformation", EPC_QOS_INFORMATION),
        10: ("chargingID", INTEGER),
        11: ("presenceReportingAreaStatus", INTEGER),
        12: ("userCSGInformation", USER_CSG_INFORMATION),
        13: ("diagnostics", DIAGNOSTICS),
        14: ("enhancedDiagnostics", ENHANCED_DIAGNOSTICS),
        15: ("rATType", INTEGER),
        16: ("accessAvailabilityChangeReason", INTEGER),
        17: ("uWANUserLocationInformation", UWAN_USER_LOCATION_INFO),
        18: ("relatedChangeOfCharCondition", ANY),
        19: ("cPCIoTEPSOptimisationIndicator", BOOLEAN),
        20: ("servingPLMNRateControl", SERVING_PLMN_RATE_CONTROL),
        21: ("threeGPPPSDataOffStatus", INTEGER),
        22: ("listOfPresenceReportingAreaInformation", ListOf(PRESENCE_REPORTING_AREA_INFO)),
        23: ("aPNRateControl", APN_RATE_CONTROL),
    }
)

AF_RECORD_INFORMATION = Structure(
    {
        1: ("aFChargingIdentifier", OCTETS),
        2: ("flows", Structure({1: ("mediaComponentNumber", INTEGER), 2: ("flowNumber", ListOf(INTEGER))})),
    }
)

CALLEE_PARTY_INFORMATION = Structure(
    {
        0: ("called-Party-Address", INVOLVED_PARTY),
        1: ("requested-Party-Address", INVOLVED_PARTY),
        2: ("list-Of-Called-Asserted-Identity", ListOf(INVOLVED_PARTY)),
    }
)

CHANGE_OF_SERVICE_CONDITION = Structure(
    {
        1: ("ratingGroup", INTEGER),
        2: ("chargingRuleBaseName", TEXT),
        3: ("resultCode", INTEGER),
        4: ("localSequenceNumber", INTEGER),
        5: ("timeOfFirstUsage", OCTETS),
        6: ("timeOfLastUsage", OCTETS),
        7: ("timeUsage", INTEGER),
        8: ("serviceConditionChange", BITS),
        9: ("qoSInformationNeg", EPC_QOS_INFORMATION),
        10: ("servingNodeAddress", IP_ADDRESS),
        12: ("datavolumeFBCUplink", INTEGER),
        13: ("datavolumeFBCDownlink", INTEGER),
        14: ("timeOfReport", OCTETS),
        16: ("failureHandlingContinue", BOOLEAN),
        17: ("serviceIdentifier", INTEGER),
        18: ("pSFurnishChargingInformation", PS_FURNISH_CHARGING_INFORMATION),
        19: ("aFRecordInformation", ListOf(AF_RECORD_INFORMATION)),
        20: ("userLocationInformation", OCTETS),
        21: (
            "eventBasedChargingInformation",
            Structure({1: ("numberOfEvents", INTEGER), 2: ("eventTimeStamps", ListOf(OCTETS))}),
        ),
        22: ("timeQuotaMechanism", Structure({1: ("timeQuotaType", INTEGER), 2: ("baseTimeInterval", INTEGER)})),
        23: ("serviceSpecificInfo", ListOf(SERVICE_SPECIFIC_INFO)),
        24: ("threeGPP2UserLocationInformation", OCTETS),
        25: ("sponsorIdentity", OCTETS),
        26: ("applicationServiceProviderIdentity", OCTETS),
        27: ("aDCRuleBaseName", TEXT),
        28: ("presenceReportingAreaStatus", INTEGER),
        29: ("userCSGInformation", USER_CSG_INFORMATION),
        30: ("rATType", INTEGER),
        32: ("uWANUserLocationInformation", UWAN_USER_LOCATION_INFO),
        33: ("relatedChangeOfServiceCondition", ANY),
        35: ("servingPLMNRateControl", SERVING_PLMN_RATE_CONTROL),
        36: ("aPNRateControl", APN_RATE_CONTROL),
        37: ("threeGPPPSDataOffStatus", INTEGER),
        38: ("trafficSteeringPolicyIDDownlink", OCTETS),
        39: ("trafficSteeringPolicyIDUplink", OCTETS),
        40: ("tWANUserLocationInformation", TWAN_USER_LOCATION_INFO),
        41: ("listOfPresenceReportingAreaInformation", ListOf(PRESENCE_REPORTING_AREA_INFO)),
        42: (
            "voLTEInformation",
            Structure(
                {0: ("callerInformation", ListOf(INVOLVED_PARTY)), 1: ("calleeInformation", CALLEE_PARTY_INFORMATION)}
            ),
        ),
    }
)

SGW_RECORD = Structure(
    {
        0: ("recordType", INTEGER),
        3: ("servedIMSI", OCTETS),
        4: ("s-GWAddress", IP_ADDRESS),
        5: ("chargingID", INTEGER),
        6: ("servingNodeAddress", ListOf(IP_ADDRESS)),
        7: ("accessPointNameNI", TEXT),
        8: ("pdpPDNType", OCTETS),
        9: ("servedPDPPDNAddress", PDP_ADDRESS),
        11: ("dynamicAddressFlag", BOOLEAN),
        12: ("listOfTrafficVolumes", ListOf(CHANGE_OF_CHAR_CONDITION)),
        13: ("recordOpeningTime", OCTETS),
        14: ("duration", INTEGER),
        15: ("causeForRecClosing", INTEGER),
        16: ("diagnostics", DIAGNOSTICS),
        17: ("recordSequenceNumber", INTEGER),
        18: ("nodeID", TEXT),
        19: ("recordExtensions", MANAGEMENT_EXTENSIONS),
        20: ("localSequenceNumber", INTEGER),
        21: ("apnSelectionMode", INTEGER),
        22: ("servedMSISDN", OCTETS),
        23: ("chargingCharacteristics", OCTETS),
        24: ("chChSelectionMode", INTEGER),
        25: ("iMSsignalingContext", NULL),
        27: ("servingNodePLMNIdentifier", OCTETS),
        29: ("servedIMEI", OCTETS),
        30: ("rATType", INTEGER),
        31: ("mSTimeZone", OCTETS),
        32: ("userLocationInformation", OCTETS),
        34: ("sGWChange", BOOLEAN),
        35: ("servingNodeType", ListOf(INTEGER)),
        36: ("p-GWAddressUsed", IP_ADDRESS),
        37: ("p-GWPLMNIdentifier", OCTETS),
        38: ("startTime", OCTETS),
        39: ("stopTime", OCTETS),
        40: ("pDNConnectionChargingID", INTEGER),
        41: ("iMSIunauthenticatedFlag", NULL),
        42: ("userCSGInformation", USER_CSG_INFORMATION),
        43: ("servedPDPPDNAddressExt", PDP_ADDRESS),
        44: ("lowPriorityIndicator", NULL),
        47: ("dynamicAddressFlagExt", BOOLEAN),
        48: ("s-GWiPv6Address", IP_ADDRESS),
        49: ("servingNodeiPv6Address", ListOf(IP_ADDRESS)),
        50: ("p-GWiPv6AddressUsed", IP_ADDRESS),
        51: ("retransmission", NULL),
        52: ("userLocationInfoTime", OCTETS),
        53: ("cNOperatorSelectionEnt", INTEGER),
        54: ("presenceReportingAreaInfo", PRESENCE_REPORTING_AREA_INFO),
        55: ("lastUserLocationInformation", OCTETS),
        56: ("lastMSTimeZone", OCTETS),
        57: ("enhancedDiagnostics", ENHANCED_DIAGNOSTICS),
        59: ("cPCIoTEPSOptimisationIndicator", BOOLEAN),
        60: ("uNIPDUCPOnlyFlag", BOOLEAN),
        61: ("servingPLMNRateControl", SERVING_PLMN_RATE_CONTROL),
        62: ("pDPPDNTypeExtension", INTEGER),
        63: ("mOExceptionDataCounter", MO_EXCEPTION_DATA_COUNTER),
        64: ("listOfRANSecondaryRATUsageReports", ListOf(RAN_SECONDARY_RAT_USAGE_REPORT)),
        65: ("pSCellInformation", PS_CELL_INFORMATION),
    }
)

PGW_RECORD = Structure(
    {
        0: ("recordType", INTEGER),
        3: ("servedIMSI", OCTETS),
        4: ("p-GWAddress", IP_ADDRESS),
        5: ("chargingID", INTEGER),
        6: ("servingNodeAddress", ListOf(IP_ADDRESS)),
        7: ("accessPointNameNI", TEXT),
        8: ("pdpPDNType", OCTETS),
        9: ("servedPDPPDNAddress", PDP_ADDRESS),
        11: ("dynamicAddressFlag", BOOLEAN),
        12: ("listOfTrafficVolumes", ListOf(CHANGE_OF_CHAR_CONDITION)),
        13: ("recordOpeningTime", OCTETS),
        14: ("duration", INTEGER),
        15: ("causeForRecClosing", INTEGER),
        16: ("diagnostics", DIAGNOSTICS),
        17: ("recordSequenceNumber", INTEGER),
        18: ("nodeID", TEXT),
        19: ("recordExtensions", MANAGEMENT_EXTENSIONS),
        20: ("localSequenceNumber", INTEGER),
        21: ("apnSelectionMode", INTEGER),
        22: ("servedMSISDN", OCTETS),
        23: ("chargingCharacteristics", OCTETS),
        24: ("chChSelectionMode", INTEGER),
        25: ("iMSsignalingContext", NULL),
        27: ("servingNodePLMNIdentifier", OCTETS),
        28: ("pSFurnishChargingInformation", PS_FURNISH_CHARGING_INFORMATION),
        29: ("servedIMEI", OCTETS),
        30: ("rATType", INTEGER),
        31: ("mSTimeZone", OCTETS),
        32: ("userLocationInformation", OCTETS),
        33: ("cAMELChargingInformation", OCTETS),
        34: ("listOfServiceData", ListOf(CHANGE_OF_SERVICE_CONDITION)),
        35: ("servingNodeType", ListOf(INTEGER)),
        36: ("servedMNNAI", SUBSCRIPTION_ID),
        37: ("p-GWPLMNIdentifier", OCTETS),
        38: ("startTime", OCTETS),
        39: ("stopTime", OCTETS),
        40: ("served3gpp2MEID", OCTETS),
        41: ("pDNConnectionChargingID", INTEGER),
        42: ("iMSIunauthenticatedFlag", NULL),
        43: ("userCSGInformation", USER_CSG_INFORMATION),
        44: ("threeGPP2UserLocationInformation", OCTETS),
        45: ("servedPDPPDNAddressExt", PDP_ADDRESS),
        46: ("lowPriorityIndicator", NULL),
        47: ("dynamicAddressFlagExt", BOOLEAN),
        49: ("servingNodeiPv6Address", ListOf(IP_ADDRESS)),
        50: ("p-GWiPv6AddressUsed", IP_ADDRESS),
        51: ("tWANUserLocationInformation", TWAN_USER_LOCATION_INFO),
        52: ("retransmission", NULL),
        53: ("userLocationInfoTime", OCTETS),
        54: ("cNOperatorSelectionEnt", INTEGER),
        55: ("ePCQoSInformation", EPC_QOS_INFORMATION),
        56: ("presenceReportingAreaInfo", PRESENCE_REPORTING_AREA_INFO),
        57: ("lastUserLocationInformation", OCTETS),
        58: ("lastMSTimeZone", OCTETS),
        59: ("enhancedDiagnostics", ENHANCED_DIAGNOSTICS),
        60: ("nBIFOMMode", INTEGER),
        61: ("nBIFOMSupport", INTEGER),
        62: ("uWANUserLocationInformation", UWAN_USER_LOCATION_INFO),
        64: ("sGiPtPTunnellingMethod", INTEGER),
        65: ("uNIPDUCPOnlyFlag", BOOLEAN),
        66: ("servingPLMNRateControl", SERVING_PLMN_RATE_CONTROL),
        67: ("aPNRateControl", APN_RATE_CONTROL),
        68: ("pDPPDNTypeExtension", INTEGER),
        69: ("mOExceptionDataCounter", MO_EXCEPTION_DATA_COUNTER),
        70: ("chargingPerIPCANSessionIndicator", INTEGER),
        71: ("threeGPPPSDataOffStatus", INTEGER),
        72: ("sCSASAddress", SCS_AS_ADDRESS),
        73: ("listOfRANSecondaryRATUsageReports", ListOf(RAN_SECONDARY_RAT_USAGE_REPORT)),
    }
)

SGSN_SMO_RECORD = Structure(
    {
        0: ("recordType", INTEGER),
        1: ("servedIMSI", OCTETS),
        2: ("servedIMEI", OCTETS),
        3: ("servedMSISDN", OCTETS),
        4: ("msNetworkCapability", OCTETS),
        5: ("serviceCentre", OCTETS),
        6: ("recordingEntity", OCTETS),
        7: ("locationArea", OCTETS),
        8: ("routingArea", OCTETS),
        9: ("cellIdentifier", OCTETS),
        10: ("messageReference", OCTETS),
        11: ("eventTimeStamp", OCTETS),
        12: ("smsResult", DIAGNOSTICS),
        13: ("recordExtensions", MANAGEMENT_EXTENSIONS),
        14: ("nodeID", TEXT),
        15: ("localSequenceNumber", INTEGER),
        16: ("chargingCharacteristics", OCTETS),
        17: ("rATType", INTEGER),
        18: ("destinationNumber", OCTETS),
        19: ("cAMELInformationSMS", ANY),
        20: ("chChSelectionMode", INTEGER),
        21: ("servingNodeType", INTEGER),
        22: ("servingNodeAddress", IP_ADDRESS),
        23: ("servingNodeiPv6Address", IP_ADDRESS),
        24: ("mMEName", OCTETS),
        25: ("mMERealm", OCTETS),
        26: ("userLocationInformation", OCTETS),
        27: ("retransmission", NULL),
        28: ("servingNodePLMNIdentifier", OCTETS),
        29: ("userLocationInfoTime", OCTETS),
        30: ("cNOperatorSelectionEnt", INTEGER),
    }
)

SGSN_SMT_RECORD = Structure(
    {
        0: ("recordType", INTEGER),
        1: ("servedIMSI", OCTETS),
        2: ("servedIMEI", OCTETS),
        3: ("servedMSISDN", OCTETS),
        4: ("msNetworkCapability", OCTETS),
        5: ("serviceCentre", OCTETS),
        6: ("recordingEntity", OCTETS),
        7: ("locationArea", OCTETS),
        8: ("routingArea", OCTETS),
        9: ("cellIdentifier", OCTETS),
        10: ("eventTimeStamp", OCTETS),
        11: ("smsResult", DIAGNOSTICS),
        12: ("recordExtensions", MANAGEMENT_EXTENSIONS),
        13: ("nodeID", TEXT),
        14: ("localSequenceNumber", INTEGER),
        15: ("chargingCharacteristics", OCTETS),
        16: ("rATType", INTEGER),
        17: ("chChSelectionMode", INTEGER),
        18: ("cAMELInformationSMS", ANY),
        19: ("originatingAddress", OCTETS),
        20: ("servingNodeType", INTEGER),
        21: ("servingNodeAddress", IP_ADDRESS),
        22: ("servingNodeiPv6Address", IP_ADDRESS),
        23: ("mMEName", OCTETS),
        24: ("mMERealm", OCTETS),
        25: ("userLocationInformation", OCTETS),
        26: ("retransmission", NULL),
        27: ("servingNodePLMNIdentifier", OCTETS),
        28: ("userLocationInfoTime", OCTETS),
        29: ("cNOperatorSelectionEnt", INTEGER),
    }
)
