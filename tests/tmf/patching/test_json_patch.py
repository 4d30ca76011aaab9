"""JSON Patch, with the cases of RFC 6902, appendix A, and those that its implementers keep (json-patch-tests)."""

import copy
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.tmf.errors import Refusal
from trunkline.tmf.patching import patched
from trunkline.tmf.patching.json_patch import applied

PATCH = "application/json-patch+json"


def op(op: str, path: Any, *value: Any) -> dict[str, Any]:
    """An operation; what stands behind the path is its `from` or its `value`."""
    return {"op": op, "path": path, **dict(zip(("from" if op in ("move", "copy") else "value",), value, strict=False))}


APPENDIX_A = [
    ({"foo": "bar"}, [op("add", "/baz", "qux")], {"baz": "qux", "foo": "bar"}),
    ({"foo": ["bar", "baz"]}, [op("add", "/foo/1", "qux")], {"foo": ["bar", "qux", "baz"]}),
    ({"baz": "qux", "foo": "bar"}, [op("remove", "/baz")], {"foo": "bar"}),
    ({"foo": ["bar", "qux", "baz"]}, [op("remove", "/foo/1")], {"foo": ["bar", "baz"]}),
    ({"baz": "qux", "foo": "bar"}, [op("replace", "/baz", "boo")], {"baz": "boo", "foo": "bar"}),
    (
        {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
        [op("move", "/qux/thud", "/foo/waldo")],
        {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
    ),
    ({"foo": ["a", "g", "c", "e"]}, [op("move", "/foo/3", "/foo/1")], {"foo": ["a", "c", "e", "g"]}),
    ({"baz": "qux", "foo": ["a", 2, "c"]}, [op("test", "/baz", "qux"), op("test", "/foo/1", 2)], None),
    ({"foo": "bar"}, [op("add", "/child", {"grandchild": {}})], {"foo": "bar", "child": {"grandchild": {}}}),
    ({"foo": "bar"}, [{**op("add", "/baz", "qux"), "xyz": 123}], {"foo": "bar", "baz": "qux"}),
    ({"/": 9, "~1": 10}, [op("test", "/~01", 10)], None),
    ({"foo": ["bar"]}, [op("add", "/foo/-", ["abc", "def"])], {"foo": ["bar", ["abc", "def"]]}),
]

TAKEN = [
    ({}, [], {}),
    ([], [], []),
    ({"foo": 1}, [], None),
    ({"foo": 1, "bar": 2}, [op("test", "", {"bar": 2, "foo": 1})], None),
    ([{"foo": 1, "bar": 2}], [op("test", "", [{"bar": 2, "foo": 1}])], None),
    ([], [op("add", "/0", "foo")], ["foo"]),
    (["foo"], [op("add", "/1", "bar")], ["foo", "bar"]),
    (["foo", "sil"], [op("add", "/1", "bar")], ["foo", "bar", "sil"]),
    (["foo"], [op("add", "/-", "bar")], ["foo", "bar"]),
    (["foo", "sil"], [op("add", "/0", "bar")], ["bar", "foo", "sil"]),
    (["foo", "sil"], [op("add", "/1", ["bar", "baz"])], ["foo", ["bar", "baz"], "sil"]),
    ([1, 2, [3, [4, 5]]], [op("add", "/2/1/-", {"foo": ["bar", "baz"]})], [1, 2, [3, [4, 5, {"foo": ["bar", "baz"]}]]]),
    ({"baz": [{"qux": "hello"}]}, [op("add", "/baz/0/foo", "world")], {"baz": [{"qux": "hello", "foo": "world"}]}),
    ({"foo": 1}, [op("add", "/bar", True)], {"foo": 1, "bar": True}),
    ({"foo": 1}, [op("add", "/bar", None)], {"foo": 1, "bar": None}),
    ({"foo": 1}, [op("add", "/0", "bar")], {"foo": 1, "0": "bar"}),
    ({"foo": None}, [op("add", "/foo", 1)], {"foo": 1}),
    ({"foo": 1}, [op("add", "/foo", 1)], {"foo": 1}),
    ({}, [op("add", "/", 1)], {"": 1}),
    ({"foo": {}}, [op("add", "/foo/", 1)], {"foo": {"": 1}}),
    ({"foo": 1}, [op("add", "/bar", [1, 2])], {"foo": 1, "bar": [1, 2]}),
    ({"foo": "bar"}, [op("add", "", {"baz": "qux"})], {"baz": "qux"}),
    ({"foo": 1, "bar": [1, 2, 3, 4]}, [op("remove", "/bar")], {"foo": 1}),
    ({"foo": 1, "baz": [{"qux": "hello"}]}, [op("remove", "/baz/0/qux")], {"foo": 1, "baz": [{}]}),
    ([1, 2, 3, 4], [op("remove", "/0")], [2, 3, 4]),
    ([1, 2, 3, 4], [op("remove", "/1"), op("remove", "/2")], [1, 3]),
    ({"foo": None}, [op("remove", "/foo")], {}),
    ({"foo": [1, 2, 3, 4]}, [op("replace", "/foo", {"a": 1})], {"foo": {"a": 1}}),
    ({"foo": 1, "baz": [{"qux": 2}]}, [op("replace", "/foo", [1, 2])], {"foo": [1, 2], "baz": [{"qux": 2}]}),
    ({"foo": 1, "baz": [{"qux": 2}]}, [op("replace", "/baz/0/qux", "world")], {"foo": 1, "baz": [{"qux": "world"}]}),
    (["foo"], [op("replace", "/0", "bar")], ["bar"]),
    ([""], [op("replace", "/0", 0)], [0]),
    ([""], [op("replace", "/0", False)], [False]),
    ([""], [op("replace", "/0", None)], [None]),
    (["foo", "sil"], [op("replace", "/1", ["bar", "baz"])], ["foo", ["bar", "baz"]]),
    ({"foo": "bar"}, [op("replace", "", {"baz": "qux"})], {"baz": "qux"}),
    ({"foo": None}, [op("replace", "/foo", "truthy")], {"foo": "truthy"}),
    ({"": {"": 1}}, [op("replace", "//", 2)], {"": {"": 2}}),
    ({"foo": 1}, [op("test", "/foo", 1.0)], None),
    ({"foo": {"foo": [1, {"bar": 2}]}}, [op("test", "/foo", {"foo": [1, {"bar": 2}]})], None),
    ({"foo": None}, [op("test", "/foo", None)], None),
    ({"foo": {}}, [op("test", "/foo", {})], None),
    ({"foo": []}, [op("test", "/foo", [])], None),
    ("foo", [op("test", "", "foo")], None),
    ({"": 1}, [op("test", "/", 1)], None),
    (
        {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, 'k"l': 6, " ": 7, "m~n": 8},
        [
            op("test", "/foo/0", "bar"), op("test", "/", 0), op("test", "/a~1b", 1), op("test", "/c%d", 2),
            op("test", "/e^f", 3), op("test", "/g|h", 4), op("test", "/i\\j", 5), op("test", '/k"l', 6),
            op("test", "/ ", 7), op("test", "/m~0n", 8),
        ],
        None,
    ),
    ({"1e0": "foo"}, [op("test", "/1e0", "foo")], None),
    ({"foo": 1, "baz": [{"qux": "hello"}]}, [op("move", "/bar", "/foo")], {"baz": [{"qux": "hello"}], "bar": 1}),
    ({"baz": [{"qux": "hello"}], "bar": 1}, [op("move", "/baz/1", "/baz/0/qux")], {"baz": [{}, "hello"], "bar": 1}),
    ({"foo": 1}, [op("move", "/foo", "/foo")], None),
    ({"foo": None}, [op("move", "/bar", "/foo")], {"bar": None}),
    ({"foo": {"bar": [1]}}, [op("move", "/foobar", "/foo")], {"foobar": {"bar": [1]}}),
    ({"baz": [{"qux": 2}]}, [op("copy", "/boo", "/baz/0")], {"baz": [{"qux": 2}], "boo": {"qux": 2}}),
    ({"foo": None}, [op("copy", "/bar", "/foo")], {"foo": None, "bar": None}),
    ({"foo": {"a": 1}}, [op("copy", "/bar", "/foo"), op("replace", "/foo/a", 2)], {"foo": {"a": 2}, "bar": {"a": 1}}),
    ({}, [op("add", "/FOO", "BAR")], {"FOO": "BAR"}),
    ({"foo": "bar"}, [op("replace", "/foo", "b\u00e4r")], {"foo": "b\u00e4r"}),
]  # fmt: skip

REFUSED = [
    ({"bar": [1, 2]}, [op("add", "/bar/8", "5")], 1, "add '/bar/8'", "/bar/8 lies outside of the array"),
    ({"bar": [1, 2]}, [op("add", "/bar/-1", "5")], 1, "add", "an array has the places"),
    (["foo", "sil"], [op("add", "/bar", 42)], 1, "add", "an array has the places"),
    (["foo", "sil"], [op("add", "/1e0", "bar")], 1, "add", "an array has the places"),
    ({"foo": "bar"}, [op("add", "/baz/bat", "qux")], 1, "add", "there is no /baz"),
    ({"foo": "bar"}, [op("add", "/foo/bat", "qux")], 1, "add", "/foo is neither an object nor an array"),
    ({"foo": 1}, [op("remove", "/baz")], 1, "remove '/baz'", "there is no /baz"),
    ([1], [op("remove", "/1")], 1, "remove", "lies outside of the array"),
    ({"foo": [1, 2]}, [op("remove", "/foo/-")], 1, "remove", "an array has the places"),
    ({"foo": 1, "baz": [{"qux": 1}]}, [op("remove", "/baz/1e0/qux")], 1, "remove", "an array has the places"),
    ({"foo": 1}, [op("remove", "")], 1, "remove", "the document itself"),
    ({"foo": 1}, [op("replace", "/bar", 2)], 1, "replace", "there is no /bar"),
    ([""], [op("replace", "/1", 0)], 1, "replace", "lies outside of the array"),
    ({"baz": "qux"}, [op("test", "/baz", "bar")], 1, "test", "/baz has another value"),
    ({"foo": 1}, [op("test", "/foo", True)], 1, "test", "another value"),
    ({"foo": True}, [op("test", "/foo", 1)], 1, "test", "another value"),
    ({"foo": ["bar", "baz"]}, [op("test", "/foo/00", "bar")], 1, "test", "an array has the places"),
    ({"foo": ["bar", "baz"]}, [op("test", "/foo/01", "baz")], 1, "test", "an array has the places"),
    (["foo", "bar"], [op("test", "/1e0", "bar")], 1, "test", "an array has the places"),
    ({"foo": {"bar": [1, 2, 5, 4]}}, [op("test", "/foo", [1, 2])], 1, "test", "another value"),
    ({"foo": {"a": 1}}, [op("test", "/foo", {"a": 1, "b": 2})], 1, "test", "another value"),
    ({"foo": None}, [op("test", "/foo", 0)], 1, "test", "another value"),
    ({"foo": 1}, [op("test", "/bar", None)], 1, "test", "there is no /bar"),
    ({"foo": {"bar": 1}}, [op("move", "/foo/bar", "/foo")], 1, "move '/foo/bar' from '/foo'", "into itself"),
    ({"foo": 1}, [op("move", "/bar", "/baz")], 1, "move", "there is no /baz"),
    ({"foo": 1}, [op("copy", "/bar", "/baz")], 1, "copy", "there is no /baz"),
    ({"foo": 1}, [op("test", "/foo", 1), op("test", "foo", 1)], 2, "test 'foo'", "a path begins with /"),
    ({"foo": 1}, [op("test", "/foo~2", 1)], 1, "test", "~ stands for itself as ~0"),
    ({"foo": 1}, [op("test", "/foo~", 1)], 1, "test", "~ stands for itself as ~0"),
    ({"foo": 1}, [{"op": "spam", "path": "/foo", "value": 1}], 1, "", "its op is none of"),
    ({"foo": 1}, [{"path": "/foo", "value": 1}], 1, "", "its op is none of"),
    ({"foo": 1}, [{"op": ["add"], "path": "/foo", "value": 1}], 1, "", "its op is none of"),
    ({"foo": 1}, [{"op": "add", "value": "bar"}], 1, "", "it has no path"),
    ({"foo": 1}, [op("add", None, "bar")], 1, "", "it has no path"),
    ({"foo": 1}, [op("add", "/bar")], 1, "", "it has no value"),
    ({"foo": 1}, [op("replace", "/foo")], 1, "", "it has no value"),
    ({"foo": 1}, [op("test", "/foo")], 1, "", "it has no value"),
    ({"foo": 1}, [op("copy", "/bar")], 1, "", "it has no from"),
    ({"foo": 1}, [op("move", "/bar")], 1, "", "it has no from"),
    ({"foo": 1}, [op("move", "/bar", 1)], 1, "", "it has no from"),
    ({"foo": 1}, ["add"], 1, "", "it is not an object"),
    ({"foo": 1}, [op("remove", "/" + "a" * 2_000)], 1, "", "its path is longer than 2000 characters"),
]


def identity(case: Any) -> str:
    return json.dumps(case)[:60] if isinstance(case, list) else ""


@pytest.mark.parametrize(("document", "patch", "after"), APPENDIX_A + TAKEN, ids=identity)
def test_a_patch_is_applied_as_the_rfc_says(document: Any, patch: Any, after: Any) -> None:
    before = copy.deepcopy(document)
    expected = document if after is None else after
    assert json.dumps(applied(document, patch), sort_keys=True) == json.dumps(expected, sort_keys=True)
    assert document == before


@pytest.mark.parametrize(("document", "patch", "number", "what", "why"), REFUSED, ids=identity)
def test_an_impossible_operation_is_refused_by_its_number_and_path(
    document: Any, patch: Any, number: int, what: str, why: str
) -> None:
    with pytest.raises(Refusal) as refused:
        applied(document, patch)
    assert refused.value.status == 400
    assert refused.value.reason.startswith(f"operation {number}")
    assert what in refused.value.reason
    assert why in refused.value.message


def test_an_object_that_is_added_to_an_array_is_appended_as_in_the_official_examples() -> None:
    note = {"@type": "Note", "id": "77456", "author": "Jack Smith", "text": "This is quite important"}
    after = patched({"note": [{"id": "1"}]}, json.dumps([op("add", "/note", note)]).encode(), PATCH)
    assert after == {"note": [{"id": "1"}, note]}


@pytest.mark.parametrize("patch", [{}, "add", None, op("add", "/a", 1), [op("add", "/a", 1)] * 1_001])
def test_what_is_no_list_of_operations_is_refused(patch: Any) -> None:
    with pytest.raises(Refusal):
        patched({"a": 1}, json.dumps(patch).encode(), PATCH)


def test_a_document_stays_an_object() -> None:
    with pytest.raises(Refusal, match="leaves no object"):
        patched({"a": [1]}, json.dumps([op("copy", "", "/a")]).encode(), PATCH)


def test_copies_of_copies_are_bounded() -> None:
    wide = [op("copy", f"/{number}", "") for number in range(40)]
    with pytest.raises(Refusal, match="reaches more than 200000 values"):
        applied({"a": 1}, wide)
    deep = [op("copy", "/a" * 10, ""), op("copy", "/a" * 20, ""), op("copy", "/a" * 40, "")]
    document: dict[str, Any] = {}
    for _ in range(10):
        document = {"a": document}
    with pytest.raises(Refusal, match="more than 64 levels"):
        applied(document, deep)


NAMES = st.sampled_from(["a", "b", "0", "a/b", "~"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text("ab", max_size=1),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)
DOCUMENTS = st.dictionaries(NAMES, JSON, max_size=4)


def difference(one: Any, other: Any, path: str = "") -> list[dict[str, Any]]:
    """A patch that makes `other` of `one`, made independently of what applies it."""
    if isinstance(one, dict) and isinstance(other, dict):
        inner = {name: f"{path}/{name.replace('~', '~0').replace('/', '~1')}" for name in {**one, **other}}
        return [
            *(op("remove", inner[name]) for name in one if name not in other),
            *(op("add", inner[name], other[name]) for name in other if name not in one),
            *(step for name in one if name in other for step in difference(one[name], other[name], inner[name])),
        ]
    if isinstance(one, list) and isinstance(other, list):
        pairs = enumerate(zip(one, other, strict=False))
        return [
            *(op("remove", f"{path}/{len(one) - 1 - gone}") for gone in range(len(one) - len(other))),
            *(step for place, pair in pairs for step in difference(*pair, f"{path}/{place}")),
            *(op("add", f"{path}/-", value) for value in other[len(one) :]),
        ]
    return [] if json.dumps(one) == json.dumps(other) else [op("replace", path, other)]


@given(DOCUMENTS, DOCUMENTS)
def test_the_difference_of_two_documents_makes_one_of_the_other(one: Any, other: Any) -> None:
    patch = difference(one, other)
    after = patched(one, json.dumps([*patch, op("test", "", other)]).encode(), PATCH)
    assert json.dumps(after, sort_keys=True) == json.dumps(other, sort_keys=True)


PATHS = st.sampled_from(["", "/a", "/b", "/a/0", "/a/-", "/b/a", "/a~1b", "/~0", "/0", "/c", "a", "/a/b/0", "/~"])
OPERATIONS = st.builds(
    lambda op, path, source, value: {"op": op, "path": path, "from": source, "value": value},
    st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]),
    PATHS,
    PATHS,
    JSON,
)


@given(DOCUMENTS, st.lists(OPERATIONS, max_size=6))
def test_any_patch_is_applied_or_refused_and_leaves_the_document_alone(document: Any, patch: Any) -> None:
    before = json.dumps(document)
    with suppress(Refusal):
        json.dumps(patched(document, json.dumps(patch).encode(), PATCH))
    assert json.dumps(document) == before
