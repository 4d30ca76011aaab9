"""All processors of a project: those of the telco rooms, and the operator's own in `processors/*.py`."""

from __future__ import annotations

from trunkline.project import Project
from trunkline.streams import folder
from trunkline.streams.instance import Definition
from trunkline.streams.recorded import Recorded
from trunkline.telco.charging.processors import processors as of_charging
from trunkline.telco.network.processors import processors as of_network


def processors(project: Project) -> list[Definition]:
    """Every definition that a worker of the project runs. Raises `Invalid` where one cannot be made."""
    telco = [*map(Recorded, of_network(project.folder)), *of_charging(project.folder)]
    return [*telco, *folder.load(project.folder / "processors")]
