"""Who may call: tokens, scopes, keys, service levels, addresses; each through the running Envoy."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import RSAKey

from tests.gateway.issuer import Issuer, declared
from tests.gateway.running import Running, eventually, gateway, openapi
from tests.gateway.upstream import Upstream, serving

OPERATIONS = {"list": "GET /thing", "make": "POST /thing"}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with serving() as running:
        yield running


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory):
    return tmp_path_factory.mktemp("gw")


@pytest.fixture(scope="module")
def issuer(project) -> Issuer:
    return Issuer(project)


@pytest.fixture(scope="module")
def running(upstream: Upstream, issuer: Issuer, project) -> Iterator[Running]:
    def api(*policies, **operations):
        return {"upstream": "things", "policies": list(policies), "operations": operations}

    jwt = {"kind": "jwt", "issuer": "ours"}
    key = {"kind": "api-key"}
    apis = {
        "token": api(jwt, make=[{"kind": "scopes", "all_of": ["thing:read", "thing:write"]}]),
        "some": api(jwt, {"kind": "scopes", "any_of": ["thing:admin", "thing:read"]}),
        "key": api(key),
        "level": api(key, {"kind": "tier", "allowed": ["gold", "silver"]}),
        "token-level": api(jwt, {"kind": "tier", "allowed": ["gold", "silver"]}),
        "late": api({"kind": "jwt", "issuer": "late"}),
        "secret": api({"kind": "jwt", "issuer": "secret"}),
        "near": api({"kind": "ip", "allow": ["127.0.0.0/8", "::1"]}, key),
        "far": api({"kind": "ip", "allow": ["10.0.0.0/8"]}, key),
        "banned": api({"kind": "ip", "deny": ["127.0.0.0/8"]}, key),
    }
    files = {
        "gateway.yaml": {
            "upstreams": {"things": {"addresses": [f"127.0.0.1:{upstream.port}"]}},
            "issuers": {"ours": declared(), "late": declared("late.json"), "secret": declared("secret.json")},
            "tiers": {"gold": "5 per hour", "silver": "2 per hour", "bronze": "1 per hour"},
        }
    }
    for name, policies in apis.items():
        files[f"{name}/openapi.yaml"] = openapi(f"/{name}/v1", OPERATIONS)
        files[f"{name}/policies.yaml"] = policies
    with gateway(project, files) as running:
        yield running


def test_a_good_token_is_taken_and_tells_the_upstream_who_calls(running: Running, issuer: Issuer) -> None:
    seen = running.call("/token/v1/thing", headers=issuer.bearer()).json()["headers"]
    assert (seen["x-trunkline-subject"], seen["x-trunkline-client"]) == ("user-7", "crm")
    assert seen["authorization"].startswith("Bearer ")  # the upstream can check for itself


def test_a_token_of_an_elliptic_key_is_taken(running: Running, issuer: Issuer) -> None:
    token = issuer.token({"alg": "ES256", "kid": issuer.ec.kid}, issuer.ec)
    assert running.call("/token/v1/thing", headers={"authorization": f"Bearer {token}"}).status_code == 200


def test_no_token_is_401_and_says_what_is_wanted(running: Running) -> None:
    answer = running.call("/token/v1/thing")
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    decision = running.why(answer)
    assert decision.rule is not None
    assert (decision.rule.kind, decision.rule.file, decision.rule.level) == ("jwt", "apis/token/policies.yaml", "api")


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": int(time.time()) - 120},
        {"exp": None},
        {"nbf": int(time.time()) + 3_600},
        {"iss": "https://id.example.org"},
        {"aud": "https://api.example.org"},
        {"aud": None},
    ],
    ids=["expired", "never expires", "not yet", "another issuer", "for others", "for nobody"],
)
def test_a_token_that_is_not_for_us_now_is_refused(running: Running, issuer: Issuer, claims: dict[str, object]) -> None:
    assert running.call("/token/v1/thing", headers=issuer.bearer(**claims)).status_code in (401, 403)


def test_a_token_that_expires_is_refused_even_when_it_was_taken_before(running: Running, issuer: Issuer) -> None:
    token = issuer.bearer(exp=int(time.time()) - 29)  # Envoy allows 30 s of skew
    assert running.call("/token/v1/thing", headers=token).status_code == 200
    eventually(lambda: running.call("/token/v1/thing", headers=token).status_code == 401)


def test_a_token_that_is_forged_is_refused(running: Running, issuer: Issuer) -> None:
    head, body, signature = issuer.token().split(".")
    none = base64.urlsafe_b64encode(json.dumps({"alg": "none"}).encode()).rstrip(b"=").decode()
    other = RSAKey.generate_key(2048)
    forged = {
        "alg none": f"{none}.{body}.",
        "alg none with a signature": f"{none}.{body}.{signature}",
        "public key as secret": issuer.confused(),
        "another's key": issuer.token(key=other),
        "other claims": f"{head}.{issuer.token(sub='root').split('.')[1]}.{signature}",
        "key of its own in the header": issuer.token({"jwk": other.as_dict(private=False)}, other),
        "not base64": "a.b.c",
    }
    for how, token in forged.items():
        answer = running.call("/token/v1/thing", headers={"authorization": f"Bearer {token}"})
        assert answer.status_code == 401, how


@pytest.mark.parametrize("bound", [{"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2Hg"}, {"x5t#S256": "bwcK0esc3ACC"}])
def test_a_token_that_is_bound_to_a_key_is_not_taken_from_who_shows_it_alone(
    running: Running, issuer: Issuer, bound: dict[str, str]
) -> None:
    answer = running.call("/token/v1/thing", headers=issuer.bearer(cnf=bound))
    assert answer.status_code == 403
    decision = running.why(answer)
    assert decision.rule is not None
    assert decision.rule.kind == "jwt"


def test_a_token_in_the_query_or_in_a_cookie_is_not_taken(running: Running, issuer: Issuer) -> None:
    assert running.call(f"/token/v1/thing?access_token={issuer.token()}").status_code == 401
    assert running.call("/token/v1/thing", headers={"cookie": f"access_token={issuer.token()}"}).status_code == 401


def test_two_authorization_headers_do_not_add_up(running: Running, issuer: Issuer) -> None:
    headers = [("authorization", "Bearer a.b.c"), ("authorization", f"Bearer {issuer.token()}")]
    assert running.call("/token/v1/thing", headers=headers).status_code == 401


def test_all_scopes_that_an_operation_asks_for_are_needed(running: Running, issuer: Issuer) -> None:
    refused = running.call("/token/v1/thing", "POST", headers=issuer.bearer(scope="thing:read thing:writer"))
    assert refused.status_code == 403
    decision = running.why(refused)
    assert decision.rule is not None
    assert (decision.rule.kind, decision.rule.says) == ("scopes", {"all_of": ["thing:read", "thing:write"]})
    assert decision.rule.line == line_of(running, "token/policies.yaml", "kind: scopes")
    allowed = running.call("/token/v1/thing", "POST", headers=issuer.bearer(scope="x thing:write thing:read"))
    assert allowed.status_code == 200


@pytest.mark.parametrize("scope", ["thing:read", "other thing:admin", ["thing:admin", "x"]])
def test_one_of_several_scopes_does_where_that_is_said(running: Running, issuer: Issuer, scope: object) -> None:
    assert running.call("/some/v1/thing", headers=issuer.bearer(scope=scope)).status_code == 200
    assert running.call("/some/v1/thing", headers=issuer.bearer(scope="thing:rea")).status_code == 403
    assert running.call("/some/v1/thing", headers=issuer.bearer(scope=None)).status_code == 403


def test_new_keys_of_the_issuer_are_taken_and_the_old_are_not(running: Running, issuer: Issuer) -> None:
    old = issuer.bearer()
    assert running.call("/token/v1/thing", headers=old).status_code == 200
    issuer.rotate()
    eventually(lambda: running.call("/token/v1/thing", headers=issuer.bearer()).status_code == 200)
    assert running.call("/token/v1/thing", headers=old).status_code == 401


def test_no_token_is_taken_of_an_issuer_whose_keys_are_not_there_yet(running: Running, issuer: Issuer) -> None:
    assert running.call("/late/v1/thing", headers=issuer.bearer()).status_code == 401
    (running.places.project / "late.json").write_text(issuer.keys_file.read_text())
    eventually(lambda: running.call("/late/v1/thing", headers=issuer.bearer()).status_code == 200)


@pytest.mark.parametrize("private", [True, False])
def test_no_token_is_taken_by_a_key_that_is_a_secret(running: Running, issuer: Issuer, private: bool) -> None:
    """Who could check such a token could sign one, too."""
    key = issuer.rsa.as_dict(private=True) if private else {"kty": "oct", "k": "c2VjcmV0", "alg": "HS256", "kid": "s"}
    (running.places.project / "secret.json").write_text(json.dumps({"keys": [key]}))
    before = datetime.now(UTC)
    (running.places.project / "apis/gateway.yaml").touch()
    eventually(lambda: datetime.fromisoformat(running.status()["looked"]) >= before)
    token = issuer.token() if private else issuer.confused()
    assert running.call("/secret/v1/thing", headers={"authorization": f"Bearer {token}"}).status_code == 401


def test_an_issued_key_is_taken_and_does_not_reach_the_upstream(running: Running) -> None:
    issued = running.register.issue("shop", "gold")
    eventually(lambda: running.call("/key/v1/thing", headers={"x-api-key": issued.text}).status_code == 200)
    seen = running.call("/key/v1/thing", headers={"x-api-key": issued.text}).json()["headers"]
    assert seen["x-trunkline-application"] == "gold.shop"
    assert "x-api-key" not in seen


@pytest.mark.parametrize("headers", [{}, {"x-api-key": ""}, {"x-api-key": "tk_0123_guess"}])
def test_an_unknown_key_is_refused(running: Running, headers: dict[str, str]) -> None:
    answer = running.call("/key/v1/thing", headers=headers)
    assert answer.status_code == 401
    decision = running.why(answer)
    assert decision.rule is not None
    assert decision.rule.kind == "api-key"


def test_a_key_in_the_query_is_not_taken(running: Running) -> None:
    issued = running.register.issue("query", "gold")
    assert running.call(f"/key/v1/thing?x-api-key={issued.text}").status_code == 401


def test_a_revoked_key_is_refused(running: Running) -> None:
    issued = running.register.issue("gone", "gold")
    headers = {"x-api-key": issued.text}
    eventually(lambda: running.call("/key/v1/thing", headers=headers).status_code == 200)
    running.register.revoke(issued.key.id)
    eventually(lambda: running.call("/key/v1/thing", headers=headers).status_code == 401)


def test_a_rotated_key_and_its_successor_both_work_until_the_old_expires(running: Running) -> None:
    old = running.register.issue("turning", "gold")
    new = running.register.rotate(old.key.id, timedelta(seconds=2))

    def status(text: str) -> int:
        return running.call("/key/v1/thing", headers={"x-api-key": text}).status_code

    eventually(lambda: status(new.text) == 200)
    assert datetime.now(UTC) >= running.register.known()[-2].expires or status(old.text) == 200
    eventually(lambda: status(old.text) == 401)
    assert status(new.text) == 200


def test_the_register_of_keys_has_no_key_in_it(running: Running) -> None:
    issued = running.register.issue("hashed", "gold")
    assert issued.text not in running.places.register.read_text()
    assert issued.key.digest in running.places.register.read_text()


def test_each_client_has_the_rate_of_its_level_for_itself(running: Running) -> None:
    first, second = (running.register.issue(name, "silver") for name in ("first", "second"))

    def statuses(text: str, times: int) -> list[int]:
        return [running.call("/level/v1/thing", headers={"x-api-key": text}).status_code for _ in range(times)]

    eventually(lambda: running.call("/key/v1/thing", headers={"x-api-key": second.text}).status_code == 200)
    assert statuses(first.text, 3) == [200, 200, 429]
    assert statuses(second.text, 3) == [200, 200, 429]
    gold = running.register.issue("third", "gold")
    eventually(lambda: running.call("/key/v1/thing", headers={"x-api-key": gold.text}).status_code == 200)
    assert statuses(gold.text, 6) == [200] * 5 + [429]


def test_a_level_that_the_operation_is_not_for_is_refused(running: Running) -> None:
    bronze = running.register.issue("poor", "bronze")
    eventually(lambda: running.call("/key/v1/thing", headers={"x-api-key": bronze.text}).status_code == 200)
    answer = running.call("/level/v1/thing", headers={"x-api-key": bronze.text})
    assert answer.status_code == 403
    assert running.why(answer).rule.kind == "tier"


def test_a_limit_says_when_to_come_again_and_which_it_was(running: Running, issuer: Issuer) -> None:
    statuses = [running.call("/token-level/v1/thing", headers=issuer.bearer(client_id="busy")) for _ in range(6)]
    assert [answer.status_code for answer in statuses] == [200] * 5 + [429]
    assert statuses[-1].headers["retry-after"] == "1800"  # as the slowest level has to wait
    assert statuses[-1].json()["code"] == "tooManyRequests"
    decision = running.why(statuses[-1])
    assert decision.rule.kind == "tier"
    assert decision.caller.startswith("client busy")


def test_a_client_cannot_name_itself_into_a_level(running: Running, issuer: Issuer) -> None:
    answer = running.call("/token-level/v1/thing", headers=issuer.bearer(tier=None, client_id="gold.me"))
    assert answer.status_code == 403
    spoofed = issuer.bearer(tier=None) | {"x-trunkline-tier": "gold", "x-trunkline-application": "gold.me"}
    assert running.call("/token-level/v1/thing", headers=spoofed).status_code == 403


def test_only_networks_that_may_call_do(running: Running) -> None:
    headers = {"x-api-key": running.register.issue("addressed", "gold").text}
    eventually(lambda: running.call("/near/v1/thing", headers=headers).status_code == 200)
    assert running.call("/far/v1/thing", headers=headers).status_code == 403
    assert running.call("/far/v1/thing", headers=headers | {"x-forwarded-for": "10.0.0.1"}).status_code == 403
    banned = running.call("/banned/v1/thing", headers=headers)
    assert banned.status_code == 403
    assert running.why(banned).rule.kind == "ip"


def line_of(running: Running, file: str, text: str) -> int:
    lines = (running.places.project / "apis" / file).read_text().splitlines()
    return next(number for number, line in enumerate(lines, 1) if text in line)
