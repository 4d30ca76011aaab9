"""Expressions over counters: `pmHoExeSucc + sum(pmDrbEstabSucc5qi) - "L.E-RAB.AbnormRel"`.

A counter is a name (`pmRrcConnEstabSucc`), a dotted name (`L.RRC.ConnReq.Succ`), or any name in quotes, which one with
a hyphen needs. There are `+ - * /`, parentheses, numbers, `period` (the granularity period in seconds) and the
functions sum, pairs, min and max. Python's parser reads them; what is not listed here is refused, and nothing is ever
executed.
"""

from __future__ import annotations

import ast
import math
import operator
import warnings
from collections.abc import Callable, Mapping
from typing import Final

from trunkline.telco.model import Value

MAX_LENGTH: Final = 2_000
MAX_DEPTH: Final = 100

Number = int | float
Counters = Mapping[str, Value]
Evaluate = Callable[[Counters, Number], Number]

_OPERATORS: Final[dict[type[ast.operator], Callable[[Number, Number], Number]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


class NotCounted(ArithmeticError):
    """A counter is empty (NIL), or not of the form that is wanted: a list for a number, or no list of pairs."""


class Expression:
    """A parsed expression. `counters` are the names that it needs, in the order in which they appear."""

    def __init__(self, text: str, counters: tuple[str, ...], evaluate: Evaluate) -> None:
        self.text, self.counters = text, counters
        self._evaluate = evaluate

    @classmethod
    def parse(cls, text: str) -> Expression:
        """Raises `ValueError` that says what in the expression is not taken."""
        if len(text) > MAX_LENGTH:
            raise ValueError(f"the expression is longer than {MAX_LENGTH} characters")
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # what the parser only warns of is refused, too
                tree = ast.parse(text.strip(), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise ValueError(f"`{text}` is not an expression: {getattr(error, 'msg', error)}") from None
        counters: dict[str, None] = {}
        evaluate = _compile(tree.body, counters, 0)
        return cls(text.strip(), tuple(counters), evaluate)

    def __call__(self, counters: Counters, period: Number) -> float:
        """The value over `counters`, all of which must be there.

        Raises `ArithmeticError` where there is none: an empty counter, a division by zero, a result beyond all bounds.
        """
        value = float(self._evaluate(counters, period))
        if not math.isfinite(value):
            raise OverflowError(f"`{self.text}` is beyond all bounds")
        return value


def _compile(node: ast.expr, counters: dict[str, None], depth: int) -> Evaluate:
    if depth > MAX_DEPTH:
        raise ValueError(f"the expression is nested deeper than {MAX_DEPTH} levels")
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return _constant(node.value)
    if isinstance(node, ast.Name) and node.id == "period":
        return lambda values, period: period
    if (name := _counter_name(node)) is not None:
        counters[name] = None
        return lambda values, period: _number(values[name])
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        apply = _OPERATORS[type(node.op)]
        left, right = (_compile(side, counters, depth + 1) for side in (node.left, node.right))
        return lambda values, period: apply(left(values, period), right(values, period))
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        operand = _compile(node.operand, counters, depth + 1)
        return lambda values, period: -operand(values, period)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return _call(node.func.id, node.args, counters, depth)
    raise ValueError(
        f"`{ast.unparse(node)[:80]}` is not taken: an expression is made of counters, numbers, + - * /, parentheses, "
        "period, sum(…), pairs(…), min(…) and max(…)"
    )


def _call(function: str, arguments: list[ast.expr], counters: dict[str, None], depth: int) -> Evaluate:
    if function in ("min", "max"):
        choose = min if function == "min" else max
        parts = [_compile(argument, counters, depth + 1) for argument in arguments]
        if len(parts) < 2:
            raise ValueError(f"{function}(…) chooses between two or more values")
        return lambda values, period: choose(part(values, period) for part in parts)
    if function in ("sum", "pairs"):
        name = _counter_name(arguments[0]) if len(arguments) == 1 else None
        if name is None:
            raise ValueError(f"{function}(…) adds up one counter that is a list: give it the counter's name alone")
        counters[name] = None
        add_up = _sum if function == "sum" else _sum_of_pairs
        return lambda values, period: add_up(values[name])
    raise ValueError(f"there is no function `{function}`: known are sum, pairs, min and max")


def _counter_name(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.strip():
        return node.value
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        parent = _counter_name(node.value) if not isinstance(node.value, ast.Constant) else None
        return f"{parent}.{node.attr}" if parent else None
    return None


def _constant(value: Number) -> Evaluate:
    if abs(value) > 1e18:
        raise ValueError(f"the number {str(value)[:20]} is beyond all bounds")
    return lambda values, period: value


def _number(value: Value) -> Number:
    if value is None or isinstance(value, list):
        raise NotCounted
    return value


def _sum(value: Value) -> Number:
    """All positions of a list added up; empty positions count nothing."""
    if isinstance(value, list):
        return sum(item for item in value if item is not None)
    return _number(value)


def _sum_of_pairs(value: Value) -> Number:
    """Ericsson's compressed list: how many pairs, then each pair's index and value. A plain number is itself."""
    if not isinstance(value, list):
        return _number(value)
    if not value or value[0] is None or len(value) != 1 + 2 * value[0]:
        raise NotCounted
    return _sum(value[2::2])
