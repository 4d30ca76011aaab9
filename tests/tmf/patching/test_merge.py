"""Merge patches, with the cases of RFC 7396, appendix A."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.tmf.errors import Refusal
from trunkline.tmf.patching import patched

MERGE = "application/merge-patch+json"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(st.sampled_from("abc"), JSON, max_size=3)


def merged(document: Any, patch: Any) -> Any:
    return patched(document, json.dumps(patch).encode(), MERGE)


@pytest.mark.parametrize(
    ("document", "patch", "after"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"a": "foo"}, {"b": {"c": None}}, {"a": "foo", "b": {}}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
        ({"a": [1]}, {"a": {"b": [None]}}, {"a": {"b": [None]}}),
    ],
)
def test_a_merge_patch_is_merged_as_the_rfc_says(document: Any, patch: Any, after: Any) -> None:
    assert merged(document, patch) == after


@pytest.mark.parametrize("media_type", [MERGE, "application/json", "Application/JSON; charset=utf-8"])
def test_a_merge_patch_is_also_taken_as_plain_json(media_type: str) -> None:
    assert patched({"a": 1}, b'{"b": 2}', media_type) == {"a": 1, "b": 2}


@pytest.mark.parametrize(
    ("body", "media_type", "said"),
    [
        (b'["a"]', MERGE, "a merge patch of a document is a JSON object"),
        (b"null", MERGE, "a merge patch of a document is a JSON object"),
        (b'{"a": ', MERGE, "the patch is not JSON"),
        (b"\xff", MERGE, "the patch is not JSON"),
        (b"", MERGE, "the patch is not JSON"),
        (b"[" * 100_000, MERGE, "the patch is nested too deep"),
        (b"{}", "text/plain", "a patch of 'text/plain' is not understood"),
        (b"{}", "", "a patch of '' is not understood"),
    ],
)
def test_what_is_no_patch_is_refused(body: bytes, media_type: str, said: str) -> None:
    with pytest.raises(Refusal) as refused:
        patched({"a": 1}, body, media_type)
    assert refused.value.status == 400
    assert refused.value.reason == said


@given(DOCUMENTS, DOCUMENTS)
def test_a_patch_that_is_merged_twice_changes_nothing_more(document: Any, patch: Any) -> None:
    once = merged(document, patch)
    assert merged(once, patch) == once


@given(DOCUMENTS, DOCUMENTS)
def test_what_a_patch_does_not_name_stays_and_what_it_names_is_so(document: Any, patch: Any) -> None:
    before = json.dumps(document)
    after = merged(document, patch)
    assert json.dumps(document) == before
    assert after.keys() == (document.keys() | patch.keys()) - {name for name in patch if patch[name] is None}
    for name in after:
        if name not in patch:
            assert after[name] == document[name]
        elif not isinstance(patch[name], dict):
            assert after[name] == patch[name]
