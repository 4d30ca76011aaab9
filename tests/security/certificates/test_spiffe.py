"""SPIFFE ids, and lists of who is meant."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.security.certificates.spiffe import Peers, SpiffeId, id_of, trust_domain

DOMAINS = st.text(string.ascii_lowercase + string.digits + "._-", min_size=1, max_size=40)
SEGMENTS = st.text(string.ascii_letters + string.digits + "._-", min_size=1, max_size=20).filter(
    lambda text: text not in (".", "..")
)


@given(DOMAINS, st.lists(SEGMENTS, min_size=1, max_size=4))
def test_an_id_is_read_as_it_is_written(domain: str, segments: list[str]) -> None:
    text = f"spiffe://{domain}/{'/'.join(segments)}"
    assert str(SpiffeId.parse(text)) == text


@given(st.text(max_size=60))
def test_whatever_is_written_is_an_id_in_its_one_form_or_refused(text: str) -> None:
    try:
        read = SpiffeId.parse(text)
    except ValueError:
        return
    assert str(read) == text


@pytest.mark.parametrize(
    "text",
    [
        "", "spiffe://", "spiffe://acme", "spiffe://acme/", "spiffe:///api/one", "spiffe://Acme/api", "https://acme/api",
        "spiffe://acme/api/", "spiffe://acme//api", "spiffe://acme/../api", "spiffe://acme/./api", "spiffe://acme/a%2fb",
        "spiffe://acme:80/api", "spiffe://me@acme/api", "spiffe://acme/api?x", "spiffe://acme/api#x",
        "SPIFFE://acme/api", "spiffe://acme/é", f"spiffe://acme/{'a' * 2_048}", "spiffe://acme/api\n",
    ],
)  # fmt: skip
def test_what_is_no_id_of_a_service_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no SPIFFE id"):
        SpiffeId.parse(text)


def test_a_list_has_whole_ids_and_all_under_a_path() -> None:
    peers = Peers(["spiffe://acme/gateway/*", "spiffe://acme/api/one"])
    for inside in ("spiffe://acme/gateway/one", "spiffe://acme/gateway/a/b", "spiffe://acme/api/one"):
        assert SpiffeId.parse(inside) in peers
    for outside in (
        "spiffe://acme/gateway", "spiffe://acme/gateways/one", "spiffe://other/gateway/one", "spiffe://acme/api/two",
        "spiffe://acme/api/one/more",
    ):  # fmt: skip
        assert SpiffeId.parse(outside) not in peers
    assert None not in peers


def test_a_certificate_with_two_ids_or_none_is_nobodys() -> None:
    one = ("URI", "spiffe://acme/api/one")
    assert id_of({"subjectAltName": (one, ("DNS", "localhost"))}) == SpiffeId("acme", "api/one")
    assert id_of({"subjectAltName": (one, ("URI", "spiffe://acme/api/two"))}) is None
    assert id_of({"subjectAltName": (("DNS", "spiffe://acme/api/one"),)}) is None
    assert id_of({"subjectAltName": (("URI", "https://acme"),)}) is None
    assert id_of(None) is None


@given(st.text(max_size=300))
def test_every_operator_has_a_trust_domain(name: str) -> None:
    assert SpiffeId.service(trust_domain(name), "api", "one").path == "api/one"
