"""CSChargingDataTypes: records that an MSC writes of calls and messages."""

from trunkline.systems.cdr.structure import (
    ANY,
    BITS,
    BOOLEAN,
    INTEGER,
    NULL,
    OCTETS,
    TEXT,
    Choice,
    ListOf,
    Structure,
)
from trunkline.systems.cdr.tables.generic import DIAGNOSTICS, LOCATION_AREA_AND_CELL, MANAGEMENT_EXTENSIONS

TRUNK_GROUP = Choice({0: ("tkgpNumber", INTEGER), 1: ("tkgpName", TEXT)})

BASIC_SERVICE_CODE = Choice({2: ("bearerService", OCTETS), 3: ("teleservice", OCTETS)})

LOCATION_CHANGE = Structure({0: ("location", LOCATION_AREA_AND_CELL), 1: ("changeTime", OCTETS)})

CHANGE_OF_SERVICE = Structure(
    {
        0: ("basicService", BASIC_SERVICE_CODE),
        1: ("transparencyInd", INTEGER),
        2: ("changeTime", OCTETS),
        3: ("rateIndication", OCTETS),
        4: ("fnur", INTEGER),
    }
)

SUPP_SERVICE_USED = Structure({0: ("ssCode", OCTETS), 1: ("ssTime", OCTETS)})

AOC_PARAMETERS = Structure({number: (f"e{number}", INTEGER) for number in range(1, 8)})
AOC_PARM_CHANGE = Structure({0: ("changeTime", OCTETS), 1: ("newParameters", AOC_PARAMETERS)})

CHANGE_OF_CLASSMARK = Structure({0: ("classmark", OCTETS), 1: ("changeTime", OCTETS)})

CHANGE_OF_RADIO_CHANNEL = Structure(
    {0: ("radioChannel", INTEGER), 1: ("changeTime", OCTETS), 2: ("speechVersionUsed", OCTETS)}
)

ADDITIONAL_CHG_INFO = Structure({0: ("chargeIndicator", INTEGER), 1: ("chargeParameters", OCTETS)})

HSCSD_PARMS_CHANGE = Structure(
    {
        0: ("changeTime", OCTETS),
        1: ("hSCSDChanAllocated", INTEGER),
        2: ("initiatingParty", INTEGER),
        3: ("aiurRequested", INTEGER),
        4: ("chanCodingUsed", INTEGER),
        5: ("hSCSDChanRequested", INTEGER),
    }
)

CAMEL_INFORMATION = Structure(
    {
        1: ("cAMELDestinationNumber", ListOf(OCTETS)),
        2: ("connectedNumber", OCTETS),
        3: ("roamingNumber", OCTETS),
        4: ("mscOutgoingTKGP", TRUNK_GROUP),
        5: ("seizureTime", OCTETS),
        6: ("answerTime", OCTETS),
        7: ("releaseTime", OCTETS),
        8: ("callDuration", INTEGER),
        9: ("dataVolume", INTEGER),
        10: ("cAMELInitCFIndicator", INTEGER),
        11: ("causeForTerm", INTEGER),
        12: ("cAMELModification", ANY),
        13: ("freeFormatData", OCTETS),
        14: ("diagnostics", DIAGNOSTICS),
        15: ("freeFormatDataAppend", BOOLEAN),
        16: ("freeFormatData-2", OCTETS),
        17: ("freeFormatDataAppend-2", BOOLEAN),
    }
)

CAMEL_SMS_INFORMATION = Structure(
    {
        1: ("gsm-SCFAddress", OCTETS),
        2: ("serviceKey", INTEGER),
        3: ("defaultSMSHandling", INTEGER),
        4: ("freeFormatData", OCTETS),
        5: ("callingPartyNumber", OCTETS),
        6: ("destinationSubscriberNumber", OCTETS),
        7: ("cAMELSMSCAddress", OCTETS),
        8: ("smsReferenceNumber", OCTETS),
    }
)

