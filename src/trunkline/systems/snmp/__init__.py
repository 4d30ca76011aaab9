"""SNMP: how traps, informs and the tables of active alarms of any vendor are reached. See README.md."""

from trunkline.systems.reach import Context, Reach
from trunkline.systems.snmp.settings import SnmpSettings


async def _run(settings: SnmpSettings, context: Context) -> None:
    from trunkline.systems.snmp.receiver import Receiver

    await Receiver(settings, context).run()


REACH = Reach(name="snmp", settings=SnmpSettings, run=_run)
