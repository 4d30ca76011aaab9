"""Ericsson: radio PM files, ERICSSON-ALARM-MIB traps, ENM alarm JSON."""

from trunkline.systems.ericsson import alarms, measurements, objects, openalarm
from trunkline.systems.system import Format, System, TrapMib

SYSTEM = System(
    name="ericsson",
    vendor="Ericsson",
    formats=(
        Format("ericsson-pm", measurements.matches, measurements.read),
        Format("enm-openalarm", openalarm.matches, openalarm.read),
    ),
    traps=(
        TrapMib(
            alarms.ROOT,
            alarms.read,
            alarms.sequence,
            alarms.resynchronise,
            latest=alarms.latest,
            rebuilt=alarms.REBUILT,
        ),
    ),
    canonical=objects.canonical,
)
