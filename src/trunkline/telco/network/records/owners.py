"""Who keeps the records of the network, for the APIs that serve them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from trunkline.store import Store, Unit
from trunkline.telco.network.records import awaited, deleted, posted
from trunkline.telco.network.records.indicators import is_declared
from trunkline.telco.network.records.kinds import ALARM, GROUP, JOB, RESOURCE, SPECIFICATION
from trunkline.telco.network.records.owner import AlarmOwner
from trunkline.telco.network.records.resources import is_of_network
from trunkline.tmf.declaration import Document, Owner, Task
from trunkline.tmf.errors import conflict


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


class Kept:
    """Records that are as clients of the API write them."""

    def create(self, unit: Unit, document: Document) -> Document:
        return document

    def change(self, unit: Unit, before: Document, after: Document) -> Document:
        return after

    def delete(self, unit: Unit, document: Document) -> None:
        """It goes."""

    def perform(self, unit: Unit, task: Task, document: Document) -> Document:
        raise NotImplementedError(f"there is no task {task.name} on these records")


class Told(Kept):
    """Records of which some are told from elsewhere, and so are not the clients' to change; others they may keep beside
    them. Each change of one that is told raises `Refusal` (409), which says why."""

    def __init__(self, is_told: Callable[[Document], bool], why: str) -> None:
        self._is_told, self._why = is_told, why

    def create(self, unit: Unit, document: Document) -> Document:
        return self._not_told(document)

    def change(self, unit: Unit, before: Document, after: Document) -> Document:
        self._not_told(before)
        return self._not_told(after)

    def delete(self, unit: Unit, document: Document) -> None:
        self._not_told(document)

    def _not_told(self, document: Document) -> Document:
        if self._is_told(document):
            raise conflict("notYours", f"{document['id']} is not the clients' to say", self._why)
        return document


class Jobs(Kept):
    """Measurement jobs (TMF628). The network's managers schedule what is measured, so a job that is asked for is
    rejected, in the standard's own word, and is on record as that."""

    def create(self, unit: Unit, document: Document) -> Document:
        return document | {"executionState": "rejected"}
