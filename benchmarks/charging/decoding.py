"""Call detail records decoded in full, every field by its name, beside asn1tools over the same types.

One core, both in turn, by CPU time. The peer's ASN.1 module is written from our tables, so that both know the same
fields and nothing else, and what both give is held against each other before it is timed. The records are those of a
P-GW (LTE, three rating groups each) and of a CHF (5G), and TAP events of roaming partners, for which the peer has the
module of our tests. Two lines more say what reading a whole file costs, from its octets to usage reports: the peer has
nothing like it, so what stands beside TAP's is that it decodes alone.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator
from typing import Any

import asn1tools

from benchmarks.headline import Headline, alternate
from tests.systems.cdr import records as made
from tests.systems.cdr.encoding import constructed, primitive
from tests.systems.tap_files import ORACLE, READ, as_ours, bcd, stamp, tap_file
from trunkline.systems.cdr.reader import read
from trunkline.systems.cdr.record import decode
from trunkline.systems.cdr.structure import Choice, Kind, ListOf, Primitive, Structure
from trunkline.systems.cdr.tables import RECORDS
from trunkline.systems.system import Origin
from trunkline.systems.tap.decoding import decode_item
from trunkline.telco.model import UsageReport

RECORDS_DECODED = 2_000
TAP_EVENTS = 2_000
RUNS = 5
RATIO = 3

TYPES = {
    Primitive.INTEGER: "INTEGER", Primitive.OCTETS: "OCTET STRING", Primitive.TEXT: "UTF8String",
    Primitive.BOOLEAN: "BOOLEAN", Primitive.NULL: "NULL", Primitive.BITS: "BIT STRING",
    Primitive.OBJECT_IDENTIFIER: "OBJECT IDENTIFIER", Primitive.ANY: "OCTET STRING",
}  # fmt: skip
ENUMERATED = "ENUMERATED { " + ", ".join(f"value{number}({number})" for number in range(16)) + " }"


def main() -> Iterator[Headline | str]:
    compiled = asn1tools.compile_string(module())

    def peer(record: bytes) -> Any:
        return compiled.decode("Record", record)

    for name, record in (("P-GW CDRs", pgw_record), ("CHF CDRs", chf_record)):
        records = [record(number) for number in range(RECORDS_DECODED)]
        for each in records[:100]:
            if decode(each) != plain(peer(each)):
                raise AssertionError(f"{name}: the two decoders disagree")

        def ours(records: list[bytes] = records) -> float:
            return per_cpu_second(records, decode)

        def theirs(records: list[bytes] = records) -> float:
            return per_cpu_second(records, peer)

        rates = alternate(ours, theirs, runs=RUNS)
        yield Headline(f"{name} decoded in full", "records/s", *rates, "asn1tools", ratio_target=RATIO)
    records = [pgw_record(number) for number in range(RECORDS_DECODED)]
    reports = sorted(reported(records) for _ in range(RUNS))[RUNS // 2]
    yield Headline("P-GW CDRs from file to usage reports, 3 each", "records/s", reports)
    yield from roaming()


def roaming() -> Iterator[Headline]:
    """TAP: events decoded one by one, as the reader does it, then files of them read."""
    events = [event for number in range(TAP_EVENTS // 5) for event in tap_events(number)]
    encoded = [bytes(ORACLE.encode("CallEventDetail", event)) for event in events]
    for each in encoded[:100]:
        if dict([decode_item(each)]) != as_ours(ORACLE.decode("CallEventDetail", each)):
            raise AssertionError("TAP: the two decoders disagree")

    def ours() -> float:
        return per_cpu_second(encoded, decode_item)

    def theirs() -> float:
        return per_cpu_second(encoded, lambda event: ORACLE.decode("CallEventDetail", event))

    rates = alternate(ours, theirs, runs=RUNS)
    yield Headline("TAP events decoded in full", "events/s", *rates, "asn1tools", ratio_target=RATIO)
    file = tap_file(*events)

    def reported() -> float:
        begin = time.process_time()
        reports = list(READ(io.BytesIO(file), Origin("benchmark", "file:///benchmark")))
        taken = time.process_time() - begin
        if not all(isinstance(report, UsageReport) for report in reports) or len(reports) != len(events):
            raise AssertionError("not every event of a TAP file is a report")
        return len(events) / taken

    def decoded() -> float:
        return len(events) * per_cpu_second([file], lambda file: ORACLE.decode("DataInterChange", file))

    rates = alternate(reported, decoded, runs=RUNS)
    yield Headline("TAP events from file to usage reports, the peer decoding alone", "events/s", *rates, "asn1tools")


def per_cpu_second(records: list[bytes], decoder: Callable[[bytes], object]) -> float:
    begin = time.process_time()
    for each in records:
        decoder(each)
    return len(records) / (time.process_time() - begin)


def reported(records: list[bytes]) -> float:
    """Records a CPU-second. Raises `AssertionError` where a report is missing."""
    stream = io.BytesIO(made.with_headers(*records))
    begin = time.process_time()
    reports = list(read(stream, Origin("benchmark", "file:///benchmark")))
    taken = time.process_time() - begin
    if len(reports) != 3 * len(records):
        raise AssertionError(f"{len(reports)} reports of {len(records)} records")
    return len(records) / taken


def pgw_record(number: int) -> bytes:
    """A record as large as those of real gateways: about 550 octets."""
    services = (made.service(group, number * group, 1_000_000 + number, seconds=352) for group in (100, 200, 300))
    return made.pgw(
        {
            5: made.number(5, 0x55FD0000 + number),
            17: made.number(17, 1 + number % 9),
            20: made.number(20, number),
            21: made.number(21, 0),
            24: made.number(24, 3),
            30: made.number(30, 6),
            37: primitive(37, made.HOME),
            38: primitive(38, made.MORNING),
            39: primitive(39, made.LATER),
            41: made.number(41, 0xFE000000 + number),
        },
        *services,
    )


def chf_record(number: int) -> bytes:
    container = made.used(number, 1_000_000 + number, seconds=600)
    return made.chf({11: made.number(11, number), 10: constructed(10, made.number(0, 16))}, made.usage(100, container))


def tap_events(number: int) -> tuple[tuple[str, dict[str, Any]], ...]:
    """What a roaming subscriber uses: a call, a message and data, and a message and a call over IMS; about 290 octets
    each of the first three, as real ones have."""
    began = stamp(f"202607{1 + number % 28:02}{number % 24:02}{number % 60:02}{number * 7 % 60:02}")
    imsi, msisdn, other = bcd(f"20601{number:010}"), bcd(f"3247{number:07}"), bcd(f"336{number:08}")
    sim, equipment = (
        ("simChargeableSubscriber", {"imsi": imsi, "msisdn": msisdn}),
        ("imei", bcd(f"35349006{number:07}")),
    )
    cell = {"locationArea": 1_000 + number % 97, "cellId": 20_000 + number % 9_973}
    served = {"servingNetwork": "FRAF1"}
    duration = 1 + number % 600
    at = {"recEntityCode": 7, "callReference": number.to_bytes(4, "big"), **cell}

    def charged(item: str, units: int) -> list[dict[str, Any]]:
        detail = {"chargeType": "00", "charge": 1_000 + number, "chargeableUnits": units, "chargedUnits": units + 59}
        kind = {"callTypeLevel1": 1, "callTypeLevel2": 10, "callTypeLevel3": 0}
        taxes = [{"taxCode": 1, "taxValue": number % 900}]
        return [{
            "chargedItem": item, "exchangeRateCode": 0, "callTypeGroup": kind, "chargeDetailList": [detail],
            "taxInformation": taxes,
        }]  # fmt: skip

    def call(teleservice: str, item: str, **party: Any) -> dict[str, Any]:
        service = {"serviceCode": ("teleServiceCode", teleservice)}
        return {
            "basicCallInformation": {
                "chargeableSubscriber": sim, "callEventStartTimeStamp": began, "totalCallEventDuration": duration,
                "causeForTerm": 0, **party,
            },
            "locationInformation": {"networkLocation": at, "geographicalLocation": served},
            "equipmentIdentifier": equipment,
            "basicServiceUsedList": [
                {"basicService": service, "chargingTimeStamp": began, "chargeInformationList": charged(item, duration)}
            ],
        }  # fmt: skip

    data = {
        "gprsBasicCallInformation": {
            "gprsChargeableSubscriber": {"chargeableSubscriber": sim, "pdpAddress": f"10.{number % 200}.1.2"},
            "gprsDestination": {"accessPointNameNI": "internet", "accessPointNameOI": "mnc001.mcc206.gprs"},
            "callEventStartTimeStamp": began, "totalCallEventDuration": duration, "causeForTerm": 0,
            "chargingId": 0xFE000000 + number,
        },
        "gprsLocationInformation": {
            "gprsNetworkLocation": {"recEntityCodeList": [8, 7], **cell}, "geographicalLocation": served,
        },
        "equipmentIdentifier": equipment,
        "gprsServiceUsed": {
            "dataVolumeIncoming": 1_000_000 + number, "dataVolumeOutgoing": 90_000 + number,
            "chargeInformationList": charged("X", 1_090_000 + 2 * number),
        },
    }  # fmt: skip
    over_ims = {
        "chargedParty": {"imsi": imsi, "msisdn": msisdn, "imei": bcd(f"35349006{number:07}")},
        "eventReference": f"ims-{number}", "serviceStartTimestamp": began,
        "nonChargedParty": {"nonChargedPartyNumber": other},
    }  # fmt: skip
    return (
        ("mobileOriginatedCall", call("11", "D", destination={"calledNumber": other, "calledPlace": "Lyon"})),
        ("mobileTerminatedCall", call("21", "E", callOriginator={"callingNumber": other})),
        ("gprsCall", data),
        ("messagingEvent", {"messagingEventService": 1, **over_ims, "charge": 1 + number % 90}),
        ("mobileSession", {"mobileSessionService": 2, **over_ims, "totalCallEventDuration": duration}),
    )


def module() -> str:
    """Our tables as a module of ASN.1."""
    records = ",\n".join(
        f"{name} [{tag}] SET {{ {members(table, optional=True)} }}" for tag, (name, table) in RECORDS.items()
    )
    return f"Cdr DEFINITIONS IMPLICIT TAGS ::= BEGIN\nRecord ::= CHOICE {{\n{records}\n}}\nEND"


def members(structure: Structure, *, optional: bool) -> str:
    suffix = " OPTIONAL" if optional else ""
    tagged = [f"{name} [{tag}] {written(kind)}{suffix}" for tag, (name, kind) in structure.fields.items()]
    untagged = [f"{name} {written(kind)}{suffix}" for name, kind in structure.universal.values()]
    return ", ".join((*untagged, *tagged))


def written(kind: Kind) -> str:
    match kind:
        case Primitive():
            return TYPES[kind]
        case ListOf(kind=inner):
            # The lists of numbers in these records are of enumerations, which have a tag of their own.
            return f"SEQUENCE OF {ENUMERATED if inner is Primitive.INTEGER else written(inner)}"
        case Choice():
            return f"CHOICE {{ {members(kind, optional=False)} }}"
        case Structure():
            return f"SEQUENCE {{ {members(kind, optional=True)} }}"


def plain(value: Any) -> Any:
    """What asn1tools gives, in our form: a choice is a dict of one, an enumeration its number."""
    match value:
        case (str() as alternative, inner):
            return {alternative: plain(inner)}
        case dict():
            return {name: plain(inner) for name, inner in value.items()}
        case list():
            return [int(one.removeprefix("value")) if isinstance(one, str) else plain(one) for one in value]
    return value
