"""TAP files of roaming partners, held against another decoder over a module that was written for these tests."""

from __future__ import annotations

import io
import re
import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.components import sample
from tests.systems.tap_files import (
    CENTRE,
    EVERYTHING,
    GPRS,
    MESSAGE,
    ORACLE,
    READ,
    SAMPLE,
    SESSION,
    SUPPLEMENTARY,
    TERMINATED,
    as_ours,
    content,
    originated,
    stamp,
    tap_file,
    within,
)
from tests.systems.usage_files import ORIGIN, damaged, read_all
from trunkline.systems.cdr.ber import BerError, elements
from trunkline.systems.tap import SYSTEM, usage
from trunkline.systems.tap.decoding import decode, decode_item
from trunkline.telco.model import Direction, Service, UsageReport


def report(event: tuple[str, dict[str, Any]], **accounting: Any) -> UsageReport:
    (one,), rejected = read_all(READ, tap_file(event, **accounting))
    assert rejected == []
    return one


# Decoding


def test_the_sample_is_decoded_as_the_oracle_decodes_it() -> None:
    data = sample(SAMPLE).read_bytes()
    assert decode(data) == as_ours(ORACLE.decode("DataInterChange", data))


def test_every_kind_of_event_is_decoded_as_the_oracle_decodes_it() -> None:
    data = tap_file(*EVERYTHING)
    assert decode(data) == as_ours(ORACLE.decode("DataInterChange", data))
    assert len(decode(data)["transferBatch"]["callEventDetails"]) == len(EVERYTHING)


def indefinite(data: bytes) -> bytes:
    """The same file with indefinite lengths of the batch and of its events' list."""
    inner = data[4:] if data[1] == 0x82 else data[2:]
    begin = inner.index(b"\x63\x82")
    size = int.from_bytes(inner[begin + 2 : begin + 4], "big")
    end = begin + 4 + size
    return b"\x61\x80" + inner[:begin] + b"\x63\x80" + inner[begin + 4 : end] + b"\0\0" + inner[end:] + b"\0\0"


def test_indefinite_lengths_are_the_same_file() -> None:
    data = tap_file(*EVERYTHING)
    assert decode(indefinite(data)) == decode(data)
    plain, rejected = read_all(READ, data)
    other, rejected_too = read_all(READ, indefinite(data))
    assert [r.id for r in other] == [r.id for r in plain]
    assert len(rejected) == len(rejected_too) == 1
    assert len({r.id for r in plain}) == len(EVERYTHING) - 1


