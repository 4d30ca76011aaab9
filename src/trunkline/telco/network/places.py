"""Where a managed object stands: its own site and region, or those of the nearest object above it."""

from __future__ import annotations

from trunkline.telco.model import NetworkResource
from trunkline.telco.network.alarmlist import Place


class Places:
    """Site and region by local DN."""

    def __init__(self) -> None:
        self._given: dict[str, Place] = {}

    def put(self, resource: NetworkResource) -> bool:
        """Take what a resource says of its place; says whether that is news."""
        place = Place(resource.site, resource.region)
        if self._given.get(resource.dn, Place()) == place:
            return False
        self._given[resource.dn] = place
        return True

    def forget(self, dn: str) -> None:
        self._given.pop(dn, None)

    def of(self, dn: str) -> Place:
        site = region = ""
        while dn and not (site and region):
            place = self._given.get(dn)
            if place is not None:
                site, region = site or place.site, region or place.region
            dn = dn.rpartition(",")[0]
        return Place(site, region)
