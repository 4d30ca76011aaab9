"""Orders in SQL: by several keys, each in its direction, and what lies beyond a place in such an order."""

from __future__ import annotations

from collections.abc import Sequence

from trunkline.store.sql.cursor import Place
from trunkline.store.sql.statement import Statement


def ordered(keys: Sequence[str], descending: Sequence[bool]) -> str:
    """What stands behind ORDER BY."""
    return ", ".join(f"{key} DESC" if down else key for key, down in zip(keys, descending, strict=True))


def beyond(sql: Statement, keys: Sequence[str], descending: Sequence[bool], place: Place) -> str:
    """That a row, whose last key is its `seq`, lies behind the place."""
    values = [*(sql.compared(key) for key in place.keys), sql.add(place.seq)]
    signs = ["<" if down else ">" for down in descending]
    if len(set(signs)) == 1:  # as rows are compared, which an index answers
        return (
            f"({', '.join(keys)}) {signs[0]} ({', '.join(values)})"
            if len(keys) > 1
            else f"{keys[0]} {signs[0]} {values[0]}"
        )
    condition = f"{keys[-1]} {signs[-1]} {values[-1]}"
    for key, sign, value in list(zip(keys, signs, values, strict=True))[-2::-1]:
        condition = f"({key} {sign} {value} OR ({key} = {value} AND {condition}))"
    return condition