def with_lengths(data: bytes, dice: Random) -> bytes:
    """The same elements, each with its length written in one of the ways that BER has."""
    written = b""
    for found in elements(data, 0, len(data)):
        tag, content = found.tag.to_bytes((found.tag.bit_length() + 7) // 8, "big"), data[found.start : found.end]
        if found.constructed:
            content = with_lengths(content, dice)
        size = len(content)
        forms = [b"\x82" + size.to_bytes(2, "big"), b"\x84" + size.to_bytes(4, "big")]
        forms += [bytes([size])] if size < 0x80 else []
        forms += [b"\x81" + bytes([size])] if size < 0x100 else []
        forms += [b"\x80"] if found.constructed else []
        form = dice.choice(forms)
        written += tag + form + content + (b"\0\0" if form == b"\x80" else b"")
    return written


@given(st.randoms(use_true_random=False))
def test_in_whatever_way_lengths_are_written_it_is_the_same_file(dice: Random) -> None:
    data = tap_file(*EVERYTHING)
    assert decode(with_lengths(data, dice)) == decode(data)


def test_files_that_never_begin_an_item_alike_are_decoded_in_little_memory() -> None:
    tracemalloc.start()
    try:
        for number in range(60_000):
            text = (number << 16).to_bytes(4, "big")
            assert decode_item(b"\x50\x04" + text) == ("localTimeStamp", text.decode("latin-1"))
        assert tracemalloc.get_traced_memory()[1] < 8_000_000
    finally:
        tracemalloc.stop()


def test_an_item_that_is_not_known_is_kept_undecoded_under_its_tag() -> None:
    data = b"\x61\x0b\x64\x09\x5f\x87\x67\x01A\x5f\x81\x44\x00"
    assert decode(data) == {"transferBatch": {"batchControlInfo": {"[APPLICATION 999]": b"A", "sender": ""}}}


def test_a_text_in_segments_is_put_together() -> None:
    segments = b"\x04\x02FR" + b"\x04\x03AF1"
    data = within(b"\x61", within(b"\x64", b"\x7f\x81\x44" + bytes([len(segments)]) + segments))
    assert decode(data) == {"transferBatch": {"batchControlInfo": {"sender": "FRAF1"}}}
    listed = within(b"\x7f\x81\x22", b"\x7f\x81\x23" + bytes([len(segments)]) + segments)
    assert decode_item(listed) == ("operatorSpecInformation", ["FRAF1"])


def test_an_item_of_a_list_that_is_not_known_stands_under_its_tag() -> None:
    listed = within(b"\x7f\x81\x22", b"\x5f\x81\x23\x01x\x5f\x87\x67\x01y")
    assert decode_item(listed) == ("operatorSpecInformation", ["x", {"[APPLICATION 999]": b"y"}])


def test_an_item_a_second_time_is_told_with_its_place() -> None:
    with pytest.raises(BerError, match=r"transferBatch\.batchControlInfo: an item a second time at byte 12"):
        decode(within(b"\x61", within(b"\x64", b"\x5f\x81\x44\x00\x5f\x81\x44\x00\x5f\x81\x36\x00")))


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (within(b"\x61", b"\x44\x00"), "batchControlInfo: primitive where a constructed element is expected"),
        (within(b"\x61", within(b"\x64", b"\x7f\x81\x49\x00")), "specificationVersionNumber: primitive where"),
        (within(b"\x61", within(b"\x64", b"\x5f\x80\x44\x00")), "a tag that is padded"),
        (b"\x30\x00", "[UNIVERSAL 16] where a TransferBatch"),
        (b"\x61\x00\x01", "more behind the end"),
        (b"\x61\x06\x64\x04\x5f\x49\x00\x01", "transferBatch.batchControlInfo"),
        (b"\x61\x08\x65\x06\x5f\x81\x74\x00\x05\x00", "tapDecimalPlaces: an integer of 0 bytes"),
        (b"\x61\x06\x63\x04\x6e\x02\x6e\x00\x01", "more behind"),
        (b"\x6a\x00", "[APPLICATION 10] where"),
        (b"\x61\x80" * 50, "32 elements within one another"),
        (within(b"\x61", within(b"\x64", b"", 40)), "32 elements within one another"),
    ],
)
def test_what_is_no_tap_file_is_told_with_its_place(data: bytes, said: str) -> None:
    with pytest.raises(BerError, match=re.escape(said)):
        decode(data)


# Reading


def test_a_call_becomes_a_report_with_all_that_it_says() -> None:
    one = report(originated())
    assert one.id == one.session == "tap/FRAF1/33600/0102/20260719235900"
    assert (one.service, one.direction, one.duration, one.items) == (Service.VOICE, Direction.ORIGINATING, 61, 0)
    assert (one.imsi, one.msisdn, one.imei) == ("206010000000001", "32470000001", "353490069873319")
    assert (one.other_party, one.visited, one.cell) == ("32470000002", "20801", "11-12")
    assert (one.started, one.zone_offset) == (datetime(2026, 7, 19, 21, 59, tzinfo=UTC), 120)
    assert (one.price, one.currency, one.partial, one.final) == (None, "", 0, True)
    data = tap_file(originated())
    assert one.source == ORIGIN.source(data.index(b"\x63") + 2 + (data[data.index(b"\x63") + 1] == 0x81))


def test_messages_are_told_from_calls_by_their_teleservice() -> None:
    sent = report(originated("22", destination={"sMSDestinationNumber": "4114"}))
    assert (sent.service, sent.items, sent.duration, sent.other_party) == (Service.MESSAGE, 1, 0, "4114")
    received = report(TERMINATED)
    assert (received.service, received.direction) == (Service.MESSAGE, Direction.TERMINATING)
    assert (received.other_party, received.visited) == ("Bank", "20408")
    assert received.id == "tap/FRAF1/00042/1"  # it has no reference of its own


