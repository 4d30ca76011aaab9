"""Measurement files as each vendor's nodes and managers write them.

`measured` says what a site's objects counted in a period; `pm_file` writes it in the vendor's format:
TS 32.435 of a RadioNode (Ericsson), OMeS of NetAct (Nokia), and MAE's XML with numeric counters (Huawei).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from belgicom.simulator.measurements import ericsson, huawei, nokia
from belgicom.simulator.measurements.period import Conditions, MeasuredObject, Period, PmFile, cell_work
from belgicom.simulator.network import Site

__all__ = ["NODES_PER_FILE", "MeasuredObject", "Period", "PmFile", "measured", "pm_file"]

NODES_PER_FILE = {"Ericsson": 1, "Nokia": 1, "Huawei": 8}
_MEASURED = {"Ericsson": ericsson.measured, "Nokia": nokia.measured, "Huawei": huawei.measured}
_PM_FILE = {"Ericsson": ericsson.pm_file, "Nokia": nokia.pm_file, "Huawei": huawei.pm_file}


def measured(seed: int, site: Site, period: Period, conditions: Conditions | None = None) -> list[MeasuredObject]:
    """Everything that the site's objects counted in the period, under its vendor's names."""
    return _MEASURED[site.vendor](site, cell_work(seed, site, period, conditions or {}))


def pm_file(period: Period, nodes: Mapping[Site, Sequence[MeasuredObject]]) -> PmFile:
    """The file that reports these nodes, all of one vendor. Raises `ValueError` without nodes or on mixed vendors."""
    vendors = {site.vendor for site in nodes}
    if len(vendors) != 1:
        raise ValueError(f"a measurement file is of one vendor; asked for {sorted(vendors) or 'no node'}")
    return _PM_FILE[vendors.pop()](period, nodes)
