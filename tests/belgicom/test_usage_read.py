"""What the simulator writes is read by the platform's own readers: each record, field by field, and all in all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, islice
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from belgicom.simulator.network import Network
from belgicom.simulator.usage.delivery import LOOK_BACK, Delivery, UsageFile
from belgicom.simulator.usage.files import HEADER, cdr_file
from belgicom.simulator.usage.life import TICK, Kind, Life, Use
from belgicom.simulator.usage.mishaps import broken
from belgicom.simulator.usage.nodes import Node
from belgicom.simulator.usage.partners import PARTNERS, Partner
from belgicom.simulator.usage.records.session import parts
from belgicom.simulator.usage.records.tap import tap_file, tap_record
from belgicom.simulator.usage.subscribers import Subscribers
from belgicom.simulator.usage.truth import Sent, Truth
from tests.belgicom.usage_totals import Totals, reported, totals
from tests.systems.cdr.oracle import Oracle
from trunkline.connect import connection
from trunkline.connect.connection import Connection
from trunkline.systems import System
from trunkline.systems.cdr.record import decode
from trunkline.telco.model import Service

BEGIN = int(datetime(2026, 3, 14, 18, 0, tzinfo=UTC).timestamp()) // TICK
"""A Saturday evening, when most are abroad."""
TICKS = 40
NUMBERS = {f"20699{index:010}": str(32_450_000_000 + index) for index in range(500)}
FOLDERS = {
    "cdr/pgw": "cdr", "cdr/chf": "cdr", "cdr/msc": "cdr", "tap": "roaming", "radius": "broadband",
    "corrections": "corrections",
}  # fmt: skip
"""Which of BelgiCom's connections looks into which folder."""
BROKEN = ("cdr/pgw", "cdr/chf", "cdr/msc", "radius")


@pytest.fixture(scope="module")
def life(network: Network) -> Life:
    return Life(Subscribers(7, 500), network, uses=12.0)


@pytest.fixture(scope="module")
def files(life: Life) -> list[UsageFile]:
    """A quarter of an hour of use, and all that comes of it later."""
    delivery = Delivery(life)
    return [
        file
        for tick in range(BEGIN, BEGIN + TICKS + LOOK_BACK)
        for file in delivery.files(tick, surge=tick % 7 == 0, uses=tick < BEGIN + TICKS)
    ]


@pytest.fixture(scope="module")
def systems() -> dict[str, System]:
    """The systems of BelgiCom's connections, with the options that these give them."""
    belgicom = Path(__file__).parents[2] / "belgicom"
    return {
        each.name: each.system
        for each in connection.load(belgicom)
        if isinstance(each, Connection) and each.system is not None
    }


def of(files: list[UsageFile], folder: str) -> tuple[list[UsageFile], list[Sent]]:
    found = [file for file in files if file.name.startswith(f"{folder}/")]
    return found, [sent for file in found for sent in file.sent]


def truth(sent: list[Sent]) -> Totals:
    table = Truth(":memory:")
    table.write(sent, 0)
    return table.totals()


def without_rating_group(id: str) -> str:
    return re.sub(r"^(pgw/[^/]+/[^/]+)/\d+$", r"\1", id)


@pytest.mark.parametrize(("folder", "connected"), FOLDERS.items())
def test_every_record_is_read_under_the_name_that_the_truth_gives_it_and_all_of_them_come_to_the_truth(
    files: list[UsageFile], systems: dict[str, System], folder: str, connected: str
) -> None:
    written, sent = of(files, folder)
    reports, rejected = reported(written, systems[connected])
    assert {without_rating_group(report.id) for report in reports} == {
        each.record for each in sent if each.fate != "broken"
    }
    broken = [each for each in sent if each.fate == "broken"]
    assert len(rejected) == len(broken)
    assert bool(broken) == (folder in BROKEN)
    assert totals(reports, NUMBERS) == truth(sent)


