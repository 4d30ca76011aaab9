"""Bulk CM files become network resources that know their place, and join with measurements and alarms by name."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from io import BytesIO
from random import Random

from tests.systems.measurement_files import ORIGIN
from trunkline.quarantine import Rejected
from trunkline.systems.ericsson import objects as ericsson
from trunkline.systems.huawei import objects as huawei
from trunkline.systems.nokia import objects as nokia
from trunkline.systems.threegpp.configuration import UNKNOWN_TIME, matches, read
from trunkline.telco.model import NetworkResource

PLACE = """<xn:peeParametersList><xn:siteIdentification>GENT_ZUID</xn:siteIdentification>
<xn:siteLatitude>51.04</xn:siteLatitude><xn:siteLongitude>3.72</xn:siteLongitude></xn:peeParametersList>"""
NODE = """<xn:ManagedElement id="{node}"><xn:attributes><xn:userLabel>label of {node}</xn:userLabel>
<xn:vendorName>Nokia</xn:vendorName><xn:locationName>Gent</xn:locationName>{place}</xn:attributes>
<en:ENBFunction id="LNBTS-1"><en:attributes><en:eNBId>1</en:eNBId></en:attributes>
<en:EUtranCellFDD id="LNCEL-11"><en:attributes><en:userLabel>cell</en:userLabel>
<en:pLMNIdList><en:pLMNId><en:mcc>206</en:mcc></en:pLMNId><en:pLMNId><en:mcc>270</en:mcc></en:pLMNId></en:pLMNIdList>
</en:attributes></en:EUtranCellFDD></en:ENBFunction>
<nn:GNBDUFunction id="NRBTS-1"><nn:NRCellDU id="NRCELL-1"/></nn:GNBDUFunction>
<xn:VsDataContainer id="3"><xn:attributes><xn:vsDataType>vsDataRetuModule</xn:vsDataType><xn:vsData><a>1</a></xn:vsData>
</xn:attributes></xn:VsDataContainer></xn:ManagedElement>"""
FILE = """<?xml version="1.0" encoding="UTF-8"?><!-- topology -->
<bulkCmConfigDataFile xmlns="http://www.3gpp.org/ftp/specs/archive/32_series/32.616#configData" xmlns:xn="x"
 xmlns:en="e" xmlns:nn="n"><fileHeader fileFormatVersion="32.616 V15.0" vendorName="Manager"/>
