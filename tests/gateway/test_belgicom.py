"""BelgiCom's APIs through its gateway: partners by their keys, live streams, a core by HTTP/2, and Schemathesis, which
asks every API by the file that is published: nothing fails on any request."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager

import httpx
import msgspec
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from tests.gateway.belgicom import BELGICOM, CATALOGUE, Behind, belgicom
from tests.runtime.operator import until
from tests.telco.charging.records.events import balance, bucket, data
from tests.telco.network_health.test_events import Stream
from trunkline.document import Document
from trunkline.gateway.openapi import base_path
from trunkline.log.envelope import cloud_event
from trunkline.project import Project
from trunkline.telco.model import Balance

PARTNERS = ("product-catalog", "product-catalog-v5")
PURPOSES = {
    "alarm": "operations", "network": "operations", "resource": "operations", "performance": "operations",
    "charging": "billing", "nchf": "charging", "usage": "billing", "prepay": "billing", "customer": "billing",
    "communication": "billing", "party": "care", "product": "care", "event": "integration", "gateway": "integration",
    "scim": "none",
}  # fmt: skip
APIS = sorted(file.parent.name for file in (BELGICOM / "apis").glob("*/openapi.yaml"))
BUSY = {"nchf-convergedcharging": (503, 504)}
"""Where nobody charges, as here, the core is told to ask again."""
FEW, MANY = 1, 60


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    with belgicom(tmp_path_factory.mktemp("behind") / "belgicom") as house:
        house.token()
        yield house


def test_a_partner_reads_the_catalogue_with_a_key_and_no_token(house: Behind) -> None:
    for version in ("v4", "v5"):
        path = f"/tmf-api/productCatalogManagement/{version}/productOffering"
        assert house.call(path, headers=house.partner).json() == []
        unknown = {**house.partner, "x-api-key": "trunkline-unknown"}
        assert house.call(path, headers=unknown).status_code == 401
        assert house.past(path, headers=house.partner).status_code == 401  # keys are the gateway's to know
    stranger = house.call(CATALOGUE, headers=house.key("nobody-shop", known=False))
    assert stranger.status_code == 403  # access/purposes.yaml says nothing of it


def tell(house: Behind, spent: int) -> None:
    """A balance, as charging tells of it."""
    told = balance(bucket(remaining=1_500 - spent), data(), spent=spent)
    event = cloud_event(
        type=Balance.topic, source="/test", id=f"{told.key}/{spent}", value=msgspec.json.encode(told), key=told.key
    )
    with closing(Project(house.folder).open_log()) as log:
        log.append(Balance.topic, [event])


def test_a_record_whose_id_has_a_slash_is_found_at_its_address(house: Behind) -> None:
    roles = "/tmf-api/partyRoleManagement/v4/partyRole"
    said = {"id": "a/b %25", "name": "One", "roleType": {"id": "supplier"}, "@type": "PartyRole"}
    made = house.call(roles, "POST", token=house.token(), purpose="care", json=said)
    assert made.status_code == 201, made.text
    address = made.json()["href"].removeprefix(house.url)
    assert "%2F" in address
    assert house.call(address, token=house.token(), purpose="care").json()["id"] == said["id"]
    others = (
        address.replace("%2F", "%5C"),
        f"{address}%2f..",
        "/network-health/v1/alarms/a%2Fb",
        "/scim/v2/Users/a%2Fb",
    )
    for path in others:
        assert house.call(path, token=house.token(), purpose="care").status_code in (400, 404)


@contextmanager
def streamed(house: Behind, path: str, purpose: str) -> Iterator[Stream]:
    headers = {"authorization": f"Bearer {house.token()}", "x-purpose": purpose}
    with httpx.stream("GET", f"{house.url}{path}", headers=headers, timeout=60) as answer:
        assert answer.status_code == 200, answer.read()
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Stream(answer)


def open_streams(house: Behind) -> int:
    """Requests that Envoy has under way to the platform."""
    found = house.admin.stats(r"^cluster\.platform.*\.upstream_rq_active$")
    return sum(found.values())


def test_a_balance_comes_through_as_it_changes_and_who_goes_is_noticed(house: Behind) -> None:
    tell(house, 1)
    path = "/charging/v1/accounts/1042/balance"
    until(lambda: house.call(path, token=house.token(), purpose="billing").status_code == 200, "the balance is known")
    before = open_streams(house)
    with streamed(house, f"{path}/events", "billing") as stream:
        events = iter(stream)
        assert next(events).data["spent"] == 1
        for spent in (2, 3):  # each before the next is told: nothing is held back
            tell(house, spent)
            assert next(events).data["spent"] == spent
        assert open_streams(house) == before + 1
    until(lambda: open_streams(house) == before, "the gateway has ended the request that nobody listens to")


def test_alarms_and_health_come_through(house: Behind) -> None:
    with streamed(house, "/network-health/v1/events", "operations") as stream:
        assert next(stream.lines).startswith("retry: ")


@pytest.mark.prove
def test_a_stream_goes_on_for_longer_than_any_request_may_take(house: Behind) -> None:
    """Behind the 15 s of a request, and the 60 s in which nothing may come, heartbeats or not."""
    with streamed(house, "/network-health/v1/events", "operations") as stream:
        begun = time.monotonic()
        while time.monotonic() < begun + 80:
            assert next(stream.lines) is not None  # raises where it ends


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not here, which speaks HTTP/2")
def test_a_5g_core_charges_by_http_2(house: Behind) -> None:
    path = "/nchf-convergedcharging/v3/chargingdata"
    said = ["-H", f"authorization: Bearer {house.token()}", "-H", "x-purpose: charging", "--json", "{}"]
    command = [
        "curl",
        "-s",
        "--http2-prior-knowledge",
        "-w",
        "\n%{http_version} %{http_code}",
        *said,
        f"{house.url}{path}",
    ]
    *_, problem, last = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert last == "2 400"
    assert "nfConsumerIdentification" in problem


@pytest.mark.parametrize("api", APIS)
def test_no_request_makes_an_api_fail(house: Behind, api: str) -> None:
    asked = ask(house, api, FEW)
    assert asked, "no operation was asked for"


@pytest.mark.prove
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("api", APIS)
def test_no_request_of_many_makes_an_api_fail(house: Behind, api: str) -> None:
    asked = ask(house, api, MANY)
    print(f"\n{api}: {asked.total()} requests, {dict(sorted(asked.items()))}")
    assert asked.total() >= MANY


def ask(house: Behind, api: str, examples: int) -> Counter[int]:
    """Requests of each operation of an API; gives how many were answered with which status."""
    data = Document.load(BELGICOM / "apis" / api / "openapi.yaml").data
    schema = schemathesis.openapi.from_dict(data)
    key = house.key("telesud-shop") if api in PARTNERS else {"x-purpose": PURPOSES[api.partition("-")[0]]}
    base = f"{house.url}{base_path(data)}"
    seen: Counter[int] = Counter()
    for found in schema.get_all_operations():
        operation = found.ok()
        if operation.definition.raw["operationId"] == "events":  # which goes on: see test_streams.py
            continue

        @settings(
            max_examples=examples,
            deadline=None,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def answered(case: schemathesis.Case) -> None:
            known = key if api in PARTNERS else {**key, "authorization": f"Bearer {house.token()}"}
            answer = case.call(base_url=base, headers=known, timeout=60)
            seen[answer.status_code] += 1
            assert answer.status_code < 500 or answer.status_code in BUSY.get(api, ()), (
                f"{case.method} {case.path}: {answer.status_code} {answer.text[:500]}\n{case.as_curl_command()}"
            )

        answered()
    return seen
