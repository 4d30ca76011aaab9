"""Documents of the operator's folder: every error has its file, its line and its reason."""

from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.document import Document, Invalid


class Threshold(msgspec.Struct, frozen=True, rename="camel"):
    below: float
    unit: str = "%"


class Rule(msgspec.Struct, frozen=True, rename="camel"):
    name: str
    end_time: int
    thresholds: list[Threshold] = []
    limits: dict[str, Threshold] = {}
    extra: Threshold | None = None


def parse(text: str) -> Document:
    return Document("rules.yaml", text)


def problems(text: str, kind: type = Rule) -> list[str]:
    with pytest.raises(Invalid) as refused:
        parse(text).into(kind)
    return [str(problem) for problem in refused.value.problems]


def test_each_value_knows_its_line() -> None:
    document = parse("# a comment\nname: x\nitems:\n  - first\n  - deep:\n      deeper: 1\n")
    assert document.data == {"name": "x", "items": ["first", {"deep": {"deeper": 1}}]}
    places = [("name",), ("items",), ("items", 0), ("items", 1), ("items", 1, "deep"), ("items", 1, "deep", "deeper")]
    assert [document.line(place) for place in places] == [2, 3, 4, 5, 5, 6]


def test_a_place_that_is_not_there_has_the_line_of_what_is_above_it() -> None:
    assert parse("a: 1\nb:\n  c: 2\n").line(("b", "missing", 3)) == 2


def test_a_document_becomes_a_struct() -> None:
    rule = parse("name: r\nendTime: 3\nthresholds: [{below: 95}]\nlimits: {low: {below: 1.5}}\nextra: ~\n").into(Rule)
    assert rule == Rule("r", 3, [Threshold(95.0)], {"low": Threshold(1.5)})


def test_every_problem_is_named_at_once_with_its_line() -> None:
    text = """\
nmae: r
endTime: soon
thresholds:
  - below: 95
  - above: 95
limits:
  low:
    below: much
extra:
  unit: 7
"""
    assert sorted(problems(text)) == sorted([
        "rules.yaml:1: `nmae` is not known; did you mean `name`?",
        "rules.yaml:1: `name` is missing",
        "rules.yaml:2: `endTime`: expected `int`, got `str`",
        "rules.yaml:5: `above` is not known here",
        "rules.yaml:5: `below` is missing",
        "rules.yaml:8: `below`: expected `float`, got `str`",
        "rules.yaml:9: `below` is missing",
        "rules.yaml:10: `unit`: expected `str`, got `int`",
    ])  # fmt: skip


def test_an_empty_file_is_not_a_struct() -> None:
    assert problems("# nothing\n") == ["rules.yaml:1: expected `object`, got `null`"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"), ("12:30", "12:30"), ("2026-01-01", "2026-01-01"), ("'1'", "1"), ("1", 1), ("-1", -1),
        ("0x10", 16), ("0o17", 15), ("1e3", 1000.0), (".5", 0.5), ("~", None), ("true", True), ("NO", "NO"),
        (".inf", ".inf"), ("1.2.3", "1.2.3"), ("1_000", "1_000"),
    ],
)  # fmt: skip
def test_plain_scalars_are_read_as_yaml_1_2_says(text: str, value: object) -> None:
    read = parse(f"value: {text}").data["value"]
    assert read == value
    assert type(read) is type(value)


def test_keys_are_always_text() -> None:
    assert parse("1526726657: dropped\ntrue: x\n").data == {"1526726657": "dropped", "true": "x"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &x [1]\n", "rules.yaml:1: anchors and aliases are not taken: write the value out"),
        ("a: 1\nb: *x\n", "rules.yaml:2: anchors and aliases are not taken: write the value out"),
        ("a: 1\na: 2\n", "rules.yaml:2: `a` is given twice"),
        ("a: 1\n---\nb: 2\n", "rules.yaml:2: a second document begins here: write one document a file"),
        ("a: !!python/object:os.system x\n", "rules.yaml:1: the tag tag:yaml.org,2002:python/object:os.system is not"),
        ("a: 1\n[1]: 2\n", "rules.yaml:2: a key must be text"),
        ("a:\n  - b\n c: d\n", "rules.yaml:3: is not YAML: "),
        ("a: \x01\n", "rules.yaml:1: is not YAML: "),
        ("[" * 51 + "]" * 51, "rules.yaml:1: is nested deeper than 50 levels"),
        ("[" * 500_000, "rules.yaml:1: is nested deeper than 50 levels"),
        ("a: " + "x" * (1 << 20), "rules.yaml:1: is larger than 1048576 bytes"),
    ],
)
def test_what_is_not_safe_plain_yaml_is_refused_with_its_line(text: str, expected: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(text)
    assert str(refused.value).startswith(expected)


def test_fifty_levels_are_taken() -> None:
    parse("[" * 50 + "]" * 50)


def test_a_file_that_cannot_be_read_is_a_problem_of_that_file(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match=r"none\.yaml:1: cannot be read: No such file"):
        Document.load(tmp_path / "none.yaml")
    latin = tmp_path / "latin.yaml"
    latin.write_bytes(b"a: 1\nb: Li\xe8ge\n")
    with pytest.raises(Invalid, match=r"latin\.yaml:2: is not UTF-8"):
        Document.load(latin)


printable = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn", "Zl", "Zp"], exclude_characters="\ufeff"))
json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | printable | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(printable, inner, max_size=4),
    max_leaves=20,
)


@given(json_like)
def test_what_is_written_as_json_is_read_back_the_same(value: object) -> None:
    assert parse(msgspec.json.encode(value).decode()).data == value


@given(st.text() | st.text(alphabet="[]{}:,-&*!|>'\"#\n a1"))
def test_no_text_makes_the_parser_fail_otherwise_than_by_saying_what_is_wrong(text: str) -> None:
    with suppress(Invalid):
        parse(text)
