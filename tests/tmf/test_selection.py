"""What `fields` keeps of a document."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.tmf.errors import Refusal
from trunkline.tmf.selection import ALWAYS, select, selection

NAMES = st.sampled_from(["id", "href", "@type", "name", "a", "b", "none"])
DOCUMENTS = st.dictionaries(
    NAMES,
    st.recursive(st.integers() | st.text(max_size=3), lambda inner: st.lists(inner) | st.dictionaries(NAMES, inner)),
)


def selected(document: dict[str, Any], *fields: str) -> dict[str, Any]:
    of = selection(fields)
    assert of is not None
    return select(document, of)


def test_nothing_is_selected_where_nothing_is_said() -> None:
    assert selection([]) is None


def test_a_path_keeps_the_objects_on_its_way_and_each_element_of_an_array() -> None:
    document = {"id": "1", "a": [{"b": 1, "c": 2}, {"c": 3}, 4], "d": {"b": {"e": 5, "f": 6}}, "g": 7}
    assert selected(document, "a.b,d.b.e") == {"id": "1", "a": [{"b": 1}, {}, 4], "d": {"b": {"e": 5}}}


def test_an_attribute_and_a_path_in_it_keep_all_of_it_in_either_order() -> None:
    document = {"a": {"b": 1, "c": 2}}
    assert selected(document, "a,a.b") == selected(document, "a.b", "a") == document


@pytest.mark.parametrize("fields", ["", " ", "a.", ".a", "a,,b", "a b", "a\nb", "a" + ".a" * 16, ",".join("a" * 201)])
def test_what_is_no_list_of_attributes_is_refused(fields: str) -> None:
    with pytest.raises(Refusal) as refusal:
        selection([fields])
    assert refusal.value.status == 400


@given(DOCUMENTS, st.lists(NAMES, min_size=1, max_size=3))
def test_what_is_kept_is_as_it_was_and_what_names_a_document_is_always_kept(
    document: dict[str, Any], names: list[str]
) -> None:
    part = selected(document, ",".join(names))
    assert part == {name: document[name] for name in part}
    wanted = set(ALWAYS) | (set(names) if names != ["none"] else set())
    assert part.keys() == document.keys() & wanted
