"""Names of Nokia's managed objects in NetAct: `PLMN-PLMN/MRBTS-4711/LNBTS-4711/LNCEL-11`.

Each step is `<class>-<id>`. The step below `PLMN` is the node, the managed element. An id keeps its class, because
NetAct numbers are unique within a class only: `LNBTS-4711` and `NRBTS-4711` are two functions of the node `MRBTS-4711`.
"""

from functools import lru_cache

from trunkline.systems.threegpp import objects

# NetAct's class → 3GPP's (TS 28.658, TS 28.541). NetAct does not say whether an LNCEL is FDD or TDD.
CLASSES = {
    "LNBTS": "ENBFunction",
    "LNCEL": "EUtranCellFDD",
    "NRBTS": "GNBDUFunction",
    "NRCELL": "NRCellDU",
}


@lru_cache(maxsize=20_000)
def canonical(native: str) -> str:
    """The canonical local DN of a NetAct object; a name that is no NetAct DN stays.

    The older form of a name, `NE-MRBTS-4711` and below it `DN:NE-LNBTS-4711`, is read as its steps joined by `/`.

    >>> canonical("PLMN-PLMN/MRBTS-4711/LNBTS-4711/LNCEL-11")
    'ManagedElement=MRBTS-4711,ENBFunction=LNBTS-4711,EUtranCellFDD=LNCEL-11'
    """
    if "ManagedElement=" in native:  # 3GPP's own notation, as VES events have it
        return objects.canonical(native)
    steps = _steps(native)
    if not steps or not all("-" in name for _, name in steps):
        return native.strip()
    cls, node = steps[0]
    # A file of the older form may name the function alone: then the node is known by its function.
    function = [f"{CLASSES[cls]}={node}"] if cls in CLASSES else []
    return ",".join([f"ManagedElement={node}", *function, *_below(steps[1:])])


def dimension(native: str) -> str:
    """A further dimension of a measurement (an operator's PLMN, say) as DN steps below the measured object.

    >>> dimension("PLMN-PLMN/MCC-206/MNC-01")
    'MCC=MCC-206,MNC=MNC-01'
    """
    return ",".join(_below(_steps(native)))


def _steps(native: str) -> list[tuple[str, str]]:
    """Each step's class and whole name, without the `PLMN` above the network and the older form's prefixes."""
    names = (step.strip().removeprefix("DN:").removeprefix("NE-").replace(",", "\\,") for step in native.split("/"))
    return [(name.partition("-")[0], name) for name in names if name and not name.startswith("PLMN-")]


def _below(steps: list[tuple[str, str]]) -> list[str]:
    return [f"{CLASSES.get(cls, cls)}={name}" for cls, name in steps]
