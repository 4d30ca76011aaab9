"""A RadioNode's measurement file: TS 32.435 with a `measInfo` for each counter group, one file a node and period."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from belgicom.simulator.measurements.period import MeasuredObject, Period, PmFile, Value
from belgicom.simulator.names import cell_id, ericsson_dn
from belgicom.simulator.network import Cell, Site
from belgicom.simulator.traffic import Work

Counters = Mapping[str, Callable[[Work], Value]]

LTE_CELL: Counters = {
    "pmCellDowntimeAuto": lambda w: w.outage,
    "pmCellDowntimeMan": lambda w: 0,
    "pmRrcConnEstabAtt": lambda w: w.rrc_attempts + w.rrc_attempts // 50,
    "pmRrcConnEstabAttReatt": lambda w: w.rrc_attempts // 50,
    "pmRrcConnEstabSucc": lambda w: w.rrc_successes,
    "pmRrcConnLevSum": lambda w: w.users_sum,
    "pmRrcConnLevSamp": lambda w: w.users_samples,
    "pmS1SigConnEstabAtt": lambda w: w.s1_attempts,
    "pmS1SigConnEstabSucc": lambda w: w.s1_successes,
    "pmErabEstabAttInit": lambda w: w.bearer_attempts,
    "pmErabEstabSuccInit": lambda w: w.bearer_successes,
    "pmErabRelAbnormalEnbAct": lambda w: w.bearer_drops - w.bearer_drops // 10,
    "pmErabRelAbnormalMmeAct": lambda w: w.bearer_drops // 10,
    "pmErabRelMmeAct": lambda w: w.bearer_drops // 10 + w.bearer_kept // 20,
    "pmErabRelNormalEnbAct": lambda w: w.bearer_kept - w.bearer_kept // 20,
}
LTE_MOBILITY: Counters = {
    "pmCellHoPrepAttLteIntraF": lambda w: w.handover_attempts,
    "pmCellHoPrepSuccLteIntraF": lambda w: w.handover_preparations,
    "pmCellHoPrepAttLteInterF": lambda w: 0,
    "pmCellHoPrepSuccLteInterF": lambda w: 0,
    "pmCellHoExeAttLteIntraF": lambda w: w.handover_preparations,
    "pmCellHoExeSuccLteIntraF": lambda w: w.handover_successes,
    "pmCellHoExeAttLteInterF": lambda w: 0,
    "pmCellHoExeSuccLteInterF": lambda w: 0,
    "pmEndcSetupUeAtt": lambda w: w.secondary_attempts,
    "pmEndcSetupUeSucc": lambda w: w.secondary_successes,
}
LTE_DATA: Counters = {
    "pmPdcpVolDlDrb": lambda w: w.downlink_bytes * 8 // 1000,  # kbit
    "pmPdcpVolDlDrbLastTTI": lambda w: w.downlink_bytes * 8 // 50_000,
    "pmPdcpVolUlDrb": lambda w: w.uplink_bytes * 8 // 1000,
    "pmUeThpTimeDl": lambda w: w.downlink_milliseconds * 98 // 100,
    "pmUeThpDlDistr": lambda w: _spread(w.rrc_successes, 10),
    "pmPdcpLatTimeDl": lambda w: w.latency_milliseconds,
    "pmPdcpLatPktTransDl": lambda w: w.packets,
    "pmPdcpPktTransDl": lambda w: w.packets,
    "pmPdcpPktReceivedUl": lambda w: w.packets // 9,
    "pmPdcpPktLostUl": lambda w: w.lost_packets // 9,
    "pmPrbUsedDlDtch": lambda w: w.blocks_used - w.blocks_used // 20,
    "pmPrbUsedDlBcch": lambda w: w.blocks_used // 20 - w.blocks_used // 50,
    "pmPrbUsedDlPcch": lambda w: w.blocks_used // 50,
    "pmPrbAvailDl": lambda w: w.blocks,
}
NR_CU_CELL: Counters = {
    "pmRrcConnEstabAtt": lambda w: w.rrc_attempts + w.rrc_attempts // 50,
    "pmRrcConnEstabAttReatt": lambda w: w.rrc_attempts // 50,
    "pmRrcConnEstabSucc": lambda w: w.rrc_successes,
    "pmRrcConnLevelSumSa": lambda w: w.users_sum // 3,
    "pmRrcConnLevelSumEnDc": lambda w: w.users_sum - w.users_sum // 3,
    "pmRrcConnLevelSamp": lambda w: w.users_samples,
    "pmNgSigConnEstabAtt": lambda w: w.s1_attempts,
    "pmNgSigConnEstabSucc": lambda w: w.s1_successes,
    "pmDrbEstabAtt5qi": lambda w: _per_5qi(w.bearer_attempts),
    "pmDrbEstabSucc5qi": lambda w: _per_5qi(w.bearer_successes),
    "pmDrbRelNormal5qi": lambda w: _per_5qi(w.bearer_kept),
    "pmDrbRelAbnormalGnb5qi": lambda w: _per_5qi(w.bearer_drops),
    "pmDrbRelAbnormalGnbAct5qi": lambda w: _per_5qi(w.bearer_drops),
    "pmDrbRelAbnormalAmf5qi": lambda w: _per_5qi(0),
    "pmDrbRelAbnormalAmfAct5qi": lambda w: _per_5qi(0),
    "pmPduSessionEstabAtt": lambda w: w.bearer_attempts,
    "pmPduSessionEstabSucc": lambda w: w.bearer_successes,
    "pmEndcSetupScgUeAtt": lambda w: w.secondary_attempts,
    "pmEndcSetupScgUeSucc": lambda w: w.secondary_successes,
    "pmHoPrepAttOutIntraGnb": lambda w: 0,
    "pmHoPrepSuccOutIntraGnb": lambda w: 0,
    "pmHoPrepAttOutInterGnb": lambda w: w.handover_attempts,
    "pmHoPrepSuccOutInterGnb": lambda w: w.handover_preparations,
    "pmHoExeAttOutIntraGnb": lambda w: 0,
    "pmHoExeSuccOutIntraGnb": lambda w: 0,
    "pmHoExeAttOutInterGnb": lambda w: w.handover_preparations,
    "pmHoExeSuccOutInterGnb": lambda w: w.handover_successes,
}
NR_DU_CELL: Counters = {
    "pmCellDowntimeAuto": lambda w: w.outage,
    "pmCellDowntimeMan": lambda w: 0,
    "pmMacVolDlDrb": lambda w: w.downlink_bytes // 8,  # 64 bit
    "pmMacTimeDlDrb": lambda w: w.downlink_milliseconds * 8,  # 1/8 ms
    "pmMacRBSymUsedPdschTypeA": lambda w: w.blocks_used * 12,
    "pmMacRBSymUsedPdschTypeABroadcasting": lambda w: w.blocks_used // 50,
    "pmMacRBSymUsedPdcchTypeA": lambda w: w.blocks_used // 2,
    "pmMacRBSymUsedPdcchTypeB": lambda w: 0,
    "pmMacRBSymCsiRs": lambda w: w.blocks_used // 10,
    "pmMacRBSymAvailDl": lambda w: w.blocks * 14,
    "pmRlcDelayTimeDl": lambda w: w.latency_milliseconds * 10,
    "pmRlcDelayPktTransmitDl": lambda w: w.packets,
    "pmRlcArqDlAck": lambda w: w.packets - w.lost_packets,
    "pmRlcArqDlNack": lambda w: w.lost_packets,
}
GROUPS: dict[str, tuple[tuple[str, Counters], ...]] = {
    "LTE": (("EUtranCellFDD", LTE_CELL), ("EUtranCellFDD", LTE_MOBILITY), ("EUtranCellFDD", LTE_DATA)),
    "NR": (("NRCellCU_GNBCUCP", NR_CU_CELL), ("NRCellDU_GNBDU", NR_DU_CELL)),
}


def measured(site: Site, works: Sequence[tuple[Cell, Work]]) -> list[MeasuredObject]:
    """The counters of the node's cells, group by group."""
    objects = []
    for technology, groups in GROUPS.items():
        for group, counters in groups:
            objects += [
                MeasuredObject(
                    f"PM=1,PmGroup={group}", _ldn(site, cell, group), {n: f(work) for n, f in counters.items()}
                )
                for cell, work in works
                if cell.technology == technology
            ]
    return objects


