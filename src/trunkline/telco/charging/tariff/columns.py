"""Usages as columns of numbers, as whole batches are rated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Final, Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from trunkline.telco.charging.tariff.grid import USES, use_of
from trunkline.telco.charging.tariff.measures import UNIT_OF
from trunkline.telco.charging.tariff.prefixes import Prefixes
from trunkline.telco.charging.tariff.zones import SHORTEST_NUMBER, is_code, searched
from trunkline.telco.model import Direction, Service, Unit, Usage

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
T = TypeVar("T")

NOWHERE: Final = -1
"""The key of a network that the record does not name."""
NO_PRICE: Final = -1
LONGEST: Final = 15
_TENS: Final[list[int]] = [10**power for power in range(LONGEST + 1)]
CODES: Final = 1 << 60
"""Keys of short codes are this much higher than those of numbers."""
_USE: Final = {
    (service, direction): USES.index(use_of(service, direction)) for service in Service for direction in Direction
}
CALLED: Final = np.array([use.called for use in USES])
"""Of each use: whether it goes to a destination."""
_SOLD: Final = np.array([use.service is Service.CONTENT for use in USES])
"""Of each use: whether a seller may say its price."""
_MEASURES: Final = {Unit.SECOND: 0, Unit.OCTET: 1, Unit.MESSAGE: 2, Unit.ITEM: 2}
_MEASURE: Final = np.array([_MEASURES[UNIT_OF[use.service]] for use in USES])
"""Of each use: whether duration, volume or items are its quantity."""


_QUANTITIES: Final[tuple[Callable[[Usage], int], ...]] = (
    lambda usage: usage.duration,
    lambda usage: usage.uplink + usage.downlink,
    lambda usage: usage.items,
)


class Columns(NamedTuple):
    """A batch of usages, one row each."""

    use: Integers
    """Place in `USES`."""
    started: Integers
    """Seconds since 1970, UTC."""
    zone_offset: Integers
    """Minutes."""
    network: Integers
    """`key` of the visited network, or `NOWHERE`."""
    party: Integers
    """`party_key` of the other party, 0 for what goes to no destination."""
    used: Integers
    """In the unit of the service."""
    price: Integers
    """What its seller says of content, in minor units, or `NO_PRICE`."""

    @classmethod
    def of(cls, usages: Sequence[Usage], currency: str) -> Columns:
        """A seller's price in another currency than this is none."""
        use = _column([_USE[its] for its in map(attrgetter("service", "direction"), usages)])
        visited = [usage.visited for usage in usages]
        network_keys = {each: network_key(each) for each in set(visited)}
        called = np.flatnonzero(CALLED[use])
        party = np.zeros(len(use), dtype=np.int64)
        party[called] = [party_key(usages[place].other_party) for place in called.tolist()]
        price = np.full(len(use), NO_PRICE)
        for place in np.flatnonzero(_SOLD[use]).tolist():
            usage = usages[place]
            if usage.price is not None and usage.price >= 0 and usage.currency == currency:
                price[place] = usage.price
        return cls(
            use=use,
            started=np.floor([usage.started.timestamp() for usage in usages]).astype(np.int64),
            zone_offset=_column([usage.zone_offset for usage in usages]),
            network=_column([network_keys[each] for each in visited]),
            party=party,
            used=_used(use, usages),
            price=price,
        )


def key(digits: str) -> int:
    """A number that sorts as the digits do: texts with one prefix are neighbours. Only the first 15 digits count."""
    digits = digits[:LONGEST]
    return (int(digits or 0) * _TENS[LONGEST - len(digits)] << 4) + len(digits)


def network_key(visited: str) -> int:
    return key(searched(visited)) if visited else NOWHERE


def party_key(other_party: str) -> int:
    """The key of a number, or of a short code or a name, which are found among codes."""
    length = len(other_party)
    if SHORTEST_NUMBER <= length <= LONGEST and other_party.isdigit() and other_party.isascii():
        return (int(other_party) * _TENS[LONGEST - length] << 4) + length  # most are this: not a call more than needed
    return key(searched(other_party)) + (CODES if is_code(other_party) else 0)


class Ranges(Generic[T]):
    """Prefixes as ranges of keys, so that a column of keys finds its longest prefixes by one binary search."""

    def __init__(self, prefixes: Iterable[Prefixes[T]], index: Mapping[T, int], offsets: Sequence[int] = (0,)) -> None:
        """Each group of prefixes has its own keys, from its offset on. `index` numbers what they stand for."""
        spans = sorted(
            (len(prefix), offset + key(prefix), offset + _end(prefix), index[value])
            for group, offset in zip(prefixes, offsets, strict=True)
            for prefix, value in group.values.items()
        )
        self._starts = np.unique(np.array([NOWHERE, *(edge for _, low, high, _ in spans for edge in (low, high))]))
        self._values = np.full(len(self._starts), -1, dtype=np.int64)
        for _, low, high, value in spans:  # shorter ones first: longer ones take their part away
            self._values[np.searchsorted(self._starts, low) : np.searchsorted(self._starts, high)] = value

    def find(self, keys: Integers) -> Integers:
        """What each key's longest prefix stands for; -1 where it has none."""
        return self._values[np.searchsorted(self._starts, keys, side="right") - 1]


def _end(prefix: str) -> int:
    """The first key behind those of the prefix."""
    return (int(prefix or 0) + 1) * _TENS[LONGEST - len(prefix)] << 4


def _column(values: list[int] | list[float]) -> Integers:
    return np.array(values, dtype=np.int64)


def _used(use: Integers, usages: Sequence[Usage]) -> Integers:
    """`Usage.quantity`, of all at once."""
    used = np.zeros(len(use), dtype=np.int64)
    measure = _MEASURE[use]
    for number, quantity in enumerate(_QUANTITIES):
        places = np.flatnonzero(measure == number)
        used[places] = [quantity(usages[place]) for place in places.tolist()]
    return used
