"""`/hub` over HTTP: subscribe, see, end, and what is refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openapi_spec_validator import validate

from tests.tmf.hub.house import ALARMS, PRODUCTS, House
from tests.tmf.hub.subscriber import Subscriber
from tests.tmf.official import official
from trunkline.http import create_app
from trunkline.tmf.declaration import V4, V5, Version
from trunkline.tmf.hub.guard import Guard
from trunkline.tmf.hub.routes import hub_routes
from trunkline.tmf.hub.subscriptions import Subscriptions
from trunkline.tmf.serving import serve

HUB = {V4: "/tmf-api/alarmManagement/v4/hub", V5: "/tmf-api/alarmManagement/v5/hub"}
CALLBACK = "http://127.0.0.1:9/events"
versions = pytest.mark.parametrize("version", [V4, V5])


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    found = House(tmp_path)
    yield found
    found.close()


@pytest.fixture
def client(house: House) -> TestClient:
    return client_of(house, house.subscriptions)


def client_of(house: House, subscriptions: Subscriptions) -> TestClient:
    apis = serve([ALARMS, PRODUCTS], house.store, hub=partial(hub_routes, subscriptions=subscriptions))
    return TestClient(create_app(apis), base_url="http://localhost", raise_server_exceptions=False)


def refused(answer: Any, status: int, version: Version) -> str:
    """The reason and message of a refusal, whose body must be what TM Forum says."""
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert body.keys() >= {"code", "reason"}
    assert body.get("@type") == ("Error" if version is V5 else None)
    return f"{body['reason']}: {body.get('message', '')}"


@versions
def test_a_subscription_is_answered_with_201_its_id_and_its_place(client: TestClient, version: Version) -> None:
    answer = client.post(HUB[version], json={"callback": CALLBACK, "query": "eventType=AlarmCreateEvent"})
    assert answer.status_code == 201
    body = answer.json()
    assert answer.headers["Location"] == f"http://localhost{HUB[version]}/{body['id']}"
    assert (body["callback"], body["query"]) == (CALLBACK, "eventType=AlarmCreateEvent")
    if version is V5:
        assert (body["@type"], body["href"]) == ("Hub", answer.headers["Location"])


@versions
def test_what_is_answered_is_what_the_official_file_says(client: TestClient, version: Version) -> None:
    body = client.post(HUB[version], json={"callback": CALLBACK}).json()
    assert official(642, version).errors("EventSubscription" if version is V4 else "Hub", body) == []


@versions
def test_the_same_callback_and_query_twice_is_409_and_another_query_is_not(
    client: TestClient, version: Version
) -> None:
    given = {"callback": CALLBACK, "query": "perceivedSeverity=critical"}
    first = client.post(HUB[version], json=given).json()["id"]
    assert first in refused(client.post(HUB[version], json=given), 409, version)
    assert client.post(HUB[version], json={"callback": CALLBACK}).status_code == 201
    client.delete(f"{HUB[version]}/{first}")
    assert client.post(HUB[version], json=given).status_code == 201


def test_of_many_that_subscribe_alike_at_once_one_is_taken(client: TestClient) -> None:
    statuses: list[int] = []

    def post() -> None:
        statuses.append(client.post(HUB[V5], json={"callback": CALLBACK}).status_code)

    threads = [threading.Thread(target=post) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201] + [409] * 5


def test_more_subscriptions_than_can_be_served_are_refused(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trunkline.tmf.hub.subscriptions.MOST", 2)
    made = [client.post(HUB[V5], json={"callback": CALLBACK, "query": f"id={n}"}) for n in range(3)]
    assert "there are 2 subscriptions" in refused(made[2], 409, V5)
    client.delete(f"{HUB[V5]}/{made[0].json()['id']}")
    assert client.post(HUB[V5], json={"callback": CALLBACK}).status_code == 201


@versions
def test_a_subscription_is_ended_with_204_and_then_it_is_gone(client: TestClient, version: Version) -> None:
    place = f"{HUB[version]}/{client.post(HUB[version], json={'callback': CALLBACK}).json()['id']}"
    assert client.delete(place).status_code == 204
    refused(client.delete(place), 404, version)


def test_v5_shows_subscriptions_one_by_one_and_as_a_list_in_parts(client: TestClient) -> None:
    made = [client.post(HUB[V5], json={"callback": CALLBACK, "query": f"id={n}"}).json() for n in range(5)]
    assert client.get(f"{HUB[V5]}/{made[0]['id']}").json() == made[0]
    everything = client.get(HUB[V5])
    assert (everything.status_code, everything.json()) == (200, made)
    part = client.get(f"{HUB[V5]}?offset=2&limit=2")
    assert (part.status_code, part.json()) == (206, made[2:4])
    assert (part.headers["X-Total-Count"], part.headers["X-Result-Count"]) == ("5", "2")
    assert client.get(f"{HUB[V5]}?offset=9").json() == []


def test_v4_does_not_show_them(client: TestClient) -> None:
    answer = client.get(HUB[V4])
    refused(answer, 405, V4)
    assert answer.headers["Allow"] == "POST"


def test_each_version_of_each_api_has_its_own(client: TestClient) -> None:
    id = client.post(HUB[V5], json={"callback": CALLBACK}).json()["id"]
    products = "/tmf-api/productInventory/v5/hub"
    refused(client.get(f"{products}/{id}"), 404, V5)
    refused(client.delete(f"{HUB[V4]}/{id}"), 404, V4)
    assert client.get(products).json() == []
    assert client.get(f"{HUB[V5]}/{id}").status_code == 200


@versions
@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"{}", b"nothing", b'{"callback": 7}', b'{"callback": null}', b'{"callback": ""}', b"[" * 5_000,
        b'{"callback": "http://127.0.0.1/", "query": 7}',
        b'{"callback": "http://127.0.0.1/", "query": "colour=red"}',
        b'{"callback": "http://127.0.0.1/", "query": "\\u0000"}',
        b'{"callback": "http://127.0.0.1/", "query": "id=\\ud800"}',
    ],
)  # fmt: skip
def test_what_is_no_subscription_is_400(client: TestClient, version: Version, body: bytes) -> None:
    answer = client.post(HUB[version], content=body, headers={"Content-Type": "application/json"})
    refused(answer, 400, version)


@versions
def test_a_form_is_not_taken_for_a_subscription(client: TestClient, version: Version) -> None:
    answer = client.post(
        HUB[version], content=b'{"callback": "http://127.0.0.1/"}', headers={"Content-Type": "text/plain"}
    )
    refused(answer, 415, version)


@versions
def test_a_subscription_that_is_too_large_is_413(client: TestClient, version: Version) -> None:
    refused(client.post(HUB[version], json={"callback": CALLBACK, "x": "x" * 20_000}), 413, version)


@versions
@pytest.mark.parametrize("place", ["?colour=red", "?offset=-1", "?offset=1&offset=2", "?limit=0", "?limit=1001"])
def test_a_parameter_that_is_not_known_or_wrong_is_400(client: TestClient, version: Version, place: str) -> None:
    method = "GET" if version is V5 else "POST"
    refused(client.request(method, f"{HUB[version]}{place}", json={"callback": CALLBACK}), 400, version)


@versions
@pytest.mark.parametrize("id", ["1", "%00", "..", "a%2Fb", "x" * 5_000, "00000000-0000-0000-0000-000000000000"])
def test_an_id_that_there_is_not_is_404(client: TestClient, version: Version, id: str) -> None:
    refused(client.delete(f"{HUB[version]}/{id}"), 404, version)


def test_a_slash_at_the_end_means_nothing(client: TestClient) -> None:
    answer = client.post(f"{HUB[V5]}/", json={"callback": CALLBACK})
    assert answer.status_code == 201
    assert client.get(f"{HUB[V5]}/{answer.json()['id']}/").status_code == 200
    assert client.delete(f"{HUB[V4]}/x/").status_code == 404


@pytest.mark.parametrize(
    "callback",
    ["http://127.0.0.1:1/", "http://localhost/", "http://[::1]/", "http://169.254.169.254/latest/", "http://10.0.0.1/",
     "http://2130706433/", "file:///etc/passwd", "ftp://partner.example/", "http://user:secret@127.0.0.1/", "no url"],
)  # fmt: skip
def test_a_callback_that_leads_inside_is_400_unless_it_is_permitted(house: House, callback: str) -> None:
    client = client_of(house, Subscriptions(house.store, house.log, Guard()))
    assert "callback" in refused(client.post(HUB[V5], json={"callback": callback}), 400, V5)
    assert client.get(HUB[V5]).json() == []


def test_a_name_that_leads_nowhere_yet_is_taken(house: House) -> None:
    def resolve(*asked: Any, **how: Any) -> Any:
        raise OSError("no such name")

    client = client_of(house, Subscriptions(house.store, house.log, Guard(resolve=resolve)))
    assert client.post(HUB[V5], json={"callback": "http://in.listener.example/"}).status_code == 201


@versions
def test_who_subscribes_over_http_is_sent_what_happens_next(house: House, client: TestClient, version: Version) -> None:
    subscriber = Subscriber()
    house.start()
    client.post(HUB[version], json={"callback": subscriber.callback})
    house.raise_alarms([1])
    subscriber.wait(1)
    assert subscriber.taken[0]["event"]["alarm"]["href"] == f"http://localhost{HUB[version][:-3]}alarm/1"
    subscriber.close()


@versions
def test_events_are_what_the_official_file_says(house: House, client: TestClient, version: Version) -> None:
    subscriber = Subscriber()
    house.start()
    client.post(HUB[version], json={"callback": subscriber.callback})
    house.raise_alarms([1], alarmRaisedTime="2026-03-09T12:00:00Z", alarmType="equipmentAlarm")
    subscriber.wait(1)
    assert official(642, version).errors("AlarmCreateEvent", subscriber.taken[0]) == []
    subscriber.close()


@versions
def test_the_openapi_document_tells_of_the_hub(client: TestClient, version: Version) -> None:
    document = client.get(HUB[version][:-3] + "openapi.json").json()
    validate(document)
    assert document["paths"]["/hub"].keys() == ({"post"} if version is V4 else {"get", "post"})
    assert document["paths"]["/hub/{id}"].keys() == ({"delete"} if version is V4 else {"get", "delete"})
    assert document["paths"]["/hub"]["post"]["responses"].keys() >= {"201", "400", "409", "415"}
    assert "422" not in document["paths"]["/hub"]["post"]["responses"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=150)
@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_is_sent_nothing_fails(client: TestClient, callback: str, query: str) -> None:
    for sent in ({"callback": callback, "query": query}, {"callback": CALLBACK, "query": query}):
        assert client.post(HUB[V5], json=sent).status_code in (201, 400, 409)