def pm_file(period: Period, nodes: Mapping[Site, Sequence[MeasuredObject]]) -> PmFile:
    """The file of one node; a RadioNode reports nobody else (`ValueError`)."""
    if len(nodes) != 1:
        raise ValueError(f"a RadioNode's file holds one node, not {len(nodes)}")
    (site, objects), *_ = nodes.items()
    begin, end = f"{period.start:%Y-%m-%dT%H:%M:%S}+00:00", f"{period.end:%Y-%m-%dT%H:%M:%S}+00:00"
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<?xml-stylesheet type="text/xsl" href="MeasDataCollection.xsl"?>\n'
        '<measCollecFile xmlns="http://www.3gpp.org/ftp/specs/archive/32_series/32.435#measCollec">\n'
        '<fileHeader fileFormatVersion="32.435 V10.0" vendorName="Ericsson AB" dnPrefix="SubNetwork=BE">\n'
        f'<fileSender localDn="{site.name}" elementType="RadioNode"/>\n'
        f'<measCollec beginTime="{begin}"/>\n</fileHeader>\n'
        f'<measData>\n<managedElement localDn="{site.name}" swVersion="CXP2010174_1 R44B17"/>\n'
    ]
    for names, group in _runs(objects):
        parts.append(
            f'<measInfo measInfoId="{group[0].group}">\n<job jobId="belgicom"/>\n'
            f'<granPeriod duration="PT{period.seconds}S" endTime="{end}"/>\n'
            f'<repPeriod duration="PT{period.seconds}S"/>\n'
        )
        parts += [f'<measType p="{p}">{name}</measType>\n' for p, name in enumerate(names, 1)]
        for item in group:
            results = "".join(f'<r p="{p}">{_text(item.counters[name])}</r>' for p, name in enumerate(names, 1))
            parts.append(f'<measValue measObjLdn="{item.name}">{results}</measValue>\n')
        parts.append("</measInfo>\n")
    parts.append(f'</measData>\n<fileFooter>\n<measCollec endTime="{end}"/>\n</fileFooter>\n</measCollecFile>\n')
    name = f"A{period.start:%Y%m%d.%H%M}-{period.end:%H%M}_{site.name}.xml"
    return PmFile(name, "".join(parts).encode())


