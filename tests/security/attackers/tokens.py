"""Tokens that are swapped, forged, stolen or replayed."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from tests.gateway.belgicom import Behind
from tests.security.identity.world import ProofKey, claims, compact
from trunkline.project import Project

PATH = "/tmf-api/alarmManagement/v4/alarm"
NOC, CARE = "noc@belgicom.example", "care@belgicom.example"
OPENID = "openid offline_access network.read"


def refused(house: Behind, token: str, scheme: str = "Bearer", **headers: str) -> bool:
    """Whether a token is refused by the gateway itself, and by the API past it."""
    said = {**headers, "authorization": f"{scheme} {token}", "x-purpose": "operations"}
    at_gateway, behind = house.call(PATH, headers=said), house.past(PATH, headers=said)
    itself = "x-envoy-upstream-service-time" not in at_gateway.headers
    return itself and at_gateway.status_code in (401, 403) and behind.status_code == 401


def signed(house: Behind, header: dict[str, Any], **changed: Any) -> str:
    """A token that the provider's own key has signed, as the provider itself never would."""
    key = signing_key(house.folder)
    said = {**claims(house.token(NOC, OPENID)), **changed}
    whole = {"alg": "RS256", "kid": key.kid, "typ": "at+jwt", **header}
    return jwt.encode(whole, {name: value for name, value in said.items() if value is not None}, key, ["RS256"])


@cache
def signing_key(folder: Path) -> RSAKey:
    """The provider's own."""
    identity = Project(folder).open_identity()
    assert identity is not None
    with closing(identity), identity.looking() as unit:
        return unit.keys.current()


def public_key(house: Behind) -> dict[str, Any]:
    [key, *_] = house.client.get(f"{house.direct}/oauth2/keys").json()["keys"]
    return dict(key)


def test_a_good_token_is_taken(house: Behind) -> None:
    token = house.token(NOC, OPENID)
    assert house.call(PATH, token=token, purpose="operations").status_code == 200
    assert house.past(PATH, token=token, purpose="operations").status_code == 200
    assert house.call(PATH, token=signed(house, {}), purpose="operations").status_code == 200


def test_token_swap_an_id_token_is_no_access_token(house: Behind) -> None:
    assert refused(house, house.tokens_of(NOC, OPENID)["id_token"])


def test_token_swap_a_refresh_token_is_no_access_token(house: Behind) -> None:
    assert refused(house, house.tokens_of(NOC, OPENID)["refresh_token"])


def test_token_swap_a_type_that_is_no_access_tokens_is_refused_behind_the_gateway(house: Behind) -> None:
    said = {"authorization": f"Bearer {signed(house, {'typ': 'JWT'})}", "x-purpose": "operations"}
    assert house.call(PATH, headers=said).status_code == 401


@pytest.mark.parametrize(
    "changed",
    [
        {"aud": "https://another.example"}, {"aud": ["https://another.example"]}, {"aud": None},
        {"iss": "https://evil.example"}, {"iss": None}, {"exp": 1}, {"exp": None}, {"nbf": 2**40},
        {"cnf": {"jkt": "x"}}, {"cnf": {"x5t#S256": "x"}},
    ],
    ids=str,
)  # fmt: skip
def test_a_token_for_somebody_else_or_another_time_is_refused(house: Behind, changed: dict[str, Any]) -> None:
    assert refused(house, signed(house, {}, **changed))


@pytest.mark.parametrize("name", ["none", "None", "NONE", "nOnE", "", "HS256", "RS999", None, 1, ["RS256"]])
def test_alg_none_and_its_kin_are_refused(house: Behind, name: Any) -> None:
    token = house.token(NOC, OPENID)
    head = {"alg": name, "typ": "at+jwt", "kid": public_key(house)["kid"]}
    assert refused(house, compact(head, claims(token)))
    assert refused(house, f"{compact(head, claims(token)).rpartition('.')[0]}.{token.rpartition('.')[2]}")


def test_key_confusion_the_public_key_is_no_secret(house: Behind) -> None:
    key, said = public_key(house), claims(house.token(NOC, OPENID))
    rsa = RSAKey.import_key({name: key[name] for name in ("kty", "n", "e")})
    for secret in (
        rsa.as_pem(private=False),
        rsa.as_der(private=False),
        json.dumps(key).encode(),
        key["n"].encode(),
        b"",
    ):
        for algorithm in ("HS256", "HS384", "HS512"):
            assert refused(house, compact({"alg": algorithm, "kid": key["kid"], "typ": "at+jwt"}, said, secret))


def test_key_confusion_a_signature_of_nothing_is_none(house: Behind) -> None:
    said, kid = claims(house.token(NOC, OPENID)), public_key(house)["kid"]
    for algorithm, octets in (("ES256", 64), ("ES384", 96), ("EdDSA", 64), ("RS256", 256), ("PS256", 256)):
        head, body, _ = compact({"alg": algorithm, "kid": kid, "typ": "at+jwt"}, said).split(".")
        nothing = base64.urlsafe_b64encode(bytes(octets)).rstrip(b"=").decode()
        assert refused(house, f"{head}.{body}.{nothing}")


def test_a_key_that_the_token_brings_along_is_not_used(house: Behind) -> None:
    said = claims(house.token(NOC, OPENID))
    for key, algorithm in ((RSAKey.generate_key(2048), "RS256"), (ECKey.generate_key("P-256"), "ES256")):
        own = key.as_dict(private=False)
        for kid in (None, public_key(house)["kid"]):
            head = {"alg": algorithm, "typ": "at+jwt", "jwk": own, **({"kid": kid} if kid else {})}
            assert refused(house, jwt.encode(head, said, key, [algorithm]))


