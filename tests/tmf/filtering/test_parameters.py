"""Filters by parameters: `status=new&count.gt=3`."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tmf.filtering.things import THING, TIMES, read
from trunkline.store.matching import matches
from trunkline.store.query import And, Compare, Condition, Element, Not, Operator, Or
from trunkline.tmf.declaration import V4, V5
from trunkline.tmf.errors import Refusal
from trunkline.tmf.filtering import condition

EQ, GT, GTE, LT, LTE, REGEX = Operator


def at(*numbers: int) -> datetime:
    return datetime(*numbers, tzinfo=UTC)  # type: ignore[arg-type, misc]


def eq(path: str, value: str | float | datetime) -> Condition:
    return Compare(tuple(path.split(".")), EQ, value)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", None),
        ("offset=1&limit=2&fields=name&sort=name&before=x&after=y", None),
        ("status=new", eq("status", "new")),
        ("status.eq=new", eq("status", "new")),
        ("status=", eq("status", "")),
        ("status", eq("status", "")),
        ('status="new"', eq("status", "new")),
        ('status="a,b;c""d"', eq("status", 'a,b;c"d')),
        ('status=a"b', eq("status", 'a"b')),
        ("status=a%3Db", eq("status", "a=b")),
        ("status=a%3Eb", eq("status", "a>b")),
        ("status%3Dnew", eq("status", "new")),
        ("limit.eq=5", "unknown"),
        ("id=5", eq("id", "5")),
        ("%40type=Thing", eq("@type", "Thing")),
        ("href=https://host/thing/5", eq("id", "5")),
        ("colour=red", eq("colour", "red")),
        ("remark.author=ann", eq("remark.author", "ann")),
        ("size.units=mm", eq("size.units", "mm")),
    ],
)
def test_an_attribute_is_asked_for_by_its_value(query: str, expected: Condition | None) -> None:
    if expected == "unknown":
        with pytest.raises(Refusal, match="Thing has no attribute 'limit'"):
            read(query)
    else:
        assert read(query) == expected


@pytest.mark.parametrize(
    "query", ["status=a,b", "status=a&status=b", "status=a;status=b", "status=a&status.eq=b", 'status="a","b"']
)
def test_one_of_several_values_may_be_asked_for_in_three_ways(query: str) -> None:
    assert read(query) == Or((eq("status", "a"), eq("status", "b")))


def test_parameters_must_all_hold_and_terms_with_semicolons_one_of_them() -> None:
    assert read("status=a&name=b") == And((eq("status", "a"), eq("name", "b")))
    assert read("status=a;count.gt=3,4") == Or(
        (eq("status", "a"), Compare(("count",), GT, 3), Compare(("count",), GT, 4))
    )
    assert read("count.gt=3&count.lt=9") == And((Compare(("count",), GT, 3), Compare(("count",), LT, 9)))


@pytest.mark.parametrize(
    ("written", "operator"),
    [
        ("count.gt=3", GT), ("count.gte=3", GTE), ("count.lt=3", LT), ("count.lte=3", LTE), ("count.eq=3", EQ),
        ("count%3E3", GT), ("count%3E%3D3", GTE), ("count%3C3", LT), ("count%3C%3D3", LTE),
        ("count%3E=3", GTE), ("count>=3", GTE), ("count%3E%3D=3", GTE), ("count>3", GT),
        ("count%3C=3", LTE), ("count<=3", LTE), ("count%3C%3D=3", LTE),
    ],
)  # fmt: skip
def test_operators_are_written_as_words_or_as_signs(written: str, operator: Operator) -> None:
    assert read(written) == Compare(("count",), operator, 3)


@pytest.mark.parametrize(
    "written", ["name.regex=^a{1,2}$", "name%2A%3D^a{1,2}$", "name*=^a{1,2}$", 'name.regex="^a{1,2}$"']
)
def test_a_pattern_may_have_commas(written: str) -> None:
    assert read(written) == Compare(("name",), REGEX, "^a{1,2}$")


@pytest.mark.parametrize("query", ["status.ne=a,b", "status.ne=a&status.ne=b"])
def test_ne_holds_for_what_is_none_of_the_values_or_absent(query: str) -> None:
    assert read(query) == Not(Or((eq("status", "a"), eq("status", "b"))))
    found = read(query)
    assert found is not None
    assert matches(found, {"status": "c"})
    assert matches(found, {})
    assert not matches(found, {"status": "b"})


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("count=100", eq("count", 100)),
        ("count=-0.5e1", eq("count", -5.0)),
        ("size.amount=1", eq("size.amount", 1)),
        ("remark.rank=2", eq("remark.rank", 2)),
        ("isLive=true", eq("isLive", True)),
        ("isLive.ne=false", Not(eq("isLive", False))),
        ("name=100", eq("name", "100")),
        ("tags=100", eq("tags", "100")),
        ("trait.value=100", Or((eq("trait.value", "100"), eq("trait.value", 100)))),
        ("trait.value=true", Or((eq("trait.value", "true"), eq("trait.value", True)))),
        ("trait.value=red", eq("trait.value", "red")),
        ("trait.value=01", eq("trait.value", "01")),
        ("trait.value=1e999", eq("trait.value", "1e999")),
        ("trait.value=9223372036854775808", Or((eq("trait.value", "9223372036854775808"), eq("trait.value", 2.0**63)))),
        ("trait.value.gt=true", Compare(("trait", "value"), GT, "true")),
        ("anything.at.all=1", Or((eq("anything.at.all", "1"), eq("anything.at.all", 1)))),
        ("remark.made=1", Or((eq("remark.made", "1"), eq("remark.made", 1)))),
    ],
)
def test_a_value_is_of_the_declared_type_or_of_any_that_it_reads_as(query: str, expected: Condition) -> None:
    assert read(query) == expected


@pytest.mark.parametrize(
    ("query", "begin", "end"),
    [
        ("2026", (2026, 1, 1), (2027, 1, 1)),
        ("2026-02", (2026, 2, 1), (2026, 3, 1)),
        ("2026-12", (2026, 12, 1), (2027, 1, 1)),
        ("2026-03-31", (2026, 3, 31), (2026, 4, 1)),
        ("2026-03-01T12", (2026, 3, 1, 12), (2026, 3, 1, 13)),
        ("2026-03-01T23:59", (2026, 3, 1, 23, 59), (2026, 3, 2)),
        ('"2026-03-01T12:30%2B01:00"', (2026, 3, 1, 11, 30), (2026, 3, 1, 11, 31)),
    ],
)
def test_the_beginning_of_a_time_means_all_of_that_time(
    query: str, begin: tuple[int, ...], end: tuple[int, ...]
) -> None:
    inside = And((Compare(("madeAt",), GTE, at(*begin)), Compare(("madeAt",), LT, at(*end))))
    assert read(f"madeAt={query}") == inside
    assert read(f"madeAt.ne={query}") == Not(inside)
    assert read(f"madeAt.gt={query}") == Compare(("madeAt",), GTE, at(*end))
    assert read(f"madeAt.gte={query}") == Compare(("madeAt",), GTE, at(*begin))
    assert read(f"madeAt.lt={query}") == Compare(("madeAt",), LT, at(*begin))
    assert read(f"madeAt.lte={query}") == Compare(("madeAt",), LT, at(*end))


@pytest.mark.parametrize(
    "query",
    ["2026-03-01T12:00:00Z", "2026-03-01T13:00:00%2B01:00", "2026-03-01T13:00:00+01:00", "2026-03-01T12:00:00.000"],
)
def test_a_whole_time_is_that_moment_also_where_its_plus_was_not_encoded(query: str) -> None:
    assert read(f"madeAt.gt={query}") == Compare(("madeAt",), GT, at(2026, 3, 1, 12))


def test_the_last_year_has_an_end_too() -> None:
    assert read("madeAt.lte=9999") == Compare(("madeAt",), LT, datetime.max.replace(tzinfo=UTC))
    assert read("madeAt=9999-12-31T23:59:59Z") == eq("madeAt", at(9999, 12, 31, 23, 59, 59))


def test_times_that_are_not_declared_are_texts() -> None:
    assert read("remark.date.gt=2026") == Compare(("remark", "date"), GT, "2026")


def test_a_name_and_a_value_are_asked_for_in_one_element() -> None:
    found = read("trait.name=speed&trait.value=100&name=a")
    assert found == And(
        (
            Element(("trait",), And((eq("name", "speed"), Or((eq("value", "100"), eq("value", 100)))))),
            eq("name", "a"),
        )
    )
    slow = {"trait": [{"name": "speed", "value": 50}, {"name": "size", "value": 100}], "name": "a"}
    fast = {"trait": [{"name": "speed", "value": "100"}, {"name": "size", "value": 1}], "name": "a"}
    assert not matches(found, slow)
    assert matches(found, fast)
    assert read("filter=trait[?(@.name=='speed' %26%26 (@.value=='100' || @.value==100))]&name=a") == found


def test_in_an_element_ne_is_of_that_element() -> None:
    assert read("trait.name=speed&trait.value.ne=red") == Element(
        ("trait",), And((eq("name", "speed"), Not(eq("value", "red"))))
    )
    assert read("trait.value.ne=red") == Not(eq("trait.value", "red"))
    assert read("remark.author=a&remark.id=b") == And((eq("remark.author", "a"), eq("remark.id", "b")))


def test_v4_filters_by_its_own_names() -> None:
    assert read("madeAtt.gte=2026", V4) == read("madeAt.gte=2026", V5)
    assert read("relatedParty.id=5&relatedParty.role=x", V4) == read(
        "relatedParty.partyOrPartyRole.id=5&relatedParty.role=x", V5
    )


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("colr=red", "Thing has no attribute 'colr': the parameter colr, position 1"),
        ("status=a;colr=b", "Thing has no attribute 'colr': the parameter status, position 10"),
        ("Status=a", "Thing has no attribute 'Status'"),
        ("gt=5", "Thing has no attribute 'gt'"),
        ("=5", "position 1: the name of an attribute is expected"),
        ("remark.=5", "position 8: the name of an attribute is expected"),
        ("rem ark=5", "position 4: an operator is expected behind the attribute"),
        ("status!=5", "position 7: an operator is expected"),
        ("status=a;b", "position 11: an operator is expected"),
        ("status=a;", "position 10: the name of an attribute is expected"),
        ("status=a,,b", 'position 10: a value is missing (an empty one is written "")'),
        ("status=,", "position 8: a value is missing"),
        ('status="a', "the parameter status cannot be read: position 8: the quote is not closed"),
        ('status="a"b', "position 11: behind a closing quote, a comma, a semicolon or the end is expected"),
        ("count=many", "the parameter count cannot be read: position 7: a number is expected"),
        ("count=1,x", "position 9: a number is expected"),
        ("count.gt=NaN", "the parameter count.gt cannot be read: position 10: a number is expected"),
        ("count=1e999", "position 7: the number is too large"),
        ("count.regex=1", "position 13: a pattern is for texts, and this is a number"),
        ("isLive=True", "position 8: true or false is expected"),
        ("isLive.gt=true", "true and false are equal or not"),
        ("madeAt=yesterday", "position 8: a time is expected"),
        ("madeAt=2026-02-30", "position 8: there is no such time"),
        ("madeAt=26-02-03", "a time is expected"),
        ("href.gt=5", "an href is equal or not"),
        ("name.regex=a(b", "position 13: in the pattern: this group is not closed"),
        ("name.regex=(?=a)", "position 12: in the pattern: of the groups"),
        ("name=%00", "position 6: the character U+0000 stands in no document"),
        ("name=" + "a" * 4_092, "position 4097: it is longer than 4096 characters"),
        ("a" + ".b" * 16 + "=1", "a path has at most 16 names"),
        ("name=" + "a," * 300 + "a", "the filter asks for too much"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_parameter_and_the_position(query: str, said: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(query)
    assert refused.value.status == 400
    assert said in str(refused.value)


def test_too_many_parameters_are_refused() -> None:
    with pytest.raises(Refusal, match="there are 101 parameters: at most 100 are taken"):
        condition([("name", "a")] * 101, THING, V5)


ATTRIBUTES = st.sampled_from(["name", "status", "tags", "remark.author", "anything", "trait.value"])
TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=6)
DOCUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "name": TEXTS,
        "tags": st.lists(TEXTS, max_size=3),
        "remark": st.lists(st.fixed_dictionaries({}, optional={"author": TEXTS}), max_size=2),
        "anything": TEXTS | st.integers() | st.booleans() | st.none(),
        "trait": st.lists(st.fixed_dictionaries({"value": TEXTS | st.integers()}), max_size=2),
    },
)


def quoted(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


@given(ATTRIBUTES, st.lists(TEXTS, min_size=1, max_size=3), DOCUMENTS)
def test_whatever_text_is_quoted_is_asked_for_as_it_stands(path: str, values: list[str], document: object) -> None:
    names = tuple(path.split("."))
    found = condition([(path, ",".join(map(quoted, values)))], THING, V5)
    assert found is not None
    for value in values:
        assert matches(found, nested(names, value), TIMES)
    as_texts = Or(tuple(Compare(names, EQ, value) for value in values))
    if matches(as_texts, document):
        assert matches(found, document, TIMES)


def nested(names: tuple[str, ...], value: str) -> object:
    return {names[0]: nested(names[1:], value)} if names else value


@given(st.lists(st.tuples(ATTRIBUTES | TEXTS, st.text(max_size=8)), max_size=4))
def test_any_parameters_are_a_condition_or_refused(parameters: list[tuple[str, str]]) -> None:
    try:
        found = condition(parameters, THING, V5)
    except Refusal:
        return
    if found is not None:
        matches(found, {"name": "a"}, TIMES)
