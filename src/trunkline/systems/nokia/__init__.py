"""Nokia: OMeS measurement files and alarm traps of NetAct."""

from trunkline.systems.nokia import alarms, measurements, objects
from trunkline.systems.system import Format, System, TrapMib

SYSTEM = System(
    name="nokia",
    vendor="Nokia",
    formats=(Format("omes", measurements.matches, measurements.read),),
    traps=(TrapMib(alarms.ROOT, alarms.read, alarms.sequence, alarms.resynchronise, rebuilt=alarms.REBUILT),),
    canonical=objects.canonical,
)
