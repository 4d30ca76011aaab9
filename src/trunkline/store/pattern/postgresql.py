"""A pattern as an advanced regular expression of PostgreSQL."""

from __future__ import annotations

import string
from typing import Final

from trunkline.store.pattern.syntax import Characters, Choice, Edge, Node, Repeat, Sequence

_PLAIN: Final = frozenset(string.ascii_letters + string.digits)


def postgresql(node: Node) -> str:
    """What PostgreSQL reads as the same."""
    match node:
        case Sequence(parts):
            return "".join(postgresql(part) for part in parts) or "(?:)"
        case Choice(branches):
            return f"(?:{'|'.join(map(postgresql, branches))})"
        case Repeat(part, least, most):
            return f"(?:{postgresql(part)}){{{least},{'' if most is None else most}}}"
        case Edge(start):
            return "^" if start else "$"
        case Characters((), _):
            return "."
        case Characters(ranges, negated):
            members = "".join(
                _sign(first) if first == last else f"{_sign(first)}-{_sign(last)}" for first, last in ranges
            )
            return f"[{'^' if negated else ''}{members}]"


def _sign(code: int) -> str:
    return chr(code) if chr(code) in _PLAIN else f"\\U{code:08x}"