def test_a_data_session_is_in_the_time_of_the_place() -> None:
    one = report(GPRS)
    assert (one.id, one.apn) == ("tap/FRAF1/192.0.2.1+33600/4294967295/20260719235900", "internet")
    assert (one.service, one.duration, one.downlink, one.uplink) == (Service.DATA, 600, 5 * 2**32, 7)
    assert (one.started, one.zone_offset) == (datetime(2026, 7, 20, 3, 29, tzinfo=UTC), -210)


def test_what_goes_over_ims_is_read_and_its_direction_is_what_the_connection_says() -> None:
    message, session, centre = report(MESSAGE), report(SESSION), report(CENTRE)
    assert (message.service, message.items, message.direction) == (Service.MESSAGE, 1, Direction.ORIGINATING)
    assert (message.imsi, message.imei, message.other_party) == ("206010000000001", "353490069873319", "32470000002")
    assert message.id == "tap/FRAF1/33600/e-1/20260719235900"
    assert (session.service, session.duration, session.direction) == (Service.VOICE, 5, Direction.TERMINATING)
    assert (session.user, session.other_party) == ("sip:a@belgicom.be", "sip:b@x.net")
    assert (centre.service, centre.direction, centre.other_party) == (Service.MESSAGE, Direction.TERMINATING, "8080")


@pytest.mark.parametrize(
    ("service", "accounting", "price", "currency"),
    [
        ({}, {}, 2774, "EUR"),  # 23.45678 SDR at 1.1825: 27.7376...
        ({}, {"tapCurrency": "EUR"}, 2346, "EUR"),
        ({}, {"tapCurrency": "JPY"}, 23, "JPY"),
        ({}, {"tapCurrency": "EUR", "tapDecimalPlaces": 3}, 234_568, "EUR"),
        ({"chargeRefundIndicator": 1}, {"tapCurrency": "EUR"}, -2346, "EUR"),
        ({"advisedChargeInformation": {"advisedCharge": 199_500, "advisedChargeCurrency": "GBP"}}, {}, 200, "GBP"),
        ({"chargeInformationList": None}, {}, None, ""),
    ],
)
def test_content_has_its_price_in_a_currency_that_is_paid_in(
    service: dict[str, Any], accounting: dict[str, Any], price: int | None, currency: str
) -> None:
    one = report(content(**service), **accounting)
    assert (one.price, one.currency) == (price, currency)
    assert (one.service, one.items, one.other_party) == (Service.CONTENT, 1, "Ring")
    assert (one.imsi, one.msisdn) == ("206010000000001", "32470000001")


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (originated(callEventStartTimeStamp=stamp(code=3)), "UTC offset code 3"),
        (originated(callEventStartTimeStamp=stamp("20260231000000")), "day is out of range"),
        (originated(callEventStartTimeStamp={}), "the time at which it began is missing"),
        (originated(chargeableSubscriber=("simChargeableSubscriber", {})), "neither IMSI nor MSISDN"),
        (originated(chargeableSubscriber=("simChargeableSubscriber", {"imsi": b"\xab"})), "imsi 'ab'"),
        (originated(totalCallEventDuration=-1), "totalCallEventDuration -1"),
        (SUPPLEMENTARY, "cannot be charged"),
    ],
)
def test_an_event_that_cannot_be_charged_is_rejected_and_the_next_is_taken(
    event: tuple[str, dict[str, Any]], said: str
) -> None:
    data = tap_file(GPRS, event, MESSAGE)
    reports, (rejected,) = read_all(READ, data)
    assert len(reports) == 2
    assert said in rejected.message
    assert rejected.message.startswith(event[0])
    assert rejected.reason == "tap.unusable"
    assert data[rejected.offset : rejected.offset + rejected.length] == rejected.part


def test_a_partner_whose_network_is_not_known_is_told_with_what_to_do() -> None:
    (form,) = SYSTEM.formats
    _, (rejected,) = read_all(form.read, tap_file(GPRS))
    assert "the network 'FRAF1' has no PLMN: give it in the connection's `options`" in rejected.message


