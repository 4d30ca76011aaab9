"""Names of Huawei's managed objects: lists of `key=value`, in PM files with the node and the class before them.

PM files write `BRU_NOORD_01/Cell:eNodeB Function Name=BRU_NOORD_01, Local Cell ID=2, Cell Name=…`, iMAP alarms
the same list without what stands before it. Both come to the same local DN here.
"""

from functools import lru_cache

from trunkline.systems.threegpp import objects

# Huawei's key → 3GPP's class (TS 28.658, TS 28.541). The list does not say reliably whether a cell is FDD or TDD.
FUNCTIONS = {"eNodeB Function Name": "ENBFunction", "gNodeB Function Name": "GNBDUFunction"}
CELLS = {
    "Local Cell ID": "EUtranCellFDD",
    "NR Cell ID": "NRCellDU",
    "NR DU Cell ID": "NRCellDU",
    "NR CU Cell ID": "NRCellDU",
}
# Keys that only describe an object whose name stands before them: alarms leave them out.
DESCRIPTIONS = {"eNodeB ID", "gNodeB ID", "Cell ID", "Cell FDD TDD indication", "Duplex Mode"}


@lru_cache(maxsize=20_000)
def canonical(native: str) -> str:
    """The canonical local DN of a Huawei object; a name without any `key=value` stands for a node.

    The node is what stands before the `/`, and the function's name where nothing does. Keys that are not known here
    become steps of their own, so that two objects never come to one name.

    >>> canonical("eNodeB Function Name=BRU_NOORD_01, Local Cell ID=2, Cell Name=BRU_NOORD_01_L18_2")
    'ManagedElement=BRU_NOORD_01,ENBFunction=BRU_NOORD_01,EUtranCellFDD=2'
    >>> canonical("BRU_NOORD_01/Board:Cabinet No.=0, Slot No.=3")
    'ManagedElement=BRU_NOORD_01,CabinetNo=0,SlotNo=3'
    """
    if "ManagedElement=" in native:  # 3GPP's own notation, as VES events have it
        return objects.canonical(native)
    node, pairs = _parse(native)
    steps: list[str] = []
    gnodeb = False
    for key, value in pairs:
        if key in FUNCTIONS:
            node = node or value
            gnodeb = FUNCTIONS[key] == "GNBDUFunction"
            steps.append(f"{FUNCTIONS[key]}={value}")
        elif key in CELLS:
            steps.append(f"{'NRCellDU' if gnodeb else CELLS[key]}={value}")
        elif not key.endswith("Cell Name") and key not in (DESCRIPTIONS if steps else ()):
            steps.append(f"{key.replace(' ', '').rstrip('.')}={value}")
    return ",".join([f"ManagedElement={node}", *steps] if node else steps) or native.strip()


def _parse(native: str) -> tuple[str, list[tuple[str, str]]]:
    """The node and the pairs. Commas inside a value are escaped, as a DN wants them (TS 32.300, clause 7.2)."""
    node, slash, rest = native.strip().partition("/")
    if not slash or "=" in node:
        node, rest = "", native.strip()
    elif "=" not in rest:
        return _escape(node), [("Object", _escape(rest))] if rest else []
    cls, colon, listed = rest.partition(":")
    pairs: list[tuple[str, str]] = []
    for part in (listed if colon and "=" not in cls else rest).split(", "):
        key, equals, value = part.partition("=")
        if equals:
            pairs.append((key.strip(), _escape(value.strip())))
        elif pairs:
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]}\\, {_escape(part)}")
    if not pairs and not node:
        return _escape(native.strip()), []
    return _escape(node), pairs


def _escape(text: str) -> str:
    return text.replace(",", "\\,")
