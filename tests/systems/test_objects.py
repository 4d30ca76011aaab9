"""The same object has one canonical name, whichever vendor's file, alarm or configuration names it."""

import doctest
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.systems.ericsson import objects as ericsson
from trunkline.systems.huawei import objects as huawei
from trunkline.systems.nokia import objects as nokia
from trunkline.systems.threegpp import objects as threegpp

ALL = (ericsson, huawei, nokia, threegpp)


@pytest.mark.parametrize(
    "native",
    [
        "SubNetwork=BE,MeContext=A_1,ManagedElement=A_1,ENodeBFunction=1,EUtranCellFDD=A_1-1",
        "ManagedElement=A_1,ENodeBFunction=1,EUtranCellFDD=A_1-1",
        "ManagedElement=A_1,vsDataENodeBFunction=1,vsDataEUtranCellFDD=A_1-1",
        "SubNetwork=BE,MeContext=A_1,ManagedElement=1,ENodeBFunction=1,EUtranCellFDD=A_1-1",
        "DC=belgicom.be,SubNetwork=BE,ManagedElement=A_1,ENBFunction=1,EUtranCellFDD=A_1-1",
    ],
)
def test_an_ericsson_cell_has_one_name_in_traps_in_enm_and_in_files(native: str) -> None:
    assert ericsson.canonical(native) == "ManagedElement=A_1,ENBFunction=1,EUtranCellFDD=A_1-1"


@pytest.mark.parametrize(
    "native", ["NetworkElement=A_1", "MeContext=A_1", "SubNetwork=BE,MeContext=A_1,ManagedElement=1"]
)
def test_an_ericsson_node_has_one_name(native: str) -> None:
    assert ericsson.canonical(native) == "ManagedElement=A_1"


@pytest.mark.parametrize(
    ("native", "dn"),
    [
        ("PLMN-PLMN/MRBTS-1/LNBTS-1/LNCEL-11", "ManagedElement=MRBTS-1,ENBFunction=LNBTS-1,EUtranCellFDD=LNCEL-11"),
        ("PLMN-PLMN/MRBTS-1/NRBTS-1/NRCELL-2", "ManagedElement=MRBTS-1,GNBDUFunction=NRBTS-1,NRCellDU=NRCELL-2"),
        ("NE-MRBTS-1/DN:NE-LNBTS-1", "ManagedElement=MRBTS-1,ENBFunction=LNBTS-1"),
        ("PLMN-PLMN/MRBTS-1/EQM-1/APEQM-2", "ManagedElement=MRBTS-1,EQM=EQM-1,APEQM=APEQM-2"),
        ("PLMN-PLMN/MRBTS-1", "ManagedElement=MRBTS-1"),
        ("no DN", "no DN"),
    ],
)
def test_a_nokia_object_is_named_by_its_steps(native: str, dn: str) -> None:
    assert nokia.canonical(native) == dn


@pytest.mark.parametrize(
    ("measured", "alarmed"),
    [
        (
            "N_1/Cell:eNodeB Function Name=N_1, Local Cell ID=2, Cell Name=N_1_L18_2, eNodeB ID=5, Cell ID=2",
            "eNodeB Function Name=N_1, Local Cell ID=2, Cell Name=N_1_L18_2",
        ),
        (
            "N_1/NRDUCELL:gNodeB Function Name=N_1, NR DU Cell ID=2, NR DU Cell Name=x, gNodeB ID=5, Cell ID=2",
            "gNodeB Function Name=N_1, NR Cell ID=2, NR Cell Name=x",
        ),
        ("N_1/eNodeB Function:eNodeB Function Name=N_1", "eNodeB Function Name=N_1"),
        ("N_1/Board:Cabinet No.=0, Slot No.=3", "N_1/Cabinet No.=0, Slot No.=3"),
        ("N_1/", "N_1"),
    ],
)
def test_a_huawei_object_has_one_name_in_measurements_and_in_alarms(measured: str, alarmed: str) -> None:
    assert huawei.canonical(measured) == huawei.canonical(alarmed)
    assert huawei.canonical(measured).startswith("ManagedElement=N_1")


def test_a_comma_in_a_huawei_name_stays_within_its_step() -> None:
    assert huawei.canonical("eNodeB Function Name=N 1, north, Local Cell ID=2").endswith(
        "ENBFunction=N 1\\, north,EUtranCellFDD=2"
    )


@pytest.mark.parametrize("module", ALL)
def test_the_examples_in_the_documentation_hold(module: ModuleType) -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("module", [ericsson, threegpp])
@given(text=st.text(max_size=60) | st.from_regex(r"[A-Z]{1,4}[-=/:, ][A-Za-z=/:, ]{0,20}", fullmatch=True))
def test_a_canonical_name_stays_as_it_is(module: ModuleType, text: str) -> None:
    name = module.canonical(text)
    assert module.canonical(name) == name


@given(text=st.text(max_size=60) | st.from_regex(r"[A-Z]{1,4}[-=/:, ][A-Za-z=/:, ]{0,20}", fullmatch=True))
def test_no_text_whatever_breaks_the_naming(text: str) -> None:
    for module in ALL:
        assert isinstance(module.canonical(text), str)
