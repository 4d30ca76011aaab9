"""Conditions on JSON in SQL, for what no index answers: one row of a FROM clause for each value at a path.

Both dialects read a document as `query` says: the elements of an array go for it, an array in an array is a value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from trunkline.store.query import Operator, Path, Value
from trunkline.store.sql.statement import Statement

SIGNS: Final = {Operator.EQ: "=", Operator.GT: ">", Operator.GTE: ">=", Operator.LT: "<", Operator.LTE: "<="}


class Json(Protocol):
    """How a dialect looks into JSON. `start` is the SQL of a document, or of an element that `element` has given."""

    def document(self, column: str) -> str:
        """The document in a column, as a `start`."""

    def compare(self, sql: Statement, start: str, path: Path, operator: Operator, value: Value) -> str:
        """That some text, number or bool at the path stands so to `value`."""

    def present(self, sql: Statement, start: str, path: Path) -> str:
        """That there is anything at the path but null."""

    def element(self, sql: Statement, start: str, path: Path, where: Callable[[str], str]) -> str:
        """That `where` holds for an element at the path."""

    def some_indexed(self, sql: Statement, column: str, attribute: int, text: bool, sign: str, value: object) -> str:
        """That some value of an attribute in the column `indexed` stands so to `value`."""

    def first_indexed(self, column: str, attribute: int, text: bool) -> str:
        """The first value of an attribute in the column `indexed`, as entries have it."""


class SqliteJson:
    """A `start` is "type, value" of a row of json_each."""

    def document(self, column: str) -> str:
        return f"'object', {column}"

    def compare(self, sql: Statement, start: str, path: Path, operator: Operator, value: Value) -> str:
        rows, last = self._rows(sql, start, path)
        type, _, found = last.partition(", ")
        if operator is Operator.REGEX:
            meets = f"{type} = 'text' AND regexp({sql.add(value)}, {found})"
        elif isinstance(value, bool):
            meets = f"{type} = '{'true' if value else 'false'}'"
        elif isinstance(value, str):
            meets = f"{type} = 'text' AND {found} {SIGNS[operator]} {sql.add(value)}"
        else:
            meets = f"{type} IN ('integer', 'real') AND {found} {SIGNS[operator]} {sql.compared(value)}"
        return _exists(rows, meets)

    def present(self, sql: Statement, start: str, path: Path) -> str:
        rows, last = self._rows(sql, start, path)
        return _exists(rows, f"{last.partition(', ')[0]} <> 'null'")

    def element(self, sql: Statement, start: str, path: Path, where: Callable[[str], str]) -> str:
        rows, last = self._rows(sql, start, path)
        return _exists(rows, f"{last.partition(', ')[0]} NOT IN ('array', 'null') AND {where(last)}")

    def some_indexed(self, sql: Statement, column: str, attribute: int, text: bool, sign: str, value: object) -> str:
        row = sql.alias()
        return _exists(
            [f"json_each({column}, '$.\"{attribute}\"') AS {row}"], f"{row}.value {sign} {sql.compared(value)}"
        )

    def first_indexed(self, column: str, attribute: int, text: bool) -> str:
        first = f"json_extract({column}, '$.\"{attribute}\"[0]')"
        return f"coalesce('=' || {first}, '')" if text else f"coalesce({first}, -9e999)"

    @staticmethod
    def _rows(sql: Statement, start: str, path: Path) -> tuple[list[str], str]:
        rows: list[str] = []
        for name in path:
            type, _, value = start.partition(", ")
            member, each = sql.alias(), sql.alias()
            members = f"json_each(CASE {type} WHEN 'object' THEN {value} END)"
            array = (
                f"CASE {member}.type WHEN 'array' THEN {member}.value WHEN 'object' THEN '[' || {member}.value || ']'"
                f" WHEN 'true' THEN '[true]' WHEN 'false' THEN '[false]' ELSE json_array({member}.value) END"
            )
            rows.append(f"{members} AS {member} JOIN json_each({array}) AS {each} ON {member}.key = {sql.add(name)}")
            start = f"{each}.type, {each}.value"
        return rows, start


class PostgresqlJson:
    """A `start` is a jsonb."""

    def document(self, column: str) -> str:
        return f"CAST({column} AS jsonb)"

    def compare(self, sql: Statement, start: str, path: Path, operator: Operator, value: Value) -> str:
        rows, found = self._rows(sql, start, path)
        text = f"({found} #>> '{{}}') COLLATE \"C\""
        if operator is Operator.REGEX:
            type, meets = "string", f"{text} ~ {sql.pattern(value)}"
        elif isinstance(value, bool):
            type, meets = "boolean", f"{found} = '{'true' if value else 'false'}'"
        elif isinstance(value, str):
            type, meets = "string", f"{text} {SIGNS[operator]} {sql.add(value)}"
        else:
            type, meets = "number", f"CAST({found} AS numeric) {SIGNS[operator]} {sql.compared(value)}"
        # Only a CASE says that the one is looked at before the other.
        return _exists(rows, f"CASE WHEN jsonb_typeof({found}) = '{type}' THEN {meets} ELSE false END")

    def present(self, sql: Statement, start: str, path: Path) -> str:
        rows, found = self._rows(sql, start, path)
        return _exists(rows, f"jsonb_typeof({found}) <> 'null'")

    def element(self, sql: Statement, start: str, path: Path, where: Callable[[str], str]) -> str:
        rows, found = self._rows(sql, start, path)
        return _exists(rows, f"jsonb_typeof({found}) NOT IN ('array', 'null') AND {where(found)}")

    def some_indexed(self, sql: Statement, column: str, attribute: int, text: bool, sign: str, value: object) -> str:
        row = sql.alias()
        found = f"({row}.j #>> '{{}}') COLLATE \"C\"" if text else f"CAST({row}.j AS numeric)"
        rows = f"jsonb_array_elements({column} -> '{attribute}') AS {row}(j)"
        return _exists([rows], f"{found} {sign} {sql.compared(value)}")

    def first_indexed(self, column: str, attribute: int, text: bool) -> str:
        first = f"({column} -> '{attribute}' ->> 0)"
        if text:
            return f"coalesce('=' || {first}, '') COLLATE \"C\""
        return f"coalesce(CAST({first} AS numeric), '-Infinity')"

    @staticmethod
    def _rows(sql: Statement, start: str, path: Path) -> tuple[list[str], str]:
        # In lax mode, the default, each step goes through an array to its elements, once.
        steps = "".join(f".{msgspec.json.encode(name).decode()}" for name in path)
        row = sql.alias()
        found = f"jsonb_path_query({start}, CAST({sql.add(f'${steps}[*]')} AS jsonpath)) AS {row}(j)"
        return [found], f"{row}.j"


def _exists(rows: list[str], meets: str) -> str:
    if not rows:
        return f"({meets})"
    return f"EXISTS (SELECT 1 FROM {' JOIN '.join(rows)} WHERE {meets})"
