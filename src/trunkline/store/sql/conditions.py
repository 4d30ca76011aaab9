"""Conditions as SQL on a record, and which entries hold all that meets them.

A `Clause` is exact as SQL. Its `ranges`, where it has any, are rows of an index among which every document that meets
it is found, so that one clause of a query may lead and the others are asked for each document it gives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import IntEnum
from typing import Any, Final, Literal, NamedTuple

from trunkline.store.pattern import read_pattern
from trunkline.store.port import StoreError, Type
from trunkline.store.query import And, Compare, Condition, Element, Not, Operator, Or, Path, Present, Value
from trunkline.store.sql.catalogue import Catalogue
from trunkline.store.sql.entries import ABSENT_NUMBER, ABSENT_TEXT, CUT, Indexing, comparable, joined, token
from trunkline.store.sql.json import SIGNS, Json
from trunkline.store.sql.statement import Statement

MOST: Final = 500  # conditions of a query
DEEPEST: Final = 30  # of them in each other
LAST: Final = "\U0010ffff"


class Cost(IntEnum):
    """What is read of a document to hold the clause against it."""

    ENTRIES = 0
    INDEXED = 1
    """The record's column `indexed`."""
    DOCUMENT = 2


class Range(NamedTuple):
    """The entries of an attribute whose values stand so (sign, value) to others."""

    table: Literal["text_entry", "number_entry"]
    attribute: int
    bounds: tuple[tuple[str, Any], ...]

    @property
    def one(self) -> bool:
        """Whether it is one value, so that no document is in it twice."""
        return self.bounds[0][0] == "="

    def where(self, sql: Statement, row: str) -> str:
        """That a row of the table is in it."""
        bounds = (f"{row}.value {sign} {sql.compared(value)}" for sign, value in self.bounds)
        return " AND ".join((f"{row}.attribute = {self.attribute}", *bounds))


class Sources(NamedTuple):
    """What a clause's SQL may name: how the statement says a document's `seq`, and its row of `record`."""

    seq: str
    record: str


class Clause(NamedTuple):
    """A condition as SQL."""

    sql: Callable[[Statement, Sources], str]
    cost: Cost
    ranges: tuple[Range, ...] | None = None
    exact: bool = False
    """Whether all that is in `ranges` meets it."""


NOTHING = Clause(lambda sql, sources: "1 = 0", Cost.ENTRIES, (), True)


