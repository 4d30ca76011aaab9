"""What a cell does in a period, before any vendor counts it: calls, bearers, handovers, volume, and what went wrong.

Traffic follows the hour of day in Belgium. All figures of a period come from the seed, the cell and the period's end
alone, so that the same period is counted alike however often it is asked for.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from belgicom.simulator.network import Cell, Site

BELGIUM = ZoneInfo("Europe/Brussels")
# Share of the busy hour's traffic at each hour of the day: asleep at 4, busy at noon, busiest in the evening.
BY_HOUR = (
    0.28, 0.18, 0.13, 0.10, 0.09, 0.12, 0.25, 0.48, 0.64, 0.68, 0.71, 0.76,
    0.82, 0.80, 0.77, 0.78, 0.83, 0.91, 0.96, 1.00, 0.99, 0.92, 0.72, 0.47,
)  # fmt: skip
CONNECTIONS_PER_SECOND = 8.0  # attempts in a busy cell at its busiest
BUSY_MBPS = {"LTE": 38.0, "NR": 210.0}  # downlink while data flows, per user
BYTES_PER_CONNECTION = {"LTE": 250_000, "NR": 1_100_000}


@dataclass(frozen=True, slots=True)
class Condition:
    """How a cell was during a period: `outage` is the share of the time it was down (0 to 1), `impairment` how badly
    it served while it was up (0 not at all, 1 very)."""

    outage: float = 0.0
    impairment: float = 0.0


WELL = Condition()


@dataclass(frozen=True, slots=True)
class Work:
    """One cell's period. Successes never exceed attempts, and releases never exceed the bearers there were."""

    period: int
    """seconds"""
    outage: int
    """seconds during which the cell was down"""
    rrc_attempts: int
    rrc_successes: int
    s1_attempts: int
    s1_successes: int
    bearer_attempts: int
    bearer_successes: int
    bearer_releases: int
    bearer_drops: int
    """abnormal releases, part of `bearer_releases`"""
    handover_attempts: int
    handover_preparations: int
    handover_successes: int
    secondary_attempts: int
    """E-UTRAN–NR dual connectivity: secondary cell groups asked for and set up"""
    secondary_successes: int
    downlink_bytes: int
    uplink_bytes: int
    downlink_milliseconds: int
    """time during which downlink data waited to be sent"""
    packets: int
    lost_packets: int
    latency_milliseconds: int
    """summed over `packets`"""
    blocks_used: int
    """physical resource blocks, downlink"""
    blocks: int
    users_sum: int
    """connected users, sampled each 5 s and summed"""
    users_samples: int
    users_max: int

    @property
    def available(self) -> int:
        """Seconds during which the cell was up."""
        return self.period - self.outage

    @property
    def bearer_kept(self) -> int:
        """Releases that were not drops."""
        return self.bearer_releases - self.bearer_drops

    @property
    def users_mean(self) -> float:
        return round(self.users_sum / self.users_samples, 3) if self.users_samples else 0.0


def busyness(moment: datetime) -> float:
    """The hour of day's share of the busiest hour, from 0 to 1, without steps between the hours."""
    local = moment.astimezone(BELGIUM)
    share = local.minute / 60
    return BY_HOUR[local.hour] * (1 - share) + BY_HOUR[(local.hour + 1) % 24] * share


def work(seed: int, site: Site, cell: Cell, end: datetime, period: int, condition: Condition = WELL) -> Work:
    """What `cell` did in the `period` seconds before `end`."""
    dice = random.Random(f"traffic/{seed}/{site.name}/{cell.technology}/{cell.number}/{end.isoformat()}")
    outage = round(period * min(1.0, condition.outage))
    up = period - outage
    load = cell.load * busyness(end)
    bad = condition.impairment

    rrc_attempts = around(dice, CONNECTIONS_PER_SECOND * load * up)
    rrc = _successes(dice, rrc_attempts, 0.998 - 0.10 * bad)
    s1 = _successes(dice, rrc, 0.999 - 0.02 * bad)
    bearers = around(dice, s1 * 1.4)
    bearers_up = _successes(dice, bearers, 0.9985 - 0.06 * bad)
    drops = _successes(dice, bearers_up, 0.0008 + 0.05 * bad)
    handovers = around(dice, s1 * 0.35)
    prepared = _successes(dice, handovers, 0.998 - 0.04 * bad)
    handed_over = _successes(dice, prepared, 0.996 - 0.09 * bad)
    secondary = around(dice, s1 * 0.5)

    volume = round(s1 * BYTES_PER_CONNECTION[cell.technology] * dice.uniform(0.8, 1.25))
    rate = BUSY_MBPS[cell.technology] * (1.15 - 0.6 * load) * (1 - 0.7 * bad) * dice.uniform(0.9, 1.1)
    packets = volume // 1100
    latency = (11.0 if cell.technology == "LTE" else 6.0) * (1 + 0.8 * load + 4 * bad) * dice.uniform(0.9, 1.1)
    blocks = up * 1000 * 100
    samples = up // 5
    users = round(load * 60 * (1 + 0.1 * dice.random()))
    return Work(
        period=period,
        outage=outage,
        rrc_attempts=rrc_attempts,
        rrc_successes=rrc,
        s1_attempts=rrc,
        s1_successes=s1,
        bearer_attempts=bearers,
        bearer_successes=bearers_up,
        bearer_releases=bearers_up,
        bearer_drops=drops,
        handover_attempts=handovers,
        handover_preparations=prepared,
        handover_successes=handed_over,
        secondary_attempts=secondary,
        secondary_successes=_successes(dice, secondary, 0.985 - 0.08 * bad),
        downlink_bytes=volume,
        uplink_bytes=volume // 9,
        downlink_milliseconds=round(volume * 8 / (rate * 1000)),
        packets=packets,
        lost_packets=round(packets * (0.0005 + 0.01 * bad)),
        latency_milliseconds=round(packets * latency),
        blocks_used=round(blocks * min(0.97, load * 0.75 + 0.05 * dice.random() + 0.1 * bad)),
        blocks=blocks,
        users_sum=users * samples,
        users_samples=samples,
        users_max=round(users * 1.3) if samples else 0,
    )


def around(dice: random.Random, mean: float) -> int:
    """A count about `mean` that varies as independent arrivals do (Poisson, by its normal approximation)."""
    return max(0, round(dice.gauss(mean, math.sqrt(mean)))) if mean > 0 else 0


def _successes(dice: random.Random, attempts: int, probability: float) -> int:
    """How many of `attempts` succeed."""
    mean = attempts * probability
    spread = math.sqrt(max(0.0, mean * (1 - probability)))
    return min(attempts, max(0, round(dice.gauss(mean, spread))))
