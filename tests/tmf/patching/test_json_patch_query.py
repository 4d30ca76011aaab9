"""JSON Patch Query: patches whose paths select elements of arrays."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.tmf.errors import Refusal
from trunkline.tmf.patching import patched

QUERY = "application/json-patch-query+json"
RESOURCE = {
    "id": "8044",
    "@type": "Resource",
    "note": [
        {"id": "1", "author": "ann", "text": "ordered", "@type": "Note"},
        {"id": "2", "author": "bob", "text": "built", "@type": "Note"},
        {"id": 3, "author": "ann", "text": "tested", "@type": "Note"},
    ],
    "relatedParty": [
        {"role": "vendor", "partyOrPartyRole": {"id": "5"}},
        {"role": "user", "partyOrPartyRole": {"id": "6"}},
    ],
    "contactMedium": [{"city": "Paris", "preferred": False}, {"city": "Ghent"}],
    "characteristic": [
        {"name": "market segment", "value": "x"},
        {"name": "a/b", "value": 1},
        {"name": "big", "value": {"volume": 1}},
    ],
    "order": [{"id": "120", "account": {"id": "1"}}, {"id": "121", "account": {"id": "2"}}],
    "privacy": [{"part": {"id": 43, "value": "Yes", "name": "mail"}}],
    "unit": "ms",
    "tags": ["a", "b", "a"],
    "category": "Latency",
}


def after(*operations: dict[str, Any]) -> dict[str, Any]:
    before = json.dumps(RESOURCE)
    document = patched(RESOURCE, json.dumps(operations).encode(), QUERY)
    assert json.dumps(RESOURCE) == before
    return document


def texts(document: dict[str, Any]) -> list[str]:
    return [note["text"] for note in document["note"]]


def test_an_element_is_removed_by_an_attribute() -> None:
    assert after({"op": "remove", "path": "/relatedParty?role=vendor"})["relatedParty"] == RESOURCE["relatedParty"][1:]


def test_all_elements_that_the_query_selects_are_removed() -> None:
    assert texts(after({"op": "remove", "path": "/note?author=ann"})) == ["built"]


def test_an_attribute_of_the_selected_element_is_replaced() -> None:
    assert texts(after({"op": "replace", "path": "/note?id=3/text", "value": "seen"})) == ["ordered", "built", "seen"]


def test_two_attributes_may_be_asked_for() -> None:
    assert texts(after({"op": "remove", "path": "/note?author=ann&text=ordered"})) == ["built", "tested"]


def test_an_object_gives_its_attributes_to_the_selected_one_and_others_stay() -> None:
    for op in ("replace", "add"):
        [_, changed, _] = after({"op": op, "path": "/note?id=2", "value": {"text": "seen"}})["note"]
        assert changed == {"id": "2", "author": "bob", "text": "seen", "@type": "Note"}


def test_an_element_that_is_no_object_is_replaced_as_a_whole() -> None:
    assert after({"op": "replace", "path": "/note?id=2", "value": "text"})["note"][1] == "text"
    [_, _, big] = after({"op": "replace", "path": "/characteristic?name=big/value", "value": {"unit": "m"}})[
        "characteristic"
    ]
    assert big["value"] == {"unit": "m"}


def test_the_query_may_stand_behind_the_attribute_that_changes() -> None:
    changed = after({"op": "replace", "path": "/contactMedium/preferred?city=Paris", "value": True})
    assert changed["contactMedium"] == [{"city": "Paris", "preferred": True}, {"city": "Ghent"}]
    changed = after({"op": "add", "path": "/contactMedium/preferred?city=Ghent", "value": True})
    assert changed["contactMedium"] == [{"city": "Paris", "preferred": False}, {"city": "Ghent", "preferred": True}]


def test_the_query_may_name_an_attribute_from_the_documents_root_on() -> None:
    path = "/relatedParty/partyOrPartyRole/id?relatedParty.role=user"
    changed = after({"op": "replace", "path": path, "value": "777"})["relatedParty"]
    assert [party["partyOrPartyRole"]["id"] for party in changed] == ["5", "777"]
    changed = after({"op": "replace", "path": "/order/account/id?order.id=120", "value": "1889"})["order"]
    assert [order["account"]["id"] for order in changed] == ["1889", "2"]
    path = "/characteristic/value?/characteristic/name=market segment"
    changed = after({"op": "replace", "path": path, "value": "retail"})["characteristic"]
    assert [each["value"] for each in changed] == ["retail", 1, {"volume": 1}]


def test_the_query_may_be_of_a_single_object() -> None:
    changed = after({"op": "replace", "path": "/privacy/part?id=43", "value": {"value": "No"}})
    assert changed["privacy"] == [{"part": {"id": 43, "value": "No", "name": "mail"}}]
    assert after({"op": "replace", "path": "/unit?category=Latency", "value": "s"})["unit"] == "s"
    with pytest.raises(Refusal):
        after({"op": "replace", "path": "/unit?category=Jitter", "value": "s"})


def test_a_slash_in_a_value_is_escaped_or_quoted() -> None:
    for path in ("/characteristic?name=a~1b/value", '/characteristic?name="a/b"/value'):
        assert after({"op": "replace", "path": path, "value": 2})["characteristic"][1]["value"] == 2


def test_an_element_may_be_named_by_its_place_as_in_a_json_patch() -> None:
    assert texts(after({"op": "remove", "path": "/note/1"})) == ["ordered", "tested"]
    assert texts(after({"op": "add", "path": "/note/1", "value": {"text": "paid"}}))[1] == "paid"
    assert texts(after({"op": "add", "path": "/note/-", "value": {"text": "paid"}}))[3] == "paid"
    assert texts(after({"op": "add", "path": "/note", "value": {"text": "paid"}}))[3] == "paid"
    assert after({"op": "replace", "path": "/unit", "value": "s"})["unit"] == "s"
    assert after({"op": "add", "path": "/fresh", "value": None})["fresh"] is None
    assert after({"op": "replace", "path": "", "value": {"id": "9"}}) == {"id": "9"}


def test_without_a_query_an_operation_is_done_in_all_elements() -> None:
    assert texts(after({"op": "replace", "path": "/note/text", "value": "x"})) == ["x", "x", "x"]
    assert "author" not in json.dumps(after({"op": "remove", "path": "/note/author"}))


def test_values_are_tested_at_all_places() -> None:
    after({"op": "test", "path": "/note?author=ann/@type", "value": "Note"})
    with pytest.raises(Refusal, match=r"operation 1, test '/note\?author=ann/text'.*/note/2/text has another value"):
        after({"op": "test", "path": "/note?author=ann/text", "value": "ordered"})


def test_a_selected_element_is_copied_and_moved() -> None:
    copied = after({"op": "copy", "from": "/note?id=2/text", "path": "/note?id=1/text"})
    assert texts(copied) == ["built", "built", "tested"]
    moved = after({"op": "move", "from": "/note?id=1", "path": "/note/-"})
    assert texts(moved) == ["built", "tested", "ordered"]
    with pytest.raises(Refusal, match="from leads to 2 places"):
        after({"op": "copy", "from": "/note?author=ann", "path": "/note/-"})
    with pytest.raises(Refusal, match="nothing is at '/unit/within'"):
        after({"op": "move", "from": "/unit", "path": "/unit/within"})


@pytest.mark.parametrize(
    "path", [".note[?(@.author=='bob')]", "note[?(@.author == 'bob')]", "$.note[?@.author=='bob']"]
)
def test_a_path_may_be_a_jsonpath(path: str) -> None:
    assert texts(after({"op": "remove", "path": path})) == ["ordered", "tested"]
    assert texts(after({"op": "replace", "path": f"{path}.text", "value": "x"})) == ["ordered", "x", "tested"]


def test_a_jsonpath_selects_among_texts_too() -> None:
    assert after({"op": "remove", "path": "tags[?(@=='a')]"})["tags"] == ["b"]


@pytest.mark.parametrize(
    ("operation", "why"),
    [
        ({"op": "remove", "path": "/note?id=4"}, "nothing is at '/note?id=4'"),
        ({"op": "replace", "path": "/note?id=1/place/city", "value": 1}, "nothing is at"),
        ({"op": "add", "path": "/note?id=4/text", "value": 1}, "that could be added to"),
        ({"op": "remove", "path": "/note?id"}, "a query such as ?id=3 is expected"),
        ({"op": "remove", "path": "/note?"}, "a query such as ?id=3 is expected"),
        ({"op": "remove", "path": '/note?id="1'}, "a query such as ?id=3 is expected"),
        ({"op": "remove", "path": "/note~2"}, "~ stands for itself"),
        ({"op": "remove", "path": "note[?(@.id='1')].text"}, "position 12: equality is written =="),
        ({"op": "remove", "path": "/note/9"}, "nothing is at"),
        ({"op": "add", "path": "/note/9", "value": {}}, "lies outside of the array"),
        ({"op": "remove", "path": ""}, "the document itself cannot be removed"),
        ({"op": "replace", "path": "/note/text/within", "value": 1}, "nothing is at"),
    ],
)
def test_what_leads_nowhere_is_refused_with_the_number_and_the_path(operation: dict[str, Any], why: str) -> None:
    with pytest.raises(Refusal) as refused:
        after({"op": "test", "path": "/unit", "value": "ms"}, operation)
    assert refused.value.status == 400
    assert refused.value.reason.startswith(f"operation 2, {operation['op']} {operation['path']!r}")
    assert why in refused.value.message


def test_what_a_patch_reaches_is_bounded() -> None:
    document = {"note": [{"id": str(number)} for number in range(1_000)]}
    patch = [{"op": "test", "path": "/note?id=1/id", "value": "1"}] * 200
    with pytest.raises(Refusal, match="reaches more than 200000 values"):
        patched(document, json.dumps(patch).encode(), QUERY)


NOTES = st.lists(
    st.fixed_dictionaries({"id": st.sampled_from(["1", 1, "2", True, None]), "text": st.text("ab", max_size=1)}),
    max_size=5,
)


@given(NOTES, st.sampled_from(["1", "2", "true"]))
def test_what_a_query_removes_are_the_elements_that_read_so(notes: list[dict[str, Any]], asked: str) -> None:
    def reads(value: Any) -> bool:
        return value is not None and (value if isinstance(value, str) else json.dumps(value)) == asked

    patch = json.dumps([{"op": "remove", "path": f"/note?id={asked}"}]).encode()
    kept = [note for note in notes if not reads(note["id"])]
    if len(kept) == len(notes):
        with pytest.raises(Refusal):
            patched({"note": notes}, patch, QUERY)
    else:
        assert patched({"note": notes}, patch, QUERY) == {"note": kept}


PIECES = ("/", "note", "text", "0", "-", "?id=1", "?", "=", "&text=a", "[?(@.id=='1')]", ".", "~1", '"', "$")
PATHS = st.lists(st.sampled_from(PIECES), max_size=6).map("".join)


@given(NOTES, st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]), PATHS, PATHS)
def test_any_path_is_followed_or_refused(notes: list[dict[str, Any]], op: str, path: str, source: str) -> None:
    patch = json.dumps([{"op": op, "path": path, "from": source, "value": {"x": 1}}]).encode()
    with suppress(Refusal):
        json.dumps(patched({"note": notes}, patch, QUERY))
