"""NetAct's measurement files: OMeS, compressed, with a `PMMOResult` for each object and measurement type.

OMeS gives a period's start and its length in minutes, and writes the zone as `+01:00:00`.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from belgicom.simulator.measurements.period import MeasuredObject, Period, PmFile, Value
from belgicom.simulator.names import nokia_dn
from belgicom.simulator.network import Cell, Site
from belgicom.simulator.traffic import BELGIUM, Work

Counters = Mapping[str, Callable[[Work], Value]]

AVAILABILITY_SAMPLE = 10  # seconds between two samples of a cell's state

# The comment beside a counter is its name in NetAct.
LTE: dict[str, Counters] = {
    "LTE_Cell_Avail": {
        "M8020C3": lambda w: w.available // AVAILABILITY_SAMPLE,  # SAMPLES_CELL_AVAIL
        "M8020C4": lambda w: 0,  # SAMPLES_CELL_PLAN_UNAVAIL
        "M8020C6": lambda w: w.period // AVAILABILITY_SAMPLE,  # DENOM_CELL_AVAIL
    },
    "LTE_UE_State": {
        "M8013C5": lambda w: w.rrc_successes,  # SIGN_CONN_ESTAB_COMP
        "M8013C17": lambda w: w.rrc_attempts - 2 * (w.rrc_attempts // 3) - w.rrc_attempts // 100,  # …_ATT_MO_S
        "M8013C18": lambda w: w.rrc_attempts // 3,  # …_ATT_MT
        "M8013C19": lambda w: w.rrc_attempts // 3,  # …_ATT_MO_D
        "M8013C21": lambda w: 0,  # …_ATT_EMG
        "M8013C31": lambda w: w.rrc_attempts // 100,  # …_ATT_HIPRIO
        "M8013C34": lambda w: 0,  # …_ATT_DEL_TOL
        "M8013C43": lambda w: w.s1_attempts,  # S1 signalling connection, attempted
        "M8013C44": lambda w: w.s1_successes,  # … established
    },
    "LTE_EPS_Bearer": {
        "M8006C0": lambda w: w.bearer_attempts,  # EPS_BEARER_SETUP_ATTEMPTS
        "M8006C1": lambda w: w.bearer_successes,  # EPS_BEARER_SETUP_COMPLETIONS
        "M8006C6": lambda w: w.bearer_kept // 10,  # EPC_EPS_BEARER_REL_REQ_NORM
        "M8006C7": lambda w: w.bearer_kept // 20,  # EPC_EPS_BEARER_REL_REQ_DETACH
        "M8006C8": lambda w: w.bearer_drops // 10,  # EPC_EPS_BEARER_REL_REQ_RNL
        "M8006C9": lambda w: 0,  # EPC_EPS_BEARER_REL_REQ_OTH
        "M8006C254": lambda w: _released_by_enb(w) + w.bearer_drops - w.bearer_drops // 10,  # ERAB_REL_ENB
        "M8006C255": lambda w: _released_by_enb(w),  # ERAB_REL_ENB_RNL_INA
        "M8006C258": lambda w: 0,  # ERAB_REL_ENB_RNL_RED
        "M8006C260": lambda w: 0,  # ERAB_REL_ENB_RNL_RRNA
    },
    "LTE_Intra_eNB_Handover": {
        "M8009C6": lambda w: w.handover_preparations // 2,  # attempts within the eNB
        "M8009C7": lambda w: w.handover_successes // 2,  # … successes
    },
    "LTE_Inter_eNB_Handover": {
        "M8014C6": lambda w: w.handover_preparations - w.handover_preparations // 2,  # attempts over X2
        "M8014C7": lambda w: w.handover_successes - w.handover_successes // 2,  # … successes
        "M8014C18": lambda w: 0,  # attempts over S1
        "M8014C19": lambda w: 0,  # … successes
    },
    "LTE_Cell_Throughput": {
        "M8012C131": lambda w: w.downlink_bytes * 8 // 10_000,  # IP_TPUT_VOL_DL_QCI_8, kbit
        "M8012C132": lambda w: w.downlink_milliseconds // 10,  # IP_TPUT_TIME_DL_QCI_8, ms
        "M8012C133": lambda w: w.downlink_bytes * 8 // 1000 - w.downlink_bytes * 8 // 10_000,  # …_QCI_9
        "M8012C134": lambda w: w.downlink_milliseconds - w.downlink_milliseconds // 10,
    },
    "LTE_Cell_Resource": {
        "M8011C37": lambda w: w.blocks_used * 1000 // w.blocks if w.blocks else 0,  # DL_PRB_UTIL_TTI_MEAN, 0.1 %
    },
    "LTE_Cell_Load": {
        "M8001C199": lambda w: w.users_mean,  # RRC_CONN_UE_AVG
        "M8001C200": lambda w: w.users_max,  # RRC_CONN_UE_MAX
    },
}
NR: dict[str, Counters] = {
    "NCAVAIL": {
        "M55601C00001": lambda w: w.period // AVAILABILITY_SAMPLE,  # DENOM_CELL_AVAIL
        "M55601C00002": lambda w: w.available // AVAILABILITY_SAMPLE,  # SAMPLES_CELL_AVAIL
    },
    "NX2CC": {
        "M55112C00001": lambda w: w.rrc_attempts,  # X2_SGNB_ADD_REQ_RECEIVED
        "M55112C00002": lambda w: w.rrc_successes,  # X2_SGNB_ADD_REQ_ACK_SENT
        "M55112C00004": lambda w: w.s1_successes,  # X2_SGNB_RECONF_ACK_RECEIVED
        "M55112C03001": lambda w: w.bearer_attempts,  # NX2CC_BEARER_ADD_ATT
        "M55112C03002": lambda w: w.bearer_successes,  # NX2CC_BEARER_ADD_ACK
        "M55112C06001": lambda w: w.bearer_kept // 2,  # NX2CC_RAB_REL_ATT_MENB
        "M55112C06003": lambda w: 0,  # NX2CC_RAB_REL_ABNORM_MENB
        "M55112C06004": lambda w: w.bearer_releases - w.bearer_kept // 2,  # NX2CC_RAB_REL_ATT_SGNB
        "M55112C06006": lambda w: w.bearer_drops,  # NX2CC_RAB_REL_ABNORM_SGNB
    },
    "NNSAU": {
        "M55114C00008": lambda w: w.users_sum,  # AVE_NUMBER_OF_NSA_USERS
        "M55114C00009": lambda w: w.users_samples,  # AVE_NUMBER_OF_NSA_USERS_DENOM
    },
    "NINFC": {
        "M55120C00001": lambda w: w.handover_attempts,  # INTRA_FR_PSCEL_CH_ATTEMPT
        "M55120C00002": lambda w: w.handover_attempts - w.handover_preparations,  # …_FAIL_TDC_EXP
        "M55120C00003": lambda w: w.handover_preparations - w.handover_successes,  # …_FAIL_MENB_REF
        "M55120C00004": lambda w: 0,  # …_FAIL_RES
    },
    "NMPDU": {
        "M55309C01001": lambda w: w.downlink_bytes,  # DL_MAC_SDU_VOL_DTCH
    },
    "NCELA": {
        "M55308C00008": lambda w: w.downlink_milliseconds * 1000,  # DATA_SLOT_PDSCH_TIME, microseconds
        "M55308C10001": lambda w: w.blocks_used,  # PRB_USED_PDSCH
        "M55308C10003": lambda w: w.blocks,  # PRB_AVAIL_PDSCH
    },
}


def _released_by_enb(work: Work) -> int:
    """Bearers that ended well and not on the core's request."""
    return work.bearer_kept - work.bearer_kept // 10 - work.bearer_kept // 20


