"""Call detail records decoded in full, every field by its name, beside asn1tools over the same types.

One core, both in turn, by CPU time. The peer's ASN.1 module is written from our tables, so that both know the same
fields and nothing else, and what both give is held against each other before it is timed. The records are those of a
P-GW (LTE, three rating groups each) and of a CHF (5G). The last line says what reading a whole file costs, from its
octets to usage reports.
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
from trunkline.systems.cdr.reader import read
from trunkline.systems.cdr.record import decode
from trunkline.systems.cdr.structure import Choice, Kind, ListOf, Primitive, Structure
from trunkline.systems.cdr.tables import RECORDS
from trunkline.systems.system import Origin

RECORDS_DECODED = 2_000
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
