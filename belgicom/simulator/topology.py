"""The topology as bulk CM XML (TS 32.616), with the objects of TS 28.623 (generic), 28.658 (E-UTRAN) and 28.541 (NR).

One file for each vendor and province, as each vendor's manager exports its own part of the network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from xml.sax.saxutils import escape, quoteattr

from belgicom.simulator.names import (
    CARRIER,
    CELL,
    CU_CELL,
    CU_FUNCTION,
    FUNCTION,
    OPERATOR,
    cell_id,
    function_id,
    node_id,
)
from belgicom.simulator.network import Cell, Network, Site

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bulkCmConfigDataFile
    xmlns="http://www.3gpp.org/ftp/specs/archive/32_series/32.616#configData"
    xmlns:xn="http://www.3gpp.org/ftp/specs/archive/28_series/28.623#genericNrm"
    xmlns:en="http://www.3gpp.org/ftp/specs/archive/28_series/28.659#eutranNrm"
    xmlns:nn="http://www.3gpp.org/ftp/specs/archive/28_series/28.541#nrNrm">
"""
PLMN = "<en:pLMNId><en:mcc>206</en:mcc><en:mnc>99</en:mnc></en:pLMNId>"
SOFTWARE = {"Ericsson": "CXP2010174_1 R44B17", "Nokia": "SBTS23R2", "Huawei": "BTS5900 V100R019C10"}


def topology_files(network: Network, time: datetime) -> Iterator[tuple[str, bytes]]:
    """Each file's name and content, as of `time`."""
    for region in network.regions:
        sites = [site for site in network.sites if site.region == region]
        vendor = sites[0].vendor
        stem = f"{vendor}_{region}".replace(" ", "-").replace("è", "e")
        yield f"{stem}.xml", bulk_cm(vendor, region, sites, time)


def bulk_cm(vendor: str, region: str, sites: Iterable[Site], time: datetime) -> bytes:
    """One bulk CM file: the province as SubNetwork and the nodes of one vendor in it."""
    sender = f"{OPERATOR},SubNetwork={region},ManagementNode={vendor},IRPAgent=1"
    lines = [
        HEAD,
        f'<fileHeader fileFormatVersion="32.616 V15.0" senderName={quoteattr(sender)} vendorName="{vendor}"/>\n',
        f'<configData dnPrefix="{OPERATOR}">\n<xn:SubNetwork id={quoteattr(region)}>\n',
        f"<xn:attributes><xn:userLabel>{escape(region)}</xn:userLabel>"
        "<xn:userDefinedNetworkType>LTE-NR</xn:userDefinedNetworkType><xn:setOfMcc>206</xn:setOfMcc></xn:attributes>\n",
    ]
    for site in sites:
        lines += _managed_element(site)
    lines.append("</xn:SubNetwork>\n</configData>\n")
    lines.append(f'<fileFooter dateTime="{time:%Y-%m-%dT%H:%M:%SZ}"/>\n</bulkCmConfigDataFile>\n')
    return "".join(lines).encode()


def _managed_element(site: Site) -> Iterator[str]:
    has_nr = bool(site.of("NR"))
    types = ("ENB", "GNBDU", "GNBCUCP") if has_nr else ("ENB",)
    type_list = "".join(f"<xn:managedElementType>{name}</xn:managedElementType>" for name in types)
    yield f'<xn:ManagedElement id="{node_id(site)}">\n<xn:attributes>'
    yield f"<xn:managedElementTypeList>{type_list}</xn:managedElementTypeList>"
    yield f"<xn:userLabel>{site.name}</xn:userLabel><xn:vendorName>{site.vendor}</xn:vendorName>"
    yield "<xn:userDefinedState>commercial</xn:userDefinedState>"
    yield f"<xn:locationName>{site.name}</xn:locationName><xn:swVersion>{SOFTWARE[site.vendor]}</xn:swVersion>"
    yield _place(site, "xn") + "</xn:attributes>\n"
    yield from _lte(site)
    if has_nr:
        yield from _distributed_unit(site)
        yield from _control_plane(site)
    yield "</xn:ManagedElement>\n"