def test_an_exchange_rate_that_the_file_does_not_have_is_told() -> None:
    _, (rejected,) = read_all(READ, tap_file(content(), currencyConversionInfo=[]))
    assert "exchange rate code 0" in rejected.message


def test_a_notification_says_that_nothing_was_used() -> None:
    data = ORACLE.encode("DataInterChange", ("notification", {"sender": "FRAF1", "recipient": "BELBC"}))
    assert usage.matches(data)
    assert read_all(READ, data) == ([], [])
    assert decode(data) == {"notification": {"sender": "FRAF1", "recipient": "BELBC"}}


def test_the_events_behind_a_wrong_length_are_still_found() -> None:
    events = [originated(callEventStartTimeStamp=stamp(f"202607190000{n:02}")) for n in range(20)]
    data = tap_file(*events)
    starts = [r.source.offset for r in read_all(READ, data)[0]]
    for wrong in (0x00, 0x05, 0x40, 0x7E, 0xFF):
        spoilt = bytearray(data)
        spoilt[starts[5] + 2 if spoilt[starts[5] + 1] & 0x80 else starts[5] + 1] = wrong
        reports, rejected = read_all(READ, bytes(spoilt))
        taken = {r.source.offset for r in reports}
        assert taken >= {*starts[:5], *starts[7:]}, hex(wrong)
        assert rejected[0].offset == starts[5]
        assert rejected[0].reason == "tap.unreadable"


def test_of_a_file_that_is_cut_off_everything_complete_is_taken_and_the_rest_is_told() -> None:
    data = tap_file(*[originated(callEventStartTimeStamp=stamp(f"202607190000{n:02}")) for n in range(4)])
    whole = read_all(READ, data)[0]
    ends = [r.source.offset for r in whole[1:]] + [data.rindex(b"\x6f")]
    for size in range(1, len(data)):
        reports, rejected = read_all(READ, data[:size])
        assert len(reports) == sum(end <= size for end in ends), size
        assert rejected, size
        assert rejected[-1].offset + rejected[-1].length == size


def test_zeros_behind_the_end_are_padding_and_all_else_is_told() -> None:
    data = tap_file(GPRS)
    assert len(read_all(READ, data + bytes(100))[0]) == 1
    assert read_all(READ, data + bytes(100))[1] == []
    _, (rejected,) = read_all(READ, data + bytes(100) + b"x")
    assert (rejected.offset, rejected.part) == (len(data) + 100, b"x")


def test_a_file_larger_than_memory_may_be_is_read_in_pieces() -> None:
    one = io.BytesIO()
    many = 5_000
    body = tap_file(GPRS)
    begin = body.index(b"\x63")
    event = body[begin + 3 : begin + 3 + body[begin + 2]]
    one.write(b"\x61\x80" + body[body.index(b"\x64") : begin] + b"\x63\x80" + event * many + b"\0\0\0\0")
    largest = 0

    class Pieces(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            nonlocal largest
            largest = max(largest, size or 0)
            assert size is not None
            assert size > 0
            return super().read(size)

    found = sum(isinstance(r, UsageReport) for r in READ(Pieces(one.getvalue()), ORIGIN))
    assert found == many
    assert largest < 1 << 20


def test_elements_within_one_another_without_end_are_told() -> None:
    deep = within(b"\x61", within(b"\x63", within(b"\x6e", b"", 5_000)))
    _, (rejected, *_) = read_all(READ, deep)
    assert "elements within one another" in rejected.message


@given(damaged(tap_file(*EVERYTHING)))
@settings(max_examples=300)
def test_damaged_files_never_break_the_reader(data: bytes) -> None:
    read_all(READ, data)


@given(damaged(tap_file(*EVERYTHING)), st.data())
def test_damaged_files_are_decoded_or_refused(data: bytes, more: st.DataObject) -> None:
    with suppress(BerError):
        assert decode(more.draw(damaged(data)))


@given(st.binary(max_size=300))
def test_random_bytes_never_break_the_reader(data: bytes) -> None:
    _, rejected = read_all(READ, data)
    assert rejected or data[:1] == b"\x62"
