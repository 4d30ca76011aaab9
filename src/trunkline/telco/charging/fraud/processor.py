"""The processor `fraud`: over the recent uses of each number, what is suspicious is told, each thing once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from trunkline.streams import Out, Timer, processor
from trunkline.streams.keyed import Timed
from trunkline.telco.charging.fraud.folder import Knowledge, load
from trunkline.telco.charging.fraud.limits import Found, sudden_roaming, velocity
from trunkline.telco.charging.fraud.metrics import LATE, SUSPICIONS
from trunkline.telco.charging.fraud.rules import FILE
from trunkline.telco.charging.fraud.travel import impossible_travel
from trunkline.telco.charging.fraud.uses import Recent, Use, moment, too_late, with_use
from trunkline.telco.charging.settings import ChargingSettings
from trunkline.telco.model import Direction, Service, Suspicion, Usage

DAY = 86_400
FORGOTTEN = 30 * DAY * 1_000_000  # microseconds after its last usage came, a number is remembered no more


def watch(project: Path, settings: ChargingSettings) -> list[Timed]:
    """The processor of a project that has a `fraud.yaml`. Raises `Invalid` where that is wrong."""
    return [fraud(load(project), settings)] if (project / FILE).exists() else []


def fraud(known: Knowledge, settings: ChargingSettings) -> Timed:
    """The processor for an operator's rules and networks."""
    home = known.networks.find(settings.networks[0]) or ""
    rules = known.rules

    @processor(reads=Usage.topic, state=Recent, writes=(Suspicion.topic,), key="subscription")
    def fraud(recent: Recent, usage: Usage, out: Out) -> Recent:
        """A number's usages lie in one partition, that of its account; with another account it begins anew."""
        out.at(out.time + FORGOTTEN)
        use = use_of(usage, known, home)
        if too_late(recent, use, rules.late_hours * 3600):
            LATE.inc()
            return recent
        recent, index = with_use(recent, use, usage.corrects, rules.kept)
        if index < 0:
            return recent
        told = {id: time for time, id in recent.told if time > use.started - rules.kept - 2 * DAY}
        for found in _found(recent, index, known):
            suspicion = _suspicion(found, usage)
            if suspicion.id not in told:
                told[suspicion.id] = found.time
                SUSPICIONS.labels(found.kind).inc()
                out.send(Suspicion.topic, suspicion, suspicion.key, id=suspicion.id)
        return Recent(recent.uses, recent.away, tuple((time, id) for id, time in told.items()))

    @fraud.on_timer
    def forget(recent: Recent, timer: Timer, out: Out) -> Recent | None:
        """Where somebody was and whom they called is kept for no longer than it says something."""
        return None

    return fraud


def use_of(usage: Usage, known: Knowledge, home: str) -> Use:
    """What of a usage is looked at.

    A network abroad is named by its record. One at home may be only what is assumed where a record names none, as of a
    message from the message centre or of a call to the subscriber: so home are what the subscriber called, and data.
    """
    started = math.floor(usage.started.timestamp())
    originating = usage.direction is Direction.ORIGINATING
    country = known.networks.find(usage.visited) or ""
    sure = usage.service is Service.DATA or (usage.service is Service.VOICE and originating)
    abroad = bool(country) and country != home
    called = originating and bool(usage.other_party)
    return Use(
        started=started,
        id=usage.id,
        service=usage.service,
        quantity=usage.quantity,
        ended=started + (usage.duration if usage.records == 1 else 0),
        originating=originating,
        other=usage.other_party,
        destination=known.zones.destination(usage.other_party) if called else "",
        sim=bool(usage.imsi),
        country=country if abroad or (sure and usage.imsi) else "",
        abroad=abroad,
    )


def _found(recent: Recent, index: int, known: Knowledge) -> Iterator[Found]:
    yield from velocity(recent, index, known.rules)
    yield from impossible_travel(recent, index, known.rules.travel, known.geography)
    yield from sudden_roaming(recent, index, known.rules)


def _suspicion(found: Found, usage: Usage) -> Suspicion:
    return Suspicion(
        id=f"{usage.subscription}/{found.kind}/{found.rule}/{moment(found.day):%Y-%m-%d}",
        account=usage.account,
        subscription=usage.subscription,
        kind=found.kind,
        rule=found.rule,
        severity=found.severity,
        counted=found.counted,
        limit=found.limit,
        unit=found.unit,
        usages=found.usages,
        since=moment(found.since),
        time=moment(found.time),
    )
