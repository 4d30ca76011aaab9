"""Data sessions of LTE and older networks: what a PGWRecord or SGWRecord reports (TS 32.251, TS 32.298 5.1.2.2)."""

from __future__ import annotations

from collections.abc import Iterable

from trunkline.systems.cdr.fields import Fields
from trunkline.systems.cdr.quantities import PARTIAL, Quantities
from trunkline.telco.model import Service, Source, UsageReport


def pgw_reports(fields: Fields, system: str, source: Source) -> Iterable[UsageReport]:
    """One report for each rating group that the P-GW counted."""
    return _reports("pgw", "p-GWAddress", fields, system, source)


def sgw_reports(fields: Fields, system: str, source: Source) -> Iterable[UsageReport]:
    """One report: an S-GW knows no rating groups."""
    return _reports("sgw", "s-GWAddress", fields, system, source)


def _reports(kind: str, gateway: str, fields: Fields, system: str, source: Source) -> Iterable[UsageReport]:
    opened = fields.time("recordOpeningTime", "startTime")
    charging_id = fields.integer("chargingID")
    if charging_id is None or gateway not in fields:
        raise fields.error(gateway if gateway not in fields else "chargingID", "is missing")
    session = f"{kind}/{fields.ip_address(gateway)}/{charging_id}"
    partial = fields.count("recordSequenceNumber")
    node, number = fields.text("nodeID"), fields.integer("localSequenceNumber")
    imsi, msisdn = fields.subscriber()
    record = UsageReport(
        system=system,
        id=f"{session}/{partial}/{opened.time:%Y%m%dT%H%M%SZ}" if number is None else f"{kind}/{node}/{number}",
        session=session,
        partial=partial,
        final=fields.integer("causeForRecClosing", 0) not in PARTIAL,
        service=Service.DATA,
        msisdn=msisdn,
        imsi=imsi,
        imei=fields.imei("servedIMEI"),
        started=opened.time,
        duration=fields.count("duration"),
        apn=fields.text("accessPointNameNI", 256),
        visited=fields.plmn("servingNodePLMNIdentifier"),
        zone_offset=fields.minutes_ahead("mSTimeZone", opened.ahead),
        cell=fields.cell("userLocationInformation"),
        source=source,
    )
    return _quantities(fields).reports(record)


def _quantities(fields: Fields) -> Quantities:
    """What the service data flows used; where none was counted, what the bearer carried."""
    flows = Quantities("listOfServiceData")
    for item in fields.items("listOfServiceData"):
        flows.of(item.integer("ratingGroup", -1)).add(
            item.count("datavolumeFBCUplink"),
            item.count("datavolumeFBCDownlink"),
            item.count("timeUsage"),
            item.moment("timeOfFirstUsage"),
        )
    if "listOfServiceData" in fields:
        return flows
    bearer = Quantities("listOfTrafficVolumes")
    for item in fields.items("listOfTrafficVolumes"):
        bearer.of(-1).add(item.count("dataVolumeGPRSUplink"), item.count("dataVolumeGPRSDownlink"), 0, None)
    return bearer
