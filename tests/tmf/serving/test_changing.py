"""Documents made, changed and removed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.tmf.serving.lamps import LAMPS, V4_PATH, V5_PATH, Client, Outbox, owned_by
from trunkline.http import create_app
from trunkline.store import Conflict, Store, Unit
from trunkline.tmf.serving import serve

OPERATIONS = "application/json-patch+json"


def test_a_new_document_gets_id_type_first_state_and_time(v5: Client) -> None:
    answer = v5.post("/lamp", {"@type": "Lamp", "name": "Hall"})
    lamp = answer.json()
    assert answer.status_code == 201
    assert lamp["id"]
    assert lamp["status"] == "off"
    assert lamp["lastUpdate"].endswith("Z")
    assert answer.headers["location"] == lamp["href"]
    assert answer.headers["etag"] == v5.get(lamp["href"]).headers["etag"]
    assert v5.get(lamp["href"]).json() == lamp


def test_a_new_document_of_v4_needs_no_type(v4: Client, v5: Client) -> None:
    lamp = v4.post("/lamp", {"name": "Hall"}).json()
    assert lamp["@type"] == "Lamp"
    assert lamp["href"] == f"http://localhost{V4_PATH}/lamp/{lamp['id']}"
    assert v5.get(f"/lamp/{lamp['id']}").json() == {**lamp, "href": f"http://localhost{V5_PATH}/lamp/{lamp['id']}"}


def test_only_what_is_selected_of_a_new_document_is_told(v5: Client) -> None:
    lamp = v5.post("/lamp?fields=name", {"@type": "Lamp", "name": "Hall"}).json()
    assert lamp.keys() == {"id", "href", "@type", "name"}


def test_an_id_of_the_client_is_kept_and_conflicts_where_it_is_taken(v5: Client, outbox: Outbox) -> None:
    assert v5.made(id="mine") == "mine"
    again = v5.post("/lamp", {"@type": "Lamp", "name": "Other", "id": "mine"})
    assert again.status_code == 409
    assert again.json()["code"] == "exists"
    assert v5.get("/lamp/mine").json()["name"] == "Hall"
    assert outbox.types() == ["LampCreateEvent"]


@pytest.mark.parametrize("id", [7, "", ".", "a\nb", "x" * 256, None, ["a"]])
def test_an_id_that_is_none_is_refused_or_replaced(v5: Client, id: Any) -> None:
    answer = v5.post("/lamp", {"@type": "Lamp", "name": "Hall", "id": id})
    assert answer.status_code == (201 if id is None else 400)


def test_what_is_required_is_asked_for(v5: Client, v4: Client) -> None:
    for client in (v4, v5):
        answer = client.post("/lamp", {"@type": "Lamp"})
        assert answer.status_code == 400
        assert "name" in answer.text


def test_attributes_of_an_extension_come_back_as_they_were(v4: Client, v5: Client) -> None:
    extension = {
        "@type": "SmartLamp",
        "@baseType": "Lamp",
        "@schemaLocation": "http://127.0.0.1:9/never-fetched.json",
        "colours": [{"rgb": [1, 2.5, None], "öffnen": True}],
        "empty": None,
    }
    for client in (v4, v5):
        lamp = client.post("/lamp", {"name": "Hall", **extension}).json()
        assert {**lamp, **extension} == lamp
        assert client.get(lamp["href"]).json() == lamp
        patched = client.patch(f"/lamp/{lamp['id']}", {"colours": [], "more": {"a": 1}}).json()
        assert (patched["colours"], patched["more"], patched["@schemaLocation"]) == (
            [],
            {"a": 1},
            extension["@schemaLocation"],
        )


def test_a_merge_patch_changes_removes_and_replaces_whole_arrays(v5: Client) -> None:
    id = v5.made(watts=7, smart=True, relatedParty=[owned_by("a"), owned_by("b")])
    for media_type in ("application/merge-patch+json", "application/json"):
        answer = v5.patch(f"/lamp/{id}", {"watts": 9, "smart": None, "relatedParty": [owned_by("c")]}, media_type)
        assert answer.status_code == 200, answer.text
        lamp = answer.json()
        assert (lamp["watts"], lamp.get("smart"), lamp["relatedParty"]) == (9, None, [owned_by("c")])
        assert answer.headers["etag"] == v5.get(f"/lamp/{id}").headers["etag"]


def test_a_json_patch_is_done_whole_or_not_at_all(v5: Client, outbox: Outbox) -> None:
    id = v5.made(watts=7)
    outbox.types()
    change = [{"op": "replace", "path": "/watts", "value": 9}, {"op": "test", "path": "/name", "value": "Other"}]
    assert v5.patch(f"/lamp/{id}", change, OPERATIONS).status_code in (400, 409)
    assert v5.get(f"/lamp/{id}").json()["watts"] == 7
    assert outbox.types() == []
    assert v5.patch(f"/lamp/{id}", change[:1], OPERATIONS).json()["watts"] == 9


def test_a_json_patch_query_changes_the_element_that_it_names(v5: Client) -> None:
    id = v5.made(relatedParty=[owned_by("a"), owned_by("b")])
    change = [{"op": "remove", "path": "/relatedParty?partyOrPartyRole.id=a"}]
    answer = v5.patch(f"/lamp/{id}", change, "application/json-patch-query+json")
    assert answer.status_code == 200, answer.text
    assert answer.json()["relatedParty"] == [owned_by("b")]


def test_a_patch_of_v4_is_in_its_words_and_leaves_what_only_v5_has(v4: Client, v5: Client) -> None:
    id = v5.made(smart=True, lastLit="2026-11-26T00:00:00Z", relatedParty=[owned_by("a")])
    answer = v4.patch(f"/lamp/{id}", {"litLast": "2026-11-27T00:00:00Z"})
    assert answer.status_code == 200, answer.text
    assert "smart" not in answer.json()
    lamp = v5.get(f"/lamp/{id}").json()
    assert (lamp["smart"], lamp["lastLit"], lamp["relatedParty"]) == (True, "2026-11-27T00:00:00Z", [owned_by("a")])
    answer = v4.patch(f"/lamp/{id}", {"relatedParty": [{"id": "b", "@referredType": "Individual", "role": "owner"}]})
    assert answer.status_code == 200, answer.text
    party = v5.get(f"/lamp/{id}").json()["relatedParty"][0]
    assert (party["role"], party["partyOrPartyRole"]["id"]) == ("owner", "b")


@pytest.mark.parametrize(
    "change", [{"id": "x"}, {"id": None}, {"href": "/x"}, {"@type": "Candle"}, {"serialNumber": 2}]
)
def test_what_never_changes_is_refused(v5: Client, change: dict[str, Any]) -> None:
    id = v5.made(serialNumber="1")
    answer = v5.patch(f"/lamp/{id}", change)
    assert answer.status_code == 400
    assert next(iter(change)) in answer.json()["reason"]


def test_a_document_may_be_sent_back_whole(v5: Client, outbox: Outbox) -> None:
    id = v5.made()
    outbox.types()
    whole = v5.get(f"/lamp/{id}").json()
    assert v5.patch(f"/lamp/{id}", {**whole, "watts": 60}).json()["watts"] == 60
    assert outbox.types() == ["LampAttributeValueChangeEvent"]


def test_a_change_that_changes_nothing_is_told_to_nobody(v5: Client, outbox: Outbox) -> None:
    id = v5.made(watts=7)
    before = v5.get(f"/lamp/{id}")
    outbox.types()
    for change in ({}, {"watts": 7}, {"status": "off"}, {"absent": None}, {"lastUpdate": "2020-01-01T00:00:00Z"}):
        answer = v5.patch(f"/lamp/{id}", change)
        assert (answer.status_code, answer.json()) == (200, before.json())
    assert v5.get(f"/lamp/{id}").headers["etag"] == before.headers["etag"]
    assert outbox.types() == []


def test_true_in_the_place_of_1_is_a_change(v5: Client, outbox: Outbox) -> None:
    id = v5.made(anything=1)
    outbox.types()
    assert v5.patch(f"/lamp/{id}", {"anything": True}).json()["anything"] is True
    assert outbox.types() == ["LampAttributeValueChangeEvent"]


def test_a_state_that_may_not_follow_is_a_conflict(v5: Client) -> None:
    id = v5.made()
    assert v5.patch(f"/lamp/{id}", {"status": "lit"}).status_code == 200
    assert v5.patch(f"/lamp/{id}", {"status": "broken"}).status_code == 200
    answer = v5.patch(f"/lamp/{id}", {"status": "lit"})
    assert answer.status_code == 409
    assert "broken" in answer.json()["reason"]


def test_what_is_no_state_is_wrong(v5: Client) -> None:
    assert v5.post("/lamp", {"@type": "Lamp", "name": "Hall", "status": "blue"}).status_code == 400
    assert v5.patch(f"/lamp/{v5.made()}", {"status": "blue"}).status_code == 400


def test_a_change_of_what_has_been_changed_meanwhile_is_refused_by_if_match(v5: Client) -> None:
    id = v5.made()
    old = v5.get(f"/lamp/{id}").headers["etag"]
    assert v5.patch(f"/lamp/{id}", {"watts": 1}, If_Match=old).status_code == 200
    assert v5.patch(f"/lamp/{id}", {"watts": 2}, If_Match=old).status_code == 412
    assert v5.delete(f"/lamp/{id}", If_Match=f"W/{v5.get(f'/lamp/{id}').headers['etag']}").status_code == 412
    assert v5.patch(f"/lamp/{id}", {"watts": 3}, If_Match="*").status_code == 200
    assert v5.delete(f"/lamp/{id}", If_Match=v5.get(f"/lamp/{id}").headers["etag"]).status_code == 204


def test_an_entity_tag_does_not_survive_its_document(v5: Client) -> None:
    v5.made(id="one", watts=1)
    old = v5.get("/lamp/one").headers["etag"]
    v5.delete("/lamp/one")
    v5.made(id="one", watts=2)
    assert v5.delete("/lamp/one", If_Match=old).status_code == 412


def test_what_is_removed_is_gone(v5: Client) -> None:
    id = v5.made()
    answer = v5.delete(f"/lamp/{id}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert v5.get(f"/lamp/{id}").status_code == 404
    assert v5.delete(f"/lamp/{id}").status_code == 404
    assert v5.patch(f"/lamp/{id}", {}).status_code == 404


def test_what_the_owner_refuses_is_not_done(v5: Client, outbox: Outbox) -> None:
    id = v5.made(name="Beacon")
    outbox.types()
    answer = v5.delete(f"/lamp/{id}")
    assert (answer.status_code, answer.json()["reason"]) == (409, "ships need the beacon")
    assert v5.get(f"/lamp/{id}").status_code == 200
    assert outbox.types() == []


def test_each_change_is_told_with_the_whole_document(v5: Client, outbox: Outbox) -> None:
    id = v5.made(watts=7)
    v5.patch(f"/lamp/{id}", {"watts": 9})
    v5.patch(f"/lamp/{id}", {"status": "lit"})
    v5.patch(f"/lamp/{id}", {"status": "off", "watts": 8})
    last = v5.get(f"/lamp/{id}").json()
    v5.delete(f"/lamp/{id}")
    told = outbox.told()
    assert [type for type, _ in told[:3]] == [
        "LampCreateEvent",
        "LampAttributeValueChangeEvent",
        "LampStateChangeEvent",
    ]
    assert {type for type, _ in told[3:5]} == {"LampStateChangeEvent", "LampAttributeValueChangeEvent"}
    assert told[5][0] == "LampDeleteEvent"
    assert [event["lamp"]["watts"] for _, event in told] == [7, 9, 9, 8, 8, 8]
    assert told[5][1] == {"lamp": {name: value for name, value in last.items() if name != "href"}}


def test_a_task_is_done_and_kept_with_its_state(v4: Client, v5: Client, outbox: Outbox) -> None:
    id = v5.made()
    outbox.types()
    answer = v5.post("/lightLamp", {"@type": "LightLamp", "lampId": id})
    task = answer.json()
    assert (answer.status_code, task["state"], answer.headers["location"]) == (201, "done", task["href"])
    assert v5.get(f"/lamp/{id}").json()["status"] == "lit"
    assert outbox.types() == ["LampStateChangeEvent", "LightLampCreateEvent"]
    assert v5.get(task["href"]).json() == task
    assert v5.get("/lightLamp?state=done").status_code in (200, 206)
    of_v4 = v4.get(f"/lightLamps/{task['id']}").json()
    assert (of_v4["lampId"], of_v4["href"]) == (id, f"http://localhost{V4_PATH}/lightLamps/{task['id']}")
    assert v4.post("/lightLamps", {"lampId": "none"}).json()["state"] == "terminatedWithError"


def test_a_task_that_fails_leaves_nothing(v5: Client, outbox: Outbox) -> None:
    v5.made(id="cursed")
    outbox.types()
    answer = v5.post("/lightLamp", {"@type": "LightLamp", "lampId": "cursed"})
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert v5.get("/lightLamp").json() == []
    assert outbox.types() == []


def test_a_task_is_never_changed(v5: Client) -> None:
    task = v5.post("/lightLamp", {"@type": "LightLamp", "lampId": v5.made()}).json()
    assert v5.patch(f"/lightLamp/{task['id']}", {"state": "done"}).status_code == 405
    assert v5.delete(f"/lightLamp/{task['id']}").status_code == 405


def test_a_change_that_others_get_in_the_way_of_is_tried_again(
    v5: Client, store: Store, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    id = v5.made(watts=1)
    outbox.types()
    unit, hindered = store.unit, iter([True, True, False])

    @contextmanager
    def sometimes() -> Iterator[Unit]:
        with unit() as opened:
            yield opened
            if next(hindered, True):
                raise Conflict("another change came first")

    monkeypatch.setattr(store, "unit", sometimes)
    assert v5.patch(f"/lamp/{id}", {"watts": 2}).status_code == 200
    refused = v5.patch(f"/lamp/{id}", {"watts": 3})
    assert (refused.status_code, refused.json()["code"]) == (409, "changedMeanwhile")
    assert v5.get(f"/lamp/{id}").json()["watts"] == 2
    assert outbox.types() == ["LampAttributeValueChangeEvent"]


def test_what_the_standard_does_not_know_is_refused_where_the_operator_is_strict(store: Store) -> None:
    lenient, strict = (Client(create_app(serve([LAMPS], store, strict=how)), V5_PATH) for how in (False, True))
    lamp = {"@type": "Lamp", "name": "Hall", "wats": 7}
    assert lenient.post("/lamp", lamp).status_code == 201
    refused = strict.post("/lamp", lamp)
    assert refused.status_code == 400
    assert "wats" in refused.text
