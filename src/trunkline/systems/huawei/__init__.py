"""Huawei: PM files with numeric counters, and iMAP northbound alarm traps of the U2000/MAE."""

from trunkline.systems.huawei import alarms, measurements
from trunkline.systems.system import Format, System, TrapMib

SYSTEM = System(
    name="huawei",
    vendor="Huawei",
    formats=(Format("huawei-pm", measurements.matches, measurements.read),),
    traps=(TrapMib("1.3.6.1.4.1.2011.2.15.2.4.3.3", alarms.read, alarms.sequence, alarms.resynchronise),),
)
