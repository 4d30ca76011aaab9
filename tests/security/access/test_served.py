"""The whole API of a project that has its callers known: tokens of its own provider, its rules, its trail."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import httpx
import msgspec
import pytest
from typer.testing import CliRunner

from tests.security.access.house import BELGICOM, HEALTH
from tests.tmf.hub.house import Outbox
from tests.tmf.hub.subscriber import Subscriber as Callback
from trunkline.cli.app import app
from trunkline.project import Project
from trunkline.runtime import api, perform
from trunkline.security.identity.clients import Metadata
from trunkline.tmf import events
from trunkline.tmf.apis import product_catalog

SECRET = "s3cret-of-the-probe"
PROBES = """\
  probe: {purposes: [operations], roles: [noc-engineer]}
  shop: {purposes: [selling], roles: [partner]}
"""
SETTINGS = """\
name = "BelgiCom"
[http]
port = %d
[trust]
required = true
[hub]
allow = ["127.0.0.0/8"]
"""
BILLS = "/tmf-api/customerBillManagement/v4/customerBill"


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("served")
    for part in ("access", "contracts", "kpis"):
        shutil.copytree(BELGICOM / part, folder / part)
    shutil.copy(BELGICOM / "health.yaml", folder)
    with (folder / "access" / "purposes.yaml").open("a") as purposes:
        purposes.write(PROBES)
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    (folder / "trunkline.toml").write_text(SETTINGS % port)
    return Project(folder)


@pytest.fixture(scope="module")
def there(project: Project) -> Iterator[httpx.Client]:
    identity = project.open_identity()
    assert identity is not None
    with closing(identity), identity.unit() as unit:
        given = {"redirect_uris": [], "grant_types": ["client_credentials"], "scope": "network.read",
                 "token_endpoint_auth_method": "client_secret_post"}  # fmt: skip
        for id in ("probe", "shop"):
            unit.clients.add(id, msgspec.convert(given, Metadata), SECRET)
    stop = threading.Event()
    roles = [threading.Thread(target=role.run, args=(project, stop)) for role in (api, perform)]
    for role in roles:
        role.start()
    with httpx.Client(base_url=f"http://localhost:{project.settings.http.port}", timeout=10) as client:
        for _ in range(400):
            try:
                if client.get("/healthz").is_success:
                    break
            except httpx.TransportError:
                stop.wait(0.02)
        yield client
    stop.set()
    for role in roles:
        role.join(30)


def token_of(there: httpx.Client, client: str) -> dict[str, str]:
    asked = {"grant_type": "client_credentials", "client_id": client, "client_secret": SECRET, "scope": "network.read"}
    answer = there.post("/oauth2/token", data=asked)
    assert answer.is_success, answer.text
    return {"authorization": f"Bearer {answer.json()['access_token']}"}


@pytest.fixture(scope="module")
def token(there: httpx.Client) -> dict[str, str]:
    return token_of(there, "probe")


@pytest.mark.parametrize("path", [f"{HEALTH}/sites", BILLS, "/metrics", "/", f"{HEALTH}/events"])
def test_nothing_answers_an_unknown_caller(there: httpx.Client, path: str) -> None:
    assert there.get(path).status_code == 401


def test_what_the_apis_are_is_told_to_everybody_and_that_their_calls_need_a_token(there: httpx.Client) -> None:
    assert "swagger-ui" in there.get("/docs").text
    assert there.get("/docs/start.js").status_code == 200
    told = there.get("/openapi.json").json()
    [needed] = told["security"]
    assert told["components"]["securitySchemes"][next(iter(needed))]["scheme"] == "bearer"


def test_who_is_known_gets_what_the_rules_permit(there: httpx.Client, token: dict[str, str]) -> None:
    assert there.get(f"{HEALTH}/sites", headers=token).status_code == 200
    assert there.get("/tmf-api/alarmManagement/v4/alarm", headers=token).json() == []
    assert there.get(BILLS, headers=token).status_code == 403
    assert there.get(BILLS, headers=token | {"x-purpose": "billing"}).status_code == 403


def test_why_it_was_refused_is_explained_while_the_platform_runs(
    there: httpx.Client, token: dict[str, str], project: Project
) -> None:
    id = there.get(BILLS, headers=token).headers["x-decision"]
    result = CliRunner().invoke(app, ["access", "explain", id, "--json", "--project", str(project.folder)])
    told = msgspec.json.decode(result.stdout)
    assert told["entry"]["who"] == {
        "subject": "probe", "client": "probe", "roles": ["noc-engineer"],
    }  # fmt: skip
    assert (told["entry"]["purpose"], [rule["id"] for rule in told["rules"]]) == ("operations", ["no-rule-permits"])


def test_what_is_delivered_is_masked_for_who_has_subscribed(there: httpx.Client, project: Project) -> None:
    listening = Callback()
    try:
        asked = {"callback": listening.callback}
        hub = "/tmf-api/productCatalogManagement/v4/hub"
        assert there.post(hub, json=asked, headers=token_of(there, "shop")).status_code == 201
        offering = {"id": "P-1", "@type": "ProductOffering", "name": "Fibre", "agreement": [{"id": "secret-7"}]}
        outbox = Outbox()
        events.tell(outbox, product_catalog.API, product_catalog.OFFERING, None, offering)  # type: ignore[arg-type]
        with closing(project.open_log()) as log:
            log.append(events.TOPIC, outbox.events)
        listening.wait(1)
        [event] = listening.asked
        assert (event["event"]["productOffering"]["name"], "secret-7" in str(event)) == ("Fibre", False)
    finally:
        listening.close()
