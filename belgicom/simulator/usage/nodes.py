"""The nodes that record what is used: their names and addresses, and what each writes."""

from __future__ import annotations

from typing import NamedTuple

from belgicom.simulator.usage.life import Kind, Use


class Node(NamedTuple):
    """`folder` is where its files go on the server; `address` an IPv4 address, of an exchange its number in E.164."""

    folder: str
    name: str
    address: str


P_GATEWAYS = (Node("cdr/pgw", "PGW-BRU-01", "10.20.0.1"), Node("cdr/pgw", "PGW-ANT-01", "10.20.0.2"))
CHARGING_FUNCTION = Node("cdr/chf", "CHF-BRU-01", "10.20.1.1")
EXCHANGES = (Node("cdr/msc", "MSC-BRU-01", "32450900001"), Node("cdr/msc", "MSC-GEN-01", "32450900002"))
BROADBAND_ROUTER = Node("radius", "BNG-BRU-01", "10.20.2.1")
CORRECTIONS = Node("corrections", "CORRECTIONS", "")
"""No node: people of revenue assurance who found that a record was wrong."""


def node_of(use: Use) -> Node:
    """Which node records the use: always the same for the same subscriber and place."""
    abroad = use.partner is not None
    if use.partner is not None and (use.kind is not Kind.DATA or use.partner.breakout):
        return Node("tap", use.partner.tadig, "")
    match use.kind:
        case Kind.DATA:
            return P_GATEWAYS[0 if abroad else use.subscriber.index % 2]
        case Kind.DATA_5G:
            return CHARGING_FUNCTION
        case Kind.LINE:
            return BROADBAND_ROUTER
        case _:
            return EXCHANGES[use.subscriber.index % 2]
