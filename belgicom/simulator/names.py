"""How each vendor names a node, its radio functions and its cells: in its own files and traps, and in 3GPP CM files."""

from __future__ import annotations

from belgicom.simulator.network import Cell, Site

OPERATOR = "DC=belgicom.be"
# The generic NRM's classes (TS 28.658 for E-UTRAN, TS 28.541 for NR): the function, and the cell below it.
FUNCTION = {"LTE": "ENBFunction", "NR": "GNBDUFunction"}
CELL = {"LTE": "EUtranCellFDD", "NR": "NRCellDU"}
CU_FUNCTION, CU_CELL, CARRIER = "GNBCUCPFunction", "NRCellCU", "NRSectorCarrier"


def node_id(site: Site) -> str:
    """The id of the site's ManagedElement."""
    return f"MRBTS-{site.number}" if site.vendor == "Nokia" else site.name


def function_id(site: Site, technology: str) -> str:
    """The id of the node's LTE or NR function."""
    if site.vendor == "Nokia":
        return f"{'LNBTS' if technology == 'LTE' else 'NRBTS'}-{site.number}"
    return "1" if site.vendor == "Ericsson" else site.name


def cell_id(site: Site, cell: Cell) -> str:
    """The id of a cell under its function."""
    if site.vendor == "Nokia":
        return f"LNCEL-{10 + cell.number}" if cell.technology == "LTE" else f"NRCELL-{cell.number}"
    if site.vendor == "Ericsson":
        return f"{site.name}-{cell.number}" if cell.technology == "LTE" else f"{site.name}-N{cell.number}"
    return str(cell.number)


def canonical_dn(site: Site, cell: Cell | None = None, *, control_plane: bool = False) -> str:
    """The local DN in 3GPP's class names, as the CM files give it: of the node, or of a cell (its DU part for NR)."""
    node = f"ManagedElement={node_id(site)}"
    if cell is None:
        return node
    if control_plane and cell.technology == "NR":
        return f"{node},{CU_FUNCTION}={function_id(site, 'NR')},{CU_CELL}={cell_id(site, cell)}"
    technology = cell.technology
    return f"{node},{FUNCTION[technology]}={function_id(site, technology)},{CELL[technology]}={cell_id(site, cell)}"


def carrier_dn(site: Site, cell: Cell) -> str:
    """The local DN of the sector carrier that an NR cell is sent on."""
    return f"{canonical_dn(site)},{FUNCTION['NR']}={function_id(site, 'NR')},{CARRIER}={cell_id(site, cell)}"


def ericsson_dn(site: Site, cell: Cell | None = None) -> str:
    """The local DN as a RadioNode writes it; ENM puts `ericsson_context` before it."""
    node = f"ManagedElement={site.name}"
    if cell is None:
        return node
    if cell.technology == "NR":
        return f"{node},GNBDUFunction=1,NRCellDU={cell_id(site, cell)}"
    return f"{node},ENodeBFunction=1,EUtranCellFDD={cell_id(site, cell)}"


def ericsson_context(site: Site) -> str:
    """What ENM puts before the node's own DN."""
    return f"SubNetwork=BE,MeContext={site.name}"


def nokia_dn(site: Site, cell: Cell | None = None) -> str:
    """The DN as NetAct writes it."""
    node = f"PLMN-PLMN/MRBTS-{site.number}"
    return node if cell is None else f"{node}/{function_id(site, cell.technology)}/{cell_id(site, cell)}"


def huawei_dn(site: Site, cell: Cell | None = None) -> str:
    """The object as MAE writes it in `MOName`; a measurement's `measObjLdn` has `<node>/<class>:` before it."""
    if cell is None:
        return site.name
    if cell.technology == "NR":
        return f"gNodeB Function Name={site.name}, NR Cell ID={cell.number}, NR Cell Name={site.name}_N35_{cell.number}"
    return f"eNodeB Function Name={site.name}, Local Cell ID={cell.number}, Cell Name={site.name}_L18_{cell.number}"


def native_dn(site: Site, cell: Cell | None = None) -> str:
    """The object's name as the site's vendor writes it."""
    write = {"Ericsson": ericsson_dn, "Nokia": nokia_dn, "Huawei": huawei_dn}[site.vendor]
    return write(site, cell)
