"""Documents and conditions on them, made to meet: few names and few values, of every type and depth."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from hypothesis import strategies as st

from trunkline.store import Attribute, Kind
from trunkline.store.query import And, Compare, Condition, Element, Not, Operator, Or, Path, Present, Sort

THING = Kind(
    "thing",
    attributes=(
        Attribute(("name",)),
        Attribute(("place", "name")),
        Attribute(("party", "id")),
        Attribute(("size",), "number"),
        Attribute(("made",), "time"),
        Attribute(("old",), "boolean"),
    ),
    elements=((("trait",), (("name",), ("value",))),),
)
TIMES = tuple(attribute.path for attribute in THING.attributes if attribute.type == "time")

LONG = "b" * 230
texts = st.sampled_from(
    [
        "",
        "a",
        "b",
        "B",
        "ab",
        "a\x01b",
        "é",
        "e\u0301",
        "\uffff",
        "\U0001f600",
        "=",
        LONG,
        LONG + "a",
        LONG + "c",
        "%",
        "'\"\\",
    ]
)
numbers = st.sampled_from([0, 1, -1, 1.0, 0.5, -0.0, 2**53 + 1, 1e300, 1e-7, 0.1, 10])
moments = st.sampled_from(
    [
        "2026-03-01T12:00:00Z",
        "2026-03-01T13:00:00+01:00",
        "2026-03-01T12:00:00.000001Z",
        "2026-03-01T12:00:00.1234567Z",
        "1969-12-31t23:59:59.5z",
        "2026-02-30T00:00:00Z",
        "2026-03-01",
    ]
)
scalars = texts | numbers | moments | st.booleans() | st.none()
names = st.sampled_from(
    ["name", "value", "id", "size", "place", "party", "trait", "made", "old", "@type", "odd'\"]\\é"]
)


def _deeper(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)


values = st.recursive(scalars, _deeper, max_leaves=6)
traits = st.fixed_dictionaries({"name": texts | values, "value": scalars | values})
things = st.fixed_dictionaries(
    {},
    optional={
        "name": texts | values,
        "place": st.fixed_dictionaries({"name": texts}) | values,
        "party": st.lists(st.fixed_dictionaries({"id": texts}), max_size=3) | values,
        "size": numbers | values,
        "made": moments | values,
        "old": st.booleans() | values,
        "trait": st.lists(traits, max_size=3) | values,
        "odd'\"]\\é": values,
    },
)

declared = st.sampled_from([attribute.path for attribute in THING.attributes])
paths: st.SearchStrategy[Path] = declared | st.lists(names, min_size=1, max_size=3).map(tuple)
patterns = st.sampled_from(["a", "^b+$", "[^a]$", "a|é", "", "^.$", r"\d", "b{3,}a?$"])
operators = st.sampled_from([each for each in Operator if each is not Operator.REGEX])
times = st.sampled_from(
    [datetime.fromisoformat(each) for each in ("2026-03-01T12:00:00+00:00", "2026-03-01T14:00:00.1+02:00")]
)


def compares(of: st.SearchStrategy[Path], times: st.SearchStrategy[datetime] = times) -> st.SearchStrategy[Compare]:
    """Comparisons of what is at such paths."""
    plain = st.builds(Compare, of, operators, texts | moments | numbers | st.booleans() | times)
    return plain | st.builds(Compare, of, st.just(Operator.REGEX), patterns)


_inner = st.lists(names, min_size=0, max_size=2).map(tuple)
_of_trait = st.sampled_from([("name",), ("value",)])
_in_element = compares(_of_trait | _inner, st.nothing()) | st.builds(Present, _inner)
_pairs = st.builds(
    lambda name, value: And((Compare(("name",), Operator.EQ, name), Compare(("value",), Operator.EQ, value))),
    texts,
    texts | numbers | st.booleans(),
)


def _together(inner: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    some = st.lists(inner, max_size=3).map(tuple)
    return st.builds(And, some) | st.builds(Or, some) | st.builds(Not, inner)


elements = st.builds(
    Element,
    st.sampled_from([("trait",), ("party",)]) | paths,
    st.recursive(_in_element | _pairs, _together, max_leaves=3),
)
leaves: st.SearchStrategy[Condition] = compares(paths) | st.builds(Present, paths) | elements
conditions: st.SearchStrategy[Condition] = st.recursive(leaves, _together, max_leaves=5)
sorts = st.lists(st.builds(Sort, declared, st.booleans()), max_size=3).map(tuple)
