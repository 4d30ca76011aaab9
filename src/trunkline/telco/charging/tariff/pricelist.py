"""The rates of plans and of price lists: made, and watched for those that no usage reaches."""

from __future__ import annotations

from collections.abc import Sequence

from trunkline.document import Document
from trunkline.faults import Place
from trunkline.telco.charging.tariff import rate
from trunkline.telco.charging.tariff.coverage import Coverage
from trunkline.telco.charging.tariff.grid import Grid
from trunkline.telco.charging.tariff.plan import PriceList
from trunkline.telco.charging.tariff.rate import Rate, WrittenRate
from trunkline.telco.charging.tariff.sources import Sources


class Listed:
    """A price list that can be used."""

    def __init__(self, document: Document, written: PriceList, rates: list[Rate], sound: bool) -> None:
        """`sound`: nothing is wrong with any of its rates."""
        self.document, self.written, self.rates, self.sound = document, written, rates, sound
        self._reached: set[str] = set()
        self._used = False

    def used(self, coverage: Coverage) -> None:
        """A version of a plan stands on it."""
        self._used = True
        self._reached |= coverage.reached

    def never_reached(self) -> list[int]:
        """Positions of rates that no plan needs, because their own take everything; none where that cannot be said."""
        ids = [one.id for one in self.written.rates]
        return [index for index, id in enumerate(ids) if self.sound and self._used and id not in self._reached]


def read_lists(sources: Sources) -> dict[str, Listed]:
    """All price lists of the folder by name, but those that cannot be used."""
    lists = {}
    for path in sources.files("prices"):
        read = sources.document(path, PriceList)
        if read is None:
            continue
        document, written = read
        if grid := sources.grid(document, (), written.zones, written.calendar):
            before = len(sources.problems)
            rates = made(sources, document, ("rates",), written.rates, written.currency, grid)
            lists[path.stem] = Listed(document, written, rates, sound=len(sources.problems) == before)
    return lists


def made(
    sources: Sources, document: Document, place: Place, written: Sequence[WrittenRate], currency: str, grid: Grid
) -> list[Rate]:
    """The rates at `place` of a document, but those that cannot be used."""
    rates = []
    seen: set[str] = set()
    for index, one in enumerate(written):
        usable, faults = rate.make(one, currency)
        sources.found(document, (*place, index), [*one.faults(grid), *faults])
        if one.id in seen:
            sources.problems.append(document.problem((*place, index, "id"), f"there are two rates `{one.id}`"))
        seen.add(one.id)
        if usable is not None:
            rates.append(usable)
    return rates
