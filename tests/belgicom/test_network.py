"""The network and its topology: seeded, spread over the provinces, and named as the platform names it."""

from datetime import UTC, datetime
from io import BytesIO

import pytest

from belgicom.simulator.names import canonical_dn, native_dn
from belgicom.simulator.network import Network, build_network
from belgicom.simulator.topology import topology_files
from trunkline.quarantine import Rejected
from trunkline.systems import Origin, installed_systems
from trunkline.telco.model import NetworkResource

EXPORTED = datetime(2026, 1, 1, tzinfo=UTC)
PROVINCES = {
    "Antwerpen", "Limburg", "Oost-Vlaanderen", "West-Vlaanderen", "Vlaams-Brabant", "Brussel",
    "Brabant wallon", "Hainaut", "Liège", "Luxembourg", "Namur",
}  # fmt: skip


@pytest.fixture(scope="module")
def resources(network: Network) -> dict[str, NetworkResource]:
    """What the platform reads from the bulk CM files, by canonical DN."""
    bulk_cm = next(f for f in installed_systems()["threegpp"].formats if f.name == "3gpp-bulkcm")
    found: dict[str, NetworkResource] = {}
    for name, content in topology_files(network, EXPORTED):
        assert bulk_cm.matches(content[:4096]), name
        for resource in bulk_cm.read(BytesIO(content), Origin("cm", f"file:///{name}")):
            assert not isinstance(resource, Rejected), resource
            found[resource.dn] = resource
    return found


def test_the_same_seed_gives_the_same_network_and_another_seed_another() -> None:
    assert build_network(3, 100) == build_network(3, 100)
    assert build_network(3, 100) != build_network(4, 100)


@pytest.mark.parametrize("sites", [11, 44, 600])
def test_every_province_has_sites_and_names_are_unique(sites: int) -> None:
    network = build_network(1, sites)
    assert len(network.sites) == sites
    assert set(network.regions) == PROVINCES
    assert len({site.name for site in network.sites}) == len({site.number for site in network.sites}) == sites


def test_sites_stand_in_belgium_with_three_lte_cells_and_half_of_them_with_nr(network: Network) -> None:
    assert {site.vendor for site in network.sites} == {"Ericsson", "Nokia", "Huawei"}
    for site in network.sites:
        assert 49.4 < site.latitude < 51.6
        assert 2.4 < site.longitude < 6.5
        assert len(site.of("LTE")) == 3
        assert len(site.of("NR")) in (0, 3)
    assert sum(bool(site.of("NR")) for site in network.sites) == len(network.sites) // 2


def test_the_topology_holds_every_cell_with_its_place_vendor_and_technology(
    network: Network, resources: dict[str, NetworkResource]
) -> None:
    for site in network.sites:
        for cell in site.cells:
            resource = resources[canonical_dn(site, cell)]
            assert (resource.site, resource.region, resource.vendor) == (site.name, site.region, site.vendor)
            assert resource.technology == cell.technology
            assert (resource.latitude, resource.longitude) == (site.latitude, site.longitude)
            assert canonical_dn(site, cell, control_plane=True) in resources
    cells = [r for r in resources.values() if r.cls in ("EUtranCellFDD", "NRCellDU")]
    assert len(cells) == sum(len(site.cells) for site in network.sites)


def test_each_vendors_own_name_of_an_object_is_translated_to_the_topologys(
    network: Network, resources: dict[str, NetworkResource]
) -> None:
    for site in network.sites:
        canonical = installed_systems()[site.vendor.lower()].canonical
        for cell in (None, *site.cells):
            assert canonical(native_dn(site, cell)) == canonical_dn(site, cell)
            assert canonical(native_dn(site, cell)) in resources
