"""Filters of things, made by chance, and things that they are held against."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from random import Random
from typing import Any

from hypothesis import strategies as st

from trunkline.store.query import And, Compare, Condition, Element, Not, Operator, Or, Path, Present

LONG = "x" * 600
TEXTS = ("a", "b", "ab", "A", "", "100", "true", "\u00e9", "\U0001f642", "it's", 'say "a"', "a,b;c", LONG, LONG + "y")
NUMBERS = (0, 1, -1, 100, 0.5, 100.0, -2.5e-3, 1e10, 2**53 + 1, 10**18)
TIMES = tuple(datetime(2026, month, day, hour, tzinfo=UTC) for month in (1, 3) for day in (1, 31) for hour in (0, 12))
PATTERNS = ("a", "^a", "b$", "^$", "[a-c]+", "^.{1,2}$", "(ab|A)", "\\d{3}", "x+y", "^[^a]")
WORDS = (
    "name",
    "status",
    "anything",
    "anything.a",
    "tags",
    "remark.author",
    "trait.name",
    "trait.value",
    "size.units",
    "id",
)
ODD = ([], {}, ["a", 100, None, True], [["a"]], {"a": "b"}, {"a": ["b", 1]}, [{"a": 1}, {"b": 1}])
ORDERED = (Operator.EQ, Operator.GT, Operator.GTE, Operator.LT, Operator.LTE)
SIGNS = {"eq": "==", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "regex": "=~"}
INNER = {"remark": ("author", "id", "rank"), "trait": ("name", "value", "more.name"), "anything": ("a", "b")}


def comparisons(paths: tuple[str, ...]) -> st.SearchStrategy[Condition]:
    """Any of these compared with anything."""
    path = st.sampled_from([tuple(path.split(".")) for path in paths])
    text = path.filter(lambda path: path[-1] not in ("count", "isLive", "rank", "amount"))
    return (
        st.builds(Compare, path, st.sampled_from(ORDERED), st.sampled_from(TEXTS + NUMBERS))
        | st.builds(Compare, path, st.just(Operator.EQ), st.booleans())
        | st.builds(Compare, text, st.just(Operator.REGEX), st.sampled_from(PATTERNS))
        | st.builds(Present, path)
    )


def together(parts: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    """Put together in any way."""
    several = st.lists(parts, min_size=2, max_size=3).map(tuple)
    return st.builds(And, several) | st.builds(Or, several) | st.builds(Not, parts)


def elements(array: str) -> st.SearchStrategy[Condition]:
    """One element of an array."""
    return st.builds(Element, st.just((array,)), st.recursive(comparisons(INNER[array]), together, max_leaves=4))


CONDITIONS = st.recursive(
    comparisons((*WORDS, "count", "isLive", "remark.rank", "size.amount", "remark", "trait", "colour"))
    | st.builds(Compare, st.just(("madeAt",)), st.sampled_from(ORDERED), st.sampled_from(TIMES))
    | elements("trait")
    | elements("remark")
    | elements("anything"),
    together,
    max_leaves=6,
)


def jsonpath(condition: Condition) -> str:
    """The condition as `filter=` says it."""
    return f"$[?({_printed(condition)})]"


def _printed(condition: Condition) -> str:
    match condition:
        case Compare(path, how, value):
            return f"{_path(path)} {SIGNS[how]} {_literal(value)}"
        case Present(path):
            return _path(path)
        case Element(path, where):
            return f"{_path(path)}[?({_printed(where)})]"
        case And(parts):
            return "(" + " && ".join(map(_printed, parts)) + ")"
        case Or(parts):
            return "(" + " || ".join(map(_printed, parts)) + ")"
        case Not(inner):
            return f"!({_printed(inner)})"


def _path(path: Path) -> str:
    return "".join(("@", *(f".{name}" for name in path)))


def _literal(value: Any) -> str:
    return json.dumps(value.isoformat() if isinstance(value, datetime) else value)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _parameters() -> st.SearchStrategy[tuple[str, str]]:
    words, texts = st.sampled_from(WORDS), st.lists(st.sampled_from(TEXTS), min_size=1, max_size=2)
    numbers = st.lists(st.sampled_from(NUMBERS), min_size=1, max_size=2).map(lambda given: ",".join(map(str, given)))
    ordered = st.sampled_from(("", ".eq", ".ne", ".gt", ".gte", ".lt", ".lte", ">", "<"))
    times = st.sampled_from(
        ("2026", "2026-03", "2026-03-31", "2026-03-31T12", "2026-03-31T12:00:00Z", "2026-01-01T01:00:00+01:00")
    )
    quantities, bools = st.sampled_from(("count", "remark.rank", "size.amount")), st.sampled_from(("true", "false"))
    others = st.sampled_from(("a;count>1", "b;trait.value=100;isLive=true", "a,b;remark.author.ne=a"))
    return (
        st.tuples(st.builds(str.__add__, words, ordered), texts.map(lambda given: ",".join(map(_quoted, given))))
        | st.tuples(st.builds(str.__add__, words | quantities, ordered), numbers)
        | st.tuples(st.sampled_from(("isLive", "isLive.ne", "anything", "trait.value")), bools)
        | st.tuples(ordered.map("madeAt".__add__), times)
        | st.tuples(words.map(lambda word: f"{word}.regex"), st.sampled_from(PATTERNS))
        | st.tuples(words, others)
    )


PARAMETERS = st.lists(_parameters(), min_size=1, max_size=4)
FILTERS = PARAMETERS | CONDITIONS.map(lambda condition: [("filter", jsonpath(condition))])


def documents(count: int, seed: int = 7) -> list[dict[str, Any]]:
    """Things as strict and as lenient validation let them in: with nulls, and with what nobody would think of."""
    chance = Random(seed)

    def odd() -> Any:
        return chance.choice([*TEXTS, *NUMBERS, True, False, None, *ODD])

    def some(value: Any) -> Any:
        return odd() if chance.random() < 0.15 else value

    def remark() -> Any:
        return some(part(author=chance.choice(TEXTS), id=chance.choice(TEXTS), rank=chance.choice(NUMBERS)))

    def trait() -> Any:
        value = chance.choice([*TEXTS, *NUMBERS, True, False, ["a", "b"]])
        return some(part(name=chance.choice(TEXTS[:5]), value=value, more={"name": "a"}))

    def part(**attributes: Any) -> dict[str, Any]:
        return {name: some(value) for name, value in attributes.items() if chance.random() < 0.8}

    def time() -> str:
        moment = chance.choice(TIMES).isoformat()
        return chance.choice(
            [moment, moment.replace("+00:00", "Z"), moment.replace("+00:00", "+01:00"), moment[:10], "soon"]
        )

    def thing(number: int) -> dict[str, Any]:
        attributes = part(
            name=chance.choice(TEXTS),
            status=chance.choice(["new", "old", "a"]),
            count=chance.choice(NUMBERS),
            isLive=chance.choice([True, False]),
            madeAt=time(),
            size=part(amount=chance.choice(NUMBERS), units=chance.choice(TEXTS)),
            tags=[chance.choice(TEXTS) for _ in range(chance.randrange(4))],
            anything=odd(),
            remark=[remark() for _ in range(chance.randrange(4))],
            trait=[trait() for _ in range(chance.randrange(4))],
        )
        return {"id": str(number), "@type": "Thing", **attributes}

    return [thing(number) for number in range(count)]
