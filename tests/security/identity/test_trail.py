"""Who signs in, who is given tokens, and who keeps people and applications is in the audit trail."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.security.identity.test_signing_in import code_at, set_up_totp
from tests.security.identity.world import PASSWORD, World, ask, pkce, redeem
from trunkline import contracts
from trunkline.log import Log, open_log
from trunkline.security.audit import TOPIC, Entry, Recorder
from trunkline.security.audit.entry import decode
from trunkline.security.audit.pseudonym import Pseudonyms
from trunkline.security.audit.requests import AuditedRequests
from trunkline.security.identity.clients import DEVICE

CONTRACTS = Path(__file__).parents[3] / "belgicom" / "contracts"
NOC = "noc@acme.example"
NAMES = Pseudonyms(b"k" * 32)


class Recorded(World):
    """A provider whose requests are recorded, and the entries that they have made."""

    def __init__(self, url: str, log: Log, recorder: Recorder) -> None:
        super().__init__(url)
        self._log, self._recorder = log, recorder
        self.app.add_middleware(AuditedRequests, recorder=recorder, pseudonyms=NAMES)

    def entries(self) -> list[Entry]:
        """All until now: a read is recorded with the next change, which a refused sign-in is."""
        self.browser("10.9.9.9").sign_in("nobody@acme.example")
        every = [decode(record.value or b"") for record in self._log.read(TOPIC.name, 0, 0, 100_000)]
        return [each for each in every if each.origin.address != "10.9.9.9"]

    def raw(self) -> bytes:
        return b"".join(record.value or b"" for record in self._log.read(TOPIC.name, 0, 0, 100_000))


@pytest.fixture
def world(tmp_path: Path, copied: str) -> Iterator[Recorded]:
    validators = contracts.load(CONTRACTS).validators()
    with (
        closing(open_log(f"sqlite://{tmp_path}/log.db", validators)) as log,
        closing(Recorder(log)) as recorder,
    ):
        made = Recorded(copied, log, recorder)
        yield made
        made.identity.close()


def said(entry: Entry) -> tuple[str, str, str, str, str]:
    return entry.action, entry.resource.kind, entry.who.subject, entry.outcome, entry.rule


def test_a_sign_in_says_who_from_where_and_by_what(world: Recorded) -> None:
    world.browser("10.1.2.3").sign_in(NOC)
    [entry] = world.entries()
    assert said(entry) == ("signIn", "session", world.noc, "done", "")
    assert (entry.origin.address, entry.factors, entry.who.roles) == ("10.1.2.3", ("pwd",), ("noc",))
    assert entry.origin.operation == "POST /oauth2/sign-in"
    assert set(entry.concerns) == {NAMES.of(world.noc), NAMES.of(NOC)}


def test_refusals_and_lockouts_say_what_refused_and_whose_account_it_was(world: Recorded) -> None:
    for _ in range(6):
        world.browser().sign_in(NOC, "wrong password")
    world.browser().sign_in("nobody@acme.example")
    *wrong, locked, unknown = world.entries()
    assert {said(each) for each in wrong} == {("signIn", "session", world.noc, "refused", "sign-in password")}
    assert said(locked) == ("signIn", "session", world.noc, "refused", "sign-in locked")
    assert (locked.status, locked.factors) == (429, ())
    assert said(unknown) == ("signIn", "session", "anonymous", "refused", "sign-in password")


def test_second_factors_and_what_people_change_of_their_account(world: Recorded) -> None:
    browser = world.browser()
    browser.sign_in(NOC)
    secret = set_up_totp(world, browser)
    browser.send(browser.get("/oauth2/account"), to="/sign-out")
    page = browser.sign_in(NOC)
    browser.send(page, code="000000")
    world.clock.ahead += 60
    page = browser.send(page, code=code_at(world, secret))
    browser.send(page, to="/password", old="wrong", new="a much better password")
    browser.send(page, to="/password", old=PASSWORD, new="a much better password")
    _, totp, out, half, wrong, whole, kept, changed = world.entries()
    assert (said(totp), totp.fields) == (("change", "person", world.noc, "done", ""), ("totp",))
    assert said(out)[:3] == ("delete", "session", world.noc)
    assert half.factors == ("pwd",)
    assert (said(wrong)[3:], wrong.factors) == (("refused", "sign-in code"), ("pwd",))
    assert (said(whole)[3:], whole.factors) == (("done", ""), ("pwd", "otp", "mfa"))
    assert (said(kept)[3:], kept.fields) == (("refused", "sign-in password"), ("password",))
    assert (said(changed)[3:], changed.factors) == (("done", ""), ("pwd", "otp", "mfa"))


def test_tokens_say_for_whom_which_client_and_which_scopes(world: Recorded) -> None:
    client = world.client()
    tokens = world.tokens(client)
    world.refresh(client, tokens["refresh_token"])
    world.refresh(client, tokens["refresh_token"])
    _, decided, granted, refreshed, again = world.entries()
    assert said(decided) == ("decide", "grant", world.noc, "done", "")
    assert (decided.who.client, decided.fields, decided.factors) == ("app", ("openid", "network.read"), ("pwd",))
    assert said(granted) == ("create", "grant", world.noc, "done", "")
    assert (granted.who.client, granted.fields, granted.factors) == ("app", ("openid", "network.read"), ("pwd",))
    assert (said(refreshed), refreshed.resource) == (("change", "grant", world.noc, "done", ""), granted.resource)
    assert said(again) == ("change", "grant", world.noc, "refused", "oauth2 refresh token used again")


def test_applications_sign_in_and_are_refused(world: Recorded) -> None:
    service = world.service()
    grant = {"grant_type": "client_credentials"}
    token = world.token({**service, **grant}).json()["access_token"]
    world.token({**service, **grant, "client_secret": "wrong"})
    world.token({"client_id": "no-such", "client_secret": "wrong", **grant})
    world.post("/oauth2/revoke", {**service, "token": token})
    signed_in, wrong, unknown, revoked = world.entries()
    assert said(signed_in) == ("signIn", "grant", "service", "done", "")
    assert said(wrong) == ("signIn", "grant", "service", "refused", "oauth2 invalid_client")
    assert said(unknown) == ("signIn", "grant", "anonymous", "refused", "oauth2 invalid_client")
    assert (said(revoked), revoked.resource) == (("delete", "grant", "service", "done", ""), signed_in.resource)


def test_a_person_lets_an_application_or_a_device_in_or_not(world: Recorded) -> None:
    client = world.client(grant_types=[DEVICE])
    codes = world.post("/oauth2/device_authorization", {**client, "scope": "network.read"}).json()
    poll = {**client, "grant_type": DEVICE, "device_code": codes["device_code"]}
    assert world.token(poll).json()["error"] == "authorization_pending"
    browser = world.browser()
    browser.sign_in(NOC)
    page = browser.send(browser.get("/oauth2/device"), user_code=codes["user_code"])
    browser.send(page, decision="deny")
    world.clock.ahead += 10
    world.token(poll)
    begun, _, denied, given = world.entries()
    assert (said(begun), begun.who.client) == (("create", "device", "app", "done", ""), "app")
    assert said(denied) == ("decide", "device", world.noc, "refused", "the person")
    assert said(given) == ("create", "grant", "app", "refused", "oauth2 access_denied")


def test_joiners_movers_and_leavers(world: Recorded) -> None:
    headers = {"authorization": f"Bearer {world.admin_token()}"}
    before = len(world.entries())
    made = world.http.post("/scim/v2/Users", json={"userName": "Ana@acme.example"}, headers=headers).json()
    user = f"/scim/v2/Users/{made['id']}"
    group = world.http.get('/scim/v2/Groups?filter=displayName eq "noc"', headers=headers).json()["Resources"][0]
    join = [{"op": "add", "path": "members", "value": [{"value": made["id"]}]}]
    world.http.patch(f"/scim/v2/Groups/{group['id']}", json={"Operations": join}, headers=headers)
    leave = [
        {"op": "replace", "path": "active", "value": False},
        {"op": "add", "path": "password", "value": "x" * 3 + PASSWORD},
    ]
    world.http.patch(user, json={"Operations": leave}, headers=headers)
    world.http.get(user, headers=headers)
    world.http.delete(user, headers=headers)
    world.http.delete(user, headers={"authorization": "Bearer nonsense"})
    joined, _, moved, left, read, gone, refused = world.entries()[before:]
    ana = {NAMES.of(made["id"]), NAMES.of("ana@acme.example")}
    assert (said(joined), set(joined.concerns)) == (("create", "person", world.boss, "done", ""), ana)
    assert (joined.who.client, joined.resource.id) == ("trunkline", NAMES.of(made["id"]))
    assert (said(moved)[:2], moved.fields, moved.concerns) == (
        ("change", "group"),
        ("members",),
        (NAMES.of(made["id"]),),
    )
    assert (left.action, left.fields) == ("change", ("active", "password"))
    assert (read.action, read.told, set(read.concerns)) == ("read", 1, ana)
    assert (gone.action, set(gone.concerns)) == ("delete", ana)
    assert said(refused) == ("delete", "person", "anonymous", "refused", "authentication invalid_token")


def test_registered_applications(world: Recorded) -> None:
    token = world.admin_token("identity.clients network.read")
    headers = {"authorization": f"Bearer {token}"}
    before = len(world.entries())
    asked: dict[str, Any] = {"grant_types": ["client_credentials"], "scope": "network.read"}
    made = world.http.post("/oauth2/register", json=asked, headers=headers).json()
    its = {"authorization": f"Bearer {made['registration_access_token']}"}
    one = f"/oauth2/register/{made['client_id']}"
    world.http.put(one, json={**asked, "client_id": made["client_id"], "client_name": "Feeder"}, headers=its)
    world.http.delete(one, headers=headers)
    world.http.delete(one, headers=its)
    entries = world.entries()[before:]
    assert [each.resource.id for each in entries] == [made["client_id"]] * 4
    assert [each.action for each in entries] == ["create", "change", "delete", "delete"]
    assert (entries[0].who.subject, entries[0].fields) == (world.boss, ("network.read",))
    assert (entries[1].who.subject, entries[1].fields) == (made["client_id"], ("client_name",))
    assert (entries[2].outcome, entries[2].rule) == ("refused", "registration access token")
    assert entries[1].origin.operation == "PUT /oauth2/register/{id}"


def test_no_secret_is_ever_in_an_entry(world: Recorded) -> None:
    client, (verifier, challenge) = world.client(), pkce()
    browser = world.browser()
    browser.sign_in("a password in the wrong field", "another-wrong-one")
    browser.sign_in(NOC)
    secret = set_up_totp(world, browser)
    page = browser.get(ask(client["client_id"], code_challenge=challenge))
    code = browser.send(page, decision="allow").headers["location"].partition("code=")[2].partition("&")[0]
    tokens = world.token(redeem(client, code, verifier)).json()
    world.refresh(client, tokens["refresh_token"])
    world.post("/oauth2/introspect", {**client, "token": tokens["access_token"]})
    world.entries()
    secrets = [
        PASSWORD, "wrong field", "another-wrong-one", base64.b32encode(secret).decode(), code_at(world, secret), code,
        verifier, client["client_secret"], tokens["access_token"], tokens["refresh_token"], tokens["id_token"], NOC,
        *browser.http.cookies.values(),
    ]  # fmt: skip
    assert [each for each in secrets if each.encode() in world.raw()] == []


def test_what_only_shows_a_page_is_no_entry(world: Recorded) -> None:
    world.http.get("/.well-known/openid-configuration")
    world.http.get("/oauth2/keys")
    world.browser().get("/oauth2/sign-in", next="/oauth2/account")
    world.browser().get(ask("no-such"))
    assert [each.rule for each in world.entries()] == ["oauth2 invalid_client"]
