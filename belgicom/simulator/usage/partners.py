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
    calling_code: str
    zone: str
    breakout: bool
    weight: int


PARTNERS = (
    Partner("NLDLT", "20404", "Netherlands", "31", "Europe/Amsterdam", False, 20),
    Partner("NLDPT", "20408", "Netherlands", "31", "Europe/Amsterdam", True, 8),
    Partner("FRAF1", "20801", "France", "33", "Europe/Paris", False, 22),
    Partner("FRAF2", "20810", "France", "33", "Europe/Paris", True, 8),
    Partner("DEUD1", "26201", "Germany", "49", "Europe/Berlin", False, 12),
    Partner("LUXPT", "27001", "Luxembourg", "352", "Europe/Luxembourg", False, 8),
    Partner("ESPTE", "21407", "Spain", "34", "Europe/Madrid", False, 8),
    Partner("GBRVF", "23415", "United Kingdom", "44", "Europe/London", False, 6),
    Partner("CHEC1", "22801", "Switzerland", "41", "Europe/Zurich", False, 4),
    Partner("TURTC", "28601", "Turkey", "90", "Europe/Istanbul", False, 2),
    Partner("USACG", "310410", "United States", "1", "America/New_York", False, 2),
)
