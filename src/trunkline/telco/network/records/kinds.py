"""The resources of TM Forum's APIs that the network's records are, and the kinds in which the store keeps them."""

from __future__ import annotations

from typing import Final

from trunkline.store import Kind
from trunkline.telco.network.records import awaited, deleted, posted
from trunkline.tmf.apis import alarm, performance, resource_inventory
from trunkline.tmf.declaration import OpenApi, Resource


def _of(api: OpenApi, name: str) -> Resource:
    return next(resource for resource in api.resources if resource.name == name)


ALARM: Final = _of(alarm.API, "alarm")
RESOURCE: Final = _of(resource_inventory.API, "resource")
MEASUREMENT: Final = _of(performance.API, "performanceMeasurement")
SPECIFICATION: Final = _of(performance.API, "performanceIndicatorSpecification")
GROUP: Final = _of(performance.API, "performanceIndicatorGroupSpecification")
JOB: Final = _of(performance.API, "measurementCollectionJob")
TASKS: Final = {task.name: task.resource for task in alarm.API.tasks}

KINDS: Final[tuple[Kind, ...]] = (
    *(resource.kind for resource in (ALARM, RESOURCE, MEASUREMENT, SPECIFICATION, GROUP, *TASKS.values())),
    posted.KIND,
    awaited.KIND,
    deleted.KIND,
)
"""All that is kept of the network."""
TIMES: Final = frozenset(attribute.path for attribute in ALARM.attributes if attribute.type == "time")
"""The attributes of an alarm that are compared as times."""
