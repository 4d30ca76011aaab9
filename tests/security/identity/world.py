"""A provider with people, driven by its pages and endpoints like a browser and an application would."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Mapping
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import msgspec
from argon2 import PasswordHasher
from joserfc import jws, jwt
from joserfc.jwk import ECKey
from starlette.testclient import TestClient

from trunkline.http import create_app
from trunkline.security.identity.clients import DEVICE, Metadata
from trunkline.security.identity.identity import Identity
from trunkline.security.identity.issuers import own
from trunkline.security.identity.passwords import Passwords
from trunkline.security.identity.provider import identity_api
from trunkline.security.identity.terms import Terms
from trunkline.security.identity.verifier import Verifier
from trunkline.store.opening import open_database

ISSUER = "http://localhost"
BACK = "https://app.example/back"
PASSWORD = "correct horse battery"
ROLES = {
    "noc": frozenset({"network.read", "network.write"}),
    "administrator": frozenset({"identity.people", "identity.clients", "network.read"}),
}
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


class Clock:
    """Time that a test lets pass."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


class Browser:
    """A person's browser."""

    def __init__(self, app: Any, source: str = "127.0.0.1", issuer: str = ISSUER) -> None:
        self._issuer = issuer
        self.http = TestClient(app, base_url=issuer, client=(source, 50_000), follow_redirects=False)

    def get(self, url: str, **query: str) -> httpx.Response:
        """A page, all redirects on this site followed."""
        return self._followed(self.http.get(url, params=query or None))

    def send(self, page: httpx.Response, **fields: str) -> httpx.Response:
        """Send the first form of a page, or the one whose action ends with `to`."""
        to = fields.pop("to", "")
        forms = re.findall(r'<form method="post" action="([^"]*)">(.*?)</form>', page.text, re.DOTALL)
        action, inner = next((unescape(action), inner) for action, inner in forms if action.endswith(to))
        hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', inner)
        data = {name: unescape(value) for name, value in hidden} | fields
        return self._followed(self.http.post(action, data=data, headers={"origin": self._issuer}))

    def sign_in(self, user_name: str, password: str = PASSWORD, at: str = "/oauth2/account") -> httpx.Response:
        return self.send(self.get("/oauth2/sign-in", next=at), user_name=user_name, password=password)

    def _followed(self, answer: httpx.Response) -> httpx.Response:
        for _ in range(5):
            to = answer.headers.get("location", "")
            if not to.startswith("/"):
                break
            answer = self.http.get(to)
        return answer


