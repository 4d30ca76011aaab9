"""Where each object of the network stands: cell → site → region and vendor, by distinguished name.

Known from resources (bulk CM), as far as they say. What no resource names has its node (`ManagedElement`) as its site,
in the region `unknown`, so that nothing that measures or alarms is left out of the picture.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from trunkline.telco.model import Dn, NetworkResource
from trunkline.telco.model.dn import CELL_CLASSES
from trunkline.telco.network.vendors import vendor_name

UNKNOWN: Final = "unknown"
NODE: Final = "ManagedElement"


class Place(NamedTuple):
    """Where an object stands; "" for what is not known of it."""

    site: str = ""
    region: str = ""
    vendor: str = ""
    technology: str = ""


class Topology:
    """The places of the network's nodes and cells."""

    def __init__(self) -> None:
        self._places: dict[str, Place] = {}
        self._first_cell: dict[str, str] = {}  # of each node, by name

    def learn(self, resource: NetworkResource) -> str | None:
        """Take what a resource says of a node or a cell; return its name if that is news.

        Other classes stand where their node stands. An NR cell has two resources, its CU and its DU part: the two
        complete each other.
        """
        name = object_name(resource.dn)
        if resource.cls != NODE and resource.cls not in CELL_CLASSES:
            return None
        said = Place(resource.site, resource.region, vendor_name(resource.vendor), resource.technology)
        before = self._places.get(name, Place())
        place = Place(*(new or old for new, old in zip(said, before, strict=True)))
        if name in self._places and place == before:
            return None
        self.put(name, place)
        return name

    def own(self, name: str) -> Place:
        """What resources say of the cell or node itself."""
        return self._places[name]

    def put(self, name: str, place: Place) -> None:
        """Take back what `own` gave."""
        self._places[name] = place
        if is_cell(name):
            node = node_of(name)
            self._first_cell[node] = min(name, self._first_cell.get(node, name))

    def place(self, name: str, vendor: str = "") -> Place:
        """Where a cell or a node stands; `vendor` is who made it, as far as the topology does not know.

        What a cell does not say its node says, and what a node does not say its first cell.
        """
        node = node_of(name)
        own, its = self._places.get(name, Place()), self._places.get(node, Place())
        sister = self._places.get(self._first_cell.get(node, ""), Place())
        return Place(
            site=own.site or its.site or sister.site or node.removeprefix(f"{NODE}=") or UNKNOWN,
            region=own.region or its.region or sister.region or UNKNOWN,
            vendor=own.vendor or its.vendor or sister.vendor or vendor_name(vendor),
            technology=own.technology or technology_of(name),
        )


@lru_cache(maxsize=100_000)
def object_name(dn: str) -> str:
    """The cell that a DN lies in or is, else its node (`ManagedElement=<id>`), else the DN as it is."""
    if is_cell(dn):
        return dn
    try:
        return Dn.cell(dn) or node_of(dn) or dn
    except ValueError:  # not of the form class=id: a name that stands for itself
        return dn


@lru_cache(maxsize=100_000)
def node_of(dn: str) -> str:
    """The node of a DN as a DN, "" where it has none."""
    try:
        node = Dn.managed_element(dn)
    except ValueError:
        return ""
    return f"{NODE}={node}" if node else ""


def is_cell(name: str) -> bool:
    return technology_of(name) != ""


def technology_of(name: str) -> str:
    """LTE or NR, for a cell's name."""
    kind = name[name.rfind(",") + 1 :].partition("=")[0]
    return kind.removesuffix("Cell") if kind in ("LTECell", "NRCell") else ""
