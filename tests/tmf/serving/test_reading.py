"""Lists, and documents by their id."""

from __future__ import annotations

import re

import httpx
import pytest

from tests.tmf.serving.lamps import V5_PATH, Client, owned_by
from trunkline.store import Store


def links(answer: httpx.Response) -> dict[str, str]:
    return {relation: url for url, relation in re.findall(r'<([^>]*)>; rel="(\w+)"', answer.headers["link"])}


def names(answer: httpx.Response) -> list[str]:
    return [lamp["name"] for lamp in answer.json()]


@pytest.fixture
def lamps(v5: Client) -> list[str]:
    """The ids of seven lamps: a to g, of 1 to 7 watts."""
    return [v5.made(name=name, watts=watts) for watts, name in enumerate("abcdefg", 1)]


def test_a_document_is_told_with_its_href(v5: Client) -> None:
    id = v5.made(name="Hall")
    lamp = v5.get(f"/lamp/{id}").json()
    assert lamp["id"] == id
    assert lamp["href"] == f"http://localhost{V5_PATH}/lamp/{id}"
    assert (lamp["@type"], lamp["name"], lamp["status"]) == ("Lamp", "Hall", "off")
    assert v5.get(lamp["href"]).json() == lamp


def test_a_slash_at_the_end_changes_nothing(v5: Client) -> None:
    id = v5.made()
    assert v5.get(f"/lamp/{id}/").json() == v5.get(f"/lamp/{id}").json()
    assert v5.get("/lamp/").json() == v5.get("/lamp").json()


def test_an_id_may_hold_any_character(v5: Client) -> None:
    id = v5.made(id="Site=ä 1/Cell=?#%2F")
    lamp = v5.get("/lamp").json()[0]
    assert lamp["id"] == id
    assert v5.get(lamp["href"]).json() == lamp


def test_what_is_not_there_is_404(v5: Client) -> None:
    answer = v5.get("/lamp/none")
    assert answer.status_code == 404
    assert answer.json() == {"code": "notFound", "reason": "there is no Lamp none", "status": "404", "@type": "Error"}


def test_only_selected_attributes_are_told_and_always_id_href_and_type(v4: Client, v5: Client) -> None:
    id = v5.made(watts=7, lastLit="2026-11-26T00:00:00Z", relatedParty=[owned_by("p")])
    assert v5.get(f"/lamp/{id}?fields=watts,nothing").json().keys() == {"id", "href", "@type", "watts"}
    assert v5.get(f"/lamp/{id}?fields=none").json().keys() == {"id", "href", "@type"}
    assert v5.get(f"/lamp/{id}?fields=relatedParty.role").json()["relatedParty"] == [{"role": "owner"}]
    assert [lamp.keys() for lamp in v5.get("/lamp?fields=name").json()] == [{"id", "href", "@type", "name"}]
    assert v4.get(f"/lamp/{id}?fields=litLast").json()["litLast"] == "2026-11-26T00:00:00Z"


@pytest.mark.parametrize("query", ["fields=", "fields=a..b", "fields=a,,b", "fields=" + ",".join("a" * 300)])
def test_fields_that_are_no_list_of_attributes_are_refused(v5: Client, query: str) -> None:
    assert v5.get(f"/lamp?{query}").status_code == 400
    assert v5.get(f"/lamp/1?{query}").status_code == 400


