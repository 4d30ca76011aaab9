"""SMSChargingDataTypes: records that a message centre writes of messages submitted and delivered."""

from trunkline.systems.cdr.structure import (
    ANY,
    BOOLEAN,
    INTEGER,
    NULL,
    OCTETS,
    TEXT,
    ListOf,
    Structure,
)
from trunkline.systems.cdr.tables.generic import DIAGNOSTICS, MANAGEMENT_EXTENSIONS

SM_ADDRESS_INFO = Structure(
    {
        0: ("sMAddressType", INTEGER),
        1: ("sMAddressData", TEXT),
        2: ("sMAddressDomain", Structure({0: ("sMDomainName", TEXT), 1: ("threeGPPIMSI-MCC-MNC", OCTETS)})),
    }
)

SM_INTERFACE = Structure(
    {
        0: ("interfaceId", TEXT),
        1: ("interfaceText", TEXT),
        2: ("interfacePort", TEXT),
        3: ("interfaceType", INTEGER),
    }
)

ORIGINATOR_INFO = Structure(
    {
        0: ("originatorIMSI", OCTETS),
        1: ("originatorMSISDN", OCTETS),
        2: ("originatorOtherAddress", SM_ADDRESS_INFO),
        3: ("originatorSCCPAddress", OCTETS),
        4: ("originatorReceivedAddress", SM_ADDRESS_INFO),
        5: ("sMOriginatorInterface", SM_INTERFACE),
        6: ("sMOriginatorProtocolID", OCTETS),
        7: ("originatorOtherAddresses", ListOf(SM_ADDRESS_INFO)),
    }
)

RECIPIENT_INFO = Structure(
    {
        0: ("recipientIMSI", OCTETS),
        1: ("recipientMSISDN", OCTETS),
        2: ("recipientOtherAddress", SM_ADDRESS_INFO),
        3: ("recipientSCCPAddress", OCTETS),
        4: ("recipientReceivedAddress", SM_ADDRESS_INFO),
        5: ("sMDestinationInterface", SM_INTERFACE),
        6: ("sMRecipientProtocolID", OCTETS),
        7: ("recipientOtherAddresses", ListOf(SM_ADDRESS_INFO)),
    }
)

SC_SMO_RECORD = Structure(
    {
        0: ("recordType", INTEGER),
        1: ("sMSNodeAddress", OCTETS),
        2: ("originatorInfo", ORIGINATOR_INFO),
        3: ("recipientInfo", ListOf(RECIPIENT_INFO)),
        4: ("servedIMEI", OCTETS),
        5: ("eventtimestamp", OCTETS),
        6: ("messageReference", OCTETS),
        7: ("sMTotalNumber", INTEGER),
        8: ("sMSequenceNumber", INTEGER),
        9: ("messageSize", INTEGER),
        10: ("messageClass", INTEGER),
        11: ("sMdeliveryReportRequested", BOOLEAN),
        12: ("sMDataCodingScheme", INTEGER),
        13: ("sMMessageType", INTEGER),
        14: ("sMReplyPathRequested", NULL),
        15: ("sMUserDataHeader", OCTETS),
        16: ("userLocationInfo", OCTETS),
        17: ("rATType", INTEGER),
        18: ("uETimeZone", OCTETS),
        19: ("sMSResult", DIAGNOSTICS),
        22: ("localSequenceNumber", INTEGER),
        23: ("recordExtensions", MANAGEMENT_EXTENSIONS),
    }
)

SC_SMT_RECORD = Structure(
    {
        0: ("recordType", INTEGER),
        1: ("sMSNodeAddress", OCTETS),
        2: ("recipientInfo", RECIPIENT_INFO),
        3: ("originatorInfo", ORIGINATOR_INFO),
        4: ("servedIMEI", OCTETS),
        5: ("submissionTime", OCTETS),
        6: ("eventtimestamp", OCTETS),
        7: ("sMPriority", INTEGER),
        8: ("messageReference", OCTETS),
        9: ("sMTotalNumber", INTEGER),
        10: ("sMSequenceNumber", INTEGER),
        11: ("messageSize", INTEGER),
        12: ("messageClass", INTEGER),
        13: ("sMdeliveryReportRequested", BOOLEAN),
        14: ("sMDataCodingScheme", INTEGER),
        15: ("sMMessageType", INTEGER),
        16: ("sMReplyPathRequested", NULL),
        17: ("sMUserDataHeader", OCTETS),
        18: ("sMSStatus", OCTETS),
        19: ("sMDischargeTime", OCTETS),
        20: ("userLocationInfo", OCTETS),
        21: ("rATType", INTEGER),
        22: ("uETimeZone", OCTETS),
        23: ("sMSResult", DIAGNOSTICS),
        25: ("sMDeviceTriggerInformation", ANY),
        26: ("localSequenceNumber", INTEGER),
        27: ("recordExtensions", MANAGEMENT_EXTENSIONS),
    }
)
