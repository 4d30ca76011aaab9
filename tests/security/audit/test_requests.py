"""What an entry says of a request."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import Receive, Scope, Send

from tests.security.audit.trail import BEGIN
from trunkline import contracts
from trunkline.log import Log, open_log
from trunkline.security.audit import TOPIC, Entry, NotRecorded, Recorder, Resource, Who
from trunkline.security.audit.entry import UNNUMBERED, decode, encode
from trunkline.security.audit.note import note_of
from trunkline.security.audit.pseudonym import Pseudonyms
from trunkline.security.audit.requests import AuditedRequests, Seen
from trunkline.security.audit.resource import place_of
from trunkline.security.identity.authenticated import Authenticated
from trunkline.security.identity.caller import Refused

CONTRACTS = Path(__file__).parents[3] / "belgicom" / "contracts"
USAGE = "/tmf-api/usageManagement/v4/usage"
DOCUMENT = {
    "id": "msc/1/7",
    "relatedParty": [{"id": "C-1042", "role": "customer"}],
    "billingAccount": {"id": "A-9", "name": "Anna Peeters"},
}


@dataclass(frozen=True)
class Agent:
    subject: str = "anna"
    client: str = "crm"
    roles: frozenset[str] = frozenset({"customerService", "agent"})
    issuer: str = "https://id.belgicom.be"


@dataclass
class Platform:
    """An application behind the audit, as `httpx` asks it, and the log that it is recorded in."""

    app: Any
    log: Log
    recorder: Recorder
    names: Pseudonyms

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=("10.1.2.3", 999))
            async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
                return await client.request(method, path, **options)

        return asyncio.run(ask())

    def entries(self) -> list[Entry]:
        """All that was recorded so far; one more, of this call's own, makes the reads before it durable."""
        self.recorder.record(_nothing).result(5)
        every = [decode(record.value or b"") for record in self.log.read(TOPIC.name, 0, 0, 100_000)]
        return [each for each in every if each.resource.kind != "nothing"]

    def one(self, method: str, path: str, **options: Any) -> Entry:
        """The entry that a request makes."""
        before = len(self.entries())
        self.ask(method, path, **options)
        [found] = self.entries()[before:]
        return found


def _nothing() -> Entry:
    return Entry(
        id=UNNUMBERED, time=BEGIN, who=Who("test"), action="read", resource=Resource("nothing"), outcome="done"
    )


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("requests")
    app = FastAPI()

    @app.get(USAGE)
    def listed() -> list[Any]:
        return [DOCUMENT, {**DOCUMENT, "id": "2", "relatedParty": [{"partyOrPartyRole": {"id": "C-7"}}]}]

    @app.get(USAGE + "/{id:path}")
    def got(id: str) -> dict[str, Any]:
        return DOCUMENT

    @app.post(USAGE, status_code=201)
    async def created(request: Request, response: Response) -> dict[str, Any]:
        await request.body()
        response.headers["Location"] = f"http://localhost{USAGE}/new-1"
        return {}

    @app.patch(USAGE + "/{id}")
    async def changed(id: str, request: Request) -> dict[str, Any]:
        await request.body()
        return {}

    @app.delete(USAGE + "/{id}", status_code=204)
    def deleted(id: str) -> None:
        pass

    @app.get("/network-health/v1/cells/{id:path}")
    def cell(id: str) -> dict[str, Any]:
        return {"id": id}

    @app.post("/network-health/v1/alarms/{id}/acknowledge")
    def acknowledged(id: str, request: Request) -> dict[str, Any]:
        note_of(request.scope).caller = Agent()
        return {}

    @app.get("/charging/v1/accounts/{id}/balance")
    def refused(id: str, request: Request) -> Response:
        note_of(request.scope).refused_by = "balance-is-for-billing"
        return Response(status_code=403)

    @app.post("/charging/v1/accounts/{id}/top")
    def failed(id: str) -> None:
        raise RuntimeError("a defect")

    @app.get("/healthz")
    def healthz() -> dict[str, Any]:
        return {}

    validators = contracts.load(CONTRACTS).validators()
    with closing(open_log(f"sqlite://{folder}/log.db", validators)) as log, closing(Recorder(log)) as recorder:
        names = Pseudonyms(b"k" * 32)
        app.add_middleware(AuditedRequests, recorder=recorder, pseudonyms=names)
        yield Platform(app, log, recorder, names)