def test_a_known_entity_tag_is_answered_with_304(v5: Client) -> None:
    id = v5.made()
    tag = v5.get(f"/lamp/{id}").headers["etag"]
    for known in (tag, f'"other", W/{tag}', "*"):
        answer = v5.get(f"/lamp/{id}", headers={"if-none-match": known})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    v5.patch(f"/lamp/{id}", {"watts": 9})
    changed = v5.get(f"/lamp/{id}", headers={"if-none-match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_a_whole_list_is_200_and_counted(v5: Client, lamps: list[str]) -> None:
    answer = v5.get("/lamp")
    assert answer.status_code == 200
    assert names(answer) == list("abcdefg")
    assert (answer.headers["x-total-count"], answer.headers["x-result-count"]) == ("7", "7")
    assert "x-search-complete" not in answer.headers


def test_an_empty_list_is_200(v5: Client) -> None:
    answer = v5.get("/lamp")
    assert (answer.status_code, answer.json(), answer.headers["x-total-count"]) == (200, [], "0")


def test_a_part_is_206_and_links_lead_through_all_parts_by_offset(v4: Client, lamps: list[str]) -> None:
    answer = v4.get("/lamp?limit=3&sort=-name")
    assert (answer.status_code, names(answer)) == (206, ["g", "f", "e"])
    assert (answer.headers["x-total-count"], answer.headers["x-result-count"]) == ("7", "3")
    assert "prev" not in links(answer)
    second = v4.get(links(answer)["next"])
    assert names(second) == ["d", "c", "b"]
    last = v4.get(links(second)["next"])
    assert (last.status_code, names(last)) == (206, ["a"])
    assert "next" not in links(last)
    assert names(v4.get(links(last)["prev"])) == ["d", "c", "b"]
    assert names(v4.get(links(second)["last"])) == ["a"]
    assert names(v4.get(links(last)["first"])) == ["g", "f", "e"]
    assert names(v4.get(links(second)["self"])) == ["d", "c", "b"]


def test_links_of_v5_have_cursors_which_miss_nothing_that_comes_between(v5: Client, lamps: list[str]) -> None:
    first = v5.get("/lamp?limit=3&sort=watts&watts.gt=1")
    assert names(first) == ["b", "c", "d"]
    assert "prev" not in links(first)
    v5.delete(f"/lamp/{lamps[1]}")
    second = v5.get(links(first)["next"])
    assert (names(second), second.status_code) == (["e", "f", "g"], 206)
    back = v5.get(links(second)["prev"])
    assert names(back) == ["c", "d"]
    assert names(v5.get(links(back)["next"])) == ["e", "f", "g"]
    beyond = v5.get(links(second)["next"]) if "next" in links(second) else None
    assert beyond is None or names(beyond) == []


def test_a_part_behind_the_end_is_empty(v5: Client, lamps: list[str]) -> None:
    answer = v5.get("/lamp?offset=100")
    assert (answer.status_code, answer.json(), answer.headers["x-total-count"]) == (206, [], "7")


def test_a_limit_beyond_the_most_is_cut(v5: Client, lamps: list[str]) -> None:
    assert len(v5.get("/lamp?limit=100000").json()) == 7


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=-1",
        "limit=x",
        "limit=1&limit=2",
        "offset=-1",
        "offset=1e3",
        "offset=٣",
        "offset=99999999999999999999",
        "after=nonsense",
        "before=AAAA",
        "after=a&before=b",
        "after=a&offset=1",
        "sort=",
        "sort=unheardOf",
        "sort=relatedParty",
        "unheardOf=1",
        "watts.gt=much",
        "name.regex=(",
        "name=%00",
        "name=%ff",
        "&".join(f"name=n{i}" for i in range(300)),
    ],
)
def test_a_list_that_cannot_be_given_is_refused_and_not_given_whole(v5: Client, query: str) -> None:
    v5.made()
    answer = v5.get(f"/lamp?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.json()["@type"] == "Error"
    assert answer.json()["reason"]


def test_filters_are_in_the_words_of_the_version(v4: Client, v5: Client) -> None:
    v5.made(name="ours", relatedParty=[owned_by("p1")])
    v5.made(name="theirs")
    assert names(v5.get("/lamp?relatedParty.partyOrPartyRole.id=p1")) == ["ours"]
    assert names(v4.get("/lamp?relatedParty.id=p1")) == ["ours"]


def test_a_list_that_was_not_searched_whole_says_so(v5: Client, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    v5.made()
    find = store.find
    monkeypatch.setattr(store, "find", lambda query: find(query)._replace(complete=False))
    answer = v5.get("/lamp?smart=true")
    assert (answer.status_code, answer.headers["x-search-complete"]) == (206, "false")
    assert "last" not in links(answer)


def test_what_stands_within_another_is_found_there_alone(v5: Client) -> None:
    hall, attic = v5.made(name="Hall"), v5.made(name="Attic")
    answer = v5.post(f"/lamp/{hall}/bulb", {"@type": "Bulb", "colour": "warm", "lampId": attic})
    bulb = answer.json()
    assert (answer.status_code, bulb["lampId"]) == (201, hall)
    assert bulb["href"] == answer.headers["location"] == f"http://localhost{V5_PATH}/lamp/{hall}/bulb/{bulb['id']}"
    assert v5.get(bulb["href"]).json() == bulb
    assert v5.get(f"/lamp/{hall}/bulb?colour=warm").json() == [bulb]
    assert v5.get(f"/lamp/{attic}/bulb?colour=warm").json() == []
    for path in (f"/lamp/{attic}/bulb/{bulb['id']}", "/lamp/none/bulb", f"/bulb/{bulb['id']}", f"/lamp/{hall}/lamp"):
        assert v5.get(path).status_code == 404
    assert v5.post("/lamp/none/bulb", {"@type": "Bulb"}).status_code == 404
    assert v5.delete(f"/lamp/{attic}/bulb/{bulb['id']}").status_code == 404
    assert v5.patch(f"/lamp/{hall}/bulb/{bulb['id']}", {"lampId": attic}).status_code == 400


def test_one_document_takes_no_filters(v5: Client) -> None:
    answer = v5.get(f"/lamp/{v5.made()}?name=x")
    assert answer.status_code == 400
    assert "fields" in answer.json()["message"]
