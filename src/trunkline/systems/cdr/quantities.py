"""What a record counted of each rating group, and the reports that these make."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec

from trunkline.systems.cdr.fields import LARGEST, FieldError
from trunkline.systems.cdr.values import Moment
from trunkline.telco.model import UsageReport

PARTIAL = frozenset({1, *range(16, 28), 59})
"""CauseForRecClosing of records after which another one of the session comes (TS 32.298, 5.1.1)."""


@dataclass(slots=True)
class Quantity:
    """What was used of one rating group; -1: of all, the record tells none apart."""

    rating_group: int = -1
    uplink: int = 0
    downlink: int = 0
    seconds: int = 0
    first: Moment | None = None

    def add(self, uplink: int, downlink: int, seconds: int, first: Moment | None) -> None:
        """Another container of the same rating group."""
        self.uplink += uplink
        self.downlink += downlink
        self.seconds += seconds
        if first is not None and (self.first is None or first.time < self.first.time):
            self.first = first


class Quantities:
    """Quantities by rating group, in the order in which the record names them."""

    def __init__(self, field: str) -> None:
        self._field = field
        self._by_group: dict[int, Quantity] = {}

    def of(self, rating_group: int) -> Quantity:
        if not -1 <= rating_group < 2**32:
            raise FieldError((self._field,), f"{rating_group} is no rating group")
        return self._by_group.setdefault(rating_group, Quantity(rating_group))

    def reports(self, record: UsageReport) -> Iterable[UsageReport]:
        """A report for each, made of one that says everything else.

        Of several, each has its rating group behind the id, and only the last is final. Where nothing was counted
        there is one report of nothing: the session's number of it must not be missing.
        """
        quantities = list(self._by_group.values()) or [Quantity()]
        for quantity in quantities:
            if max(quantity.uplink, quantity.downlink, quantity.seconds) >= LARGEST:
                raise FieldError((self._field,), "the sum of its volumes or times is no quantity")
            yield msgspec.structs.replace(
                record,
                id=record.id if len(quantities) == 1 else f"{record.id}/{quantity.rating_group}",
                final=record.final and quantity is quantities[-1],
                rating_group=quantity.rating_group,
                uplink=quantity.uplink,
                downlink=quantity.downlink,
                duration=quantity.seconds or record.duration,
                started=quantity.first.time if quantity.first else record.started,
            )
