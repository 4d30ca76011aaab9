"""GenericChargingDataTypes: the types that records of all domains are made of."""

from trunkline.systems.cdr.structure import (
    ANY,
    BOOLEAN,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTETS,
    TEXT,
    Choice,
    ListOf,
    Structure,
)

MANAGEMENT_EXTENSION = Structure(
    {1: ("significance", BOOLEAN), 2: ("information", ANY)},
    universal={6: ("identifier", OBJECT_IDENTIFIER)},
)
MANAGEMENT_EXTENSIONS = ListOf(MANAGEMENT_EXTENSION)

IP_ADDRESS = Choice(
    {
        0: ("iPBinV4Address", OCTETS),
        1: ("iPBinV6Address", OCTETS),
        2: ("iPTextV4Address", TEXT),
        3: ("iPTextV6Address", TEXT),
        4: (
            "iPBinV6AddressWithPrefix",
            Structure({}, universal={2: ("pDPAddressPrefixLength", INTEGER), 4: ("iPBinV6Address", OCTETS)}),
        ),
    }
)

PDP_ADDRESS = Choice({0: ("iPAddress", IP_ADDRESS)})

NODE_ADDRESS = Choice({0: ("iPAddress", IP_ADDRESS), 1: ("domainName", TEXT)})

DIAGNOSTICS = Choice(
    {
        0: ("gsm0408Cause", INTEGER),
        1: ("gsm0902MapErrorValue", INTEGER),
        2: ("itu-tQ767Cause", INTEGER),
        3: ("networkSpecificCause", MANAGEMENT_EXTENSION),
        4: ("manufacturerSpecificCause", MANAGEMENT_EXTENSION),
        5: ("positionMethodFailureCause", INTEGER),
        6: ("unauthorizedLCSClientCause", INTEGER),
        7: ("diameterResultCodeAndExperimentalResult", INTEGER),
    }
)

ENHANCED_DIAGNOSTICS = Structure({0: ("rANNASCause", ListOf(OCTETS))})

INVOLVED_PARTY = Choice(
    {
        0: ("sIP-URI", TEXT),
        1: ("tEL-URI", TEXT),
        2: ("uRN", TEXT),
        3: ("iSDN-E164", TEXT),
        4: ("externalId", TEXT),
    }
)

SUBSCRIPTION_ID = Structure({0: ("subscriptionIDType", INTEGER), 1: ("subscriptionIDData", TEXT)})
END_USER_E164 = 0  # subscriptionIDType

SUBSCRIBER_EQUIPMENT_NUMBER = Structure(
    {0: ("subscriberEquipmentNumberType", INTEGER), 1: ("subscriberEquipmentNumberData", OCTETS)}
)

LOCATION_AREA_AND_CELL = Structure(
    {0: ("locationAreaCode", OCTETS), 1: ("cellId", OCTETS), 2: ("mCC-MNC", OCTETS)},
)

SERVICE_SPECIFIC_INFO = Structure({0: ("serviceSpecificData", TEXT), 1: ("serviceSpecificType", INTEGER)})

ECGI = Structure({0: ("plmnId", OCTETS), 1: ("eutraCellId", TEXT), 2: ("nid", TEXT)})
NCGI = Structure({0: ("plmnId", OCTETS), 1: ("nrCellId", TEXT), 2: ("nid", TEXT)})
PS_CELL_INFORMATION = Structure({0: ("nRcgi", NCGI), 1: ("ecgi", ECGI)})
