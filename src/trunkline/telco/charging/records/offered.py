"""Whether a project charges, so that there are records of it."""

from __future__ import annotations

from pathlib import Path

from trunkline.log.port import Log
from trunkline.telco.charging import settings
from trunkline.telco.charging.settings import ChargingSettings
from trunkline.telco.model import Balance, ChargingAnswer, ChargingCommand, RatedUsage

NEEDED = {RatedUsage.topic, Balance.topic, ChargingCommand.topic, ChargingAnswer.topic}


def charging_of(project: Path, log: Log) -> ChargingSettings | None:
    """The settings of a project that charges; None where it has no `charging.yaml`, or not the contracts of charging's
    topics. Raises `Invalid` where the settings are wrong."""
    file = project / settings.FILE
    if not file.exists() or not {topic.name for topic in log.topics()} >= NEEDED:
        return None
    return settings.load(file)
