"""MAE's measurement files: the tree of TS 32.435 in a namespace of Huawei's own, counters by number only.

A file covers several nodes, one `measData` each, and writes `NIL` for a counter that was not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from belgicom.simulator.measurements.period import MeasuredObject, Period, PmFile, Value
from belgicom.simulator.names import huawei_dn
from belgicom.simulator.network import Cell, Site
from belgicom.simulator.traffic import BELGIUM, Work

Counters = Mapping[str, Callable[[Work], Value]]

CLASS = {"LTE": "Cell", "NR": "NRCELL"}
# Function subsets by number, and their counters by number; the comment is the counter's name.
LTE: dict[str, Counters] = {
    "1526726656": {
        "1526726658": lambda w: w.rrc_attempts,  # L.RRC.ConnReq.Att
        "1526726659": lambda w: w.rrc_successes,  # L.RRC.ConnReq.Succ
        "1526728438": lambda w: w.s1_attempts,  # L.S1Sig.ConnEst.Att
        "1526728439": lambda w: w.s1_successes,  # L.S1Sig.ConnEst.Succ
        "1526727545": lambda w: w.bearer_attempts,  # L.E-RAB.AttEst
        "1526727544": lambda w: w.bearer_successes,  # L.E-RAB.SuccEst
        "1526727546": lambda w: w.bearer_drops,  # L.E-RAB.AbnormRel
        "1526727547": lambda w: w.bearer_kept,  # L.E-RAB.NormRel
    },
    "1526726992": {
        "1526726996": lambda w: w.handover_preparations // 2,  # L.HHO.IntraeNB.IntraFreq.ExecAttOut
        "1526726997": lambda w: w.handover_successes // 2,  # … ExecSuccOut
        "1526726999": lambda w: 0,  # L.HHO.IntraeNB.InterFreq.ExecAttOut
        "1526727000": lambda w: 0,  # … ExecSuccOut
        "1526727002": lambda w: w.handover_preparations - w.handover_preparations // 2,  # L.HHO.IntereNB.IntraFreq…
        "1526727003": lambda w: w.handover_successes - w.handover_successes // 2,  # … ExecSuccOut
        "1526727005": lambda w: 0,  # L.HHO.IntereNB.InterFreq.ExecAttOut
        "1526727006": lambda w: 0,  # … ExecSuccOut
    },
    "1526728256": {
        "1526728261": lambda w: w.downlink_bytes * 8,  # L.Thrp.bits.DL
        "1526729005": lambda w: w.downlink_bytes * 8 // 50,  # L.Thrp.bits.DL.LastTTI
        "1526729015": lambda w: w.downlink_milliseconds * 98 // 100,  # L.Thrp.Time.DL.RmvLastTTI, ms
        "1526726740": lambda w: round(w.blocks_used / w.blocks * 100, 3) if w.blocks else None,  # …PRB.DL.Used.Avg
        "1526728433": lambda w: 100,  # L.ChMeas.PRB.DL.Avail
        "1526727378": lambda w: w.users_mean,  # L.Traffic.User.Avg
    },
    "1526727208": {
        "1526727209": lambda w: w.outage,  # L.Cell.Unavail.Dur.Sys, seconds
        "1526727210": lambda w: 0,  # L.Cell.Unavail.Dur.Manual
    },
}
NR: dict[str, Counters] = {
    "1911816510": {
        "1911816511": lambda w: w.rrc_attempts,  # N.RRC.SetupReq.Att
        "1911816512": lambda w: w.rrc_successes,  # N.RRC.SetupReq.Succ
        "1911816521": lambda w: w.s1_attempts,  # N.NGSig.ConnEst.Att
        "1911816522": lambda w: w.s1_successes,  # N.NGSig.ConnEst.Succ
        "1911816531": lambda w: w.bearer_attempts,  # N.QosFlow.Est.Att
        "1911816532": lambda w: w.bearer_successes,  # N.QosFlow.Est.Succ
        "1911816533": lambda w: w.bearer_drops,  # N.QosFlow.AbnormRel
        "1911816534": lambda w: w.bearer_kept,  # N.QosFlow.NormRel
        "1911816541": lambda w: 0,  # N.NsaDc.IntraSgNB.PSCell.Change.Att
        "1911816542": lambda w: 0,  # … Succ
        "1911816543": lambda w: w.handover_preparations,  # N.NsaDc.InterSgNB.PSCell.Change.Att
        "1911816544": lambda w: w.handover_successes,  # … Succ
    },
    "1911816640": {
        "1911816643": lambda w: w.downlink_bytes * 8 // 1000,  # N.ThpVol.DL, kbit
        "1911816644": lambda w: w.downlink_bytes * 8 // 50_000,  # N.ThpVol.DL.LastSlot
        "1911816649": lambda w: w.downlink_milliseconds * 980,  # N.ThpTime.DL.RmvLastSlot, microseconds
        "1911816561": lambda w: round(w.blocks_used / w.blocks * 273, 3) if w.blocks else None,  # N.PRB.DL.Used.Avg
        "1911816562": lambda w: 273,  # N.PRB.DL.Avail.Avg
        "1911816771": lambda w: w.users_mean,  # N.User.RRCConn.Avg
    },
    "1911816550": {
        "1911816551": lambda w: w.available,  # N.Cell.Avail.Dur, seconds
    },
}


def measured(site: Site, works: Sequence[tuple[Cell, Work]]) -> list[MeasuredObject]:
    """The counters of the node's cells, function subset by function subset."""
    return [
        MeasuredObject(group, measured_name(site, cell), {name: count(work) for name, count in counters.items()})
        for technology, subsets in (("LTE", LTE), ("NR", NR))
        for group, counters in subsets.items()
        for cell, work in works
        if cell.technology == technology
    ]


