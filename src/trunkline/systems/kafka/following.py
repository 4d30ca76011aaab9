"""Another Kafka at work: its topics' records go into the log, each commit with the position behind it."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from trunkline.quarantine import Rejected
from trunkline.systems.kafka.client import Client, Gap
from trunkline.systems.kafka.position import Position, TopicPosition
from trunkline.systems.kafka.registry import schema_by_id
from trunkline.systems.kafka.settings import KafkaSettings
from trunkline.systems.kafka.translation import Message, Translation
from trunkline.systems.reach import Captured, Context

MOST = 2_000  # records of one commit
LOOK = 0.2  # seconds to wait for records, and between looks at whether to stop
NEWS = 10.0  # seconds between looks for partitions that are new

logger = logging.getLogger("trunkline.connect")


async def follow(settings: KafkaSettings, context: Context) -> None:
    """Follow the declared topics until cancelled, in a thread of its own. Raises what the brokers and the log raise."""
    stop = threading.Event()
    following = Following(settings, context, stop)
    thread = ThreadPoolExecutor(1, thread_name_prefix=f"kafka {context.name}")
    work = asyncio.get_running_loop().run_in_executor(thread, following.run)
    try:
        await asyncio.shield(work)
    finally:
        stop.set()
        await asyncio.wait([work])
        thread.shutdown(wait=False)


class Following:
    """One connection's way from the brokers into the log."""

    def __init__(self, settings: KafkaSettings, context: Context, stop: threading.Event) -> None:
        self._settings, self._context, self._stop = settings, context, stop
        self._translation = Translation(settings, schema_by_id(settings, context))
        self._position = Position()

    def run(self) -> None:
        """Go on behind what is in the log, until `stop` is set."""
        self._position = Position.read(self._context.intake.position())
        with closing(Client(self._settings, self._context)) as client:
            while not self._stop.is_set():
                self._begin(client)
                self._read(client)

    def _begin(self, client: Client) -> None:
        """Read from the position on; what is missing of it goes to the quarantine, and is missed from then on."""
        position, gaps = client.read_from(self._position)
        self._commit([self._missing(gap) for gap in gaps], position)

    def _read(self, client: Client) -> None:
        """Take records until partitions are new, or not where they were."""
        look_at = time.monotonic() + NEWS
        while not self._stop.is_set():
            try:
                messages = list(client.take(MOST, LOOK))
            except LookupError as error:
                logger.warning("%s: %s; looking where its topics begin now", self._settings.name, error)
                return
            if messages:
                self._take(messages)
            if time.monotonic() >= look_at:
                look_at = time.monotonic() + NEWS
                if client.has_new_partitions(self._position):
                    return
                self._context.status.succeeded()

    def _take(self, messages: list[Message]) -> None:
        captured: list[Captured | Rejected] = []
        topics = {topic: dict(its.offsets) for topic, its in self._position.topics.items()}
        for message in messages:
            captured += self._translation.events(message)
            topics[message.topic][message.partition] = message.offset + 1
        ids = {topic: its.id for topic, its in self._position.topics.items()}
        self._commit(captured, Position({topic: TopicPosition(ids[topic], its) for topic, its in topics.items()}))

    def _missing(self, gap: Gap) -> Rejected:
        message = Message(gap.topic, gap.partition, gap.first, None, None, (), 0)
        return self._translation.rejected(message, "kafka.gap", gap.message)

    def _commit(self, captured: list[Captured | Rejected], position: Position) -> None:
        self._context.intake.commit(captured, position.bytes())
        self._position = position
        self._context.status.succeeded()
