"""O-RAN radio units: what they count of power and emission, under TS 28.552's names (clauses 5.1.1.29 and 5.1.1.19)."""

from __future__ import annotations

import random

from belgicom.simulator.measurements import MeasuredObject, Period
from belgicom.simulator.names import carrier_dn
from belgicom.simulator.network import Site
from belgicom.simulator.traffic import busyness


def measured_radios(seed: int, site: Site, period: Period) -> list[MeasuredObject]:
    """The counters of the site's NR sector carriers, one for each NR cell."""
    load, found = busyness(period.end), []
    for cell in site.of("NR"):
        dice = random.Random(f"radios/{seed}/{site.name}/{cell.number}/{period.end.isoformat()}")
        power = 180 + 420 * load * cell.load * dice.uniform(0.95, 1.05)  # watts
        transmitted = 35 + 10 * load * cell.load  # dBm
        found.append(
            MeasuredObject(
                "O-RU",
                carrier_dn(site, cell),
                {
                    "CARR.MaxTxPwr": round(transmitted + 3, 2),
                    "CARR.MeanTxPwr": round(transmitted, 2),
                    "PEE.AvgPower": round(power, 1),
                    "PEE.MinPower": round(power * 0.8, 1),
                    "PEE.MaxPower": round(power * 1.3, 1),
                    "PEE.Energy": round(power * period.seconds / 3_600_000, 5),  # kWh
                    "PEE.AvgTemperature": round(24 + 18 * load * cell.load + dice.uniform(-1, 1), 1),
                },
            )
        )
    return found