def test_who_read_which_persons_data_is_said_with_pseudonyms(platform: Platform) -> None:
    found = platform.one("GET", f"{USAGE}/msc%2F1%2F7")
    of = platform.names.of
    assert (found.action, found.outcome, found.status, found.told) == ("read", "done", 200, 1)
    assert (found.resource.kind, found.resource.id) == ("usage", of("msc/1/7"))
    assert found.concerns == (of("C-1042"), of("A-9"))
    assert (found.who.subject, found.origin.address) == ("anonymous", "10.1.2.3")
    assert found.origin.operation == "GET /tmf-api/usageManagement/v4/usage/{id}"


def test_a_list_says_whose_all_its_documents_are_and_what_was_asked_for(platform: Platform) -> None:
    found = platform.one("GET", f"{USAGE}?relatedParty.id=C-3&fields=id,usageDate&limit=2")
    of = platform.names.of
    assert found.told == 2
    assert set(found.concerns) == {of("C-3"), of("C-1042"), of("A-9"), of("C-7")}
    assert found.fields == ("id", "usageDate")
    assert found.origin.operation == "GET /tmf-api/usageManagement/v4/usage?relatedParty.id&fields&limit"


def test_a_change_says_which_attributes_and_why(platform: Platform) -> None:
    headers = {"x-reason": "TT-4711", "x-purpose": "billing", "x-request-id": "r-1"}
    found = platform.one("PATCH", f"{USAGE}/7", json={"status": "rated", "note": "Anna Peeters"}, headers=headers)
    assert (found.action, found.fields) == ("change", ("status", "note"))
    assert (found.reason, found.purpose, found.origin.request) == ("TT-4711", "billing", "r-1")
    patch = [{"op": "replace", "path": "/status", "value": 1}, {"op": "add", "path": "/a/b", "value": "x"}]
    assert platform.one("PATCH", f"{USAGE}/7", json=patch).fields == ("status", "a")


def test_what_was_made_has_the_id_that_it_was_given(platform: Platform) -> None:
    found = platform.one("POST", USAGE, json={"relatedParty": [{"id": "C-1"}]})
    assert (found.action, found.resource.id) == ("create", platform.names.of("new-1"))
    assert found.concerns == (platform.names.of("C-1"),)
    assert platform.one("DELETE", f"{USAGE}/7").action == "delete"


def test_network_elements_stand_under_their_own_names(platform: Platform) -> None:
    found = platform.one("GET", "/network-health/v1/cells/ManagedElement=N,Cell=1/history")
    assert (found.resource.kind, found.resource.id) == ("cells", "ManagedElement=N,Cell=1")
    assert found.origin.operation == "GET /network-health/v1/cells/{id}/history"


def test_who_calls_is_who_identity_has_found(platform: Platform) -> None:
    found = platform.one("POST", "/network-health/v1/alarms/4/acknowledge")
    assert (found.who.subject, found.who.client, found.who.issuer) == ("anna", "crm", "https://id.belgicom.be")
    assert found.who.roles == ("agent", "customerService")
    assert (found.action, found.resource.id) == ("change", "4")
    assert found.origin.operation == "POST /network-health/v1/alarms/{id}/acknowledge"


def test_who_is_known_further_in_is_told_to_the_trail_also_where_he_is_refused(platform: Platform) -> None:
    class Verifier:
        def at_once(self, authorization: str) -> bool:
            return False

        def verify(self, authorization: str, *_: object) -> Agent:
            if authorization != "Bearer good":
                raise Refused("there is no good token", "invalid_token")
            return Agent()

    async def inner(scope: Scope, receive: Receive, send: Send) -> None:
        await Response(status_code=200)(scope, receive, send)

    behind = Authenticated(inner, Verifier())  # type: ignore[arg-type]
    asked = replace(platform, app=AuditedRequests(behind, platform.recorder, platform.names))
    found = asked.one("GET", f"{USAGE}/7", headers={"authorization": "Bearer good"})
    assert (found.who.subject, found.outcome) == ("anna", "done")
    found = asked.one("GET", f"{USAGE}/7")
    assert (found.who.subject, found.outcome, found.rule) == ("anonymous", "refused", "authentication invalid_token")


