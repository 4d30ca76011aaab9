"""CHF CDRs of 5G data: ChargingRecord of a PDU session (TS 32.298, CHFChargingDataTypes)."""

from __future__ import annotations

from belgicom.simulator.usage.ber import constructed, number, primitive, sequence, text
from belgicom.simulator.usage.coding import plmn, time_zone, timestamp
from belgicom.simulator.usage.partners import HOME
from belgicom.simulator.usage.records.pgw import INTERNET, NORMAL_RELEASE, TIME_LIMIT
from belgicom.simulator.usage.records.session import Part

CHARGING_FUNCTION_RECORD, NR, SMF, IMSI = 200, 51, 1, 1


def chf_record(part: Part) -> bytes:
    """One ChargingRecord. It names the subscriber by the IMSI alone, as an SMF does that was not told the number."""
    use = part.use
    began, ended = timestamp(part.began), timestamp(part.ended)
    return constructed(
        200,
        number(0, CHARGING_FUNCTION_RECORD),
        text(1, part.node.name),
        constructed(2, number(0, IMSI), text(1, f"imsi-{use.subscriber.imsi}")),
        constructed(3, number(0, SMF), text(1, "SMF-BRU-01"), primitive(3, plmn(HOME))),
        constructed(5, sequence(number(0, INTERNET), constructed(1, _used(part, began, ended)))),
        primitive(6, began),
        number(7, part.seconds),
        *((number(8, part.number),) if part.number else ()),
        number(9, NORMAL_RELEASE if part.last else TIME_LIMIT),
        number(11, part.sequence),
        constructed(
            13,
            number(0, part.session),
            number(6, 5),
            constructed(7, number(0, 1), primitive(1, b"\x00\x00\x01")),
            number(12, NR),
            text(13, "internet"),
            primitive(16, time_zone(part.began)),
            primitive(17, timestamp(use.started)),
            *((primitive(18, ended),) if part.last else ()),
            primitive(27, plmn(use.visited)),
        ),
    )


def record_id(part: Part) -> str:
    """How the platform tells this record from others."""
    return f"chf/{part.node.name}/{part.sequence}"


def _used(part: Part, began: bytes, ended: bytes) -> bytes:
    """UsedUnitContainer."""
    return sequence(
        number(1, part.seconds),
        number(4, part.uplink + part.downlink),
        number(5, part.uplink),
        number(6, part.downlink),
        number(9, 1),
        constructed(11, primitive(2, began), primitive(3, ended), number(7, NR)),
    )
