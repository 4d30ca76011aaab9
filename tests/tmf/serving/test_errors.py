"""What is refused, and how it is said."""

from __future__ import annotations

import pytest
from fastapi import APIRouter
from pydantic import BaseModel

from tests.tmf.serving.lamps import LAMPS, V4_PATH, V5_PATH, Client
from trunkline.http import create_app
from trunkline.store import Store, Unavailable
from trunkline.tmf.declaration import OpenApi, Version
from trunkline.tmf.errors import conflict
from trunkline.tmf.serving import serve


@pytest.mark.parametrize("path", ["", "/", "/unheardOf", "/lamp/a/b", "/lamp//", "/lamp/a%00b", "/%ff", "/lamp/%ff"])
def test_what_is_not_there_is_told_in_the_words_of_the_version(v4: Client, v5: Client, path: str) -> None:
    old, new = v4.get(path), v5.get(path)
    assert (old.status_code, new.status_code) == (404, 404)
    assert (old.json().keys() | {"message"}) == {"code", "reason", "message", "status"}
    assert new.json()["@type"] == "Error"
    assert old.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/lamp", "GET, POST"),
        ("POST", "/lamp/1", "DELETE, GET, PATCH"),
        ("DELETE", "/lamp", "GET, POST"),
        ("TRACE", "/lamp/1", "DELETE, GET, PATCH"),
        ("PATCH", "/lightLamp/1", "GET"),
        ("POST", "/openapi.json", "GET"),
    ],
)
def test_a_method_that_is_not_offered_is_405_with_those_that_are(
    v5: Client, method: str, path: str, allow: str
) -> None:
    answer = v5.ask(method, path)
    assert (answer.status_code, answer.headers["allow"], answer.json()["status"]) == (405, allow, "405")


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_what_a_foreign_page_may_send_without_asking_is_refused(v5: Client, media_type: str) -> None:
    headers = {"content-type": media_type} if media_type else {}
    answer = v5.ask("POST", "/lamp", content=b'{"@type": "Lamp", "name": "Hall"}', headers=headers)
    assert answer.status_code == 415
    assert v5.get("/lamp").json() == []


def test_a_patch_of_no_known_media_type_is_refused(v5: Client) -> None:
    answer = v5.patch(f"/lamp/{v5.made()}", {"watts": 1}, "text/plain")
    assert answer.status_code == 415
    assert "merge-patch+json" in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"null",
        b"\xff",
        b'{"name": "\\ud800"}',
        b'{"name": "a\\u0000b"}',
        b'{"a\\u0000": 1}',
        b'{"name": 1e999}',
        b'{"name": NaN}',
        b'{"a":' * 33 + b"1" + b"}" * 33,
        b"[" * 100_000,
        b'{"a":' + b"1" * 5000 + b"}",
    ],
)
def test_a_body_that_is_no_document_is_refused(v5: Client, body: bytes) -> None:
    for method, path in (("POST", "/lamp"), ("PATCH", f"/lamp/{v5.made()}")):
        answer = v5.ask(method, path, content=body, headers={"content-type": "application/json"})
        assert answer.status_code == 400, answer.text
        assert answer.json()["reason"]


def test_a_body_that_is_too_large_is_refused(v5: Client) -> None:
    answer = v5.post("/lamp", {"@type": "Lamp", "name": "x" * 1_100_000})
    assert answer.status_code == 413


def test_a_document_does_not_grow_beyond_what_is_taken(v5: Client) -> None:
    id = v5.made()
    assert v5.patch(f"/lamp/{id}", {"a": "x" * 600_000}).status_code == 200
    assert v5.patch(f"/lamp/{id}", {"b": "x" * 600_000}).status_code == 400


def test_a_store_that_cannot_be_reached_is_503(v5: Client, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    id = v5.made()

    def fail(*_: object) -> object:
        raise Unavailable("the secret password of the database was refused")

    for method in ("get", "find", "unit"):
        monkeypatch.setattr(store, method, fail)
    answers = [v5.get("/lamp"), v5.get(f"/lamp/{id}"), v5.delete(f"/lamp/{id}"), v5.patch(f"/lamp/{id}", {"watts": 1})]
    answers.append(v5.post("/lamp", {"@type": "Lamp", "name": "Hall"}))
    assert [answer.status_code for answer in answers] == [503] * 5
    assert not any("secret" in answer.text for answer in answers)


def test_a_document_that_the_store_cannot_keep_is_refused(v5: Client) -> None:
    id = v5.made()
    many = {"@type": "Lamp", "name": "Hall", "lampCharacteristic": [{"name": "n", "value": n} for n in range(11_000)]}
    assert v5.post("/lamp", many).status_code == 400
    assert v5.patch(f"/lamp/{id}", many).status_code == 400
    assert "lampCharacteristic" not in v5.get(f"/lamp/{id}").json()


class Callback(BaseModel):
    callback: str


def hub(api: OpenApi, version: Version) -> APIRouter:
    router = APIRouter()

    @router.post("/hub", status_code=201)
    def subscribe(wanted: Callback) -> dict[str, str]:
        if wanted.callback == "twice":
            raise conflict("exists", "there is one already")
        if wanted.callback == "broken":
            raise RuntimeError("secret")
        return {"id": "1", "api": f"{api.number} {version}"}

    return router


@pytest.fixture
def with_hub(store: Store) -> Client:
    return Client(create_app(serve([LAMPS], store, hub=hub)), V5_PATH)


def test_the_hub_answers_under_each_version_and_is_refused_for_in_its_words(with_hub: Client) -> None:
    answer = with_hub.post("/hub", {"callback": "http://x"})
    assert (answer.status_code, answer.json()) == (201, {"id": "1", "api": "999 v5"})
    v4 = Client(with_hub.app, V4_PATH).post("/hub", {"callback": "http://x"})
    assert v4.json()["api"] == "999 v4"
    for callback, status in (("twice", 409), ("broken", 500), (7, 400)):
        refused = with_hub.post("/hub", {"callback": callback})
        assert (refused.status_code, refused.json()["@type"]) == (status, "Error")
        assert "secret" not in refused.text
    assert with_hub.ask("PUT", "/hub").json()["status"] == "405"
    assert with_hub.get("/hub/a/b").json()["status"] == "404"
    plain = with_hub.ask("POST", "/hub", content=b'{"callback": "x"}', headers={"content-type": "text/plain"})
    assert plain.status_code == 415
    assert "/hub" in with_hub.get("/openapi.json").json()["paths"]


def test_hrefs_begin_with_the_url_that_the_operator_says(store: Store) -> None:
    app = create_app(serve([LAMPS], store, root="https://api.belgicom.example/x"))
    client = Client(app, V5_PATH)
    answer = client.post("/lamp", {"@type": "Lamp", "name": "Hall"})
    lamp = f"https://api.belgicom.example/x{V5_PATH}/lamp/{answer.json()['id']}"
    assert (answer.headers["location"], answer.json()["href"]) == (lamp, lamp)
    assert "<https://api.belgicom.example/x/" in client.get("/lamp").headers["link"]