MO_CALL_RECORD = Structure(
    {
        0: ("recordType", INTEGER),
        1: ("servedIMSI", OCTETS),
        2: ("servedIMEI", OCTETS),
        3: ("servedMSISDN", OCTETS),
        4: ("callingNumber", OCTETS),
        5: ("calledNumber", OCTETS),
        6: ("translatedNumber", OCTETS),
        7: ("connectedNumber", OCTETS),
        8: ("roamingNumber", OCTETS),
        9: ("recordingEntity", OCTETS),
        10: ("mscIncomingTKGP", TRUNK_GROUP),
        11: ("mscOutgoingTKGP", TRUNK_GROUP),
        12: ("location", LOCATION_AREA_AND_CELL),
        13: ("changeOfLocation", ListOf(LOCATION_CHANGE)),
        14: ("basicService", BASIC_SERVICE_CODE),
        15: ("transparencyIndicator", INTEGER),
        16: ("changeOfService", ListOf(CHANGE_OF_SERVICE)),
        17: ("supplServicesUsed", ListOf(SUPP_SERVICE_USED)),
        18: ("aocParameters", AOC_PARAMETERS),
        19: ("changeOfAOCParms", ListOf(AOC_PARM_CHANGE)),
        20: ("msClassmark", OCTETS),
        21: ("changeOfClassmark", CHANGE_OF_CLASSMARK),
        22: ("seizureTime", OCTETS),
        23: ("answerTime", OCTETS),
        24: ("releaseTime", OCTETS),
        25: ("callDuration", INTEGER),
        26: ("dataVolume", INTEGER),
        27: ("radioChanRequested", INTEGER),
        28: ("radioChanUsed", INTEGER),
        29: ("changeOfRadioChan", CHANGE_OF_RADIO_CHANNEL),
        30: ("causeForTerm", INTEGER),
        31: ("diagnostics", DIAGNOSTICS),
        32: ("callReference", OCTETS),
        33: ("sequenceNumber", INTEGER),
        34: ("additionalChgInfo", ADDITIONAL_CHG_INFO),
        35: ("recordExtensions", MANAGEMENT_EXTENSIONS),
        36: ("gsm-SCFAddress", OCTETS),
        37: ("serviceKey", INTEGER),
        38: ("networkCallReference", OCTETS),
        39: ("mSCAddress", OCTETS),
        40: ("cAMELInitCFIndicator", INTEGER),
        41: ("defaultCallHandling", INTEGER),
        42: ("hSCSDChanRequested", INTEGER),
        43: ("hSCSDChanAllocated", INTEGER),
        44: ("changeOfHSCSDParms", ListOf(HSCSD_PARMS_CHANGE)),
        45: ("fnur", INTEGER),
        46: ("aiurRequested", INTEGER),
        47: ("chanCodingsAcceptable", ListOf(INTEGER)),
        48: ("chanCodingUsed", INTEGER),
        49: ("speechVersionSupported", OCTETS),
        50: ("speechVersionUsed", OCTETS),
        51: ("numberOfDPEncountered", INTEGER),
        52: ("levelOfCAMELService", BITS),
        53: ("freeFormatData", OCTETS),
        54: ("cAMELCallLegInformation", ListOf(CAMEL_INFORMATION)),
        55: ("freeFormatDataAppend", BOOLEAN),
        56: ("defaultCallHandling-2", INTEGER),
        57: ("gsm-SCFAddress-2", OCTETS),
        58: ("serviceKey-2", INTEGER),
        59: ("freeFormatData-2", OCTETS),
        60: ("freeFormatDataAppend-2", BOOLEAN),
        61: ("systemType", INTEGER),
        62: ("rateIndication", OCTETS),
        63: ("locationRoutNum", OCTETS),
        64: ("lrnSoInd", INTEGER),
        65: ("lrnQuryStatus", INTEGER),
        66: ("jIPPara", OCTETS),
        67: ("jIPSoInd", INTEGER),
        68: ("jIPQuryStatus", INTEGER),
        69: ("partialRecordType", INTEGER),
        70: ("guaranteedBitRate", INTEGER),
        71: ("maximumBitRate", INTEGER),
        72: ("redial", BOOLEAN),
        73: ("reasonForServiceChange", INTEGER),
        74: ("serviceChangeInitiator", BOOLEAN),
        75: ("iCSI2ActiveFlag", NULL),
        76: ("iMS-Charging-Identifier", OCTETS),
        77: ("privateUserID", TEXT),
    }
)

