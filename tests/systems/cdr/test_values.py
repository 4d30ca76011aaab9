"""What octets say: `systems/cdr/values.py`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.systems.cdr.records import seven_bits, tbcd
from trunkline.systems.cdr import values


@given(
    st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30)).map(lambda moment: moment.replace(microsecond=0)),
    st.integers(-23 * 60, 23 * 60),
)
def test_a_time_stamp_is_a_time_in_utc_and_how_far_the_place_is_ahead(utc: datetime, ahead: int) -> None:
    local = utc + timedelta(minutes=ahead)
    zone = f"{abs(ahead) // 60:02}{abs(ahead) % 60:02}"
    octets = bytes.fromhex(f"{local:%y%m%d%H%M%S}") + (b"-" if ahead < 0 else b"+") + bytes.fromhex(zone)
    assert values.moment(octets) == (utc.replace(tzinfo=UTC), ahead)


@pytest.mark.parametrize(
    "octets", ["", "2603090818532b01", "2603090818532b010000", "2613090818532b0100", "26030908185a2b0100",
               "2603090818532f0100", "2603090818532b2400", "2603090818532b0160", "2602300818532b0100"]
)  # fmt: skip
def test_what_is_no_time_is_refused(octets: str) -> None:
    with pytest.raises(ValueError, match=r"is no time|away from UTC"):
        values.moment(bytes.fromhex(octets))


@given(st.text("0123456789*#", min_size=1, max_size=20))
def test_digits_of_four_bits_are_read(digits: str) -> None:
    coded = digits.translate(str.maketrans("*#", "ab"))
    assert values.tbcd(tbcd(coded)) == digits


@pytest.mark.parametrize(
    ("octets", "number"),
    [
        ("912374120427f4", "32472140724"),
        ("8140571234f5", "047521435"),
        ("a174251364f5", "0475231465"),
        ("217474251364f5", "0475231465"),
        ("", ""),
        ("811a00fb", "*100#"),
    ],
)
def test_the_number_of_a_party_depends_on_its_type(octets: str, number: str) -> None:
    assert values.party(bytes.fromhex(octets)) == number


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 ", min_size=1, max_size=11))
def test_a_sender_may_be_a_name(name: str) -> None:
    assert values.party(b"\xd0" + seven_bits(name)) == name


def test_the_address_of_a_text_may_have_its_length_before_it() -> None:
    number = b"\x91" + tbcd("33612345678")
    assert values.message_party(number) == values.message_party(b"\x0b" + number) == "33612345678"


@pytest.mark.parametrize(("octets", "code"), [("02f699", "20699"), ("02f610", "20601"), ("130014", "310410")])
def test_a_network_has_five_or_six_digits(octets: str, code: str) -> None:
    assert values.plmn(bytes.fromhex(octets)) == code


@pytest.mark.parametrize(
    ("location", "cell"),
    [
        ("1802f699001002f69905eac111", "20699-99270929"),
        ("0102f69900100102", "20699-16-258"),
        ("0202f69900100102", "20699-16-258"),
        ("0802f6990010", ""),
        ("1802f6990010", ""),
        ("", ""),
    ],
)
def test_a_location_may_tell_the_cell(location: str, cell: str) -> None:
    assert values.cell(bytes.fromhex(location)) == cell


@pytest.mark.parametrize(
    ("octets", "minutes"), [("4000", 60), ("8001", 120), ("6900", -240), ("0000", 0), ("2200", 330)]
)
def test_a_time_zone_is_quarters_of_an_hour(octets: str, minutes: int) -> None:
    assert values.minutes_ahead(bytes.fromhex(octets)) == minutes


@pytest.mark.parametrize(
    ("chosen", "address"),
    [
        ({"iPBinV4Address": b"\xc0\x00\x02\x01"}, "192.0.2.1"),
        ({"iPBinV6Address": bytes(15) + b"\x01"}, "::1"),
        ({"iPTextV4Address": "192.0.2.1"}, "192.0.2.1"),
        ({"iPBinV6AddressWithPrefix": {"iPBinV6Address": bytes(15) + b"\x01", "pDPAddressPrefixLength": 64}}, "::1"),
    ],
)
def test_an_address_has_one_form(chosen: dict[str, object], address: str) -> None:
    assert values.ip_address(chosen) == address
