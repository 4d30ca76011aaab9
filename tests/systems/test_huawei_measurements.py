"""Huawei's PM files: the tree of TS 32.435 in a namespace of its own, counters by number."""

from tests.systems.measurement_files import END, Group, Node, Object, read_all, told, ts_32435
from trunkline.systems.huawei.measurements import matches, read
from trunkline.systems.threegpp import measurements as threegpp

NAMESPACE = "http://latest/nmc-omc/cmNrm.doc#measCollec"
CELL = "BRU_NOORD_01/Cell:eNodeB Function Name=BRU_NOORD_01, Local Cell ID=2, Cell Name=BRU_NOORD_01_L18_2, eNodeB ID=7"
CELL_DN = "ManagedElement=BRU_NOORD_01,ENBFunction=BRU_NOORD_01,EUtranCellFDD=2"
NR = "BRU_NOORD_01/NRDUCELL:gNodeB Function Name=BRU_NOORD_01, NR DU Cell ID=1, NR DU Cell Name=x, Cell ID=1"
NR_DN = "ManagedElement=BRU_NOORD_01,GNBDUFunction=BRU_NOORD_01,NRCellDU=1"


def file(*groups: Group) -> str:
    element = '<managedElement userLabel="BRU_NOORD_01"/>'
    return ts_32435((Node("", groups),), namespace=NAMESPACE, vendor="HUAWEI", element=element).replace(
        ' dnPrefix="DC=lab,SubNetwork=1"', ""
    )


def test_counters_keep_their_numbers_and_nil_is_null() -> None:
    text = file(
        Group("1526726656", ("1526726658", "9999999999"), (Object(CELL, (12, None)),), listed=True),
        Group("1911816512", ("1911816511",), (Object(NR, (3.5,)),), listed=True),
    )
    measurements, rejected = read_all(read, text)

    assert rejected == []
    assert told(measurements) == [
        (CELL_DN, "1526726656", END, 900, {"1526726658": 12, "9999999999": None}, False),
        (NR_DN, "1911816512", END, 900, {"1911816511": 3.5}, False),
    ]
    assert measurements[0].vendor == "Huawei"
    assert measurements[0].native_dn == CELL


def test_an_object_that_does_not_name_its_node_is_of_the_managed_element() -> None:
    text = file(Group("1", ("2",), (Object("Board:Cabinet No.=0, Slot No.=3", (1,)),), listed=True))
    assert read_all(read, text)[0][0].dn == "ManagedElement=BRU_NOORD_01,CabinetNo=0,SlotNo=3"


def test_only_huaweis_namespace_is_claimed() -> None:
    ours, others = file().encode(), ts_32435(()).encode()
    assert matches(ours)
    assert not matches(others)
    assert threegpp.matches(ours)
