"""How far apart countries are at least: the operator's `geography.yaml`, circles for each."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Annotated, Final

import msgspec

from trunkline.document import Document

FILE: Final = "geography.yaml"
EARTH: Final = 6371.0  # km, mean radius

Latitude = Annotated[float, msgspec.Meta(ge=-90, le=90)]
Longitude = Annotated[float, msgspec.Meta(ge=-180, le=180)]


Radius = Annotated[float, msgspec.Meta(ge=0, le=10_000)]
Circle = tuple[Latitude, Longitude, Radius]
"""Where people live: degrees (WGS 84), and km around that place."""
Circles = Annotated[list[Circle], msgspec.Meta(min_length=1, max_length=20)]


class Geography:
    """The circles of each country."""

    def __init__(self, circles: Mapping[str, Sequence[Circle]]) -> None:
        self._circles = dict(circles)
        self.apart = lru_cache(100_000)(self._apart)

    def __iter__(self) -> Iterator[str]:
        return iter(self._circles)

    def _apart(self, one: str, other: str) -> float:
        """Km that lie between two countries at least; 0 where one of them has no circle."""
        pairs = product(self._circles.get(one, ()), self._circles.get(other, ()))
        return max(0.0, min((distance(here[:2], there[:2]) - here[2] - there[2] for here, there in pairs), default=0.0))


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Km on the great circle between two places in degrees (haversine formula)."""
    latitude, longitude, latitude2, longitude2 = map(math.radians, (*one, *other))
    half = math.sin((latitude2 - latitude) / 2) ** 2
    half += math.cos(latitude) * math.cos(latitude2) * math.sin((longitude2 - longitude) / 2) ** 2
    return 2 * EARTH * math.asin(min(1.0, math.sqrt(half)))


def read(path: Path) -> tuple[Document, Geography]:
    """The circles of a file. Raises `Invalid` with everything that is wrong in it."""
    document = Document.load(path)
    return document, Geography(document.into(dict[str, Circles]))
