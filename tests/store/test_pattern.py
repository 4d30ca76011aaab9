"""The patterns of the operator `regex`, held against Python's own expressions."""

import re
from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.servers.postgresql import shared_postgresql
from trunkline.store.pattern import PatternError, read_pattern

_characters = st.sampled_from(["a", "b", "c", ".", "[ab]", "[^a]", "[a-c]", "\\.", "\\d", "\\W", "é", " ", "^", "$"])
_repeated = st.tuples(
    st.sampled_from(["a", ".", "[bc]", "(a|b)", "(?:ab)", "(a*b)"]),
    st.sampled_from(["*", "+", "?", "{2}", "{1,}", "{0,2}", "*?"]),
).map("".join)
patterns = st.recursive(
    st.lists(_characters | _repeated, max_size=5).map("".join),
    lambda inner: st.lists(inner, min_size=1, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
    max_leaves=6,
)
texts = st.text(alphabet="abc1é .\n", max_size=12)


@given(patterns, texts)
def test_a_pattern_is_found_where_python_finds_it(pattern: str, text: str) -> None:
    # Python's $ also stands before a last newline.
    expected = re.search(pattern.replace("$", r"\Z"), text, re.ASCII | re.DOTALL)
    assert read_pattern(pattern).search(text) is (expected is not None)


@pytest.fixture(scope="module")
def postgresql() -> Iterator[psycopg.Connection]:
    with shared_postgresql().connect() as connection:
        yield connection


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(patterns, st.lists(texts, min_size=1, max_size=10))
def test_a_pattern_is_found_where_postgresql_finds_it(
    postgresql: psycopg.Connection, pattern: str, texts: list[str]
) -> None:
    read = read_pattern(pattern)
    question = 'SELECT text COLLATE "C" ~ %s FROM unnest(%s::text[]) WITH ORDINALITY AS t(text, place) ORDER BY place'
    found = [row[0] for row in postgresql.execute(question, (read.postgresql, texts))]
    assert [read.search(text) for text in texts] == found


def test_a_pattern_that_keeps_others_busy_for_ever_is_searched_in_the_time_of_the_text() -> None:
    assert not read_pattern("(a+)+$").search("a" * 20_000 + "b")
    assert not read_pattern("(a|aa)*(a*)*c").search("a" * 20_000)


@pytest.mark.parametrize(
    ("pattern", "position"),
    [
        ("(", 0),
        ("ab)", 2),
        ("a[", 1),
        ("[]", 0),
        ("[z-a]", 1),
        ("a|*", 2),
        ("a**", 2),
        ("a{3", 1),
        ("a{2,1}", 1),
        ("a{256}", 1),
        ("^*", 1),
        ("(?=a)", 0),
        ("(?P<a>b)", 0),
        (r"x\b", 1),
        (r"(a)\1", 3),
        ("\\", 0),
        ("a\0", 1),
        ("(a{250}){250}", 0),
        ("(" * 50, 21),
        ("a" * 1001, 1000),
    ],
)
def test_what_is_no_pattern_is_refused_with_its_place(pattern: str, position: int) -> None:
    with pytest.raises(PatternError) as refused:
        read_pattern(pattern)
    assert refused.value.position == position