def measured_name(site: Site, cell: Cell) -> str:
    """A cell's `measObjLdn`: the node and the class, then the cell as alarms name it."""
    return f"{site.name}/{CLASS[cell.technology]}:{huawei_dn(site, cell)}"


def pm_file(period: Period, nodes: Mapping[Site, Sequence[MeasuredObject]]) -> PmFile:
    """One file over these nodes."""
    begin, end = _time(period.start), _time(period.end)
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<?xml-stylesheet type="text/xsl" href="MeasDataCollection.xsl"?>\n'
        '<measCollecFile xmlns="http://latest/nmc-omc/cmNrm.doc#measCollec">\n'
        '<fileHeader fileFormatVersion="32.435 V7.2.0" vendorName="Huawei">\n'
        f'<fileSender elementType="MAE"/>\n<measCollec beginTime="{begin}"/>\n</fileHeader>\n'
    ]
    for site, objects in nodes.items():
        parts.append(f'<measData>\n<managedElement userLabel="{site.name}"/>\n')
        for group, names, items in _subsets(objects):
            parts.append(
                f'<measInfo measInfoId="{group}">\n<granPeriod duration="PT{period.seconds}S" endTime="{end}"/>\n'
                f'<repPeriod duration="PT{period.seconds}S"/>\n<measTypes>{" ".join(names)}</measTypes>\n'
            )
            for item in items:
                results = " ".join(_text(item.counters[name]) for name in names)
                parts.append(
                    f'<measValue measObjLdn="{item.name}"><measResults>{results}</measResults>'
                    "<suspect>false</suspect></measValue>\n"
                )
            parts.append("</measInfo>\n")
        parts.append("</measData>\n")
    parts.append(f'<fileFooter>\n<measCollec endTime="{end}"/>\n</fileFooter>\n</measCollecFile>\n')
    local = period.start.astimezone(BELGIUM)
    name = f"A{local:%Y%m%d.%H%M%z}-{period.end.astimezone(BELGIUM):%H%M%z}_{next(iter(nodes)).name}.xml"
    return PmFile(name, "".join(parts).encode())


def _subsets(objects: Sequence[MeasuredObject]) -> list[tuple[str, tuple[str, ...], list[MeasuredObject]]]:
    subsets: dict[tuple[str, tuple[str, ...]], list[MeasuredObject]] = {}
    for item in objects:
        subsets.setdefault((item.group, tuple(item.counters)), []).append(item)
    return [(group, names, items) for (group, names), items in subsets.items()]


def _time(moment: datetime) -> str:
    return moment.astimezone(BELGIUM).isoformat(timespec="seconds")


def _text(value: Value) -> str:
    return "NIL" if value is None else str(value)
