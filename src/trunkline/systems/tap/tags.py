"""The items of TAP 3.12 by the number of their tag (GSMA TD.57 chapter 6): name, and what the octets mean.

All tags are of class APPLICATION, and each belongs to one item wherever it stands, so one flat table says everything;
where TD.57 gives an item two names (taxInformation, taxInformationList), this has one. Files of releases 3.9 to 3.11
have the same tags; what they have besides is kept as unknown.
"""

from enum import Enum

from trunkline.systems.cdr.ber import application


class Kind(Enum):
    """What an item is."""

    INTEGER = "integer"
    TEXT = "text"
    """AsciiString, NumberString, HexString, Currency."""
    DIGITS = "digits"
    """BCDString: two digits an octet, the first in the upper half, `f` behind an odd number of them."""
    OCTETS = "octets"
    GROUP = "group"
    """A SEQUENCE, or a tagged CHOICE, which holds its one alternative."""
    LIST = "list"


INTEGERS = {
    "advisedCharge": 349, "ageOfLocation": 396, "callEventDetailsCount": 43, "callTypeLevel1": 259,
    "callTypeLevel2": 255, "callTypeLevel3": 256, "camelInvocationFee": 422, "camelServiceKey": 55,
    "camelServiceLevel": 56, "causeForTerm": 58, "cellId": 59, "charge": 62, "chargeRefundIndicator": 344,
    "chargeableUnits": 65, "chargedPartyIdType": 305, "chargedPartyStatus": 67, "chargedUnits": 68, "chargingId": 72,
    "clirIndicator": 75, "commission": 350, "contentChargingPoint": 345, "contentProviderIdType": 291,
    "contentTransactionCode": 336, "contentTransactionType": 337, "customerIdType": 363, "dataVolumeIncoming": 250,
    "dataVolumeOutgoing": 251, "defaultCallHandling": 87, "discount": 412, "discountCode": 91, "discountRate": 92,
    "discountableAmount": 423, "elementType": 438, "equipmentIdType": 322, "exchangeRate": 104,
    "exchangeRateCode": 105, "fixedDiscountValue": 411, "fnur": 111, "homeIdType": 311,
    "horizontalAccuracyDelivered": 392, "horizontalAccuracyRequested": 385, "iMSSignallingContext": 418,
    "ispIdType": 293, "lCSTransactionStatus": 391, "locationArea": 136, "locationIdType": 315,
    "messageDescriptionCode": 141, "messageStatus": 144, "messageType": 145, "messagingEventService": 439,
    "mobileSessionService": 440, "networkIdType": 331, "networkInitPDPContext": 245, "numberOfDecimalPlaces": 159,
    "objectType": 281, "paidIndicator": 346, "paymentMethod": 347, "positioningMethod": 395, "priorityCode": 170,
    "recEntityCode": 184, "recEntityType": 186, "releaseVersionNumber": 189, "responseTime": 394,
    "responseTimeCategory": 387, "specificationVersionNumber": 201, "supplServiceActionCode": 208,
    "tapDecimalPlaces": 244, "taxCode": 212, "taxValue": 397, "taxableAmount": 398, "totalAdvisedCharge": 356,
    "totalAdvisedChargeRefund": 357, "totalCallEventDuration": 223, "totalCharge": 415, "totalChargeRefund": 355,
    "totalCommission": 358, "totalCommissionRefund": 359, "totalDataVolume": 343, "totalDiscountRefund": 354,
    "totalDiscountValue": 225, "totalTaxRefund": 353, "totalTaxValue": 226, "totalTransactionDuration": 416,
    "trackingFrequency": 389, "trackingPeriod": 388, "transactionDescriptionSupp": 338, "transactionStatus": 303,
    "transparencyIndicator": 228, "userProtocolIndicator": 280, "utcTimeOffsetCode": 232,
    "verticalAccuracyDelivered": 393, "verticalAccuracyRequested": 386,
}  # fmt: skip

