"""Names of Ericsson's managed objects: 3GPP notation, with a few classes under names of Ericsson's own.

PM files and traps of a RadioNode begin at `ManagedElement`, ENM's at `SubNetwork` and `MeContext`, and ENM names a
whole node `NetworkElement=<node>`. All of them come to the same local DN here.
"""

from functools import lru_cache

from trunkline.systems.threegpp import objects

# Ericsson's class → 3GPP's (TS 28.658, TS 28.541), each as it begins a step. What bears 3GPP's name is not listed.
CLASSES = {
    "NetworkElement=": "ManagedElement=",
    "ENodeBFunction=": "ENBFunction=",
}


@lru_cache(maxsize=20_000)
def canonical(native: str) -> str:
    """The canonical local DN of an Ericsson object.

    >>> canonical("SubNetwork=BE,MeContext=ANT_01,ManagedElement=ANT_01,ENodeBFunction=1,EUtranCellFDD=ANT_01-1")
    'ManagedElement=ANT_01,ENBFunction=1,EUtranCellFDD=ANT_01-1'
    >>> canonical("NetworkElement=ANT_01")
    'ManagedElement=ANT_01'
    """
    local = f",{objects.canonical(native)}".replace(",vsData", ",")
    for theirs, ours in CLASSES.items():
        local = local.replace("," + theirs, "," + ours)
    return local[1:]
