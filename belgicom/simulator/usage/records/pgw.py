"""P-GW CDRs of LTE data: PGWRecord with what each rating group used (TS 32.298, GPRSChargingDataTypes)."""

from __future__ import annotations

from belgicom.simulator.usage.ber import constructed, number, primitive, sequence, text
from belgicom.simulator.usage.coding import address, ipv4, location, plmn, tbcd, time_zone, timestamp
from belgicom.simulator.usage.partners import HOME
from belgicom.simulator.usage.records.session import Part

PGW_RECORD, EUTRAN = 85, 6
NORMAL_RELEASE, TIME_LIMIT = 0, 17  # CauseForRecClosing
INTERNET, MESSAGING = 100, 200
"""Rating groups: of everything, and of messengers."""


def pgw_record(part: Part) -> bytes:
    """One PGWRecord. Each third session is counted in two rating groups."""
    use, subscriber = part.use, part.use.subscriber
    began, ended = timestamp(part.began), timestamp(part.ended)
    place = location(use.visited, use.area, use.cell)
    return constructed(
        79,
        number(0, PGW_RECORD),
        primitive(3, tbcd(subscriber.imsi)),
        constructed(4, primitive(0, ipv4(part.node.address))),
        number(5, part.session),
        constructed(6, primitive(0, ipv4("10.30.1.1"))),
        text(7, "internet.belgicom.be"),
        primitive(8, b"\xf1\x21"),
        constructed(
            9, constructed(0, primitive(0, (100 << 24 | 64 << 16 | subscriber.index % 65536).to_bytes(4, "big")))
        ),
        primitive(11, b"\xff"),
        primitive(13, began),
        number(14, part.seconds),
        number(15, NORMAL_RELEASE if part.last else TIME_LIMIT),
        *((number(17, part.number),) if part.number else ()),
        text(18, part.node.name),
        number(20, part.sequence),
        number(21, 0),
        primitive(22, address(subscriber.msisdn)),
        primitive(23, b"\x08\x00"),
        number(24, 3),
        primitive(27, plmn(use.visited)),
        primitive(29, tbcd(subscriber.imei)),
        number(30, EUTRAN),
        primitive(31, time_zone(part.began)),
        primitive(32, place),
        constructed(34, *(_service(part, *used) for used in _by_rating_group(part))),
        constructed(35, number(10, 2, 0)),
        primitive(37, plmn(HOME)),
        *((primitive(38, began),) if part.number <= 1 else ()),
        *((primitive(39, ended),) if part.last else ()),
    )


def record_id(part: Part) -> str:
    """How the platform tells this record from others; with a rating group behind it where it counts several."""
    return f"pgw/{part.node.name}/{part.sequence}"


def _by_rating_group(part: Part) -> list[tuple[int, int, int, int]]:
    """Number in the record, rating group, octets up and down."""
    if part.session % 3:
        return [(1, INTERNET, part.uplink, part.downlink)]
    up, down = part.uplink // 4, part.downlink // 4
    return [(1, INTERNET, part.uplink - up, part.downlink - down), (2, MESSAGING, up, down)]


def _service(part: Part, order: int, rating_group: int, uplink: int, downlink: int) -> bytes:
    """ChangeOfServiceCondition: what one rating group used."""
    ended = timestamp(part.ended)
    return sequence(
        number(1, rating_group),
        number(4, order),
        primitive(5, timestamp(part.began)),
        primitive(6, ended),
        number(7, part.seconds),
        primitive(8, b"\x00\x04\x00\x00\x80"),
        constructed(9, number(1, 9), number(6, 44)),
        constructed(10, primitive(0, ipv4("10.30.1.1"))),
        number(12, uplink),
        number(13, downlink),
        primitive(14, ended),
        number(17, rating_group * 10),
    )