<configData dnPrefix="DC=belgicom.be"><xn:SubNetwork id="BE"><xn:SubNetwork id="OV"><xn:attributes>
<xn:userLabel>Oost-Vlaanderen</xn:userLabel></xn:attributes>
{nodes}
</xn:SubNetwork></xn:SubNetwork></configData>
<fileFooter dateTime="2026-03-09T15:00:00+01:00"/></bulkCmConfigDataFile>"""


def file(*names: str, place: str = PLACE) -> str:
    return FILE.format(nodes="\n".join(NODE.format(node=name, place=place) for name in names))


def read_all(data: bytes) -> tuple[dict[str, NetworkResource], list[Rejected]]:
    records = list(read(BytesIO(data), ORIGIN))
    rejected = [r for r in records if isinstance(r, Rejected)]
    return {r.dn: r for r in records if not isinstance(r, Rejected)}, rejected


CELL = "ManagedElement=MRBTS-1,ENBFunction=LNBTS-1,EUtranCellFDD=LNCEL-11"


def test_each_managed_object_becomes_a_resource_with_its_inherited_place() -> None:
    resources, rejected = read_all(file("MRBTS-1").encode())

    assert rejected == []
    assert list(resources) == [
        "DC=belgicom.be,SubNetwork=BE",
        "DC=belgicom.be,SubNetwork=BE,SubNetwork=OV",
        "ManagedElement=MRBTS-1",
        "ManagedElement=MRBTS-1,ENBFunction=LNBTS-1",
        CELL,
        "ManagedElement=MRBTS-1,GNBDUFunction=NRBTS-1",
        "ManagedElement=MRBTS-1,GNBDUFunction=NRBTS-1,NRCellDU=NRCELL-1",
        "ManagedElement=MRBTS-1,RetuModule=3",
    ]
    cell = resources[CELL]
    assert cell.native_dn == f"DC=belgicom.be,SubNetwork=BE,SubNetwork=OV,{CELL}"
    assert (cell.cls, cell.user_label, cell.technology) == ("EUtranCellFDD", "cell", "LTE")
    assert (cell.vendor, cell.site, cell.region) == ("Nokia", "GENT_ZUID", "Oost-Vlaanderen")
    assert (cell.latitude, cell.longitude) == (51.04, 3.72)
    assert cell.attributes == {"userLabel": "cell", "pLMNIdList.pLMNId.mcc": "206,270"}
    assert cell.time == datetime(2026, 3, 9, 14, 0, tzinfo=UTC)
    assert [r.technology for r in resources.values()] == ["", "", "", "LTE", "LTE", "NR", "NR", ""]
    assert resources["DC=belgicom.be,SubNetwork=BE"].region == "BE"
    assert resources["DC=belgicom.be,SubNetwork=BE"].vendor == "Manager"


def test_the_place_is_the_location_where_no_site_is_given_and_bad_coordinates_are_none() -> None:
    bad = "<xn:siteLatitude>91</xn:siteLatitude><xn:siteLongitude>3.72</xn:siteLongitude>"
    cell = read_all(file("MRBTS-1", place=bad).encode())[0][CELL]
    assert (cell.site, cell.latitude, cell.longitude) == ("Gent", None, None)


def test_a_resource_says_where_it_stands_in_the_file() -> None:
    data = file("MRBTS-1", "MRBTS-2").encode()
    for resource in read_all(data)[0].values():
        line = data[: resource.source.offset].count(b"\n") + 1
        tag = data[resource.source.offset :].split(b">")[0]
        assert b" id=" in tag
        assert line == resource.source.line


def test_a_compressed_file_and_one_in_utf_16_are_read_alike() -> None:
    text = file("MRBTS-1")
    plain = read_all(text.encode())[0]
    utf_16 = text.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")
    for data in (gzip.compress(text.encode()), utf_16):
        other = read_all(data)[0]
        assert [(r.dn, r.attributes, r.time) for r in other.values()] == [
            (r.dn, r.attributes, r.time) for r in plain.values()
        ]
    assert matches(text.encode())
    assert matches(utf_16[:4096])
    assert not matches(b"<measCollecFile/>")


def test_cells_have_the_names_that_measurements_and_alarms_give_them() -> None:
    text = file("MRBTS-1")
    assert nokia.canonical("PLMN-PLMN/MRBTS-1/LNBTS-1/LNCEL-11") in read_all(text.encode())[0]

    theirs = text.replace("MRBTS-1", "BRU_1").replace("LNBTS-1", "BRU_1").replace("LNCEL-11", "2")
    assert huawei.canonical("eNodeB Function Name=BRU_1, Local Cell ID=2") in read_all(theirs.encode())[0]

    theirs = text.replace("MRBTS-1", "ANT_1").replace("LNBTS-1", "1").replace("LNCEL-11", "ANT_1-1")
    trap = "SubNetwork=BE,MeContext=ANT_1,ManagedElement=ANT_1,ENodeBFunction=1,EUtranCellFDD=ANT_1-1"
    assert ericsson.canonical(trap) in read_all(theirs.encode())[0]


def test_too_many_or_too_long_attributes_are_left_out_and_told() -> None:
    long = "<xn:note>" + "x" * 5_000 + "</xn:note>" + "".join(f"<xn:a{n}>1</xn:a{n}>" for n in range(1_500))
    resources, (one,) = read_all(file("MRBTS-1", place=long).encode())
    assert len(resources["ManagedElement=MRBTS-1"].attributes) == 1_000
    assert "note" not in resources["ManagedElement=MRBTS-1"].attributes
    assert one.reason == "attribute.too-long"
    assert "ManagedElement=MRBTS-1" in one.message


def test_a_broken_node_costs_no_other_node() -> None:
    data = file("MRBTS-1", "MRBTS-2", "MRBTS-3").encode()
    whole, _ = read_all(data)
    begin, end = data.index(b'<xn:ManagedElement id="MRBTS-2"'), data.index(b'<xn:ManagedElement id="MRBTS-3"')
    dice = Random(7)
    for _ in range(300):
        at = dice.randrange(begin, end)
        broken = data[:at] + dice.choice((b"\0", b"<", b'"', b"&x;", b"</xn:SubNetwork>")) + data[at:]
        resources, rejected = read_all(broken)
        for dn, one in whole.items():
            if "MRBTS-2" not in dn:
                assert (resources[dn].attributes, resources[dn].native_dn) == (one.attributes, one.native_dn)
                assert (resources[dn].site, resources[dn].region) == (one.site, one.region)
        for dn in resources.keys() - whole.keys():
            assert "ManagedElement=MRBTS-2" in dn or "ManagedElement=" not in dn or rejected, dn


def test_a_file_that_is_cut_off_gives_what_is_complete_without_its_time() -> None:
    data = file("MRBTS-1", "MRBTS-2").encode()
    resources, rejected = read_all(data[: data.index(b'<xn:ManagedElement id="MRBTS-2"') + 5])
    assert CELL in resources
    assert {r.time for r in resources.values()} == {UNKNOWN_TIME}
    assert [r.reason for r in rejected] == ["xml.truncated"]
