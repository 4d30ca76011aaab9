"""What docs/charging.md says of corrections, of usages or of records: anew each time, and of all at once."""

from __future__ import annotations

from collections.abc import Sequence

from trunkline.telco.model import Usage, UsageReport


def counting(things: Sequence[Usage | UsageReport]) -> set[str]:
    """The ids of what counts: from what corrects nothing that is known, always the last correction leads to it."""
    known = {each.id for each in things}
    last = {each.corrects: each for each in sorted(things, key=lambda each: (each.started, each.id)) if each.corrects}
    counts = set()
    for each in things:
        if each.corrects in known or (each.corrects and last[each.corrects].id != each.id):
            continue
        while each.id in last:
            each = last[each.id]
        counts.add(each.id)
    return counts