class Conditions:
    """Makes clauses of conditions on documents of one kind."""

    def __init__(self, kind: str, catalogue: Catalogue, json: Json) -> None:
        self._kind, self._catalogue, self._json = kind, catalogue, json

    def clauses(self, where: Condition | None) -> list[Clause]:
        """What all must hold. Raises `StoreError`, also for what is no pattern."""
        if where is None:
            return []
        _refuse_large(where)
        return [self._clause(each) for each in _conjuncts(where)]

    def _clause(self, condition: Condition) -> Clause:
        match condition:
            case Compare(path, operator, value):
                return self._compare(path, operator, value)
            case Present():
                return self._on_document(condition)
            case Element():
                return self._element(condition)
            case And():
                parts = [self._clause(each) for each in _conjuncts(condition)]
                if len(parts) == 1:
                    return parts[0]
                leading = min((part for part in parts if part.ranges is not None), key=_unlikely, default=None)
                return Clause(_all(parts), _cost(parts), leading.ranges if leading else None)
            case Or(conditions):
                parts = [self._clause(each) for each in conditions]
                ranges = [part.ranges for part in parts if part.ranges is not None]
                if len(ranges) < len(parts):
                    return Clause(_any(parts), _cost(parts))
                together = tuple(dict.fromkeys(each for some in ranges for each in some))
                return Clause(_any(parts), _cost(parts), together, all(part.exact for part in parts))
            case Not(negated):
                inner = self._clause(negated)
                return Clause(lambda sql, sources: f"NOT ({inner.sql(sql, sources)})", inner.cost)

    def _compare(self, path: Path, operator: Operator, value: Value) -> Clause:
        if operator is Operator.REGEX:
            if not isinstance(value, str):
                return NOTHING
            read_pattern(value)
            return self._on_document(Compare(path, operator, value))
        if isinstance(value, bool) and operator is not Operator.EQ:
            return NOTHING
        found = self._catalogue.attribute(self._kind, path, _type(value))
        if found is not None:
            return self._on_entries(found, Compare(path, operator, value))
        return NOTHING if isinstance(value, datetime) else self._on_document(Compare(path, operator, value))

    def _on_entries(self, attribute: Indexing, compare: Compare) -> Clause:
        value = comparable(compare.value, attribute.type)
        sign, text = SIGNS[compare.operator], isinstance(value, str)
        if isinstance(value, str) and isinstance(compare.value, str) and len(compare.value) >= CUT:
            # What is as long as the index is wide is found there by its beginning, and then looked at.
            bounds = ((f"{sign[0]}=" if sign != "=" else sign, f"={value}"),)
            return self._on_document(compare, (Range(attribute.table, attribute.number, _there(bounds)),))
        range = Range(attribute.table, attribute.number, _there(((sign, f"={value}" if text else value),)))
        if compare.operator is Operator.EQ:
            return Clause(_in_entries(range), Cost.ENTRIES, (range,), True)

        def some(sql: Statement, sources: Sources) -> str:
            column = f"{sources.record}.indexed"
            return self._json.some_indexed(sql, column, attribute.number, text, sign, value)

        return Clause(some, Cost.INDEXED, (range,), True)

    def _element(self, condition: Element) -> Clause:
        path, where = condition
        match where:
            case Compare(inner, operator, value):
                if self._catalogue.attribute(self._kind, path + inner, _type(value)) or isinstance(value, datetime):
                    return self._compare(path + inner, operator, value)
            case Or(conditions):
                return self._clause(Or(tuple(Element(path, each) for each in conditions)))
        equal = {
            part.path: part.value
            for part in _conjuncts(where)
            if isinstance(part, Compare) and part.operator is Operator.EQ and not isinstance(part.value, datetime)
        }
        best: tuple[int, Indexing] = max(
            ((_known(parts.parts, equal), parts) for parts in self._catalogue.elements(self._kind, path)),
            default=(0, Indexing(0, (), (), "text")),
            key=lambda found: found[0],
        )
        length, indexing = best
        if not length:
            others = (self._element(Element(path, part)) for part in _conjuncts(where) if part is not where)
            led = next((other.ranges for other in others if other.ranges is not None), None)
            return self._on_document(condition, led)
        start = "=" + joined([token(equal[part]) for part in indexing.parts[:length]])
        whole = length == len(indexing.parts)
        if len(start) > CUT:
            start, whole = start[: CUT + 1], False
        if not whole:
            return self._on_document(
                condition, (Range("text_entry", indexing.number, ((">=", start), ("<=", start + LAST))),)
            )
        range = Range("text_entry", indexing.number, (("=", start),))
        if len(_conjuncts(where)) > len(indexing.parts):
            return self._on_document(condition, (range,))
        return Clause(_in_entries(range), Cost.ENTRIES, (range,), True)

    def _on_document(self, condition: Condition, ranges: tuple[Range, ...] | None = None) -> Clause:
        def sql(sql: Statement, sources: Sources) -> str:
            return self._within(sql, self._json.document(f"{sources.record}.document"), condition, ())

        return Clause(sql, Cost.DOCUMENT, ranges)

    def _within(self, sql: Statement, start: str, condition: Condition, place: Path) -> str:
        """A condition whose paths begin at `start`, which is at `place` in the document."""
        match condition:
            case Compare(path, _, datetime()):
                if self._catalogue.attribute(self._kind, place + path, "time"):
                    raise StoreError(
                        f"{'.'.join(place + path)} is a time, which is not asked for together with other attributes of "
                        "one element: ask for it alone"
                    )
                return "1 = 0"
            case Compare(path, operator, value):
                if isinstance(value, bool) and operator is not Operator.EQ:
                    return "1 = 0"
                if operator is Operator.REGEX:
                    if not isinstance(value, str):
                        return "1 = 0"
                    read_pattern(value)
                return self._json.compare(sql, start, path, operator, value)
            case Present(path):
                return self._json.present(sql, start, path)
            case Element(path, where):
                return self._json.element(
                    sql, start, path, lambda element: self._within(sql, element, where, place + path)
                )
            case And(conditions):
                return f"({' AND '.join(self._within(sql, start, each, place) for each in conditions) or '1 = 1'})"
            case Or(conditions):
                return f"({' OR '.join(self._within(sql, start, each, place) for each in conditions) or '1 = 0'})"
            case Not(negated):
                return f"NOT ({self._within(sql, start, negated, place)})"


