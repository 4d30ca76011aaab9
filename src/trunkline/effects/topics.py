"""The ledger's topics. A project's contracts say how the first two are kept; without contracts they are as here.

An effect's outcomes and decisions lie in the partition in which it was asked for.
"""

from __future__ import annotations

from trunkline.effects.effect import Effect
from trunkline.effects.outcome import Outcome
from trunkline.log.port import Log, LogError, Topic
from trunkline.quarantine import Rejected

DECISIONS = "effect.decision"
DAY = 86_400.0
PARTITIONS = 4


def create(log: Log) -> int:
    """Make the topics that are not there; the number of partitions. Raises `LogError` where they do not match."""
    there = {topic.name: topic for topic in log.topics()}
    for topic in (
        Topic(name=Effect.topic, partitions=PARTITIONS, retention=30 * DAY),
        Topic(name=Outcome.topic, partitions=PARTITIONS, compacted=True),
        Topic(name=Rejected.topic),
    ):
        if topic.name not in there:
            log.create(topic)
            there[topic.name] = topic
    partitions = there[Effect.topic].partitions
    if there[Outcome.topic].partitions != partitions:
        raise LogError(
            f"{Outcome.topic} has {there[Outcome.topic].partitions} partitions and {Effect.topic} has {partitions}: "
            "give both contracts the same number"
        )
    log.create(Topic(name=DECISIONS, partitions=partitions, retention=30 * DAY))
    return partitions
