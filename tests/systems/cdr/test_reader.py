"""What records report: `systems/cdr/reader.py`, over files as a gateway writes them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.systems.cdr import records as made
from tests.systems.cdr.encoding import constructed, primitive, sequence
from tests.systems.usage_files import read_all
from trunkline.quarantine import Rejected
from trunkline.systems.cdr import SYSTEM
from trunkline.systems.cdr.options import Options
from trunkline.systems.cdr.reader import read
from trunkline.telco.model import Direction, Service, UsageReport

MORNING = datetime(2026, 3, 9, 7, 18, 53, tzinfo=UTC)


def reports(*records: bytes) -> list[UsageReport]:
    found, rejected = read_all(read, made.with_headers(*records))
    assert rejected == []
    return found


def report(record: bytes) -> UsageReport:
    (only,) = reports(record)
    return only


def refused(record: bytes) -> Rejected:
    found, (only,) = read_all(read, made.with_headers(record))
    assert found == []
    assert (only.offset, only.length, only.part) == (59, len(record), record)
    return only


def says(found: UsageReport, **expected: Any) -> None:
    assert {name: getattr(found, name) for name in expected} == expected


def test_a_p_gw_tells_of_a_data_session_abroad() -> None:
    says(
        report(made.pgw()),
        system="usage",
        id="pgw/PGW01/1000",
        session="pgw/192.0.2.1/4711",
        partial=0,
        final=True,
        service=Service.DATA,
        direction=Direction.ORIGINATING,
        msisdn=made.MSISDN,
        imsi=made.IMSI,
        imei=made.IMEI,
        started=MORNING,
        duration=352,
        uplink=100,
        downlink=2000,
        items=0,
        apn="internet",
        rating_group=10,
        visited="20801",
        zone_offset=120,
        cell="20801-99270929",
    )


def test_each_rating_group_is_a_report_of_its_own_and_the_last_alone_is_final() -> None:
    found = reports(
        made.pgw(
            {17: made.number(17, 3)},
            made.service(10, 1, 2, seconds=5, first=made.LATER),
            made.service(20, 3, 4),
            made.service(10, 100, 200, seconds=6),
        )
    )
    assert [(each.id, each.rating_group, each.uplink, each.downlink) for each in found] == [
        ("pgw/PGW01/1000/10", 10, 101, 202),
        ("pgw/PGW01/1000/20", 20, 3, 4),
    ]
    assert [(each.session, each.partial, each.final) for each in found] == [
        ("pgw/192.0.2.1/4711", 3, False),
        ("pgw/192.0.2.1/4711", 3, True),
    ]
    assert [each.duration for each in found] == [11, 352], "of its flow, or else of the record"
    assert {each.started for each in found} == {MORNING}, "when the flow was first used"


@pytest.mark.parametrize(
    ("cause", "final"),
    [(0, True), (4, True), (16, False), (17, False), (22, False), (27, False), (59, False), (52, True)],
)
def test_why_a_record_was_closed_says_whether_another_follows(cause: int, final: bool) -> None:
    assert report(made.pgw({15: made.number(15, cause), 17: made.number(17, 1)})).final is final


def test_where_no_flow_was_counted_the_bearer_is() -> None:
    volumes = constructed(12, sequence(made.number(3, 7), made.number(4, 8)), sequence(made.number(4, 100)))
    says(report(made.pgw({34: None, 12: volumes})), uplink=7, downlink=108, rating_group=-1, id="pgw/PGW01/1000")


def test_a_part_of_a_session_in_which_nothing_was_used_is_told_all_the_same() -> None:
    says(report(made.pgw({34: constructed(34), 17: made.number(17, 2)})), uplink=0, downlink=0, partial=2)


def test_records_without_a_number_are_told_apart_by_session_part_and_time() -> None:
    first, second = reports(*(made.pgw({20: None, 17: made.number(17, part)}) for part in (1, 2)))
    assert first.id == "pgw/192.0.2.1/4711/1/20260309T071853Z"
    assert second.id == "pgw/192.0.2.1/4711/2/20260309T071853Z"


def test_an_s_gw_tells_of_the_whole_bearer_under_a_session_of_its_own() -> None:
    says(report(made.sgw()), id="sgw/SGW01/7", session="sgw/192.0.2.9/4711", uplink=200, downlink=4000, rating_group=-1)


def test_an_exchange_tells_of_calls_made_and_taken() -> None:
    out, into = reports(made.mo_call(), made.mt_call())
    says(
        out,
        id=f"msc/32450900001/mo-call/{made.IMSI}/00001234/20260309T071853Z",
        session=out.id,
        service=Service.VOICE,
        direction=Direction.ORIGINATING,
        msisdn=made.MSISDN,
        other_party="0475123456",
        duration=352,
        started=MORNING,
        zone_offset=60,
        visited="20699",
        cell="20699-16-258",
        imei=made.IMEI,
    )
    says(into, direction=Direction.TERMINATING, other_party="0475123456", duration=61)


def test_a_long_call_comes_in_parts_of_one_session() -> None:
    first, last = reports(
        made.mo_call({33: made.number(33, 1), 30: made.number(30, 1)}),
        made.mo_call({33: made.number(33, 2), 23: primitive(23, made.LATER)}),
    )
    assert first.session == last.session
    assert first.id != last.id
    assert [(first.partial, first.final), (last.partial, last.final)] == [(1, False), (2, True)]


@pytest.mark.parametrize(
    ("record", "service", "other", "identity"),
    [
        (
            made.mo_sms(),
            Direction.ORIGINATING,
            "33612345678",
            f"msc/32450900001/mo-sms/{made.IMSI}/2a/20260309T071853Z",
        ),
        (made.sgsn_smo(), Direction.ORIGINATING, "33612345678", "sgsn/MME01/12"),
        (made.sgsn_smt(), Direction.TERMINATING, "BelgiCom", "sgsn/MME01/13"),
        (made.sc_smo(), Direction.ORIGINATING, "33612345678", "smsc/32450900100/99"),
        (made.sc_smt(), Direction.TERMINATING, "SHOP", "smsc/32450900100/100"),
    ],
)
def test_texts_are_told_of_by_exchanges_packet_nodes_and_message_centres(
    record: bytes, service: Direction, other: str, identity: str
) -> None:
    says(
        report(record),
        service=Service.MESSAGE,
        direction=service,
        imsi=made.IMSI,
        items=1,
        other_party=other,
        id=identity,
        started=MORNING,
    )


def test_a_text_to_several_is_one_for_each() -> None:
    found = reports(made.sc_smo(None, made.recipient("33612345678"), made.recipient("32475000001")))
    assert [(each.id, each.other_party) for each in found] == [
        ("smsc/32450900100/99/1", "33612345678"),
        ("smsc/32450900100/99/2", "32475000001"),
    ]


def test_a_charging_function_tells_of_a_5g_session() -> None:
    says(
        report(made.chf()),
        id="chf/CHF01/31",
        session="chf/SMF01/77",
        imsi=made.IMSI,
        msisdn=made.MSISDN,
        uplink=100,
        downlink=2000,
        duration=352,
        apn="internet",
        rating_group=10,
        visited="20801",
        zone_offset=120,
        started=MORNING,
        partial=0,
        final=True,
    )


def test_containers_of_one_rating_group_are_added_up_whatever_upf_they_are_of() -> None:
    found = reports(
        made.chf(
            {8: made.number(8, 2)},
            made.usage(10, made.used(1, 2, seconds=3), made.used(10, 20, seconds=30)),
            made.usage(20, made.used(0, 0, total=5)),
            made.usage(10, made.used(100, 200)),
        )
    )
    assert [(each.id, each.uplink, each.downlink, each.duration, each.final) for each in found] == [
        ("chf/CHF01/31/10", 111, 222, 33, False),
        ("chf/CHF01/31/20", 0, 5, 352, True),
    ]


def test_a_charging_function_tells_of_texts_too() -> None:
    message = constructed(
        15, constructed(2, made.recipient("33612345678")), primitive(8, made.MORNING), made.number(21, 0)
    )
    says(report(made.chf({13: None, 5: None, 15: message, 27: made.number(27, 9)})),
         service=Service.MESSAGE, direction=Direction.ORIGINATING, items=1, other_party="33612345678",
         id="chf/CHF01/31", session="chf/CHF01/31")  # fmt: skip


def test_a_charging_function_tells_of_texts_delivered() -> None:
    shop = constructed(4, made.number(0, 5), primitive(1, b"SHOP"))
    message = constructed(15, constructed(1, shop), primitive(8, made.MORNING), made.number(21, 3))
    says(report(made.chf({5: None, 15: message})), direction=Direction.TERMINATING, other_party="SHOP", items=1)


def test_a_5g_session_may_be_known_by_the_charging_functions_own_name_alone() -> None:
    bare = {3: constructed(3, made.number(0, 1)), 16: primitive(16, b"\x0a\x0b")}
    says(report(made.chf(bare)), session="chf/CHF01/session/0a0b")


@pytest.mark.parametrize(
    ("kind", "identity", "expected"),
    [
        (1, b"imsi-206990000000017", {"imsi": "206990000000017", "user": ""}),
        (1, b"206990000000017", {"imsi": "206990000000017"}),
        (0, b"msisdn-32450000099", {"imsi": "", "msisdn": made.MSISDN}),
        (3, b"nai-line7@fixed.belgicom.be", {"imsi": "", "msisdn": made.MSISDN, "user": ""}),
    ],
)
def test_a_5g_subscriber_is_named_in_several_ways(kind: int, identity: bytes, expected: dict[str, str]) -> None:
    says(report(made.chf({2: constructed(2, made.number(0, kind), primitive(1, identity))})), **expected)


def test_a_line_without_a_number_is_called_by_its_name() -> None:
    found = report(
        made.chf(
            {
                2: constructed(2, made.number(0, 3), primitive(1, b"line7@fixed.belgicom.be")),
                13: constructed(13, made.number(0, 77), made.number(6, 5)),
            }
        )
    )
    says(found, user="line7@fixed.belgicom.be", imsi="", msisdn="")


def test_indefinite_lengths_and_fields_of_later_releases_change_nothing() -> None:
    plain, indefinite, later = reports(
        made.pgw(), made.pgw(indefinite=True), made.pgw({900: constructed(900, primitive(0, b"x"))})
    )
    assert [each.source.offset for each in (plain, indefinite, later)] == sorted(
        each.source.offset for each in (plain, indefinite, later)
    )
    assert {(each.id, each.uplink, each.downlink) for each in (indefinite, later)} == {(plain.id, 100, 2000)}


@pytest.mark.parametrize(
    ("record", "reason", "message"),
    [
        (made.pgw({13: None}), "cdr.field", r"pGWRecord\.recordOpeningTime: is missing"),
        (made.pgw({4: None}), "cdr.field", r"pGWRecord\.p-GWAddress: is missing"),
        (made.pgw({3: None, 22: None}), "cdr.field", r"servedIMSI: is missing, and so is servedMSISDN"),
        (made.pgw({13: primitive(13, made.MORNING[:8])}), "cdr.field", r"recordOpeningTime: .* is no time stamp"),
        (made.pgw({13: primitive(13, b"\x26\x13" + made.MORNING[2:])}), "cdr.field", "month must be in 1..12"),
        (made.pgw({22: primitive(22, b"\x91\xba")}), "cdr.field", r"servedMSISDN: '\*#' is not 1 to 15 digits"),
        (made.pgw({3: primitive(3, b"")}), "cdr.field", r"servedIMSI: nothing is not 1 to 15 digits"),
        (made.pgw({27: primitive(27, b"\x02\xf6")}), "cdr.field", r"servingNodePLMNIdentifier: 02f6 is no PLMN"),
        (made.pgw({4: constructed(4, primitive(0, b"abc"))}), "cdr.field", r"p-GWAddress: 616263 is no IP address"),
        (made.pgw({18: primitive(18, b"a\nb")}), "cdr.field", r"nodeID: 'a\\nb' is no name"),
        (
            made.pgw(None, made.service(10, 1, 1), made.service(20, -1, 1)),
            "cdr.field",
            r"pGWRecord\.listOfServiceData\[1\]\.datavolumeFBCUplink: -1 is no quantity",
        ),
        (
            made.pgw(None, made.service(10, 2**53 - 1, 1), made.service(10, 1, 1)),
            "cdr.field",
            "listOfServiceData: the sum of its volumes or times is no quantity",
        ),
        (made.pgw(None, made.service(10, 1, 2**53)), "cdr.field", r"datavolumeFBCDownlink: \d+ is no quantity"),
        (made.pgw() + b"x", "cdr.unreadable", "pGWRecord: 1 bytes behind the record"),
        (
            made.chf({15: constructed(15, constructed(29, made.number(0, 38)), primitive(8, made.MORNING))}),
            "cdr.not-used",
            "sMSResult: is gsm0408Cause 38",
        ),
        (made.sc_smo({19: constructed(19, made.number(0, 38))}), "cdr.not-used", "sMSResult: is gsm0408Cause 38"),
        (made.pgw(None, made.service(-7, 1, 1)), "cdr.field", r"listOfServiceData: -7 is no rating group"),
        (made.pgw({14: primitive(14, b"")}), "cdr.unreadable", r"pGWRecord\.duration: an integer of 0 bytes"),
        (made.pgw({34: constructed(34, primitive(1, b"x"))}), "cdr.unreadable", r"listOfServiceData: no SEQUENCE"),
        (made.pgw()[:-5], "cdr.truncated", r"a length of \d+ bytes where \d+ are left"),
        (made.mo_call({23: None}), "cdr.not-used", r"answerTime: is missing: the call was not answered"),
        (
            made.mo_sms({10: constructed(10, made.number(1, 27))}),
            "cdr.not-used",
            r"smsResult: is gsm0902MapErrorValue 27",
        ),
        (made.chf({13: None}), "cdr.field", r"nFunctionConsumerInformation: tells no networkFunctionName"),
        (made.chf({13: None, 27: made.number(27, 5)}), "cdr.field", "pDUSessionChargingInformation: is missing"),
        (made.record(3, {0: made.number(0, 3)}), "cdr.kind", "incGatewayRecord is no usage"),
        (made.record(63, {0: made.number(0, 63)}), "cdr.kind", r"\[63\] is no known record"),
    ],
)
def test_a_record_that_cannot_be_charged_is_refused_with_field_and_reason(
    record: bytes, reason: str, message: str
) -> None:
    found = refused(record)
    assert found.reason == reason
    assert re.search(message, found.message), found.message


def test_a_connection_may_leave_out_what_other_records_tell_too() -> None:
    (offered,) = SYSTEM.with_options(Options(leave_out=("sGWRecord", "mtCallRecord"))).formats
    found, rejected = read_all(offered.read, made.with_headers(made.pgw(), made.sgw(), made.mt_call(), made.mo_call()))
    assert [one.id.split("/")[0] for one in found] == ["pgw", "msc"]
    assert rejected == []
    with pytest.raises(ValueError, match="'sgw', which is none of moCallRecord, "):
        Options(leave_out=("sgw",))


def test_the_place_of_a_wrong_field_is_told_to_the_byte() -> None:
    wrong = made.number(12, -1)
    record = made.pgw(None, made.service(10, 1, 1), made.service(20, -1, 1))
    offset = 59 + record.rindex(wrong)
    assert f"(at byte {offset} of the file)" in refused(record).message