def _place(site: Site, prefix: str) -> str:
    return (
        f"<{prefix}:peeParametersList><xn:siteIdentification>{site.name}</xn:siteIdentification>"
        f"<xn:siteLatitude>{site.latitude}</xn:siteLatitude><xn:siteLongitude>{site.longitude}</xn:siteLongitude>"
        f"<xn:siteDescription>{escape(site.town)}</xn:siteDescription></{prefix}:peeParametersList>"
    )


def _lte(site: Site) -> Iterator[str]:
    yield f'<en:{FUNCTION["LTE"]} id="{function_id(site, "LTE")}">\n<en:attributes>'
    yield f"<en:userLabel>{site.name}</en:userLabel><en:eNBId>{site.number}</en:eNBId></en:attributes>\n"
    for cell in site.of("LTE"):
        yield f'<en:{CELL["LTE"]} id="{cell_id(site, cell)}"><en:attributes>'
        yield f"<en:userLabel>{site.name}_L18_{cell.number}</en:userLabel>"
        yield f"<en:cellLocalId>{cell.number}</en:cellLocalId>"
        yield f"<en:pLMNIdList>{PLMN}</en:pLMNIdList><en:tac>{1000 + site.number % 50}</en:tac>"
        yield f"<en:pci>{_pci(site, cell) % 504}</en:pci><en:earfcnDl>1300</en:earfcnDl>"
        yield f"<en:earfcnUl>19300</en:earfcnUl></en:attributes></en:{CELL['LTE']}>\n"
    yield f"</en:{FUNCTION['LTE']}>\n"


def _distributed_unit(site: Site) -> Iterator[str]:
    yield f'<nn:{FUNCTION["NR"]} id="{function_id(site, "NR")}">\n<nn:attributes>'
    yield f"<nn:userLabel>{site.name}</nn:userLabel>{_place(site, 'nn')}"
    yield f"<nn:gnbId>{site.number}</nn:gnbId><nn:gnbIdLength>25</nn:gnbIdLength></nn:attributes>\n"
    for cell in site.of("NR"):
        yield f'<nn:{CELL["NR"]} id="{cell_id(site, cell)}"><nn:attributes>'
        yield f"<nn:userLabel>{site.name}_N35_{cell.number}</nn:userLabel>"
        yield f"<nn:operationalState>enabled</nn:operationalState><nn:pLMNIdList>{PLMN}</nn:pLMNIdList>"
        yield f"<nn:nRpci>{_pci(site, cell) % 1008}</nn:nRpci><nn:arfcnDL>636666</nn:arfcnDL>"
        yield f"<nn:bSChannelBwDL>100</nn:bSChannelBwDL></nn:attributes></nn:{CELL['NR']}>\n"
    for cell in site.of("NR"):
        yield f'<nn:{CARRIER} id="{cell_id(site, cell)}"><nn:attributes>'
        yield f"<nn:userLabel>{site.name}_N35_{cell.number}</nn:userLabel><nn:txDirection>DL and UL</nn:txDirection>"
        yield "<nn:configuredMaxTxPower>200</nn:configuredMaxTxPower><nn:arfcnUL>636666</nn:arfcnUL>"
        yield f"<nn:bSChannelBwUL>100</nn:bSChannelBwUL></nn:attributes></nn:{CARRIER}>\n"
    yield f"</nn:{FUNCTION['NR']}>\n"


def _control_plane(site: Site) -> Iterator[str]:
    yield f'<nn:{CU_FUNCTION} id="{function_id(site, "NR")}">\n<nn:attributes>'
    yield f"<nn:userLabel>{site.name}</nn:userLabel>"
    yield f"<nn:gnbId>{site.number}</nn:gnbId><nn:gnbIdLength>25</nn:gnbIdLength></nn:attributes>\n"
    for cell in site.of("NR"):
        yield f'<nn:{CU_CELL} id="{cell_id(site, cell)}"><nn:attributes>'
        yield f"<nn:userLabel>{site.name}_N35_{cell.number}</nn:userLabel>"
        yield f"<nn:nCGI>{site.number * 2**11 + cell.number}</nn:nCGI><nn:pLMNIdList>{PLMN}</nn:pLMNIdList>"
        yield f"</nn:attributes></nn:{CU_CELL}>\n"
    yield f"</nn:{CU_FUNCTION}>\n"


def _pci(site: Site, cell: Cell) -> int:
    return site.number * 3 + cell.number - 1
