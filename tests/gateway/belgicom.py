"""BelgiCom's API and its gateway in this process, as they are run: trust on, the real Envoy in front, real tokens."""

from __future__ import annotations

import re
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from tests.components import need
from tests.runtime.operator import free_ports, until
from tests.security.identity.world import Browser, claims
from trunkline.gateway.credentials import Register
from trunkline.gateway.envoy.admin import Admin
from trunkline.gateway.places import Places
from trunkline.project import Project
from trunkline.runtime import api
from trunkline.runtime import gateway as gateway_role
from trunkline.security.identity.clients import DEVICE

BELGICOM = Path(__file__).parents[2] / "belgicom"
LEFT_OUT = (".trunkline", "__pycache__", "simulator", "systems", "catalogue")
PATIENCE = 60.0
CATALOGUE = "/tmf-api/productCatalogManagement/v5/productOffering"
EVERYTHING = "everything@belgicom.example"
"""Somebody with all roles but the auditor's, who may change nothing."""
ROLES = (
    "administrator",
    "noc-engineer",
    "billing-steward",
    "customer-service",
    "integration-architect",
    "network-function",
)
SCOPES = (
    "identity.people identity.clients network.read network.write service.read charging.read charging.write "
    "customer.read customer.write platform.read platform.write"
)


class OverHttp(Browser):
    """A browser that comes by the network."""

    def __init__(self, url: str) -> None:
        self._issuer = url
        self.http = httpx.Client(base_url=url, timeout=PATIENCE)  # type: ignore[assignment]


@dataclass
class Behind:
    """The running house: `url` is the gateway's, `direct` that of the API behind it."""

    folder: Path
    url: str
    direct: str
    client: httpx.Client
    tokens: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    browsers: dict[str, OverHttp] = field(default_factory=dict)

    def call(self, path: str, method: str = "GET", token: str = "", purpose: str = "", **more: Any) -> httpx.Response:
        """Through the gateway."""
        return self.client.request(method, f"{self.url}{path}", **self._said(token, purpose, more))

    def past(self, path: str, method: str = "GET", token: str = "", purpose: str = "", **more: Any) -> httpx.Response:
        """Past the gateway, as whoever is on the machine can."""
        return self.client.request(method, f"{self.direct}{path}", **self._said(token, purpose, more))

    def _said(self, token: str, purpose: str, more: dict[str, Any]) -> dict[str, Any]:
        headers = dict(more.pop("headers", {}))
        headers |= {"authorization": f"Bearer {token}"} if token else {}
        headers |= {"x-purpose": purpose} if purpose else {}
        return {**more, "headers": headers}

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    def browser(self, user_name: str = "") -> OverHttp:
        """A browser; somebody's own, who is signed in, where that is said."""
        if user_name in self.browsers:
            return self.browsers[user_name]
        browser = OverHttp(self.direct)
        if user_name:
            self.browsers[user_name] = browser
            said = (self.folder / ".trunkline" / "first-passwords.txt").read_text()
            [password] = re.findall(rf"^{re.escape(user_name)}  (\S+)$", said, re.MULTILINE)
            browser.sign_in(user_name, password)
        return browser

    def tokens_of(self, user_name: str, scope: str) -> dict[str, Any]:
        """What the token endpoint gives somebody, as the command line gets it; once for each scope, until it lapses."""
        known = self.tokens.get((user_name, scope))
        if known is None or claims(known["access_token"])["exp"] < time.time() + 120:
            asked = {"client_id": "trunkline", "scope": scope}
            begun = self.client.post(f"{self.direct}/oauth2/device_authorization", data=asked).json()
            browser = self.browser(user_name)
            page = browser.send(
                browser.get("/oauth2/device", user_code=begun["user_code"]), user_code=begun["user_code"]
            )
            assert "is connected" in browser.send(page, decision="allow").text
            asked = {"client_id": "trunkline", "grant_type": DEVICE, "device_code": begun["device_code"]}
            told = self.client.post(f"{self.direct}/oauth2/token", data=asked).json()
            self.tokens[user_name, scope] = told
        return self.tokens[user_name, scope]

    def token(self, user_name: str = EVERYTHING, scope: str = SCOPES) -> str:
        return str(self.tokens_of(user_name, scope)["access_token"])

    @cached_property
    def partner(self) -> dict[str, str]:
        """A partner's key, as headers."""
        return self.key("telesud-shop")

    @cached_property
    def rival(self) -> dict[str, str]:
        """Another partner's, where the house has one."""
        return self.key("rival-shop")

    @property
    def admin(self) -> Admin:
        return Admin(Places(self.folder, self.folder / ".trunkline").admin)

    def key(self, application: str, tier: str = "gold", known: bool = True) -> dict[str, str]:
        """A new key of an application, which is `known` to access or not, as headers."""
        register = Register(Places(self.folder, self.folder / ".trunkline"))
        issued = register.issue(application, tier, datetime.now(UTC) + timedelta(days=1))
        headers = {"x-api-key": issued.text, "x-purpose": "selling"}
        status = 200 if known else 403
        until(lambda: self.call(CATALOGUE, headers=headers).status_code == status, "the gateway knows the key")
        return headers


@contextmanager
def belgicom(folder: Path, applications: Sequence[str] = ()) -> Iterator[Behind]:
    """The house in `folder`, which must not be there yet; `applications` are further ones of partners."""
    need("Envoy")
    http, port = free_ports(2)
    shutil.copytree(BELGICOM, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
    for file in ("trunkline.toml", "apis/gateway.yaml"):
        text = (folder / file).read_text().partition("# What `trunkline up` runs beside")[0]
        (folder / file).write_text(text.replace("8080", str(http)).replace("8090", str(port)))
    with (folder / "trunkline.toml").open("a") as settings:
        settings.write("\n[online_charging]\nanswer_within = 0.2\n")
    with (folder / "access" / "people.yaml").open("a") as people:
        people.write(f"  - {{user_name: {EVERYTHING}, name: Every Thing, roles: [{', '.join(ROLES)}]}}\n")
    with (folder / "access" / "purposes.yaml").open("a") as purposes:
        purposes.writelines(f"  {name}: {{purposes: [selling], roles: [partner]}}\n" for name in applications)
    stop, failures = threading.Event(), list[BaseException]()

    def running(run: Any) -> threading.Thread:
        def work() -> None:
            try:
                run(Project(folder), stop)
            except BaseException as error:
                failures.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        return thread

    with httpx.Client(timeout=PATIENCE) as client:

        def answers(url: str, status: int) -> bool:
            if failures:
                raise failures[0]
            try:
                return client.get(url).status_code == status
            except httpx.TransportError:
                return False

        house = Behind(folder, f"http://localhost:{port}", f"http://localhost:{http}", client)
        threads = [running(api.run)]
        try:
            until(lambda: answers(f"{house.direct}/healthz", 200), "the API answers")
            threads.append(running(gateway_role.run))
            until(lambda: answers(f"{house.url}/network-health/v1/network", 401), "the gateway asks who calls")
            yield house
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    assert not failures
