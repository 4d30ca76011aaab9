"""A row's values, from the text that the server sends of each to what JSON has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from trunkline.systems.changes.change import Unreadable
from trunkline.systems.postgresql.pgoutput import UNCHANGED, Unchanged
from trunkline.systems.postgresql.values import Converter


class RowReader:
    """Reads rows of one table with these columns."""

    def __init__(self, columns: Sequence[str], converters: Sequence[Converter]) -> None:
        self.columns = tuple(columns)
        self._converters = tuple(converters)

    def read(self, row: Sequence[bytes | Unchanged | None]) -> list[Any] | Unreadable:
        """The values in the order of the columns, `UNCHANGED` as it is; or why they cannot be read."""
        if len(row) != len(self.columns):
            reason = f"the row has {len(row)} values and the table {len(self.columns)} columns"
            return Unreadable("row.other-shape", reason, _shown(row))
        values: list[Any] = []
        try:
            for value, convert in zip(row, self._converters, strict=True):
                values.append(convert(value.decode()) if isinstance(value, bytes) else value)
        except UnicodeDecodeError as error:
            message = f"the value of {self.columns[len(values)]} is no text in UTF-8: {error}"
            return Unreadable("value.not-text", message, _shown(row))
        except ValueError as error:
            message = f"the value of {self.columns[len(values)]} is not what its type says: {error}"
            return Unreadable("value.unreadable", message, _shown(row))
        return values


def _shown(row: Sequence[bytes | Unchanged | None]) -> bytes:
    """The row as the server sent it, between tabs."""
    return b"\t".join(b"..." if value is UNCHANGED else value if isinstance(value, bytes) else rb"\N" for value in row)
