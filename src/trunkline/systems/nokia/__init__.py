"""Nokia: OMeS measurement files and alarm traps of NetAct."""

from trunkline.systems.nokia import alarms, measurements
from trunkline.systems.system import Format, System, TrapMib

SYSTEM = System(
    name="nokia",
    vendor="Nokia",
    formats=(Format("omes", measurements.matches, measurements.read),),
    traps=(TrapMib("1.3.6.1.4.1.28458.1.26", alarms.read, alarms.sequence, alarms.resynchronise),),
)
