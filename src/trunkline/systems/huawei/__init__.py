"""Huawei: PM files with numeric counters, and iMAP northbound alarm traps of the U2000/MAE."""

from trunkline.systems.huawei import alarms, measurements, objects
from trunkline.systems.system import Format, System, TrapMib

SYSTEM = System(
    name="huawei",
    vendor="Huawei",
    formats=(Format("huawei-pm", measurements.matches, measurements.read),),
    traps=(TrapMib(alarms.ROOT, alarms.read, alarms.sequence, alarms.resynchronise),),
    canonical=objects.canonical,
)
