"""How faults come and go: at random but seeded, alone and in storms, flapping, and sometimes out of order.

The model advances tick by tick (a second each). What happens in a tick comes from the seed, the tick's number and the
faults there are; the clock only dates it. So a run can be repeated, and a restart goes on where it was.
"""

from __future__ import annotations

import random
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from belgicom.simulator.alarms import PROBLEMS, Alarm, Problem, restored
from belgicom.simulator.measurements.period import Period
from belgicom.simulator.network import Cell, Network, Site
from belgicom.simulator.traffic import Condition

STORM_SITES = 40
STORM_SECONDS = 4  # over which a storm's alarms come in
REMEMBERED = timedelta(minutes=30)  # how long a fault that ended still counts for measurements
FIRST_ALARM = 65_000_000


@dataclass(order=True)
class Planned:
    """Something that will happen at a tick: a fault begins, its severity changes, or it ends.

    `returns` is how often the fault will come back after it ended (it flaps)."""

    tick: int
    what: str
    site: str
    problem: str
    technology: str = ""
    cell: int = 0
    lasts: int = 0
    returns: int = 0


@dataclass
class Ended:
    """A fault that is over."""

    alarm: Alarm
    end: datetime


@dataclass
class Faults:
    """The state of the model. `rate` is how many faults begin in a minute, over the whole network."""

    network: Network
    seed: int
    rate: float
    tick: int = 0
    numbers: Counter[str] = field(default_factory=Counter)
    """how many alarms each vendor's manager has numbered; numbers count up by one, as MAE's serial numbers must"""
    active: dict[tuple[str, str, str, int], Alarm] = field(default_factory=dict)
    planned: list[Planned] = field(default_factory=list)
    ended: deque[Ended] = field(default_factory=deque)

    def advance(self, now: datetime, storm: bool = False) -> list[Alarm]:
        """One tick: the alarms that were raised, changed or cleared in it, in the order in which they are reported."""
        self.tick += 1
        dice = random.Random(f"faults/{self.seed}/{self.tick}")
        self._begin_faults(dice)
        if storm or (self.rate and dice.random() < 1 / 3600):
            self._begin_storm(dice)
        reported = [alarm for step in self._due() for alarm in self._happen(step, now, dice)]
        if self.rate and dice.random() < 1 / 300:
            reported += self._orphan(dice, now)
        while self.ended and self.ended[0].end < now - REMEMBERED:
            self.ended.popleft()
        return reported

    def conditions(self, site: Site, period: Period) -> dict[tuple[str, int], Condition]:
        """How each cell of the site was during the period; cells that were well are left out."""
        found: dict[tuple[str, int], Condition] = {}
        spells = [(alarm, period.end) for alarm in self.active.values() if alarm.site.name == site.name]
        spells += [(over.alarm, over.end) for over in self.ended if over.alarm.site.name == site.name]
        for alarm, end in spells:
            seconds = (min(end, period.end) - max(alarm.raised, period.start)).total_seconds()
            if seconds <= 0:
                continue
            share, worst = seconds / period.seconds, alarm.problem.condition
            for cell in site.cells if alarm.cell is None else (alarm.cell,):
                before = found.get((cell.technology, cell.number), Condition())
                found[cell.technology, cell.number] = Condition(
                    max(before.outage, worst.outage * share), max(before.impairment, worst.impairment * share)
                )
        return found

    def _begin_faults(self, dice: random.Random) -> None:
        """Faults begin independently of each other: a Poisson process of `rate` a minute."""
        wait = dice.expovariate(self.rate / 60) if self.rate else 1.0
        while wait < 1.0:
            problem = dice.choices(list(PROBLEMS.values()), [each.weight for each in PROBLEMS.values()])[0]
            site = dice.choice(self.network.sites)
            cell = dice.choice(site.cells) if problem.of_cell else None
            lasts = max(20, round(dice.expovariate(1 / (problem.minutes * 60))))
            flaps = dice.random() < 0.05
            self._plan(
                "begins", self.tick, site, problem, cell, 4 if flaps else lasts, dice.randint(3, 7) if flaps else 0
            )
            wait += dice.expovariate(self.rate / 60)

    def _begin_storm(self, dice: random.Random) -> None:
        """The transport of a region fails: up to 40 sites are cut off, and half of them say so of each cell too."""
        region = dice.choice(self.network.regions)
        sites = [site for site in self.network.sites if site.region == region]
        lasts = dice.randint(90, 240)
        for site in dice.sample(sites, min(STORM_SITES, len(sites))):
            at = self.tick + dice.randrange(STORM_SECONDS)
            self._plan("begins", at, site, PROBLEMS["transport-down"], None, lasts + dice.randrange(10))
            for cell in site.cells if dice.random() < 0.5 else ():
                self._plan("begins", at + 1, site, PROBLEMS["cell-down"], cell, lasts + dice.randrange(10))

    def _plan(
        self, what: str, tick: int, site: Site, problem: Problem, cell: Cell | None, lasts: int = 0, returns: int = 0
    ) -> None:
        technology, number = (cell.technology, cell.number) if cell else ("", 0)
        self.planned.append(Planned(tick, what, site.name, problem.name, technology, number, lasts, returns))

    def _due(self) -> Iterator[Planned]:
        due = sorted(step for step in self.planned if step.tick <= self.tick)
        self.planned = [step for step in self.planned if step.tick > self.tick]
        yield from due

    def _happen(self, step: Planned, now: datetime, dice: random.Random) -> Iterator[Alarm]:
        key = (step.problem, step.site, step.technology, step.cell)
        alarm = self.active.get(key)
        if step.what == "begins" and alarm is None:
            yield self._raise(step, now)
            self.planned.append(replace(step, tick=self.tick + step.lasts, what="ends"))
            if step.lasts > 60 and dice.random() < 0.1:
                self.planned.append(replace(step, tick=self.tick + step.lasts // 2, what="worsens"))
        elif step.what == "worsens" and alarm is not None and alarm.severity != "critical":
            self.active[key] = replace(
                alarm, severity="critical" if alarm.severity == "major" else "major", changed=now
            )
            yield self.active[key]
        elif step.what == "ends" and alarm is not None:
            del self.active[key]
            self.ended.append(Ended(alarm, now))
            yield alarm.clear(now)
            if step.returns:
                again = self.tick + dice.randint(2, 6)
                self.planned.append(replace(step, tick=again, what="begins", returns=step.returns - 1))

    def _raise(self, step: Planned, now: datetime) -> Alarm:
        site = self.network.by_name[step.site]
        cell = next(
            (cell for cell in site.cells if (cell.technology, cell.number) == (step.technology, step.cell)), None
        )
        problem = PROBLEMS[step.problem]
        self.numbers[site.vendor] += 1
        number = FIRST_ALARM + self.numbers[site.vendor]
        alarm = Alarm(number, problem, site, cell, problem.severity, now, now)
        self.active[alarm.object] = alarm
        return alarm

    def _orphan(self, dice: random.Random, now: datetime) -> Iterator[Alarm]:
        """A clear whose raise nobody saw, as after an outage of the vendor's manager: its number is an old one."""
        troubled = {alarm.site.name for alarm in self.active.values()}
        quiet = [site for site in self.network.sites if site.name not in troubled]
        if quiet:
            problem, old = PROBLEMS["temperature"], FIRST_ALARM - dice.randint(1, 1_000_000)
            yield Alarm(old, problem, dice.choice(quiet), None, problem.severity, now, now, cleared=True)

    def saved(self) -> dict[str, Any]:
        """As JSON for the state file."""
        return {
            "tick": self.tick,
            "numbers": self.numbers,
            "active": [alarm.saved() for alarm in self.active.values()],
            "planned": [vars(step) for step in self.planned],
        }

    def restore(self, saved: dict[str, Any]) -> None:
        """Go on from what `saved` gave; what is about sites that the network no longer has is forgotten."""
        self.tick, self.numbers = saved["tick"], Counter(saved["numbers"])
        alarms = [restored(alarm, self.network) for alarm in saved["active"] if alarm["site"] in self.network.by_name]
        self.active = {alarm.object: alarm for alarm in alarms}
        self.planned = [Planned(**step) for step in saved["planned"] if step["site"] in self.network.by_name]
