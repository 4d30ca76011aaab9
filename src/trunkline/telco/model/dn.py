"""Distinguished names of managed objects, as 3GPP TS 32.300 writes them.

A DN is a comma-separated list of `class=id`, the outermost object first:
`DC=belgicom.be,SubNetwork=Antwerpen,ManagedElement=ANT_HAVEN_02,ENBFunction=1,EUtranCellFDD=ANT_HAVEN_02-1`.
Vendors and paths disagree about what stands before `ManagedElement` (a trap gives none, ENM gives `SubNetwork` and
`MeContext`), so records are joined by the *local* DN, which begins at `ManagedElement` and is unique in the operator.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

# NRM classes that are a radio cell (TS 28.541 for NR, TS 28.658 for E-UTRAN) and the technology each belongs to.
# An NR cell is split into a CU part and a DU part with the same local id; health joins them again.
CELL_CLASSES = {
    "EUtranCellFDD": "LTE",
    "EUtranCellTDD": "LTE",
    "EUtranGenericCell": "LTE",
    "NRCellDU": "NR",
    "NRCellCU": "NR",
}


class Rdn(NamedTuple):
    """One step of a DN: the class of the object and its id."""

    cls: str
    id: str


class Dn:
    """Functions over DNs. A DN itself stays a plain string, because hundreds of thousands are handled a second."""

    @staticmethod
    def parse(dn: str) -> tuple[Rdn, ...]:
        """Split a DN into its steps. Raises `ValueError` on a step without `=`; an escaped comma stays in the id."""
        return _parse(dn)

    @staticmethod
    def join(*parts: str) -> str:
        """Put DN parts together, outermost first, dropping what a later part repeats of an earlier one (TS 32.435)."""
        steps: list[str] = []
        for part in parts:
            new = _split(part)
            # The longest tail of what we have that the new part begins with is an overlap, not a deeper level.
            overlap = next((n for n in range(min(len(steps), len(new)), 0, -1) if steps[-n:] == new[:n]), 0)
            if not overlap and new and new[0] in steps:
                at = steps.index(new[0])
                steps = steps[:at]
            steps += new[overlap:]
        return ",".join(steps)

    @staticmethod
    @lru_cache(maxsize=100_000)
    def local(dn: str) -> str:
        """The DN from `ManagedElement` on; the whole DN where it has none."""
        if dn.startswith("ManagedElement="):
            return dn
        at = dn.find(",ManagedElement=")
        return dn[at + 1 :] if at >= 0 else dn

    @staticmethod
    def managed_element(dn: str) -> str:
        """The id of the managed element (the site's node), or "" where the DN has none."""
        return next((step.id for step in _parse(dn) if step.cls == "ManagedElement"), "")

    @staticmethod
    @lru_cache(maxsize=100_000)
    def cell(dn: str) -> str:
        """The cell that a DN lies in, as `ManagedElement=<id>,<LTE|NR>Cell=<id>`, or "" where it lies in none."""
        node = ""
        for step in _parse(dn):
            if step.cls == "ManagedElement":
                node = step.id
            elif step.cls in CELL_CLASSES:
                return f"ManagedElement={node},{CELL_CLASSES[step.cls]}Cell={step.id}"
        return ""

    @staticmethod
    @lru_cache(maxsize=100_000)
    def joined(dn: str) -> str:
        """The name under which an object's records are joined: its cell, or the DN itself where it lies in none."""
        try:
            return Dn.cell(dn) or dn
        except ValueError:  # not of the form class=id: a name that stands for itself
            return dn


def _split(dn: str) -> list[str]:
    if "\\" not in dn:
        return [step for raw in dn.split(",") if (step := raw.strip())]
    steps, current, escaped = [], "", False
    for character in dn:
        if character == "," and not escaped:
            steps.append(current.strip())
            current = ""
        else:
            current += character
        escaped = character == "\\" and not escaped
    return [step for step in [*steps, current.strip()] if step]


@lru_cache(maxsize=100_000)
def _parse(dn: str) -> tuple[Rdn, ...]:
    steps = []
    for step in _split(dn):
        cls, equals, value = step.partition("=")
        if not equals or not cls:
            raise ValueError(f"{step!r} in the distinguished name {dn!r} is not of the form class=id")
        steps.append(Rdn(cls, value))
    return tuple(steps)