TEXTS = {
    "accessPointNameNI": 261, "accessPointNameOI": 262, "advisedChargeCurrency": 348, "bearerServiceCode": 40,
    "calledPlace": 42, "calledRegion": 46, "chargeType": 71, "chargedItem": 66, "chargedPartyIdentifier": 287,
    "chargingPoint": 73, "contentProviderIdentifier": 292, "contentProviderName": 334, "customerIdentifier": 364,
    "destinationNetwork": 90, "dialledDigits": 279, "distanceChargeBandCode": 98, "elementId": 437,
    "equipmentId": 290, "esn": 103, "eventReference": 435, "fileSequenceNumber": 109, "fileTypeIndicator": 110,
    "hSCSDIndicator": 424, "homeBid": 122, "homeIdentifier": 288, "homeLocationDescription": 413,
    "ispIdentifier": 294, "localCurrency": 135, "localTimeStamp": 16, "locationIdentifier": 289, "mdn": 253,
    "messageDescription": 142, "min": 146, "networkAccessIdentifier": 417, "networkIdentifier": 295,
    "nonChargedNumber": 402, "nonChargedPublicUserId": 445, "operatorSpecInformationItem": 163,
    "originatingNetwork": 164, "partialTypeIndicator": 166, "pdpAddress": 167, "publicUserId": 446,
    "rapFileSequenceNumber": 181, "recEntityId": 400, "recipient": 182, "sMSDestinationNumber": 419,
    "sMSOriginator": 425, "sender": 196, "servingBid": 198, "servingLocationDescription": 414, "servingNetwork": 195,
    "simToolkitIndicator": 200, "ssParameters": 204, "supplServiceCode": 209, "tapCurrency": 210,
    "taxIndicator": 432, "taxRate": 215, "taxType": 217, "teleServiceCode": 218, "transactionAuthCode": 342,
    "transactionDetailDescription": 339, "transactionIdentifier": 341, "transactionShortDescription": 340,
    "utcTimeOffset": 231,
}  # fmt: skip

DIGITS = {
    "calledNumber": 407, "callingNumber": 405, "camelDestinationNumber": 404, "imei": 128, "imsi": 129, "msisdn": 152,
    "nonChargedPartyNumber": 444, "thirdPartyNumber": 403,
}  # fmt: skip

OCTETS = {"callReference": 45, "cseInformation": 79, "guaranteedBitRate": 420, "maximumBitRate": 421}

EVENTS = {
    "mobileOriginatedCall": 9, "mobileTerminatedCall": 10, "supplServiceEvent": 11, "serviceCentreUsage": 12,
    "gprsCall": 14, "contentTransaction": 17, "locationService": 297, "messagingEvent": 433, "mobileSession": 434,
}  # fmt: skip

