"""In which region an object stands, while the network grows."""

from __future__ import annotations

import pytest

from tests.telco.network_health.conftest import Network
from trunkline.log import LogError
from trunkline.log.port import Log
from trunkline.telco.network.view import regions
from trunkline.telco.network.view.regions import Regions

NODE = "ManagedElement=ANT_01"
CELL = f"{NODE},ENBFunction=1,EUtranCellFDD=1"


def test_an_object_stands_where_its_cell_or_its_node_does(network: Network, log: Log) -> None:
    network.resource(NODE, "ANT_01", "Antwerpen")
    region_of = Regions(log)
    assert [region_of(dn) for dn in (NODE, CELL, f"{NODE},Rack=2")] == ["Antwerpen"] * 3
    assert [region_of(dn) for dn in ("ManagedElement=GNT_01", "no name at all", "")] == ["unknown"] * 3


def test_what_is_built_shows_and_what_was_known_holds_while_the_log_cannot_be_read(
    network: Network, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(regions, "LOOK", 0.0)
    region_of = Regions(log)
    assert region_of(CELL) == "unknown"
    network.resource(NODE, "ANT_01", "Antwerpen")
    assert region_of(CELL) == "Antwerpen"

    def refuse(*_: object) -> None:
        raise LogError("it is not there")

    monkeypatch.setattr(log, "end", refuse)
    assert region_of(CELL) == "Antwerpen"
