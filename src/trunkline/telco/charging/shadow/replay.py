"""Reading charging's topics for a shadow: as the worker reads them, but without a group, and without writing."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from typing import Final

from msgspec.structs import replace

from trunkline.log.port import Log, Record, RecordBatch, TopicPartition
from trunkline.streams import retry
from trunkline.streams.inputs import Inputs
from trunkline.streams.run import assign
from trunkline.telco.charging.accounts.processor import charge
from trunkline.telco.charging.settings import ChargingSettings
from trunkline.telco.charging.shadow.comparison import Comparison
from trunkline.telco.charging.shadow.side import Side
from trunkline.telco.charging.tariff.terms import Tariffs
from trunkline.telco.model import Account

LIMIT: Final = 10_000
WAIT: Final = 0.2  # seconds


class Replay:
    """Both sides over what the log has, from `since` (microseconds) on; accounts always from the beginning.

    Raises `LogError` where charging's topics are not there.
    """

    def __init__(
        self,
        log: Log,
        settings: ChargingSettings,
        today: Tariffs,
        draft: Tariffs,
        comparison: Comparison,
        since: int = 0,
    ) -> None:
        self._log, self._settings, self._tariffs = log, settings, (today, draft)
        self._comparison, self._since = comparison, since
        definition = charge(today, settings)
        self._assigned = assign(log, definition)
        self._retry = f"retry.{definition.name}"
        if self._retry in {topic.name for topic in log.topics()}:
            for number, places in enumerate(self._assigned):
                places.append(TopicPartition(self._retry, number))

    def to_end(self) -> None:
        """Up to what was there when it began; one partition after the other, so that only the books of one are kept."""
        for places in self._assigned:
            for _ in self._run([places], follow=False):
                pass

    def follow(self) -> Generator[None]:
        """The same and then on, as events come: yields each time when all that has come was taken."""
        return self._run(self._assigned, follow=True)

    def _run(self, assigned: Sequence[Sequence[TopicPartition]], *, follow: bool) -> Generator[None]:
        lanes = [self._lane(places) for places in assigned]
        lane_of = {place: lane for lane in lanes for place in lane.inputs.offsets}
        ends = {place: self._log.end(*place) for place in lane_of}
        with closing(self._log.reader()) as reader:
            reader.assign({place: offset for lane in lanes for place, offset in lane.inputs.offsets.items()})
            while True:
                for batch in reader.take(LIMIT, WAIT):
                    place = TopicPartition(batch.topic, batch.partition)
                    lane_of[place].inputs.add(batch)
                at_end = reader.at_end()
                for lane in lanes:
                    for batch in lane.inputs.release(all_there=at_end):
                        lane.take(batch)
                if at_end and all(lane.inputs.empty() for lane in lanes):
                    yield
                    if not follow:
                        return
                elif not follow and all(lane.passed(ends) for lane in lanes):
                    return

    def _lane(self, places: Sequence[TopicPartition]) -> Lane:
        log = self._log
        starts = {
            place: log.offset_at(*place, self._since)
            if self._since and place.topic not in (Account.topic, self._retry)
            else log.start(*place)
            for place in places
        }
        lane = Lane(
            Inputs(starts), self._retry, self._comparison, *(Side(each, self._settings) for each in self._tariffs)
        )
        for place in places:
            if place.topic == Account.topic:
                lane.meet(self._accounts(place))
        return lane

    def _accounts(self, place: TopicPartition) -> Iterator[Record]:
        """The first word on each account that the log still has."""
        offset, end = self._log.start(*place), self._log.end(*place)
        seen: set[bytes | None] = set()
        while offset < end and (records := self._log.read(*place, offset)):
            for record in records:
                if record.key not in seen and record.value is not None:
                    seen.add(record.key)
                    yield record
            offset = records[-1].offset + 1


class Lane:
    """One partition of charging's topics, with the books of its accounts by both sides."""

    def __init__(self, inputs: Inputs, retry_topic: str, comparison: Comparison, today: Side, draft: Side) -> None:
        self.inputs = inputs
        self._retry, self._comparison, self._sides = retry_topic, comparison, (today, draft)

    def meet(self, accounts: Iterator[Record]) -> None:
        """Know accounts before everything else: compaction has taken away what was first said of them, not their usage.

        What the log's clock says then is not yet true.
        """
        for record in accounts:
            self._comparison.take(replace(record, time=0), *self._sides)

    def take(self, batch: RecordBatch) -> None:
        """Work on events, those that were put back from the quarantine too; not on those that break the contract."""
        self._comparison.events += len(batch)
        broken = {index for index, _, _ in batch.failures}
        batches = retry.retried(batch) if batch.topic == self._retry else [batch]
        for each in batches:
            for index, record in enumerate(each.records()):
                if index not in broken or batch.topic == self._retry:
                    self._comparison.take(record, *self._sides)

    def passed(self, ends: dict[TopicPartition, int]) -> bool:
        """Whether all was taken that comes before these offsets."""
        return all(offset >= ends[place] for place, offset in self.inputs.offsets.items())
