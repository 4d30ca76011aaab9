"""Zelora (a made-up vendor): indoor small cells whose controller writes text reports, and nothing of 3GPP's."""

from trunkline.systems import Format, System

from . import alarms, measurements

SYSTEM = System(
    name="zelora",
    vendor="Zelora",
    formats=(
        Format("zelora-counters", measurements.matches, measurements.read),
        Format("zelora-events", alarms.matches, alarms.read),
    ),
)
