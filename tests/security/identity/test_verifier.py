"""Which tokens are taken, from whom, and all the ways in which a token may be false."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from tests.security.identity.foreign import AUDIENCE, ForeignProvider, provider
from tests.security.identity.world import ISSUER, World, claims, compact
from trunkline.security.identity.caller import Caller, Refused
from trunkline.security.identity.issuers import Issuer, Keys, KeysUnavailable, foreign, own
from trunkline.security.identity.verifier import Replays, Verifier
from trunkline.settings import ForeignIssuer

SETTINGS: dict[str, Any] = {
    "audience": AUDIENCE, "roles_claim": "realm_access.roles", "roles": {"noc-staff": "noc"}, "region_claim": "area",
}  # fmt: skip


@pytest.fixture(scope="module")
def others() -> Iterator[ForeignProvider]:
    with provider() as made:
        yield made


@pytest.fixture
def verifier(others: ForeignProvider) -> Verifier:
    others.answer = None
    return Verifier([foreign(ForeignIssuer(issuer=others.issuer, **SETTINGS))])


def refusal(verifier: Verifier, token: str, scheme: str = "Bearer") -> Refused:
    with pytest.raises(Refused) as found:
        verifier.verify(f"{scheme} {token}", "GET", "http://localhost/")
    return found.value


def test_an_issuer_of_others_is_trusted_by_configuration_alone(verifier: Verifier, others: ForeignProvider) -> None:
    assert verifier.verify(f"Bearer {others.token()}", "GET", "http://localhost/") == Caller(
        "u-1", "portal", frozenset({"noc"}), frozenset({"openid", "network.read"}), "flanders", others.issuer
    )


@pytest.mark.parametrize(("kid", "algorithm"), [("rsa", "RS256"), ("rsa", "PS256"), ("ec", "ES256"), ("ed", "EdDSA")])
def test_each_way_to_sign_that_cannot_be_confused_is_taken(
    verifier: Verifier, others: ForeignProvider, kid: str, algorithm: str
) -> None:
    others.keys["ed"] = OKPKey.generate_key("Ed25519")
    verifier.verify(f"Bearer {others.token(kid, algorithm)}", "GET", "http://localhost/")


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"aud": "other"}, "for somebody else"),
        ({"aud": None}, "for somebody else"),
        ({"aud": {"trunkline": 1}}, "for somebody else"),
        ({"aud": "xtrunklinex"}, "for somebody else"),
        ({"iss": "https://evil.example"}, "not trusted"),
        ({"iss": None}, "not trusted"),
        ({"iss": ["x"]}, "not trusted"),
        ({"exp": 1}, "lapsed"),
        ({"exp": None}, "lapsed"),
        ({"exp": "9999999999"}, "lapsed"),
        ({"exp": True}, "lapsed"),
        ({"nbf": int(time.time()) + 3_600}, "not valid yet"),
        ({"nbf": "x"}, "not valid yet"),
        ({"iat": int(time.time()) + 3_600}, "not valid yet"),
        ({"sub": None}, "whom it speaks for"),
        ({"sub": 5}, "whom it speaks for"),
        ({"typ": "ID"}, "no access token"),
        ({"typ": "Refresh"}, "no access token"),
        ({"cnf": {"x5t#S256": "abc"}}, "not bound to a DPoP key"),
        ({"cnf": "x"}, "not bound to a DPoP key"),
    ],
)
def test_claims_that_do_not_fit_are_refused(
    verifier: Verifier, others: ForeignProvider, changed: dict[str, Any], reason: str
) -> None:
    assert reason in refusal(verifier, others.token(**changed)).reason


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ({"kid": "other"}, "does not show"),
        ({"kid": ""}, "which key"),
        ({"typ": "dpop+jwt"}, "no access token"),
        ({"typ": ""}, "no access token"),
    ],
)
def test_headers_that_do_not_fit_are_refused(
    verifier: Verifier, others: ForeignProvider, header: dict[str, Any], reason: str
) -> None:
    assert reason in refusal(verifier, others.token(header=header)).reason


def test_a_token_that_nobody_signed_is_refused(verifier: Verifier, others: ForeignProvider) -> None:
    for algorithm in ("none", "None", "NONE", ""):
        header = {"alg": algorithm, "kid": "rsa", "typ": "JWT"}
        assert "not signed by" in refusal(verifier, compact(header, others.claims())).reason


def test_a_public_key_is_no_shared_secret(verifier: Verifier, others: ForeignProvider) -> None:
    for kid in ("rsa", "ec"):
        key = others.keys[kid]
        for secret in (key.as_pem(private=False), key.as_der(private=False), str(key.as_dict(private=False)).encode()):
            for algorithm in ("HS256", "HS384", "HS512"):
                token = compact({"alg": algorithm, "kid": kid, "typ": "JWT"}, others.claims(), secret)
                assert "not signed by" in refusal(verifier, token).reason


def test_a_key_of_one_kind_is_not_used_in_the_way_of_another(verifier: Verifier, others: ForeignProvider) -> None:
    token = others.token("rsa")
    head = {"alg": "ES256", "kid": "rsa", "typ": "JWT"}
    assert "signature is wrong" in refusal(verifier, compact(head, claims(token), b"x")).reason


def test_keys_that_a_token_brings_along_are_not_asked(verifier: Verifier, others: ForeignProvider) -> None:
    mine = ECKey.generate_key("P-256")
    others.keys["mine"] = mine
    token = others.token("mine", header={"kid": "ec", "jwk": mine.as_dict(private=False), "jku": "http://127.0.0.1:1/"})
    del others.keys["mine"]
    assert "signature is wrong" in refusal(verifier, token).reason


def test_what_was_changed_after_signing_is_refused(verifier: Verifier, others: ForeignProvider) -> None:
    head, body, mark = others.token().split(".")
    other = compact({}, claims(f"{head}.{body}.{mark}") | {"sub": "admin"}).split(".")[1]
    for token in (f"{head}.{other}.{mark}", f"{head}.{body}.", f"{head}.{body}.{mark[:-4]}AAAA"):
        assert "signature is wrong" in refusal(verifier, token).reason


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Basic dTpw", "Bearer a.b", "Bearer a.b.c.d.e", "Bearer " + "x" * 20_000]
)
def test_what_is_no_token_is_refused(verifier: Verifier, authorization: str) -> None:
    with pytest.raises(Refused):
        verifier.verify(authorization, "GET", "http://localhost/")


@given(
    st.one_of(st.text(), st.binary().map(lambda raw: raw.decode("latin-1")), st.from_regex(r"[\w.=-]*\.[\w-]*\.[\w-]*"))
)
def test_nothing_but_a_refusal_comes_of_nonsense(text: str) -> None:
    with pytest.raises(Refused):
        Verifier([]).verify(f"Bearer {text}", "GET", "http://localhost/")


def test_weak_and_symmetric_keys_of_an_issuer_are_passed_over() -> None:
    weak = RSAKey.generate_key(1024)
    shown = [
        {**weak.as_dict(private=False), "kid": "weak"},
        {**OctKey.generate_key(256).as_dict(private=True), "kid": "oct"},
        {**ECKey.generate_key("P-256").as_dict(private=False), "kid": "enc", "use": "enc"},
        {"kty": "RSA", "kid": "broken"},
        {**ECKey.generate_key("P-256").as_dict(private=False), "kid": "good"},
    ]
    keys = Keys(lambda: shown, pause=0)
    assert [id for id in ("weak", "oct", "enc", "broken", "good") if keys.key(id)] == ["good"]


def test_a_key_is_good_in_the_way_that_it_says_alone(others: ForeignProvider) -> None:
    keys = Keys(lambda: [{**others.keys["rsa"].as_dict(private=False), "kid": "rsa", "alg": "PS256"}])
    verifier = Verifier([Issuer(others.issuer, AUDIENCE, keys)])
    verifier.verify(f"Bearer {others.token(algorithm='PS256')}", "GET", "http://localhost/")
    assert "in another way" in refusal(verifier, others.token(algorithm="RS256")).reason


def test_keys_are_asked_for_once_and_again_when_an_unknown_one_comes(others: ForeignProvider) -> None:
    now, asked = [0.0], []

    def load() -> list[dict[str, Any]]:
        asked.append(now[0])
        return others.shown()

    verifier = Verifier([Issuer(others.issuer, AUDIENCE, Keys(load, clock=lambda: now[0]))])
    for _ in range(5):
        verifier.verify(f"Bearer {others.token()}", "GET", "http://localhost/")
    others.keys["new"] = ECKey.generate_key("P-256")
    token = others.token("new")
    assert "does not show" in refusal(verifier, token).reason
    now[0] += 31
    verifier.verify(f"Bearer {token}", "GET", "http://localhost/")
    del others.keys["new"]
    for n in range(20):
        refusal(verifier, others.token(header={"kid": f"unknown{n}"}))
    assert asked == [0.0, 31.0]
    now[0] += 3_601
    assert "does not show" in refusal(verifier, token).reason


def test_an_issuer_that_is_away_is_no_reason_to_refuse_for_good(verifier: Verifier, others: ForeignProvider) -> None:
    others.answer = b"<html>"
    away = refusal(verifier, others.token())
    assert (away.status, away.error) == (503, "temporarily_unavailable")


@pytest.mark.parametrize(
    "answer", [b"[]", b"{}", b'{"issuer":"https://other.example","jwks_uri":"x"}', b"x" * (1 << 21), b"[" * 100_000]
)
def test_an_issuer_that_answers_nonsense_is_not_believed(
    verifier: Verifier, others: ForeignProvider, answer: bytes
) -> None:
    others.answer = answer
    assert refusal(verifier, others.token()).status == 503


@pytest.mark.parametrize("uri", ["http://login.example/keys", "http://10.0.0.1/keys", "https://127.0.0.1:1/keys"])
def test_keys_come_by_https_or_not_at_all(others: ForeignProvider, uri: str) -> None:
    others.answer = json.dumps({"issuer": others.issuer, "jwks_uri": uri}).encode()
    keys = foreign(ForeignIssuer(issuer=others.issuer, **SETTINGS)).keys
    with pytest.raises(KeysUnavailable, match=re.escape(uri)):
        keys.key("rsa")


def test_tokens_of_this_provider_lapse(world: World) -> None:
    token = world.token({**world.service(), "grant_type": "client_credentials"}).json()["access_token"]
    world.clock.ahead += 320
    with pytest.raises(Refused, match="lapsed"):
        world.verifier.verify(f"Bearer {token}", "GET", ISSUER)


def test_an_issuer_does_not_speak_for_another(world: World, others: ForeignProvider) -> None:
    verifier = Verifier([foreign(ForeignIssuer(issuer=others.issuer, **SETTINGS)), own(world.identity)])
    stolen = others.token(iss=ISSUER, aud="https://api.example", header={"typ": "at+jwt"})
    assert "does not show" in refusal(verifier, stolen).reason


def test_remembered_proofs_are_bounded() -> None:
    now = [1_000.0]
    seen = Replays(lambda: now[0])
    seen.MOST = 3  # type: ignore[misc]
    assert [seen(id, 1_010) for id in ("a", "b", "a", "c", "d")] == [True, True, False, True, False]
    now[0] += 20
    assert seen("d", 1_030)