@pytest.mark.parametrize(("folder", "connected"), FOLDERS.items())
def test_what_a_record_says_of_a_use_is_what_it_was(
    life: Life, files: list[UsageFile], systems: dict[str, System], folder: str, connected: str
) -> None:
    uses = {
        told(use): use
        for tick in range(BEGIN, BEGIN + TICKS)
        for use in life.begun(tick, surge=tick % 7 == 0)
        if use.kind in kinds(folder)
    }
    reports, _ = reported(of(files, folder)[0], systems[connected])
    seen = set[Kind]()
    for report in reports:
        service, direction = report.service.value, report.direction.value
        use = uses.get((report.imsi or report.msisdn, service, direction, report.started))
        if use is None:  # a later part of a session
            assert report.partial > 1
            continue
        seen.add(use.kind)
        assert report.visited in ("" if use.kind is Kind.LINE else use.visited, use.visited)
        offset = use.started.utcoffset()
        assert offset is not None
        assert report.zone_offset == offset.total_seconds() // 60
        if report.service is Service.VOICE or (report.service is Service.MESSAGE and use.kind is Kind.TEXT):
            assert report.other_party == use.other
        if report.service is not Service.MESSAGE and not report.partial:
            assert report.duration == (use.seconds // 2 + 1 if report.corrects else use.seconds)
    assert seen == kinds(folder)


def told(use: Use) -> tuple[Any, ...]:
    """By what a report can be found: who, what, and when."""
    line = str(3_259_000_000 + use.subscriber.index // 10)
    who = line if use.kind is Kind.LINE else use.subscriber.imsi
    service = {Kind.CALL: "voice", Kind.CALLED: "voice", Kind.TEXT: "message", Kind.TEXTED: "message"}
    direction = "terminating" if use.kind in (Kind.CALLED, Kind.TEXTED) else "originating"
    return who, service.get(use.kind, "data"), direction, use.started.astimezone(UTC)


def kinds(folder: str) -> set[Kind]:
    talk = {Kind.CALL, Kind.CALLED, Kind.TEXT, Kind.TEXTED}
    return {
        "cdr/pgw": {Kind.DATA}, "cdr/chf": {Kind.DATA_5G}, "cdr/msc": talk, "tap": talk | {Kind.DATA},
        "radius": {Kind.LINE}, "corrections": {Kind.CALL, Kind.CALLED, Kind.DATA_5G},
    }[folder]  # fmt: skip


def test_a_decoder_of_somebody_else_reads_records_of_data_as_the_platforms_does(files: list[UsageFile]) -> None:
    oracle, read = Oracle(), 0
    written = [file for folder in ("cdr/pgw", "cdr/chf") for file in of(files, folder)[0][:40]]
    for file in written:
        for record, sent in zip(records(file.content), file.sent, strict=True):
            if sent.fate != "broken":
                assert oracle.decode(record) == decode(record)
                read += 1
    assert read > 1_000


@pytest.mark.parametrize("partner", PARTNERS, ids=lambda partner: partner.tadig)
def test_a_call_abroad_was_in_the_network_and_at_the_time_of_the_partner(
    life: Life, systems: dict[str, System], partner: Partner
) -> None:
    for month in (3, 7):
        began = datetime(2026, month, 9, 12, 0, tzinfo=ZoneInfo(partner.zone))
        call = Use(
            kind=Kind.CALL, subscriber=life.subscribers[8], started=began, seconds=60, uplink=0, downlink=0,
            other="32470000001", area=1, cell=1, partner=partner,
        )  # fmt: skip
        (part,) = parts(call, Node("tap", partner.tadig, ""), 1, count(1))
        content = tap_file(partner, 1, [(tap_record(part), 2_000)], began)
        (report,), rejected = reported([UsageFile("tap/CD", content, [])], systems["roaming"])
        assert rejected == []
        assert (report.visited, report.started) == (partner.plmn, began.astimezone(UTC))
        assert report.zone_offset == (began.utcoffset() or timedelta()).total_seconds() // 60


def test_records_that_were_cut_off_one_behind_the_other_are_refused_each_and_none_is_made_of_their_pieces(
    files: list[UsageFile], systems: dict[str, System]
) -> None:
    """A call's record has an indefinite length, so cut off it seems to go on in the next."""
    exchange, _ = of(files, "cdr/msc")
    calls = [record for file in exchange for record in records(file.content) if record[0] == 0xA0]
    night = datetime(2026, 3, 14, tzinfo=UTC)
    for first, second, third in islice(zip(calls, calls[1:], calls[2:], strict=False), 200):
        cut = [broken(first), broken(second), third]
        content = cdr_file("cdr/msc", cut, opened=night, closed=night, sequence=1, address=b"")
        reports, rejected = reported([UsageFile("cdr/msc/cut.cdr", content, [])], systems["cdr"])
        assert [each.reason for each in rejected] == ["cdr.truncated"] * 2
        (alone,), _ = reported([UsageFile("cdr/msc/one.cdr", third, [])], systems["cdr"])
        assert [report.id for report in reports] == [alone.id]


def records(content: bytes) -> Iterator[bytes]:
    """The records of a CDR file, by the lengths in their headers."""
    at = HEADER
    while at < len(content):
        size = int.from_bytes(content[at : at + 2], "big")
        yield content[at + 5 : at + 5 + size]
        at += 5 + size
