"""Filters by JSONPath: `filter=remark[?(@.author=='ann')]`."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tmf.filtering.things import THING
from trunkline.store.query import And, Compare, Condition, Element, Not, Operator, Or, Present
from trunkline.tmf.declaration import V4, V5, Version
from trunkline.tmf.errors import Refusal
from trunkline.tmf.filtering import condition

EQ, GT, GTE, LT, LTE, REGEX = Operator
ANN = Compare(("remark", "author"), EQ, "ann")
A, B, C = (Compare(("name",), EQ, name) for name in "abc")


def read(text: str, version: Version = V5) -> Condition | None:
    return condition([("filter", text)], THING, version)


@pytest.mark.parametrize(
    "text",
    [
        "remark[?(@.author=='ann')]",
        "$.remark[?(@.author == 'ann')]",
        'remark[?(@.author=="ann")]',
        "remark[?@.author=='ann']",
        "  remark[ ? ( @['author'] == 'ann' ) ]  ",
        "remark[*][?(@.author=='ann')]",
        "$['remark'][?('ann' == @.author)]",
        "$[?(@.remark.author=='ann')]",
        "[?(@.remark.author=='ann')]",
        "$[?(@.remark[?(@.author=='ann')])]",
        "$[?(@.remark[*].author=='ann')]",
        "remark[?(@.author=='\\u0061nn')]",
        "remark[?((((@.author=='ann'))))]",
    ],
)
def test_an_element_is_asked_for_in_many_ways(text: str) -> None:
    assert read(text) == ANN


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@.count == 5", Compare(("count",), EQ, 5)),
        ("@.count > 5", Compare(("count",), GT, 5)),
        ("@.count >= -0.5", Compare(("count",), GTE, -0.5)),
        ("@.count<5", Compare(("count",), LT, 5)),
        ("@.count<=5e2", Compare(("count",), LTE, 500.0)),
        ("5 < @.count", Compare(("count",), GT, 5)),
        ("5 >= @.count", Compare(("count",), LTE, 5)),
        ("@.count != 5", Not(Compare(("count",), EQ, 5))),
        ("@.isLive == true", Compare(("isLive",), EQ, True)),
        ("false != @.isLive", Not(Compare(("isLive",), EQ, False))),
        ("@.name == null", Not(Present(("name",)))),
        ("@.name != null", Present(("name",))),
        ("@.name", Present(("name",))),
        ("!@.name", Not(Present(("name",)))),
        ("!(@.name == 'a')", Not(A)),
        ("!!@.name", "refused"),
        ("@.name =~ /^a\\/b$/", Compare(("name",), REGEX, "^a/b$")),
        ("@.name =~ '^a\\\\d'", Compare(("name",), REGEX, "^a\\d")),
        ("@.trait.value == '100'", Compare(("trait", "value"), EQ, "100")),
        ("@.trait.value == 100", Compare(("trait", "value"), EQ, 100)),
        ("@.name == 'it\\'s \\\"\\n'", Compare(("name",), EQ, "it's \"\n")),
        ('@.name == "it\'s"', Compare(("name",), EQ, "it's")),
        ("@.madeAt > '2026-03-01T12:00:00Z'", Compare(("madeAt",), GT, datetime(2026, 3, 1, 12, tzinfo=UTC))),
        ("@.madeAt >= '2026'", Compare(("madeAt",), GTE, datetime(2026, 1, 1, tzinfo=UTC))),
        ("@.href == 'http://host/thing/5'", Compare(("id",), EQ, "5")),
        ("@.@type == 'Thing'", Compare(("@type",), EQ, "Thing")),
        ("@['@type'] == 'Thing'", Compare(("@type",), EQ, "Thing")),
    ],
)
def test_comparisons_and_presence(text: str, expected: Condition | str) -> None:
    if expected == "refused":
        with pytest.raises(Refusal):
            read(f"$[?({text})]")
    else:
        assert read(f"$[?({text})]") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@.name=='a' && @.name=='b' || @.name=='c'", Or((And((A, B)), C))),
        ("@.name=='a' && (@.name=='b' || @.name=='c')", And((A, Or((B, C))))),
        ("@.name=='a' || @.name=='b' && @.name=='c'", Or((A, And((B, C))))),
        ("!(@.name=='a' || @.name=='b')", Not(Or((A, B)))),
        ("(@.name=='a')&&(@.name=='b')", And((A, B))),
    ],
)
def test_and_binds_more_than_or_and_parentheses_more_than_both(text: str, expected: Condition) -> None:
    assert read(f"$[?({text})]") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("remark", Present(("remark",))),
        ("size.units", Present(("size", "units"))),
        ("remark[?(@.id=='1')].author", Element(("remark",), And((Compare(("id",), EQ, "1"), Present(("author",)))))),
        (
            "trait[?(@.name=='speed' && @.value==100)]",
            Element(("trait",), And((Compare(("name",), EQ, "speed"), Compare(("value",), EQ, 100)))),
        ),
        (
            "trait[?(@.name=='speed' && !(@.value==100))]",
            Element(("trait",), And((Compare(("name",), EQ, "speed"), Not(Compare(("value",), EQ, 100))))),
        ),
        ("trait[?(!@.name)]", Element(("trait",), Not(Present(("name",))))),
        (
            "trait[?(@.name=='a' || @.name=='b')]",
            Or((Compare(("trait", "name"), EQ, "a"), Compare(("trait", "name"), EQ, "b"))),
        ),
        (
            "trait[?(@.name=='a')][?(@.value==1)]",
            Element(("trait",), And((Compare(("name",), EQ, "a"), Compare(("value",), EQ, 1)))),
        ),
        (
            "anything[?(@.a==1)].parts[?(@.b==2 && @.c)]",
            Element(
                ("anything",),
                And(
                    (
                        Compare(("a",), EQ, 1),
                        Element(("parts",), And((Compare(("b",), EQ, 2), Present(("c",))))),
                    )
                ),
            ),
        ),
        (
            "$[?(@.remark[?(@.id=='1')].author == 'ann')]",
            Element(("remark",), And((Compare(("id",), EQ, "1"), Compare(("author",), EQ, "ann")))),
        ),
        (
            "$[?(@.remark[?(@.id=='1')].author != 'ann')]",
            Not(Element(("remark",), And((Compare(("id",), EQ, "1"), Compare(("author",), EQ, "ann"))))),
        ),
        ("tags[?(@ == 'a')]", Compare(("tags",), EQ, "a")),
        ("tags[?(@ > 'a' && @ < 'c')]", Element(("tags",), And((Compare((), GT, "a"), Compare((), LT, "c"))))),
    ],
)
def test_paths_lead_into_elements(text: str, expected: Condition) -> None:
    assert read(text) == expected


def test_v4_filters_by_its_own_names() -> None:
    flat = read("relatedParty[?(@.id=='5' && @.role=='x')]", V4)
    assert flat == read("relatedParty[?(@.partyOrPartyRole.id=='5' && @.role=='x')]", V5)
    assert read("$[?(@.madeAtt > '2026')]", V4) == read("$[?(@.madeAt > '2026')]", V5)


def test_filters_are_asked_for_together_with_parameters() -> None:
    both = condition([("filter", "$[?(@.name=='a')]"), ("name", "b"), ("filter", "$[?(@.name=='c')]")], THING, V5)
    assert both == And((A, C, B))


@pytest.mark.parametrize(
    ("text", "position", "said"),
    [
        ("", 1, "the name of an attribute is expected"),
        ("$", 2, "the path of an attribute is expected"),
        ("$.", 3, "the name of an attribute is expected"),
        ("$..remark", 3, "the name of an attribute is expected"),
        ("$.*", 3, "the name of an attribute is expected"),
        ("remark[0]", 8, "?, * or a name in quotes is expected"),
        ("remark[?(@.id==1)", 18, "a closing bracket is missing"),
        ("remark[?(@.id==1]", 17, "a closing parenthesis is missing"),
        ("remark[?(@.id==)]", 16, "a text in quotes, a number, true, false or null is expected"),
        ("remark[?(@.id=='a)]", 16, "a text in quotes"),
        ("remark[?(@.id==ann)]", 16, "a number is expected, such as 12 or -0.5 (a text stands in quotes)"),
        ("remark[?(@.id==1e999)]", 16, "the number is too large"),
        ("remark[?(@.id='1')]", 14, "equality is written =="),
        ("remark[?(@.id=='1' & @.x)]", 20, "a closing parenthesis is missing"),
        ("remark[?(@.id==@.x)]", 16, "a text in quotes"),
        ("remark[?(id=='1')]", 10, "a number is expected"),
        ("remark[?('1')]", 13, "a comparison is expected: == != < <= > >="),
        ("remark[?('1'==2)]", 15, "a path that begins with @ is expected"),
        ("remark[?('a' =~ @.id)]", 14, "a comparison is expected"),
        ("remark[?(!@.id=='1')]", 15, "a comparison behind ! is put into parentheses"),
        ("remark[?(!'1')]", 11, "behind !, a path that begins with @, or a parenthesis"),
        ("remark[?(@.id > true)]", 17, "true, false and null are equal or not"),
        ("remark[?(@.id < null)]", 17, "true, false and null are equal or not"),
        ("remark[?(@.id =~ 5)]", 18, "a pattern is expected: /^fibre/ or '^fibre'"),
        ("remark[?(@.id =~ /a/i)]", 21, "flags of a pattern are not understood"),
        ("remark[?(@.id =~ /a(/)]", 20, "in the pattern: this group is not closed"),
        ("remark[?(@.id == '\\x')]", 18, "the text has an escape that is none"),
        ("remark[?(@.id == '\\u0000')]", 18, "a character that stands in no document"),
        ("remark[?(@.id == '\\ud800')]", 18, "a character that stands in no document"),
        ("$[?(@.madeAt > 'today')]", 17, "a time is expected"),
        ("$[?(@ == 'a')]", 13, "here @ is the document"),
        ("remark[?(@.id)] x", 17, "this does not belong to the path"),
        ("$[?" + "(" * 17 + "@.id", 20, "conditions stand in one another more than 16 deep"),
        ("anything" + ".a" * 16, 39, "a path has at most 16 names"),
    ],
)
def test_what_cannot_be_read_is_refused_with_the_position(text: str, position: int, said: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(text)
    assert refused.value.status == 400
    assert refused.value.reason == "the parameter filter cannot be read"
    assert refused.value.message.startswith(f"position {position}: ")
    assert said in refused.value.message


@pytest.mark.parametrize(("text", "position"), [("colr", 1), ("$[?(@.colr==1)]", 6), ("$['colr']", 2)])
def test_an_attribute_that_the_resource_does_not_have_is_refused(text: str, position: int) -> None:
    with pytest.raises(Refusal, match=f"Thing has no attribute 'colr': the parameter filter, position {position}"):
        read(text)


PIECES = (
    "$", "@", ".", "name", "remark", "[?(", "[*]", ")]", "==", "!=", "=~", ">", "'a'", "1", "null", "&&", "||", "!",
    "(", ")", " ", "/a/", "'", "\\", "[", "]", "@.name", "@.name=='a'", "\u00e9", "\0",
)  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join) | st.text(max_size=20))
def test_any_text_is_a_condition_or_refused(text: str) -> None:
    try:
        read(text)
    except Refusal as refusal:
        position = int(refusal.message.partition("position ")[2].partition(":")[0] or 0)
        if not 1 <= position <= len(text) + 1:
            raise AssertionError(f"{position} is not in the text") from refusal