GROUPS = EVENTS | {
    "accountingInfo": 5, "actualDeliveryTimeStamp": 302, "advisedChargeInformation": 351, "auditControlInfo": 15,
    "basicCallInformation": 147, "basicInformation": 191, "basicService": 36, "basicServiceUsed": 39,
    "batchControlInfo": 4, "callEventStartTimeStamp": 44, "callOriginator": 41, "callTypeGroup": 258,
    "camelServiceUsed": 57, "chargeDetail": 63, "chargeDetailTimeStamp": 410, "chargeInformation": 69,
    "chargeableSubscriber": 427, "chargedParty": 436, "chargedPartyEquipment": 323,
    "chargedPartyHomeIdentification": 313, "chargedPartyIdentification": 309, "chargedPartyInformation": 324,
    "chargedPartyLocation": 320, "chargingTimeStamp": 74, "completionTimeStamp": 76, "contentProvider": 327,
    "contentServiceUsedItem": 352, "contentTransactionBasicInfo": 304, "currencyConversion": 106,
    "depositTimeStamp": 88, "destination": 89, "discountApplied": 428, "discountInformation": 96,
    "discountingItem": 94, "earliestCallTimeStamp": 101, "equipmentIdentifier": 429, "fileAvailableTimeStamp": 107,
    "fileCreationTimeStamp": 108, "geographicalLocation": 113, "gprsBasicCallInformation": 114,
    "gprsChargeableSubscriber": 115, "gprsDestination": 116, "gprsLocationInformation": 117,
    "gprsNetworkLocation": 118, "gprsServiceUsed": 121, "gsmChargeableSubscriber": 286,
    "homeLocationInformation": 123, "internetServiceProvider": 329, "lCSQosDelivered": 390, "lCSQosRequested": 383,
    "lCSRequestTimestamp": 384, "lCSSPIdentification": 375, "lCSSPInformation": 373, "latestCallTimeStamp": 133,
    "locationInformation": 138, "locationServiceUsage": 382, "messageDescriptionInformation": 143,
    "minChargeableSubscriber": 254, "network": 332, "networkElement": 441, "networkInfo": 6, "networkLocation": 156,
    "nonChargedParty": 443, "notification": 2, "orderPlacedTimeStamp": 300, "pDPContextStartTimestamp": 260,
    "recEntityInformation": 183, "requestedDeliveryTimeStamp": 301, "scuChargeType": 192, "scuTimeStamps": 193,
    "serviceCode": 426, "serviceStartTimestamp": 447, "servingPartiesInformation": 335,
    "sessionChargeInformation": 449, "simChargeableSubscriber": 199, "supplServiceUsed": 206, "taxInformationItem": 213,
    "taxationItem": 216, "thirdPartyInformation": 219, "threeGcamelDestination": 431, "totalAdvisedChargeValue": 360,
    "trackedCustomerEquipment": 381, "trackedCustomerHomeId": 377, "trackedCustomerIdentification": 372,
    "trackedCustomerInformation": 367, "trackedCustomerLocation": 380, "trackingCustomerEquipment": 371,
    "trackingCustomerHomeId": 366, "trackingCustomerIdentification": 362, "trackingCustomerInformation": 298,
    "trackingCustomerLocation": 369, "transferBatch": 1, "transferCutOffTimeStamp": 227, "utcTimeOffsetInfoItem": 233,
}  # fmt: skip

# Groups that stand in two forms under one name: of calls received, and of messages at a service centre.
ALSO = {"basicCallInformation": 153, "chargeableSubscriber": 430}

LISTS = {
    "basicServiceCodeList": 37, "basicServiceUsedList": 38, "callEventDetails": 3, "chargeDetailList": 64,
    "chargeInformationList": 70, "chargedPartyHomeIdList": 314, "chargedPartyIdList": 310,
    "chargedPartyLocationList": 321, "contentProviderIdList": 328, "contentServiceUsed": 285,
    "currencyConversionInfo": 80, "discounting": 95, "iSPList": 378, "internetServiceProviderIdList": 330,
    "lCSSPIdentificationList": 374, "messageDescriptionInfo": 8, "networkElementList": 442, "networkList": 333,
    "operatorSpecInformation": 162, "recEntityCodeList": 185, "recEntityInfo": 188, "sessionChargeInfoList": 448,
    "taxInformation": 214, "taxation": 211, "totalAdvisedChargeValueList": 361, "trackedCustomerHomeIdList": 376,
    "trackedCustomerIdList": 370, "trackedCustomerLocList": 379, "trackingCustomerHomeIdList": 365,
    "trackingCustomerIdList": 299, "trackingCustomerLocList": 368, "utcTimeOffsetInfo": 234,
}  # fmt: skip

_KINDS = (
    (Kind.INTEGER, INTEGERS), (Kind.TEXT, TEXTS), (Kind.DIGITS, DIGITS), (Kind.OCTETS, OCTETS), (Kind.GROUP, GROUPS),
    (Kind.GROUP, ALSO), (Kind.LIST, LISTS),
)  # fmt: skip

_CONSTRUCTED = (Kind.GROUP, Kind.LIST)

ITEMS: dict[int, tuple[str, Kind]] = {
    application(number, constructed=kind in _CONSTRUCTED): (name, kind)
    for kind, table in _KINDS
    for name, number in table.items()
}
"""Name and kind of each item, by its identifier octets."""

EVENT_TAGS = {application(number, constructed=True): name for name, number in EVENTS.items()}
CALL_EVENT_DETAILS = application(LISTS["callEventDetails"], constructed=True)
TRANSFER_BATCH = application(GROUPS["transferBatch"], constructed=True)
NOTIFICATION = application(GROUPS["notification"], constructed=True)