def test_a_place_where_keys_are_said_to_be_is_not_asked(house: Behind) -> None:
    key, said = RSAKey.generate_key(2048), claims(house.token(NOC, OPENID))
    with trap() as (url, came):
        for name in ("jku", "x5u"):
            for kid in (public_key(house)["kid"], url):
                head = {"alg": "RS256", "typ": "at+jwt", "kid": kid, name: url}
                assert refused(house, jwt.encode(head, said, key, ["RS256"]))
        assert refused(house, signed(house, {}, iss=url))
        assert came == []


@pytest.mark.parametrize(
    "kid",
    [
        "../../../../../../dev/null", "/dev/null", "file:///dev/null", "' OR '1'='1", "'; DROP TABLE keys; --", "%00",
        "\x00", "", "a" * 5_000, "../jwks.json", "${env:HOME}", "x\r\nx-evil: 1",
    ],
)  # fmt: skip
def test_a_name_of_a_key_is_only_a_name(house: Behind, kid: str) -> None:
    said = claims(house.token(NOC, OPENID))
    for secret in (b"", b"\x00", b"secret"):
        assert refused(house, compact({"alg": "HS256", "kid": kid, "typ": "at+jwt"}, said, secret))
    key = RSAKey.generate_key(2048)
    assert refused(house, jwt.encode({"alg": "RS256", "kid": kid, "typ": "at+jwt"}, said, key, ["RS256"]))


def test_what_a_token_says_cannot_be_changed_after_it_was_signed(house: Behind) -> None:
    head, body, mark = house.token(NOC, OPENID).split(".")
    told = json.loads(base64.urlsafe_b64decode(body + "=="))
    for change in (
        {"scope": "network.read network.write"},
        {"roles": ["administrator"]},
        {"region": ""},
        {"exp": 2**33},
    ):
        other = base64.urlsafe_b64encode(json.dumps(told | change).encode()).rstrip(b"=").decode()
        assert refused(house, f"{head}.{other}.{mark}")
    for broken in (f"{head}.{body}.", f"{head}.{body}", f"{head}..{mark}", f"{head}.{body}.{mark}.{mark}", "." * 2):
        assert refused(house, broken)


def test_a_token_elsewhere_than_in_its_header_is_none(house: Behind) -> None:
    token = house.token(NOC, OPENID)
    for ask in (house.call, house.past):
        assert ask(f"{PATH}?access_token={token}").status_code == 401
        assert ask(PATH, headers={"cookie": f"access_token={token}"}).status_code == 401
        two = [("authorization", f"Bearer {token}"), ("authorization", "Bearer x.y.z")]
        assert house.client.get(str(ask(PATH).url), headers=two).status_code in (400, 401)


def bound(house: Behind) -> tuple[ProofKey, str]:
    """A key, and a token that is bound to it."""
    key, url = ProofKey(), f"{house.direct}/oauth2/token"
    made = house.client.post(
        f"{house.direct}/oauth2/register",
        json={
            "client_name": "Bound", "grant_types": ["client_credentials"], "scope": "network.read",
            "token_endpoint_auth_method": "client_secret_post", "dpop_bound_access_tokens": True,
        },
        headers={"authorization": f"Bearer {house.token()}"},
    ).json()  # fmt: skip
    asked = {"client_id": made["client_id"], "client_secret": made["client_secret"], "grant_type": "client_credentials"}
    nonce = house.client.post(url, data=asked, headers={"dpop": key.proof("POST", url)}).headers["dpop-nonce"]
    told = house.client.post(url, data=asked, headers={"dpop": key.proof("POST", url, nonce=nonce)}).json()
    return key, str(told["access_token"])


def test_dpop_a_proof_is_good_once_for_one_address_method_key_and_token(house: Behind) -> None:
    key, token = bound(house)
    other, url = ProofKey(), f"{house.direct}{PATH}"

    def shown(proof: str, scheme: str = "DPoP") -> int:
        return house.past(PATH, headers={"authorization": f"{scheme} {token}", "dpop": proof}).status_code

    good = key.proof("GET", url, token)
    assert shown(good) == 403  # it is known, and has no role
    assert shown(good) == 401  # replayed
    assert shown(key.proof("GET", f"{house.direct}/network-health/v1/network", token)) == 401
    assert shown(key.proof("GET", f"{house.url}{PATH}", token)) == 401
    assert shown(key.proof("POST", url, token)) == 401
    assert shown(other.proof("GET", url, token)) == 401
    assert shown(key.proof("GET", url)) == 401  # of no token
    assert shown(key.proof("GET", url, house.token(NOC, OPENID))) == 401  # of another token
    assert shown(key.proof("GET", url, token, iat=int(time.time()) - 3_600)) == 401
    assert shown(key.proof("GET", url, token), "Bearer") == 401
    assert house.past(PATH, token=token).status_code == 401


def test_dpop_a_bound_token_is_not_taken_where_no_proof_can_be_checked(house: Behind) -> None:
    key, token = bound(house)
    for scheme in ("Bearer", "DPoP"):
        said = {"authorization": f"{scheme} {token}", "dpop": key.proof("GET", f"{house.url}{PATH}", token)}
        assert house.call(PATH, headers=said).status_code in (401, 403)


@contextmanager
def trap() -> Iterator[tuple[str, list[str]]]:
    """A listener that nobody is to call, and who came."""
    came: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        stop = threading.Event()

        def wait() -> None:
            while not stop.is_set():
                try:
                    connection, address = server.accept()
                except TimeoutError:
                    continue
                came.append(str(address))
                connection.close()

        thread = threading.Thread(target=wait)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/keys", came
        finally:
            stop.set()
            thread.join()
