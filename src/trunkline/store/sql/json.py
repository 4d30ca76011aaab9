"""Conditions on JSON in SQL, for what no index answers: one row of a FROM clause for each value at a path.

Both dialects read a document as `query` says: the elements of an array go for it, an array in an array is a value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Protocol

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


def exists(rows: list[str], meets: str) -> str:
    """That some of the rows, each joined to those before it, meets it."""
    if not rows:
        return f"({meets})"
    return f"EXISTS (SELECT 1 FROM {' JOIN '.join(rows)} WHERE {meets})"