def _runs(objects: Sequence[MeasuredObject]) -> list[tuple[tuple[str, ...], list[MeasuredObject]]]:
    """Objects that share a group and its counters, which stand in one `measInfo`."""
    runs: dict[tuple[str, tuple[str, ...]], list[MeasuredObject]] = {}
    for item in objects:
        runs.setdefault((item.group, tuple(item.counters)), []).append(item)
    return [(names, group) for (_, names), group in runs.items()]


def _ldn(site: Site, cell: Cell, group: str) -> str:
    if group == "NRCellCU_GNBCUCP":
        return f"ManagedElement={site.name},GNBCUCPFunction=1,NRCellCU={cell_id(site, cell)}"
    return ericsson_dn(site, cell)


def _text(value: Value) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return "" if value is None else str(value)


def _spread(total: int, bins: int) -> tuple[int, ...]:
    """A histogram over `bins` bins that holds `total` samples, most of them in the middle."""
    weights = [min(at + 1, bins - at) for at in range(bins)]
    counts = [total * weight // sum(weights) for weight in weights]
    counts[bins // 2] += total - sum(counts)
    return tuple(counts)


def _per_5qi(total: int) -> tuple[int, ...]:
    """A compressed list: how many entries follow, then each one's index and value; here 5QI 1, 5 and 9."""
    voice, signalling = total // 10, total // 20
    return (3, 1, voice, 5, signalling, 9, total - voice - signalling)
