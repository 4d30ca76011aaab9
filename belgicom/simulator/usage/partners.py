"""Where BelgiCom's subscribers roam: real networks by their PLMN and TADIG codes, in the time of their country."""

from __future__ import annotations

from typing import NamedTuple

HOME = "20699"
"""BelgiCom's own PLMN: MCC 206 is Belgium, MNC 99 nobody's."""
HOME_TADIG = "BELBC"


class Partner(NamedTuple):
    """A network abroad. `breakout` says that data leave there for the internet: then it records them itself and sends
    them by TAP, where otherwise they come home and BelgiCom's P-GW records them. `weight` is its share of all trips."""

    tadig: str
    plmn: str
    country: str
    zone: str
    breakout: bool
    weight: int


PARTNERS = (
    Partner("NLDLT", "20404", "Netherlands", "Europe/Amsterdam", False, 20),
    Partner("NLDPT", "20408", "Netherlands", "Europe/Amsterdam", True, 8),
    Partner("FRAF1", "20801", "France", "Europe/Paris", False, 22),
    Partner("FRAF2", "20810", "France", "Europe/Paris", True, 8),
    Partner("DEUD1", "26201", "Germany", "Europe/Berlin", False, 12),
    Partner("LUXPT", "27001", "Luxembourg", "Europe/Luxembourg", False, 8),
    Partner("ESPTE", "21407", "Spain", "Europe/Madrid", False, 8),
    Partner("GBRVF", "23415", "United Kingdom", "Europe/London", False, 6),
    Partner("CHEC1", "22801", "Switzerland", "Europe/Zurich", False, 4),
    Partner("TURTC", "28601", "Turkey", "Europe/Istanbul", False, 2),
    Partner("USACG", "310410", "United States", "America/New_York", False, 2),
)
