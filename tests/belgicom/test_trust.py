"""BelgiCom as it is run: nothing answers an unknown caller, and each gets what is theirs."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from typer.testing import CliRunner

from tests.components import need
from tests.runtime.operator import Operator, free_ports, pm_file, until
from tests.security.identity.world import Browser
from trunkline import starter
from trunkline.cli.app import app
from trunkline.security.identity.clients import DEVICE
from trunkline.security.identity.login import by_device

BELGICOM = Path(__file__).parents[2] / "belgicom"
LEFT_OUT = (".trunkline", "__pycache__", "simulator", "systems", "catalogue")
PATIENCE = 60  # seconds of a busy machine
NETWORK = "/network-health/v1/network"
BALANCE = "/charging/v1/accounts/1042/balance"
BILLS = "/tmf-api/customerBillManagement/v4/customerBill"
ALARMS = "/tmf-api/alarmManagement/v5/alarm"
SESSION = "/nchf-convergedcharging/v3/chargingdata"
APIS = (NETWORK, BALANCE, BILLS, ALARMS, "/tmf-api/alarmManagement/v5/openapi.json", "/metrics", "/scim/v2/Users")


class OverHttp(Browser):
    """A browser that comes by the network."""

    def __init__(self, url: str) -> None:
        self._issuer = url
        self.http = httpx.Client(base_url=url, timeout=PATIENCE)  # type: ignore[assignment]  # as Starlette's, of another house


class Belgicom(Operator):
    """BelgiCom on ports of its own, with an inbox instead of its network."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.http, self.gateway = free_ports(2)
        self.process = None
        shutil.copytree(BELGICOM, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
        starter.create(folder.with_name("acme"), "acme")
        (folder / "inbox").mkdir()
        (folder / "systems").mkdir()
        inbox = (folder.with_name("acme") / "systems" / "inbox.yaml").read_text()
        (folder / "systems" / "inbox.yaml").write_text(inbox + "settle: 0\nevery: 0.1\n")
        for file in ("trunkline.toml", "apis/gateway.yaml"):
            text = (folder / file).read_text().partition("# What `trunkline up` runs beside")[0]
            (folder / file).write_text(text.replace("8080", str(self.http)).replace("8090", str(self.gateway)))
        self.url = f"http://localhost:{self.http}"

    def command(self, *words: str) -> str:
        """What a command says, run in this process: to start one takes longer than all it does."""
        done = CliRunner().invoke(app, list(words), env={"TRUNKLINE_PROJECT": str(self.folder)})
        assert done.exit_code == 0, (done.output, done.exception)
        return done.stdout

    def ask(self, path: str, token: str = "", purpose: str = "", body: Any = None, port: int = 0) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        headers |= {"x-purpose": purpose} if purpose else {}
        url = f"http://localhost:{port or self.http}{path}"
        return httpx.request("GET" if body is None else "POST", url, headers=headers, json=body, timeout=PATIENCE)

    def let_in(self, user_name: str, user_code: str) -> None:
        """Somebody lets a device in, with the first password that `trunkline up` has told."""
        said = (self.folder / "up.log").read_text()
        [password] = re.findall(rf"^ +{re.escape(user_name)}  (\S+)$", said, re.MULTILINE)
        browser = OverHttp(self.url)
        browser.sign_in(user_name, password)
        page = browser.send(browser.get("/oauth2/device", user_code=user_code), user_code=user_code)
        assert "is connected" in browser.send(page, decision="allow").text

    def token(self, user_name: str, scope: str) -> str:
        """An access token of somebody, as the command line gets one."""
        asked = {"client_id": "trunkline", "scope": scope}
        begun = httpx.post(f"{self.url}/oauth2/device_authorization", data=asked, timeout=PATIENCE).json()
        self.let_in(user_name, begun["user_code"])
        asked = {"client_id": "trunkline", "grant_type": DEVICE, "device_code": begun["device_code"]}
        return str(httpx.post(f"{self.url}/oauth2/token", data=asked, timeout=PATIENCE).json()["access_token"])


@pytest.fixture(scope="module")
def belgicom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Belgicom]:
    belgicom = Belgicom(tmp_path_factory.mktemp("trust") / "belgicom")
    belgicom.start()
    belgicom.wait_until_up()
    belgicom.deliver("a.xml", pm_file("ANT_01", datetime.now(UTC).replace(second=0, microsecond=0).isoformat()))
    yield belgicom
    belgicom.stop()


@pytest.fixture(scope="module")
def noc(belgicom: Belgicom) -> str:
    """The token that a NOC engineer has from `trunkline login --device`, when the network is known."""
    scope = "openid offline_access network.read"
    token = by_device(belgicom.url, scope, lambda _, code: belgicom.let_in("noc@belgicom.example", code)).access_token
    until(lambda: belgicom.ask(NETWORK, token).status_code != 404, "the network is known")
    return token


@pytest.fixture(scope="module")
def billing(belgicom: Belgicom) -> str:
    return belgicom.token("billing@belgicom.example", "charging.read")


