"""Numbers and networks in one form each."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.telco.charging.mediation.records import SETTINGS, call
from trunkline.telco.charging.mediation.numbering import Normal
from trunkline.telco.charging.settings import Numbering

NORMAL = Normal(SETTINGS)


@pytest.mark.parametrize(
    ("written", "e164"),
    [
        ("32470123456", "32470123456"),
        ("+32470123456", "32470123456"),
        ("+32 (470) 12.34-56", "32470123456"),
        ("0032470123456", "32470123456"),
        ("0470123456", "32470123456"),
        ("0470 12 34 56", "32470123456"),
        ("33612345678", "33612345678"),
        ("0033612345678", "33612345678"),
        ("112", "112"),
        ("0110", "0110"),
        ("011012", "011012"),
        ("0110123", "32110123"),
        ("8585", "8585"),
        ("*62#", "*62#"),
        ("Pizza 24/7", "Pizza 24/7"),
        ("+", "+"),
        ("٣٢٤٧٠١٢٣٤٥٦", "٣٢٤٧٠١٢٣٤٥٦"),
        ("", ""),
    ],
)
def test_a_number_is_brought_into_the_form_of_e164(written: str, e164: str) -> None:
    assert NORMAL.e164(written) == e164


@given(st.from_regex(r"(\+|00|0)?[1-9][0-9]{7,12}", fullmatch=True) | st.text(max_size=20))
def test_what_is_in_that_form_stays_as_it_is(written: str) -> None:
    assert NORMAL.e164(NORMAL.e164(written)) == NORMAL.e164(written)


def test_a_country_without_a_national_prefix_keeps_its_noughts() -> None:
    numbering = Numbering(country_code="39", national_prefix="")
    assert Normal(msgspec.structs.replace(SETTINGS, numbering=numbering)).e164("390612345678") == "390612345678"


@pytest.mark.parametrize("plmn", ["20699", "20610", "206099", "206010", ""])
def test_each_of_the_operators_networks_is_home(plmn: str) -> None:
    assert NORMAL.network(plmn) == "20699"


@pytest.mark.parametrize("plmn", ["20801", "310410", "20601", "206990"])
def test_any_other_network_is_itself(plmn: str) -> None:
    assert NORMAL.network(plmn) == plmn


def test_a_record_that_is_in_that_form_is_not_copied() -> None:
    report = NORMAL.report(call("a", msisdn="0470123456", other_party="+33612345678"))
    assert (report.msisdn, report.other_party, report.visited) == ("32470123456", "33612345678", "20699")
    assert NORMAL.report(report) is report
