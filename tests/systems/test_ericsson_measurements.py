"""Ericsson's PM files: TS 32.435 with class names of Ericsson's own."""

from tests.systems.measurement_files import Group, Node, Object, read_all, ts_32435
from trunkline.systems.ericsson.measurements import matches, read

GROUP = Group(
    "PM=1,PmGroup=EUtranCellFDD",
    ("pmRrcConnEstabAtt", "pmPdcpLatTimeDlDistr"),
    (Object("ManagedElement=ANT_HAVEN_02,ENodeBFunction=1,EUtranCellFDD=ANT_HAVEN_02-1", (5, [0, 4, None, 1])),),
)


def test_a_radio_nodes_file_is_read_with_3gpps_class_names() -> None:
    (measurement,) = read_all(read, ts_32435((Node("ANT_HAVEN_02", (GROUP,)),), dn_prefix="SubNetwork=G3"))[0]
    assert measurement.dn == "ManagedElement=ANT_HAVEN_02,ENBFunction=1,EUtranCellFDD=ANT_HAVEN_02-1"
    assert measurement.native_dn == (
        "SubNetwork=G3,ManagedElement=ANT_HAVEN_02,ENodeBFunction=1,EUtranCellFDD=ANT_HAVEN_02-1"
    )
    assert measurement.vendor == "Ericsson"
    assert measurement.group == "PM=1,PmGroup=EUtranCellFDD"
    assert measurement.counters == {"pmRrcConnEstabAtt": 5, "pmPdcpLatTimeDlDistr": [0, 4, None, 1]}


def test_only_ericssons_files_are_claimed() -> None:
    assert matches(ts_32435((), vendor="Ericsson AB").encode())
    assert not matches(ts_32435((), vendor="Testcom").encode())
    assert not matches(b"<OMeS vendorName='Ericsson'/>")
