"""Outside systems: one folder each, all of the same shape.

A vendor's folder (`ericsson`, `nokia`, `huawei`, …), or one of a kind of usage (`cdr`, `tap`, …), turns bytes into
canonical records and does nothing else; a folder of a way to reach systems (`sftp`, `snmp`, `ves`) brings the bytes,
once for all of them. `system.py` is the shape.
"""

from trunkline.systems.registry import installed_systems
from trunkline.systems.system import Format, Origin, System, Trap, TrapMib

__all__ = ["Format", "Origin", "System", "Trap", "TrapMib", "installed_systems"]