MT_CALL_RECORD = Structure(
    {
        0: ("recordType", INTEGER),
        1: ("servedIMSI", OCTETS),
        2: ("servedIMEI", OCTETS),
        3: ("servedMSISDN", OCTETS),
        4: ("callingNumber", OCTETS),
        5: ("connectedNumber", OCTETS),
        6: ("recordingEntity", OCTETS),
        7: ("mscIncomingTKGP", TRUNK_GROUP),
        8: ("mscOutgoingTKGP", TRUNK_GROUP),
        9: ("location", LOCATION_AREA_AND_CELL),
        10: ("changeOfLocation", ListOf(LOCATION_CHANGE)),
        11: ("basicService", BASIC_SERVICE_CODE),
        12: ("transparencyIndicator", INTEGER),
        13: ("changeOfService", ListOf(CHANGE_OF_SERVICE)),
        14: ("supplServicesUsed", ListOf(SUPP_SERVICE_USED)),
        15: ("aocParameters", AOC_PARAMETERS),
        16: ("changeOfAOCParms", ListOf(AOC_PARM_CHANGE)),
        17: ("msClassmark", OCTETS),
        18: ("changeOfClassmark", CHANGE_OF_CLASSMARK),
        19: ("seizureTime", OCTETS),
        20: ("answerTime", OCTETS),
        21: ("releaseTime", OCTETS),
        22: ("callDuration", INTEGER),
        23: ("dataVolume", INTEGER),
        24: ("radioChanRequested", INTEGER),
        25: ("radioChanUsed", INTEGER),
        26: ("changeOfRadioChan", CHANGE_OF_RADIO_CHANNEL),
        27: ("causeForTerm", INTEGER),
        28: ("diagnostics", DIAGNOSTICS),
        29: ("callReference", OCTETS),
        30: ("sequenceNumber", INTEGER),
        31: ("additionalChgInfo", ADDITIONAL_CHG_INFO),
        32: ("recordExtensions", MANAGEMENT_EXTENSIONS),
        33: ("networkCallReference", OCTETS),
        34: ("mSCAddress", OCTETS),
        35: ("hSCSDChanRequested", INTEGER),
        36: ("hSCSDChanAllocated", INTEGER),
        37: ("changeOfHSCSDParms", ListOf(HSCSD_PARMS_CHANGE)),
        38: ("fnur", INTEGER),
        39: ("aiurRequested", INTEGER),
        40: ("chanCodingsAcceptable", ListOf(INTEGER)),
        41: ("chanCodingUsed", INTEGER),
        42: ("speechVersionSupported", OCTETS),
        43: ("speechVersionUsed", OCTETS),
        44: ("gsm-SCFAddress", OCTETS),
        45: ("serviceKey", INTEGER),
        46: ("systemType", INTEGER),
        47: ("rateIndication", OCTETS),
        48: ("locationRoutNum", OCTETS),
        49: ("lrnSoInd", INTEGER),
        50: ("lrnQuryStatus", INTEGER),
        51: ("jIPPara", OCTETS),
        52: ("jIPSoInd", INTEGER),
        53: ("jIPQuryStatus", INTEGER),
        54: ("partialRecordType", INTEGER),
        55: ("guaranteedBitRate", INTEGER),
        56: ("maximumBitRate", INTEGER),
        57: ("reasonForServiceChange", INTEGER),
        58: ("serviceChangeInitiator", BOOLEAN),
        59: ("iCSI2ActiveFlag", NULL),
        60: ("iMS-Charging-Identifier", OCTETS),
        61: ("privateUserID", TEXT),
    }
)

MO_SMS_RECORD = Structure(
    {
        0: ("recordType", INTEGER),
        1: ("servedIMSI", OCTETS),
        2: ("servedIMEI", OCTETS),
        3: ("servedMSISDN", OCTETS),
        4: ("msClassmark", OCTETS),
        5: ("serviceCentre", OCTETS),
        6: ("recordingEntity", OCTETS),
        7: ("location", LOCATION_AREA_AND_CELL),
        8: ("messageReference", OCTETS),
        9: ("originationTime", OCTETS),
        10: ("smsResult", DIAGNOSTICS),
        11: ("recordExtensions", MANAGEMENT_EXTENSIONS),
        12: ("destinationNumber", OCTETS),
        13: ("cAMELSMSInformation", CAMEL_SMS_INFORMATION),
        14: ("systemType", INTEGER),
        15: ("locationExtension", BITS),
    }
)

MT_SMS_RECORD = Structure(
    {
        0: ("recordType", INTEGER),
        1: ("serviceCentre", OCTETS),
        2: ("servedIMSI", OCTETS),
        3: ("servedIMEI", OCTETS),
        4: ("servedMSISDN", OCTETS),
        5: ("msClassmark", OCTETS),
        6: ("recordingEntity", OCTETS),
        7: ("location", LOCATION_AREA_AND_CELL),
        8: ("deliveryTime", OCTETS),
        9: ("smsResult", DIAGNOSTICS),
        10: ("recordExtensions", MANAGEMENT_EXTENSIONS),
        11: ("systemType", INTEGER),
        12: ("cAMELSMSInformation", CAMEL_SMS_INFORMATION),
        13: ("locationExtension", BITS),
    }
)
