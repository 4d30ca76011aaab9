"""Where objects stand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.telco.network.outputs import NOON
from trunkline.telco.model import NetworkResource, Source
from trunkline.telco.network.topology import Place, Topology, object_name
from trunkline.telco.network.vendors import vendor_name

NODE = "ManagedElement=N1"
LTE, NR = f"{NODE},LTECell=1", f"{NODE},NRCell=7"


def resource(dn: str, **fields: Any) -> NetworkResource:
    cls = dn.rpartition(",")[2].partition("=")[0]
    return NetworkResource(dn=dn, native_dn=dn, cls=cls, time=NOON, source=Source(uri="file:///cm.xml"), **fields)


def test_a_cell_stands_where_its_resource_says() -> None:
    topology = Topology()
    dn = f"{NODE},ENBFunction=1,EUtranCellFDD=1"
    said = resource(dn, site="ANT_HAVEN", region="Antwerpen", vendor="Ericsson AB", technology="LTE")
    assert topology.learn(said) == LTE
    assert topology.place(LTE) == Place("ANT_HAVEN", "Antwerpen", "Ericsson", "LTE")


def test_what_a_cell_does_not_say_its_node_says() -> None:
    topology = Topology()
    topology.learn(resource(NODE, site="ANT_HAVEN", region="Antwerpen", vendor="Nokia"))
    assert topology.place(LTE) == Place("ANT_HAVEN", "Antwerpen", "Nokia", "LTE")


def test_what_a_node_does_not_say_its_cells_say() -> None:
    topology = Topology()
    topology.learn(resource(f"{NODE},ENBFunction=1,EUtranCellFDD=1", site="ANT_HAVEN", region="Antwerpen"))
    assert topology.place(NODE)[:2] == topology.place(f"{NODE},LTECell=2")[:2] == ("ANT_HAVEN", "Antwerpen")


def test_an_object_that_no_resource_names_has_its_node_as_site_in_an_unknown_region() -> None:
    assert Topology().place(LTE, vendor="HUAWEI") == Place("N1", "unknown", "Huawei", "LTE")
    assert Topology().place("something odd") == Place("unknown", "unknown", "", "")


def test_the_two_parts_of_an_nr_cell_complete_each_other() -> None:
    topology = Topology()
    topology.learn(resource(f"{NODE},GNBDUFunction=1,NRCellDU=7", site="ANT_HAVEN", technology="NR"))
    topology.learn(resource(f"{NODE},GNBCUCPFunction=1,NRCellCU=7", region="Antwerpen"))
    assert topology.place(NR)[:2] == ("ANT_HAVEN", "Antwerpen")


def test_what_is_known_or_beside_the_point_is_no_news() -> None:
    topology = Topology()
    assert topology.learn(resource(NODE, site="A")) == NODE
    assert topology.learn(resource(NODE, site="A")) is None
    assert topology.learn(resource(f"{NODE},ENBFunction=1", site="B")) is None


@pytest.mark.parametrize(
    ("dn", "name"),
    [
        (f"DC=be,{NODE},ENBFunction=1,EUtranCellFDD=1,EUtranRelation=4", LTE),
        (f"{NODE},GNBCUCPFunction=1,NRCellCU=7", NR),
        (NR, NR),
        (f"{NODE},Equipment=1,Slot=2", NODE),
        ("Rack=4,Fan=1", "Rack=4,Fan=1"),
        ("not a name", "not a name"),
        ("", ""),
    ],
)
def test_an_object_is_its_cell_or_else_its_node(dn: str, name: str) -> None:
    assert object_name(dn) == name


@pytest.mark.parametrize(
    ("written", "name"),
    [("Ericsson AB", "Ericsson"), ("HUAWEI", "Huawei"), ("nokia", "Nokia"), ("ZTE", "ZTE"), ("", ""), (" ", "")],
)
def test_a_vendor_has_one_name_however_it_is_written(written: str, name: str) -> None:
    assert vendor_name(written) == name
