"""Who asks too often is told when to come back."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from tests.security.identity.world import ISSUER, Clock, World
from trunkline.security.identity import rates
from trunkline.security.identity.rates import BURST, Rate

GRANT = {"grant_type": "client_credentials"}


class Still(Clock):
    """Time that passes only where a test lets it."""

    def __init__(self) -> None:
        super().__init__()
        self._now = time.time()

    def __call__(self) -> float:
        return self._now + self.ahead


class Slow(World):
    """A provider that takes a request in two seconds of an address, and as many of a client."""

    rate = 0.5
    clocks = Still

    def ask(self, path: str, source: str, method: str = "GET") -> int:
        http = TestClient(self.app, base_url=ISSUER, client=(source, 50_000), follow_redirects=False)
        return http.request(method, path).status_code


@pytest.fixture
def world(copied: str) -> Iterator[Slow]:
    made = Slow(copied)
    yield made
    made.identity.close()


def test_an_address_has_its_rate_and_others_are_served(world: Slow) -> None:
    answers = [world.ask("/oauth2/sign-in?next=/oauth2/account", "10.0.0.1") for _ in range(6)]
    assert answers == [200] * 5 + [429]
    assert [world.ask(path, "10.0.0.1") for path in ("/scim/v2/Users", "/oauth2/authorize")] == [429, 429]
    assert world.ask("/oauth2/device_authorization", "10.0.0.1", "POST") == 429
    assert world.ask("/oauth2/sign-in", "10.0.0.2") == 200
    world.clock.ahead += 2
    assert world.ask("/oauth2/sign-in", "10.0.0.1") == 200


def test_what_everybody_reads_is_served_always(world: Slow) -> None:
    assert {world.ask("/oauth2/keys", "10.0.0.1") for _ in range(8)} == {200}
    assert {world.ask("/.well-known/openid-configuration", "10.0.0.1") for _ in range(8)} == {200}


def test_a_client_has_its_rate_wherever_it_comes_from_and_nobody_else_takes_of_it(world: Slow) -> None:
    service = world.service()
    for number in range(5):
        http = TestClient(world.app, base_url=ISSUER, client=(f"10.0.1.{number}", 50_000))
        assert http.post("/oauth2/token", data={**service, **GRANT, "client_secret": "wrong"}).status_code == 401
        assert http.post("/oauth2/token", data={**service, **GRANT}).status_code == 200
    http = TestClient(world.app, base_url=ISSUER, client=("10.0.1.9", 50_000))
    answer = http.post("/oauth2/token", data={**service, **GRANT})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert answer.json()["error_description"] == "this client asks too often: again in 2 s"
    assert http.post("/oauth2/token", data={**GRANT, **world.service("another")}).status_code == 200


def test_addresses_of_one_network_are_one(world: Slow) -> None:
    answers = [world.ask("/oauth2/sign-in", f"2001:db8::{number}") for number in range(6)]
    assert answers == [200] * 5 + [429]


def test_the_one_not_seen_for_the_longest_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "MOST", 3)
    rate = Rate(1, lambda: 100.0)
    for _ in range(BURST):
        assert rate.wait("greedy") == 0
    assert rate.wait("greedy") == 1
    for other in "abc":
        rate.wait("greedy")
        rate.wait(other)
    assert rate.wait("greedy") == 1
    for other in "defg":
        rate.wait(other)
    assert rate.wait("greedy") == 0


def test_one_request_at_a_time_is_always_let_in() -> None:
    rate = Rate(0.01, lambda: 100.0)
    assert [rate.wait("one"), rate.wait("one")] == [0, 100]


def test_no_limit_is_none() -> None:
    rate = Rate(0, lambda: 100.0)
    assert {rate.wait("one") for _ in range(1_000)} == {0}