@pytest.fixture(scope="module")
def auditor(belgicom: Belgicom) -> str:
    return belgicom.token("auditor@belgicom.example", "audit.read")


@pytest.mark.parametrize("path", APIS)
def test_nobody_unknown_is_answered(belgicom: Belgicom, path: str) -> None:
    for token in ("", "e30.e30.e30"):
        assert belgicom.ask(path, token).status_code == 401
    assert belgicom.ask(SESSION, body={}).status_code == 401


def test_first_passwords_are_told_and_lie_where_the_user_alone_can_read_them(belgicom: Belgicom) -> None:
    file = belgicom.folder / ".trunkline" / "first-passwords.txt"
    assert file.stat().st_mode & 0o077 == 0
    lines = file.read_text().splitlines()
    assert len(lines) == 7
    assert all(line in (belgicom.folder / "up.log").read_text() for line in lines)


def test_who_signs_in_gets_what_the_role_may_have(belgicom: Belgicom, noc: str, billing: str, auditor: str) -> None:
    answered = {
        (who, path): belgicom.ask(path, token, purpose).status_code
        for who, token, purpose in (("noc", noc, ""), ("billing", billing, "billing"), ("auditor", auditor, "audit"))
        for path in (NETWORK, ALARMS, BILLS, BALANCE)
    }
    assert answered == {
        ("noc", NETWORK): 200, ("noc", ALARMS): 200, ("noc", BILLS): 403, ("noc", BALANCE): 403,
        ("billing", NETWORK): 403, ("billing", ALARMS): 403, ("billing", BILLS): 200, ("billing", BALANCE): 404,
        ("auditor", NETWORK): 200, ("auditor", ALARMS): 200, ("auditor", BILLS): 200, ("auditor", BALANCE): 404,
    }  # fmt: skip  # nobody has the account
    for token, purpose in ((noc, ""), (billing, "billing"), (auditor, "audit")):
        assert belgicom.ask(SESSION, token, purpose, body={}).status_code == 403


def test_why_somebody_is_refused_can_be_shown(belgicom: Belgicom, noc: str) -> None:
    refused = belgicom.ask(BILLS, noc, "operations")
    said = belgicom.command("access", "explain", refused.headers["x-decision"])
    assert refused.status_code == 403
    for word in ("noc-engineer", "customerBill", "operations", "no-rule-permits"):
        assert word in said


def test_a_5g_core_charges_as_an_application_and_reads_nothing(belgicom: Belgicom) -> None:
    said = belgicom.command("applications", "add", "smf", "--scope", "charging.write", "--name", "The 5G core")
    asked = {"grant_type": "client_credentials", "scope": "charging.write"}

    def token(secret: str) -> httpx.Response:
        return httpx.post(f"{belgicom.url}/oauth2/token", data=asked, auth=("smf", secret), timeout=PATIENCE)

    first = said.split()[-1]
    smf = token(first).json()["access_token"]
    assert "nfConsumerIdentification" in belgicom.ask(SESSION, smf, body={}).json()["detail"]  # it was looked at
    assert belgicom.ask(BALANCE, smf).status_code == 403
    second = belgicom.command("applications", "secret", "smf").split()[-1]
    assert [token(secret).status_code for secret in (first, second)] == [401, 200]
    belgicom.command("applications", "remove", "smf")
    assert token(second).status_code == 401
    until(lambda: belgicom.ask(SESSION, smf, body={}).status_code == 401, "the token of who is gone is refused")


def test_what_was_asked_and_refused_is_in_the_trail(belgicom: Belgicom, noc: str, auditor: str) -> None:
    belgicom.ask(BILLS, noc)
    belgicom.ask(BILLS, auditor, "audit")
    until(lambda: any(entry["outcome"] == "done" for entry in trail(belgicom)), "what was allowed is recorded")
    asked = [entry["entry"] for entry in trail(belgicom) if entry["action"] in ("read", "decide")]
    told = {(*entry["who"].get("roles", ()), entry["outcome"]) for entry in asked}
    assert ("noc-engineer", "refused") in told
    assert ("auditor", "done") in told


def trail(belgicom: Belgicom) -> list[dict[str, Any]]:
    said = belgicom.command("audit", "search", "--what", "customerBill", "--json")
    return [msgspec.json.decode(line) for line in said.splitlines()]


def test_the_gateway_runs_with_the_platform_and_lets_in_whom_the_platform_knows(belgicom: Belgicom, noc: str) -> None:
    need("Envoy")

    def through() -> int:
        try:
            return belgicom.ask(NETWORK, noc, port=belgicom.gateway).status_code
        except httpx.TransportError:
            return 0

    until(lambda: through() == 200, "the gateway lets a NOC engineer in")
    assert belgicom.ask(NETWORK, port=belgicom.gateway).status_code == 401
    assert belgicom.ask("/metrics", noc, port=belgicom.gateway).status_code == 404
