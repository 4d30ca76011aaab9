"""RADIUS accounting in the detail files of FreeRADIUS."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.components import sample
from tests.systems.usage_files import ORIGIN, damaged, radius_record, read_all
from trunkline.systems.radius import SYSTEM, detail
from trunkline.systems.radius.options import Options
from trunkline.telco.model import Service

READ = detail.reader(Options(zone="Europe/Brussels"))


def test_a_record_of_a_mobile_session_becomes_a_report_with_all_that_it_says() -> None:
    (report,), rejected = read_all(READ, radius_record())
    assert rejected == []
    assert (report.id, report.session) == ("radius/192.0.2.20/7f01/Interim-Update/600", "radius/192.0.2.20/7f01")
    assert (report.partial, report.final, report.cumulative, report.service) == (601, False, True, Service.DATA)
    assert (report.msisdn, report.imsi, report.imei) == ("32470000001", "206010000000001", "3534900698733190")
    assert (report.apn, report.visited, report.zone_offset, report.user) == ("internet", "20801", 120, "")
    assert (report.duration, report.uplink, report.downlink) == (600, 2**32 + 5, 7)
    assert report.started == datetime(2026, 3, 9, 13, 49, 4, tzinfo=UTC)
    assert report.source == ORIGIN.source(0, 1)


def test_a_session_is_started_updated_and_stopped_in_parts_of_growing_number() -> None:
    data = b"".join([
        radius_record(Acct_Status_Type="Start", Acct_Session_Time=None, Event_Timestamp='"Mar  9 2026 14:49:04 CET"'),
        radius_record(),
        radius_record(Acct_Status_Type="Stop"),
    ])  # fmt: skip
    reports, _ = read_all(READ, data)
    assert [report.partial for report in reports] == [1, 601, 602]
    assert [report.final for report in reports] == [False, False, True]
    assert len({report.id for report in reports}) == 3
    assert len({report.session for report in reports}) == 1
    assert len({report.started for report in reports}) == 1
    assert [data[r.source.offset :][:7] for r in reports] == [b"Mon Mar"] * 3
    assert [r.source.line for r in reports] == [1, 16, 32]


def test_the_same_record_sent_again_later_has_the_same_id_and_beginning() -> None:
    first, again = read_all(READ, radius_record(Event_Timestamp=None, Timestamp="1773064744"))[0] + read_all(
        READ, radius_record(Event_Timestamp=None, Timestamp="1773064804", Acct_Delay_Time="60"))[0]  # fmt: skip
    assert (first.id, first.started) == (again.id, again.started)


@pytest.mark.parametrize(
    ("time", "utc"),
    [
        ('"Mar  9 2026 14:59:04 CET"', (2026, 3, 9, 13, 59, 4)),
        ('"Jul 19 2026 14:59:04 CEST"', (2026, 7, 19, 12, 59, 4)),
        ('"Mar  9 2026 14:59:04 +0200"', (2026, 3, 9, 12, 59, 4)),
        ('"Jul 19 2026 14:59:04"', (2026, 7, 19, 12, 59, 4)),
        ("1773064744", (2026, 3, 9, 13, 59, 4)),
        (None, (2026, 3, 9, 13, 59, 5)),  # when it was written
    ],
)
def test_times_are_taken_with_their_zone_or_that_of_the_connection(
    time: str | None, utc: tuple[int, int, int, int, int, int]
) -> None:
    (report,), _ = read_all(READ, radius_record(Event_Timestamp=time, Acct_Session_Time="0"))
    assert report.started == datetime(*utc, tzinfo=UTC)


def test_an_abbreviation_of_several_zones_is_the_one_that_the_connection_has_at_that_time() -> None:
    data = radius_record(Event_Timestamp='"Jul  9 2026 14:59:04 BST"', Acct_Session_Time="0")
    (report,), _ = read_all(detail.reader(Options(zone="Europe/London")), data)
    assert report.started == datetime(2026, 7, 9, 13, 59, 4, tzinfo=UTC)
    for zone, why in (("", "give the connection `options"), ("Europe/Brussels", "correct the connection's `zone`")):
        (rejected,) = read_all(detail.reader(Options(zone=zone)), data)[1]
        assert why in rejected.message


def test_a_line_without_number_is_known_by_its_user_and_a_mac_address_is_no_number() -> None:
    fixed = radius_record(
        Calling_Station_Id='"020050100001"', NAS_Port_Type="Ethernet", User_Name='"fibre-1@belgicom.be"',
        **{"3GPP-IMSI": None},
    )  # fmt: skip
    (report,), _ = read_all(READ, fixed)
    assert (report.msisdn, report.imsi, report.user, report.apn) == ("", "", "fibre-1@belgicom.be", "")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"Acct_Input_Octets": "4294967296"}, "Acct-Input-Octets '4294967296' is no number of 32 bits"),
        ({"Acct_Session_Id": None}, "Acct-Session-Id is missing"),
        ({"Acct_Status_Type": "Tunnel-Start"}, "Acct-Status-Type 'Tunnel-Start' is not known"),
        ({"Event_Timestamp": '"Feb 31 2026 14:59:04 CET"'}, "no time that there was"),
        ({"3GPP-IMSI": '"2060x"'}, "3GPP-IMSI '2060x' is not 5 to 15 digits"),
        ({"3GPP-IMSI": None, "Calling_Station_Id": None}, "says who the subscriber is"),
    ],
)
def test_a_record_that_cannot_be_read_is_rejected_with_its_place_and_the_next_is_taken(
    changes: dict[str, str | None], said: str
) -> None:
    wrong = radius_record(**changes)
    reports, (rejected,) = read_all(READ, radius_record() + wrong + radius_record())
    assert len(reports) == 2
    assert said in rejected.message
    assert rejected.reason == "radius.unreadable"
    assert (rejected.offset, rejected.line) == (len(radius_record()), radius_record().count(b"\n") + 1)
    assert rejected.part == wrong[:-1]


def test_a_record_that_is_cut_off_is_rejected_because_a_counter_may_be_missing() -> None:
    for size in range(30, len(radius_record()) - 1):
        reports, (rejected,) = read_all(READ, radius_record() + radius_record()[:size])
        assert len(reports) == 1
        assert (rejected.reason, rejected.offset) == ("radius.truncated", len(radius_record()))


def test_a_record_that_never_ends_is_passed_over_in_constant_memory() -> None:
    endless = radius_record()[:-1] + b"\tClass = 0x00\n" * 20_000 + b"\n"
    reports, (rejected,) = read_all(READ, endless + radius_record())
    assert (len(reports), rejected.reason) == (1, "radius.truncated")
    assert rejected.length < 100_000


def test_the_start_of_a_server_is_no_usage() -> None:
    assert read_all(READ, radius_record({"Acct-Status-Type": "Accounting-On", "NAS-IP-Address": "192.0.2.20"})) == (
        [],
        [],
    )


@given(st.integers(0, 2**62 - 1), st.integers(0, 2**62 - 1))
def test_octets_and_gigawords_make_up_the_volume(up: int, down: int) -> None:
    volumes = {
        f"Acct_{way}_{part}": str(value)
        for way, octets in (("Input", up), ("Output", down))
        for part, value in (("Gigawords", octets >> 32), ("Octets", octets & 0xFFFFFFFF))
    }
    (report,), _ = read_all(READ, radius_record(**volumes))
    assert (report.uplink, report.downlink) == (up, down)


@given(damaged(radius_record() + radius_record(Acct_Status_Type="Stop")))
def test_damaged_files_never_break_the_reader(data: bytes) -> None:
    read_all(READ, data)


def test_the_sample_of_a_fibre_line_is_read() -> None:
    data = sample("made/radius_detail.txt").read_bytes()
    (form,) = SYSTEM.formats
    assert form.matches(data)
    (report,), rejected = read_all(form.read, data)
    assert rejected == []
    assert (report.user, report.final, report.duration) == ("fibre-100234@belgicom.be", True, 5400)
    assert (report.uplink, report.downlink) == (6_635_999, 2 * 2**32 + 52_240_584)