def measured(site: Site, works: Sequence[tuple[Cell, Work]]) -> list[MeasuredObject]:
    """The counters of the node's cells, cell by cell."""
    return [
        MeasuredObject(group, nokia_dn(site, cell), {name: count(work) for name, count in counters.items()})
        for cell, work in works
        for group, counters in (LTE if cell.technology == "LTE" else NR).items()
    ]


def pm_file(period: Period, nodes: Mapping[Site, Sequence[MeasuredObject]]) -> PmFile:
    """One compressed OMeS file over these nodes."""
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>\n<OMeS version="2.3">\n'
        f'<PMSetup startTime="{_time(period.start)}" interval="{period.seconds // 60}">\n'
    ]
    for objects in nodes.values():
        for item in objects:
            counters = "".join(f"<{name}>{_text(value)}</{name}>" for name, value in item.counters.items())
            parts.append(
                f'<PMMOResult><MO dimension="network_element"><DN>{item.name}</DN></MO>'
                f'<PMTarget measurementType="{item.group}">{counters}</PMTarget></PMMOResult>\n'
            )
    parts.append("</PMSetup>\n</OMeS>\n")
    first = next(iter(nodes))
    name = f"etlexpmx_MRBTS_{period.start.astimezone(BELGIUM):%Y%m%d%H%M%S}_{first.number}.xml.gz"
    return PmFile(name, gzip.compress("".join(parts).encode(), compresslevel=1, mtime=0))


def _time(moment: datetime) -> str:
    local = moment.astimezone(BELGIUM)
    return f"{local:%Y-%m-%dT%H:%M:%S}.000{local.isoformat()[-6:]}:00"


def _text(value: Value) -> str:
    return "" if value is None else str(value)
