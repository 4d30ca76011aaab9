"""More than a limit in some time: velocity in any such time, sudden roaming in the first after the arrival."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from trunkline.telco.charging.fraud.rules import Counted, FraudRules, Limit
from trunkline.telco.charging.fraud.uses import Recent, Use, since_away
from trunkline.telco.model import Service
from trunkline.telco.model.suspicion import Kind, Level, Unit

MOST_SHOWN: Final = 50
"""Usages that a suspicion names at most."""
UNITS: Final[dict[Counted, tuple[Service, Unit]]] = {
    Counted.CALLS: (Service.VOICE, "call"),
    Counted.NUMBERS: (Service.VOICE, "number"),
    Counted.SECONDS: (Service.VOICE, "second"),
    Counted.MESSAGES: (Service.MESSAGE, "message"),
    Counted.OCTETS: (Service.DATA, "octet"),
}


class Found(NamedTuple):
    """What a suspicion says beside who it is about. `day` is a moment of the day that its id names."""

    kind: Kind
    rule: str
    severity: Level
    counted: int
    limit: int
    unit: Unit
    usages: tuple[str, ...]
    since: int
    time: int
    day: int


def velocity(recent: Recent, index: int, rules: FraudRules) -> Iterator[Found]:
    """The limits that are passed in a window in which the use at `index` is; of each only the first such window."""
    uses = recent.uses
    new = uses[index]
    for name, limit in _of(rules.velocity, new):
        span = limit.minutes * 60
        ends = (end for end in range(index, len(uses)) if uses[end].started < new.started + span)
        windows = (_within(uses, end, uses[end].started - span) for end in ends)
        yield from _first("velocity", name, limit, windows, lambda window: window[-1].started)


def sudden_roaming(recent: Recent, index: int, rules: FraudRules) -> Iterator[Found]:
    """The limits that are passed within their minutes of the arrival abroad, where the use at `index` is in them."""
    uses = recent.uses
    new = uses[index]
    if not new.abroad:
        return
    away = recent.away
    for use in uses[: index + 1]:
        away = since_away(away, use)
    arrived = new.started if away is None else away
    stay = [use for use in uses if use.abroad and use.started >= arrived]
    for name, limit in _of(rules.roaming, new):
        if new.started < arrived + limit.minutes * 60:
            window = [use for use in stay if use.started < arrived + limit.minutes * 60]
            yield from _first("sudden-roaming", name, limit, [window], lambda _: arrived)


def _of(limits: Mapping[str, Limit], use: Use) -> Iterator[tuple[str, Limit]]:
    """Those for which the use counts."""
    return ((name, limit) for name, limit in limits.items() if _counts(limit, use))


def _counts(limit: Limit, use: Use) -> bool:
    service, _ = UNITS[limit.counts]
    if use.service is not service or not use.originating or (service is Service.DATA and not use.sim):
        return False
    return not limit.destinations or use.destination in limit.destinations


def _within(uses: Sequence[Use], end: int, after: int) -> list[Use]:
    """Those up to the one at `end` that began after a moment."""
    begin = end
    while begin > 0 and uses[begin - 1].started > after:
        begin -= 1
    return list(uses[begin : end + 1])


def _first(
    kind: Kind, name: str, limit: Limit, windows: Iterable[Sequence[Use]], day: Callable[[Sequence[Use]], int]
) -> Iterator[Found]:
    """The first window with more than the limit."""
    for window in windows:
        uses = [use for use in window if _counts(limit, use)]
        counted = _total(limit.counts, uses)
        if counted > limit.limit:
            shown = tuple(use.id for use in uses[-MOST_SHOWN:])
            _, unit = UNITS[limit.counts]
            since, time = uses[0].started, uses[-1].started
            yield Found(kind, name, limit.severity, counted, limit.limit, unit, shown, since, time, day(uses))
            return


def _total(counts: Counted, uses: Sequence[Use]) -> int:
    match counts:
        case Counted.CALLS:
            return len(uses)
        case Counted.NUMBERS:
            return len({use.other for use in uses})
        case _:
            return sum(use.quantity for use in uses)
