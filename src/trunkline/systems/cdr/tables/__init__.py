"""Which tag is which field, by the modules of TS 32.298: numbers and names, nothing else of the specification.

`RECORDS` are the kinds of record that are usage, by the number of their tag. Fields that no charging needs are named
but kept undecoded (`ANY`), and those of later releases stand under their tag; see `structure.py`.
"""

from trunkline.systems.cdr.structure import Structure
from trunkline.systems.cdr.tables.chf import CHARGING_RECORD
from trunkline.systems.cdr.tables.cs import MO_CALL_RECORD, MO_SMS_RECORD, MT_CALL_RECORD, MT_SMS_RECORD
from trunkline.systems.cdr.tables.gprs import PGW_RECORD, SGSN_SMO_RECORD, SGSN_SMT_RECORD, SGW_RECORD
from trunkline.systems.cdr.tables.sms import SC_SMO_RECORD, SC_SMT_RECORD

RECORDS: dict[int, tuple[str, Structure]] = {
    0: ("moCallRecord", MO_CALL_RECORD),
    1: ("mtCallRecord", MT_CALL_RECORD),
    6: ("moSMSRecord", MO_SMS_RECORD),
    7: ("mtSMSRecord", MT_SMS_RECORD),
    23: ("sgsnSMORecord", SGSN_SMO_RECORD),
    24: ("sgsnSMTRecord", SGSN_SMT_RECORD),
    78: ("sGWRecord", SGW_RECORD),
    79: ("pGWRecord", PGW_RECORD),
    93: ("sCSMORecord", SC_SMO_RECORD),
    94: ("sCSMTRecord", SC_SMT_RECORD),
    200: ("chargingFunctionRecord", CHARGING_RECORD),
}

NOT_USAGE = {
    2: "roamingRecord",
    3: "incGatewayRecord",
    4: "outGatewayRecord",
    5: "transitRecord",
    8: "moSMSIWRecord",
    9: "mtSMSGWRecord",
    10: "ssActionRecord",
    11: "hlrIntRecord",
    12: "locUpdateHLRRecord",
    13: "locUpdateVLRRecord",
    14: "commonEquipRecord",
    16: "termCAMELRecord",
    17: "mtLCSRecord",
    18: "moLCSRecord",
    19: "niLCSRecord",
    22: "sgsnMMRecord or iCSRegisterRecord",
    92: "tDFRecord",
}
"""Kinds of record that tell of no use that a subscriber pays for, or of one that other records tell too."""