def test_what_is_refused_names_the_rule_and_what_failed_is_recorded_too(platform: Platform) -> None:
    found = platform.one("GET", "/charging/v1/accounts/1042/balance")
    assert (found.outcome, found.rule, found.status) == ("refused", "balance-is-for-billing", 403)
    assert platform.one("PUT", USAGE).rule == "http 405"
    assert platform.one("POST", "/charging/v1/accounts/1042/top").outcome == "failed"


def test_what_tells_of_nobody_is_not_recorded(platform: Platform) -> None:
    before = len(platform.entries())
    platform.ask("GET", "/healthz")
    platform.ask("GET", "/tmf-api/usageManagement/v4/openapi.json")
    assert len(platform.entries()) == before


@pytest.mark.parametrize("path", ["/tmf%2Dapi/usageManagement/v4/usage/7", "/%74mf-api/usageManagement/v4/usage/7"])
def test_no_spelling_of_a_path_gets_past(platform: Platform, path: str) -> None:
    found = platform.one("GET", path)
    assert (found.resource.kind, found.resource.id) == ("usage", platform.names.of("7"))


@given(
    method=st.sampled_from(["GET", "POST", "PATCH", "DELETE"]),
    secret=st.text(st.characters(codec="utf-8", exclude_characters="/?#%"), min_size=1, max_size=30),
    kind=st.sampled_from(["usage", "customer", "accounts"]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_value_of_a_person_is_ever_in_an_entry(platform: Platform, method: str, secret: str, kind: str) -> None:
    marked = f"K{secret}Q9#"  # what no entry has by chance
    body = {
        "name": marked,
        marked: 1,
        "relatedParty": [{"id": marked, "name": marked}],
        "account": {"x": {"id": marked}},
    }
    found = platform.one(
        method,
        f"{USAGE.removesuffix('usage')}{kind}/{quote(marked, safe='')}",
        params={"relatedParty.id": marked, "fields": marked, marked: marked},
        json=body if method == "PATCH" else None,
    )
    assert marked.encode() not in encode(found)
    assert platform.names.of(marked) in found.concerns


@given(body=st.binary(max_size=200), path=st.text(max_size=60), reason=st.binary(max_size=300))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_sent_is_recorded_and_the_contract_takes_it(
    platform: Platform, body: bytes, path: str, reason: bytes
) -> None:
    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/tmf-api/{path}",
        "raw_path": b"/tmf-api/" + path.encode("utf-8", "replace"),
        "query_string": reason,
        "headers": [(b"x-reason", reason), (b"x-purpose", body)],
        "client": None,
    }
    place = place_of(scope["path"], scope["raw_path"])  # type: ignore[arg-type]
    assert place is not None
    seen = Seen(scope, place, platform.names)
    seen.took({"type": "http.request", "body": body})
    seen.answered({"type": "http.response.start", "status": 400, "headers": [(b"location", reason)]})
    platform.recorder.record(seen.entry).result(5)


def test_a_change_that_cannot_be_recorded_is_not_told_to_be_done(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(make: Any) -> None:
        raise NotRecorded("the log has not taken the entry")

    monkeypatch.setattr(platform.recorder, "settle", fails)
    answer = platform.ask("PATCH", f"{USAGE}/7", json={})
    assert answer.status_code == 503
    assert "may have been done" in answer.json()["detail"]


def test_nobody_is_served_while_nothing_can_be_recorded(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform.recorder, "full", lambda: True)
    assert platform.ask("GET", f"{USAGE}/7").status_code == 503
    assert platform.ask("GET", "/healthz").status_code == 200


def test_the_same_person_has_the_same_pseudonym_and_another_key_another_one() -> None:
    assert Pseudonyms(b"k" * 32).of("C-1") == Pseudonyms(b"k" * 32).of("C-1")
    assert Pseudonyms(b"k" * 32).of("C-1") != Pseudonyms(b"k" * 32).of("C-2")
    assert Pseudonyms(b"k" * 32).of("C-1") != Pseudonyms(b"l" * 32).of("C-1")
    with pytest.raises(ValueError, match="32"):
        Pseudonyms(b"short")
