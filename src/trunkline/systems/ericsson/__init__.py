"""Ericsson: radio PM files, ERICSSON-ALARM-MIB traps, ENM alarm JSON."""

from trunkline.systems.ericsson import alarms, measurements, openalarm
from trunkline.systems.system import Format, System, TrapMib

SYSTEM = System(
    name="ericsson",
    vendor="Ericsson",
    formats=(
        Format("ericsson-pm", measurements.matches, measurements.read),
        Format("enm-openalarm", openalarm.matches, openalarm.read),
    ),
    traps=(TrapMib("1.3.6.1.4.1.193.183.4", alarms.read, alarms.sequence, alarms.resynchronise),),
)