def both(one: Clause, other: Clause) -> Clause:
    """Two clauses that each say a bound of the one value that each document has of an attribute, as one."""
    [first], [second] = one.ranges or (), other.ranges or ()
    range = first._replace(bounds=(*first.bounds, *second.bounds))
    return Clause(_all([one, other]), _cost([one, other]), (range,), True)


def _in_entries(range: Range) -> Callable[[Statement, Sources], str]:
    def sql(sql: Statement, sources: Sources) -> str:
        # Not EXISTS, of which PostgreSQL would make a join of its own order.
        row = sql.alias()
        where = f"{range.where(sql, row)} AND {row}.seq = {sources.seq}"
        return f"(SELECT 1 FROM {range.table} {row} WHERE {where} LIMIT 1) IS NOT NULL"

    return sql


def _there(bounds: tuple[tuple[str, Any], ...]) -> tuple[tuple[str, Any], ...]:
    """Without the entries of documents that have no value, which lie before all others."""
    sign, value = bounds[0]
    if not sign.startswith("<"):
        return bounds
    return (*bounds, (">", ABSENT_TEXT if isinstance(value, str) else ABSENT_NUMBER))


def _type(value: Value) -> Type:
    match value:
        case bool():
            return "boolean"
        case str():
            return "text"
        case datetime():
            return "time"
        case _:
            return "number"


def _known(parts: tuple[Path, ...], equal: Iterable[Path]) -> int:
    """How many parts, from the first on, are known."""
    length = 0
    for part in parts:
        if part not in equal:
            break
        length += 1
    return length


def _refuse_large(condition: Condition) -> None:
    """Raises `StoreError` where there are more conditions than a database takes in one statement."""
    waiting, count = [(condition, 1)], 0
    while waiting:
        each, depth = waiting.pop()
        count += 1
        if depth > DEEPEST or count > MOST:
            raise StoreError(f"at most {MOST} conditions are answered, and {DEEPEST} that lie in each other")
        match each:
            case And(parts) | Or(parts):
                waiting += [(part, depth + 1) for part in parts]
            case Element(_, inner) | Not(inner):
                waiting.append((inner, depth + 1))


def _conjuncts(condition: Condition) -> list[Condition]:
    if not isinstance(condition, And):
        return [condition]
    return [each for part in condition.conditions for each in _conjuncts(part)]


def _unlikely(clause: Clause) -> tuple[bool, bool]:
    """Which of several is likely to give fewer documents: equal to something before more and less than it."""
    ranges = clause.ranges or ()
    return not all(range.one for range in ranges), len(ranges) > 1


def _cost(parts: list[Clause]) -> Cost:
    return max((part.cost for part in parts), default=Cost.ENTRIES)


def _all(parts: list[Clause]) -> Callable[[Statement, Sources], str]:
    return lambda sql, sources: f"({' AND '.join(part.sql(sql, sources) for part in parts) or '1 = 1'})"


def _any(parts: list[Clause]) -> Callable[[Statement, Sources], str]:
    return lambda sql, sources: f"({' OR '.join(part.sql(sql, sources) for part in parts) or '1 = 0'})"