class World:
    """A provider on a database of its own, with `noc` and `boss`."""

    rate = 0.0  # no limit
    clocks: type[Clock] = Clock

    def __init__(self, url: str, key: bytes = b"k" * 32, issuer: str = ISSUER) -> None:
        self.clock, self.url = self.clocks(), url
        terms = Terms(issuer, "https://api.example", ROLES, rate=self.rate)
        self.identity = Identity(open_database(url), key, terms, Passwords(QUICK), self.clock)
        self.app = create_app([identity_api(self.identity)])
        self.http = TestClient(self.app, base_url=issuer, follow_redirects=False)
        self.verifier = Verifier([own(self.identity)], self.identity.unused, self.clock)
        with self.identity.unit() as unit:
            for role in ROLES:
                unit.people.ensure_group(role)
        self.noc = self.person("noc@acme.example", ["noc"], region="flanders")
        self.boss = self.person("boss@acme.example", ["administrator"])

    def person(self, user_name: str, roles: list[str], region: str = "") -> str:
        """The id of a person with the password `PASSWORD`, new unless the database has them."""
        with self.identity.looking() as unit:
            if there := unit.people.named(user_name):
                return there.id
        document = {"displayName": "Someone Else", "emails": [{"value": user_name}], "region": region}
        with self.identity.unit() as unit:
            person = unit.people.declare(user_name, document, roles)
            assert person is not None
            unit.people.set_password(person.id, self.identity.passwords.hash(PASSWORD))
        return person.id

    def browser(self, source: str = "127.0.0.1") -> Browser:
        return Browser(self.app, source, self.identity.terms.issuer)

    def client(self, id: str = "app", *, secret: str | None = "s3cret-of-the-app", **metadata: Any) -> dict[str, str]:
        """A registered client; gives what it authenticates with by `client_secret_post`."""
        values = {
            "redirect_uris": [BACK], "grant_types": ["authorization_code", "refresh_token"],
            "token_endpoint_auth_method": "client_secret_post" if secret else "none",
            "scope": "openid profile email network.read network.write", **metadata,
        }  # fmt: skip
        with self.identity.unit() as unit:
            unit.clients.add(id, msgspec.convert(values, Metadata), secret)
        return {"client_id": id, **({"client_secret": secret} if secret else {})}

    def service(self, id: str = "service", scope: str = "network.read") -> dict[str, str]:
        return self.client(id, redirect_uris=[], grant_types=["client_credentials"], scope=scope)

    def post(self, path: str, data: Mapping[str, str], **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer: httpx.Response = self.http.post(path, data=dict(data), headers=named)
        return answer

    def token(self, data: Mapping[str, str], **headers: str) -> httpx.Response:
        return self.post("/oauth2/token", data, **headers)

    def code(self, client: Mapping[str, str], browser: Browser | None = None, **query: str) -> tuple[str, str]:
        """A code that `noc` lets the client have, and its verifier."""
        verifier, challenge = pkce()
        asked = ask(client["client_id"], code_challenge=challenge, **query)
        page = (browser or self.browser()).get(asked)
        shown = browser or self.browser()
        if browser is None:
            shown.sign_in("noc@acme.example")
            page = shown.get(asked)
        answer = shown.send(page, decision="allow") if "Allow access" in page.text else page
        return back(answer)["code"], verifier

    def tokens(self, client: Mapping[str, str], browser: Browser | None = None, **query: str) -> dict[str, Any]:
        code, verifier = self.code(client, browser, **query)
        answer = self.token(redeem(client, code, verifier))
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def refresh(self, client: Mapping[str, str], token: str, **more: str) -> httpx.Response:
        return self.token({**client, "grant_type": "refresh_token", "refresh_token": token, **more})

    def admin_token(self, scope: str = "identity.people identity.clients") -> str:
        """An access token of `boss` through the command line's client."""
        codes = self.post("/oauth2/device_authorization", {"client_id": "trunkline", "scope": scope}).json()
        browser = self.browser()
        browser.sign_in("boss@acme.example")
        page = browser.send(browser.get("/oauth2/device", user_code=codes["user_code"]), user_code=codes["user_code"])
        browser.send(page, decision="allow")
        told = self.token({"client_id": "trunkline", "grant_type": DEVICE, "device_code": codes["device_code"]})
        return str(told.json()["access_token"])


def pkce() -> tuple[str, str]:
    """A verifier and its S256 challenge."""
    verifier = secrets.token_urlsafe(48)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def ask(client_id: str, /, **query: str) -> str:
    """The address of an authorization request; a parameter of "" is left out."""
    asked = {
        "client_id": client_id, "response_type": "code", "redirect_uri": BACK, "scope": "openid network.read",
        "state": "st", "code_challenge_method": "S256", **query,
    }  # fmt: skip
    return f"/oauth2/authorize?{urlencode({name: value for name, value in asked.items() if value})}"


def redeem(client: Mapping[str, str], code: str, verifier: str, redirect_uri: str = BACK) -> dict[str, str]:
    return {
        **client, "grant_type": "authorization_code", "code": code, "code_verifier": verifier,
        "redirect_uri": redirect_uri,
    }  # fmt: skip


def back(answer: httpx.Response) -> dict[str, str]:
    """What a redirect brings back to the application."""
    assert answer.status_code in (302, 303), (answer.status_code, answer.text)
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def compact(header: Mapping[str, Any], said: Mapping[str, Any], secret: bytes | None = None) -> str:
    """A token that is signed by no library would sign it: with an HMAC of any bytes, or not at all."""
    parts = [base64.urlsafe_b64encode(msgspec.json.encode(part)).rstrip(b"=") for part in (header, said)]
    mark = hmac.digest(secret, b".".join(parts), "sha256") if secret is not None else b""
    return b".".join([*parts, base64.urlsafe_b64encode(mark).rstrip(b"=")]).decode()


def claims(token: str) -> dict[str, Any]:
    """What a token says, whoever signed it."""
    said: dict[str, Any] = msgspec.json.decode(jws.extract_compact(token.encode()).payload)
    return said


class ProofKey:
    """A DPoP key of a client."""

    def __init__(self) -> None:
        self.key = ECKey.generate_key("P-256", private=True)

    def proof(self, method: str, url: str, access_token: str = "", **more: Any) -> str:
        header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": self.key.as_dict(private=False)}
        said = {"jti": secrets.token_urlsafe(12), "htm": method, "htu": url, "iat": int(time.time()), **more}
        if access_token:
            digest = hashlib.sha256(access_token.encode()).digest()
            said["ath"] = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return jwt.encode(header, said, self.key, ["ES256"])


def store_url(folder: Path) -> str:
    return f"sqlite://{folder / 'store.db'}"
