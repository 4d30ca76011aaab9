"""A session as a node records it: one record for each part, since a long one is recorded while it lasts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from belgicom.simulator.usage.life import Use
from belgicom.simulator.usage.nodes import Node

EVERY = 600
"""Seconds after which a session that goes on is recorded so far."""


@dataclass(frozen=True, slots=True)
class Part:
    """One record of a use at its node. `sequence` is the node's own number of the record, `session` that of the use.

    `number` counts the parts of a long session from 1 and is 0 where the record is the only one; `last` says that no
    other follows. Quantities are those of this part; `before` are octets up and down of the parts before it.
    """

    use: Use
    node: Node
    session: int
    sequence: int
    number: int
    last: bool
    began: datetime
    seconds: int
    uplink: int
    downlink: int
    before: tuple[int, int] = (0, 0)

    @property
    def ended(self) -> datetime:
        return _after(self.began, self.seconds)


def parts(use: Use, node: Node, session: int, numbers: Iterator[int]) -> Iterator[Part]:
    """The records of a use, each with its number from the node's `numbers`; octets are spread evenly over the time."""
    long = use.seconds > EVERY and use.downlink > 0 and node.folder != "tap"
    begins = range(0, use.seconds, EVERY) if long else (0,)
    before = (0, 0)
    for at, begin in enumerate(begins):
        end = min(begin + EVERY, use.seconds) if long else use.seconds
        share = end / use.seconds if long else 1.0
        so_far = (int(use.uplink * share), int(use.downlink * share))
        yield Part(
            use=use,
            node=node,
            session=session,
            sequence=next(numbers),
            number=at + 1 if long else 0,
            last=end == use.seconds,
            began=_after(use.started, begin),
            seconds=end - begin,
            uplink=so_far[0] - before[0],
            downlink=so_far[1] - before[1],
            before=before,
        )
        before = so_far


def _after(moment: datetime, seconds: int) -> datetime:
    """So much later, in the time that clocks of the same place show then."""
    return (moment.astimezone(UTC) + timedelta(seconds=seconds)).astimezone(moment.tzinfo)
