"""What the platform's readers make of the simulator's files, added up as slowly and plainly as it can be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from io import BytesIO

from belgicom.simulator.usage.delivery import UsageFile
from trunkline.quarantine import Rejected
from trunkline.systems import Origin, System
from trunkline.telco.model import Service, UsageReport

Totals = dict[tuple[str, str, str], int]
"""Seconds, octets or messages by number, service and direction."""


def reported(files: Iterable[UsageFile], system: System) -> tuple[list[UsageReport], list[Rejected]]:
    """What the system's format that knows a file finds in it, over all the files."""
    reports: list[UsageReport] = []
    rejected: list[Rejected] = []
    for file in files:
        (known,) = (each for each in system.formats if each.matches(file.content[:4096]))
        for found in known.read(BytesIO(file.content), Origin(system.name, f"sftp://lab/{file.name}")):
            (rejected if isinstance(found, Rejected) else reports).append(found)
    return reports, rejected


def totals(reports: Iterable[UsageReport], numbers: dict[str, str]) -> Totals:
    """Each record once and as corrected; of counters that go on, the last. `numbers` are those of SIMs by IMSI."""
    by_id = {report.id: report for report in reports}
    for report in list(by_id.values()):
        by_id.pop(report.corrects, None)
    last: dict[str, UsageReport] = {}
    added: list[UsageReport] = []
    for report in by_id.values():
        if not report.cumulative:
            added.append(report)
        elif report.session not in last or last[report.session].partial < report.partial:
            last[report.session] = report
    found: Totals = defaultdict(int)
    for report in (*added, *last.values()):
        found[report.msisdn or numbers[report.imsi], report.service.value, report.direction.value] += quantity(report)
    return dict(found)


def quantity(report: UsageReport) -> int:
    match report.service:
        case Service.VOICE:
            return report.duration
        case Service.DATA:
            return report.uplink + report.downlink
        case _:
            return report.items
