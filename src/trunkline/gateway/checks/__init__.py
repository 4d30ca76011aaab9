"""What does not fit together in the operator's gateway, by file and line.

The checks prove that every rule that is written decides something (none is unreachable), that none is bypassed, and
that nobody unknown is let in by an omission.
"""

from typing import Final

from trunkline.document import Problem
from trunkline.gateway.checks import attachment, bodies, callers, paths, rules
from trunkline.gateway.plan import Plan

RULES: Final = (*attachment.RULES, *callers.RULES, *rules.RULES, *bodies.RULES, *paths.RULES)


def check(plan: Plan) -> list[Problem]:
    """All that does not fit together; [] where the plan is sound."""
    return sorted({problem for rule in RULES for problem in rule(plan)})
