"""From a KPI value to the raw lines, over the API and as text for the terminal."""

from __future__ import annotations

import gzip
from io import BytesIO
from typing import Any

import httpx

from tests.telco.network_health.conftest import Network
from trunkline.connect.archive import Archive
from trunkline.systems.system import Origin
from trunkline.telco.model import Source

PM_FILE = b"""<?xml version="1.0" encoding="UTF-8"?>
<measCollecFile>
  <measInfo measInfoId="PM=1,PmGroup=EUtranCellFDD">
    <measType p="1">pmRrcConnEstabAtt</measType>
    <measType p="2">pmRrcConnEstabSucc</measType>
    <measValue measObjLdn="ManagedElement=ANT_01,EUtranCellFDD=0"><r p="1">1</r></measValue>
    <measValue measObjLdn="ManagedElement=ANT_01,EUtranCellFDD=1">
      <r p="1">200</r>
      <r p="2">197</r>
    </measValue>
    <measValue measObjLdn="ManagedElement=ANT_01,EUtranCellFDD=2">
      <r p="1">3</r>
    </measValue>
  </measInfo>
</measCollecFile>
"""


def archived(archive: Archive, content: bytes = PM_FILE, element: bytes = b"EUtranCellFDD=1") -> Source:
    offset = content.rindex(b"<", 0, content.index(element))
    uri = "sftp://enm/A20261123.xml.gz"
    sha256, _ = archive.add(BytesIO(gzip.compress(content)), Origin("enm", uri))
    line = content[:offset].count(b"\n") + 1
    return Source(uri=uri, offset=offset, line=line, archive=sha256)


def explained(api: httpx.Client, id: str) -> Any:
    answer = api.get(f"/kpis/{id}/explain")
    assert answer.status_code == 200, answer.text
    [evidence] = answer.json()["evidence"]
    return evidence


def test_a_kpi_value_is_walked_back_to_the_lines_of_its_element(
    api: httpx.Client, network: Network, archive: Archive
) -> None:
    id = network.kpi(source=archived(archive))
    evidence = explained(api, id)
    assert [(line["number"], line["text"].strip()) for line in evidence["lines"]] == [
        (7, '<measValue measObjLdn="ManagedElement=ANT_01,EUtranCellFDD=1">'),
        (8, '<r p="1">200</r>'),
        (9, '<r p="2">197</r>'),
        (10, "</measValue>"),
    ]


def test_the_numbers_of_the_values_are_named_by_the_lines_of_their_own_group(
    api: httpx.Client, network: Network, archive: Archive
) -> None:
    other = PM_FILE.replace(
        b'<measInfo measInfoId="PM=1',
        b"""<measInfo>
    <measType p="1">pmRrcConnEstabSucc</measType>
    <measType p="2">pmRrcConnEstabSuccMos</measType>
  </measInfo>
  <measInfo measInfoId="PM=1""",
    )
    evidence = explained(api, network.kpi(source=archived(archive, other)))
    assert [(line["number"], line["text"].strip()) for line in evidence["names"]] == [
        (8, '<measType p="1">pmRrcConnEstabAtt</measType>'),
        (9, '<measType p="2">pmRrcConnEstabSucc</measType>'),
    ]


def test_a_counter_written_with_its_class_is_named_as_the_file_names_it(
    api: httpx.Client, network: Network, archive: Archive
) -> None:
    id = network.kpi(source=archived(archive), **{"NRCellDU.pmRrcConnEstabAtt": 200})
    assert [line["number"] for line in explained(api, id)["names"]] == [4]


def test_an_element_on_one_line_is_shown_alone(api: httpx.Client, network: Network, archive: Archive) -> None:
    id = network.kpi(source=archived(archive, element=b"EUtranCellFDD=0"))
    assert [line["number"] for line in explained(api, id)["lines"]] == [6]


def test_a_very_long_element_is_shown_in_part_and_says_so(
    api: httpx.Client, network: Network, archive: Archive
) -> None:
    content = b'<m>\n<measValue id="X">\n' + b"<r>1</r>\n" * 1000 + b"</measValue>\n</m>\n"
    evidence = explained(api, network.kpi(source=archived(archive, content, b'id="X"')))
    assert len(evidence["lines"]) == 200
    assert evidence["note"] == "only the first 200 lines are shown"


def test_a_file_that_is_not_kept_any_more_is_named_without_lines(api: httpx.Client, network: Network) -> None:
    evidence = explained(api, network.kpi(source=Source(uri="sftp://enm/A.xml", offset=3, line=1, archive="0" * 64)))
    assert evidence["note"] == "the file is not in the archive any more"
    assert evidence["source"]["uri"] == "sftp://enm/A.xml"


def test_what_came_in_without_a_file_says_so(api: httpx.Client, network: Network) -> None:
    evidence = explained(api, network.kpi(source=Source(uri="ves://gnb-1")))
    assert evidence["note"] == "it came in by itself, not in a file"


def test_an_explanation_reads_well_as_text(api: httpx.Client, network: Network, archive: Archive) -> None:
    id = network.kpi(source=archived(archive))
    answer = api.get(f"/kpis/{id}/explain", headers={"Accept": "text/plain"})
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text.splitlines() == [
        "Accessibility of ManagedElement=ANT_01,LTECell=ANT_01-1",
        "  98.5 % in the 900 s to 2026-11-23T12:00:00+00:00",
        "formula ericsson-lte/Accessibility, version 1.0",
        "  100 × pmRrcConnEstabSucc / pmRrcConnEstabAtt",
        "counters",
        "  pmRrcConnEstabSucc = 197",
        "  pmRrcConnEstabAtt = 200",
        "source sftp://enm/A20261123.xml.gz, line 7, byte 305",
        '        4 |     <measType p="1">pmRrcConnEstabAtt</measType>',
        '        5 |     <measType p="2">pmRrcConnEstabSucc</measType>',
        '        7 |     <measValue measObjLdn="ManagedElement=ANT_01,EUtranCellFDD=1">',
        '        8 |       <r p="1">200</r>',
        '        9 |       <r p="2">197</r>',
        "       10 |     </measValue>",
    ]


def test_a_value_that_is_none_or_suspect_says_so_as_text(api: httpx.Client, network: Network) -> None:
    text = api.get(f"/kpis/{network.kpi(value=None)}/explain", headers={"Accept": "text/plain"}).text
    assert "no value (nothing was asked of the cell)" in text
