"""Who keeps the records of the network, for the APIs that serve them."""

from __future__ import annotations

from collections.abc import Mapping

from trunkline.store import Store, Unit
from trunkline.telco.network.records import awaited, deleted, posted
from trunkline.telco.network.records.indicators import is_declared
from trunkline.telco.network.records.kinds import ALARM, GROUP, JOB, RESOURCE, SPECIFICATION
from trunkline.telco.network.records.owner import AlarmOwner
from trunkline.telco.network.records.resources import is_of_network
from trunkline.tmf.declaration import Document, Owner
from trunkline.tmf.owners import Kept, Told


def owners(store: Store) -> Mapping[str, Owner]:
    """The owners by the resources that they keep."""
    store.declare((posted.KIND, awaited.KIND, deleted.KIND))
    return {
        ALARM.name: AlarmOwner(store),
        RESOURCE.name: Told(is_of_network, "the network tells of it, by its configuration files"),
        SPECIFICATION.name: Told(is_declared, "a formula table of the project declares it (kpis/*.yaml)"),
        GROUP.name: Told(is_declared, "a formula table of the project declares it (kpis/*.yaml)"),
        JOB.name: Jobs(),
    }


class Jobs(Kept):
    """Measurement jobs (TMF628). The network's managers schedule what is measured, so a job that is asked for is
    rejected, in the standard's own word, and is on record as that."""

    def create(self, unit: Unit, document: Document) -> Document:
        return document | {"executionState": "rejected"}
