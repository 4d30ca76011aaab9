"""What a condition means. Stores are held against this; see tests/store for how they agree."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.store.matching import matches
from trunkline.store.query import And, Compare, Condition, Element, Not, Operator, Or, Present
from trunkline.store.times import read_time

EQ, GT, GTE, LT, LTE, REGEX = Operator
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
PRODUCT = {
    "name": "fibre",
    "size": 100,
    "ratio": 0.5,
    "live": True,
    "made": "2026-03-01T13:00:00+01:00",
    "note": [{"text": "first"}, {"text": "second", "author": "ann"}],
    "trait": [{"name": "speed", "value": 100}, {"name": "colour", "value": "red"}],
    "place": {"city": "Ghent"},
    "nothing": None,
    "nothings": [None],
    "tags": ["a", "b"],
    "nested": [["deep"]],
}


@pytest.mark.parametrize(
    "condition",
    [
        Compare(("name",), EQ, "fibre"),
        Compare(("name",), GT, "Fibre"),
        Compare(("name",), REGEX, "^fi"),
        Compare(("name",), REGEX, "br"),
        Compare(("size",), EQ, 100.0),
        Compare(("size",), LTE, 100),
        Compare(("ratio",), LT, 1),
        Compare(("live",), EQ, True),
        Compare(("made",), EQ, NOON),
        Compare(("made",), GTE, NOON.astimezone(timezone(timedelta(hours=-7)))),
        Compare(("note", "text"), EQ, "second"),
        Compare(("tags",), EQ, "b"),
        Compare(("place", "city"), EQ, "Ghent"),
        Present(("note", "author")),
        Present(("place",)),
        Present(("nested",)),
        Present(()),
        Element(("trait",), And((Compare(("name",), EQ, "speed"), Compare(("value",), EQ, 100)))),
        Element(("place",), Not(Compare(("city",), EQ, "Liege"))),
        Element(("tags",), And((Compare((), GT, "a"), Compare((), LT, "c")))),
        Element((), Present(("name",))),
        Not(Element(("note",), Compare(("author",), EQ, "bob"))),
        Or((Present(("absent",)), Present(("name",)))),
        And(()),
    ],
)
def test_a_document_meets_the_condition(condition: Condition) -> None:
    assert matches(condition, PRODUCT, {("made",)})


@pytest.mark.parametrize(
    "condition",
    [
        Compare(("size",), EQ, "100"),
        Compare(("name",), GT, 5),
        Compare(("live",), EQ, 1),
        Compare(("size",), EQ, True),
        Compare(("live",), GTE, True),
        Compare(("size",), REGEX, "1"),
        Compare(("name",), EQ, NOON),
        Compare(("name",), REGEX, "^ib"),
        Compare(("nothing",), LT, 1),
        Compare(("absent",), EQ, ""),
        Compare(("nested",), EQ, "deep"),
        Compare(("place",), EQ, "Ghent"),
        Compare(("place", "city", "name"), EQ, "Ghent"),
        Present(("nothing",)),
        Present(("nothings",)),
        Present(("note", "date")),
        Element(("trait",), And((Compare(("name",), EQ, "speed"), Compare(("value",), EQ, "red")))),
        Element(("absent",), Not(Present(("name",)))),
        Element(("nothings",), Not(Present(("name",)))),
        Not(Compare(("note", "text"), EQ, "first")),
        Or(()),
    ],
)
def test_a_document_does_not_meet_the_condition(condition: Condition) -> None:
    assert not matches(condition, PRODUCT, {("made",)})


def test_a_time_is_compared_only_where_the_kind_declares_it() -> None:
    assert not matches(Compare(("made",), EQ, NOON), PRODUCT)
    assert matches(Compare(("made",), EQ, "2026-03-01T13:00:00+01:00"), PRODUCT)


def test_in_an_element_a_time_is_declared_by_its_path_from_the_root_on() -> None:
    document = {"note": [{"date": "2026-03-01T12:00:00Z"}], "date": "none"}
    inside = Element(("note",), Compare(("date",), EQ, NOON))
    assert matches(inside, document, {("note", "date")})
    assert not matches(inside, document, {("date",)})


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01", "2026-03-01T12:00:00", "20260301T120000Z", "2026-W09-7T12:00:00Z", "2026-02-30T12:00:00Z",
        "2026-03-01T12:00Z", "2026-03-01T12:00:00,5Z", "2026-03-01T12:00:00+0100", "2026-03-01T12:00:60Z",
        "２０２６-03-01T12:00:00Z", "2026-03-01T12:00:00+25:00", "0001-01-01T00:00:00+01:00", "2026-03-01T12:00:00Z\n",
        "",
    ],
)  # fmt: skip
def test_what_is_no_time_of_rfc_3339_is_none(text: str) -> None:
    assert read_time(text) is None


def test_a_time_is_cut_to_the_microsecond() -> None:
    assert read_time("2026-03-01T12:00:00.1234567Z") == NOON + timedelta(microseconds=123456)
    assert read_time("2026-03-01t12:00:00.5z") == NOON + timedelta(milliseconds=500)


@given(st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29)), st.integers(-1439, 1439))
def test_what_python_writes_is_read_back(time: datetime, minutes: int) -> None:
    written = time.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert read_time(written.isoformat()) == written
