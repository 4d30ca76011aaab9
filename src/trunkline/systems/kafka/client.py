"""Reading another Kafka with librdkafka: partitions that are assigned by hand, in no group, committed records alone."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicCollection
from confluent_kafka import TopicPartition as Partition
from confluent_kafka.admin import AdminClient

from trunkline.systems.kafka.position import Position, TopicPosition
from trunkline.systems.kafka.settings import KafkaSettings
from trunkline.systems.kafka.translation import Message
from trunkline.systems.reach import Context

logger = logging.getLogger("trunkline.connect")
MOMENT = re.compile(r" \(after \d+ms in state \w+\)")  # in what librdkafka says; another each time
PATIENCE = 10.0  # seconds that the brokers have to answer
BUFFER = 16_384  # KiB of records that are fetched ahead


class Gap(NamedTuple):
    """Records from `first` on to `next` are gone, or there are none that were there: `message` says which."""

    topic: str
    partition: int
    first: int
    next: int
    message: str


class Client:
    """The topics of a connection. Every method blocks, and raises `OSError` where the brokers do not answer."""

    def __init__(self, settings: KafkaSettings, context: Context) -> None:
        self._settings, self._status = settings, context.status
        self._heard = ""
        common = {
            **_security(settings, context),
            "bootstrap.servers": ",".join(settings.brokers),
            "log_level": 0,
            "error_cb": self._hear,
        }
        self._admin = AdminClient(common)
        self._consumer = Consumer(
            {
                **common,
                "group.id": f"trunkline-{settings.name}",  # it has to have one; nothing is ever committed under it
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "auto.offset.reset": "error",
                "queued.max.messages.kbytes": BUFFER,
                "fetch.queue.backoff.ms": 10,
            }
        )

    def read_from(self, position: Position) -> tuple[Position, list[Gap]]:
        """Read all partitions that there are from `position` on, and new ones as the settings say.

        Returns where that is, and what is missing. A topic that is not there is waited for, because connectors make
        theirs with the first record. Raises `LookupError` where none is there.
        """
        topics = self._topics()
        if missing := ", ".join(sorted(self._settings.topics.keys() - topics.keys())):
            text = f"`topics`: the brokers have no {missing}, or do not let us see it"
            if not topics:
                raise LookupError(text)
            logger.warning("%s: %s (yet)", self._settings.name, text)
        found, gaps = {}, list[Gap]()
        for topic, (id, partitions) in topics.items():
            before = position.topics.get(topic)
            known = before.offsets if before is not None and before.id == id else {}
            if before is not None and before.id != id:
                text = "the topic was deleted and made anew: it is read from its start"
                gaps += [Gap(topic, partition, next, 0, text) for partition, next in before.offsets.items()]
            offsets = {}
            for partition in partitions:
                start, end = self._bounds(topic, partition)
                if partition not in known:
                    newest = self._settings.begin == "newest" and before is None
                    offsets[partition] = end if newest else start
                    continue
                offsets[partition] = min(max(known[partition], start), end)
                if offsets[partition] != known[partition]:
                    gaps.append(_gap(topic, partition, known[partition], offsets[partition]))
            found[topic] = TopicPosition(id, offsets)
        self._consumer.assign(
            [Partition(topic, *place) for topic, its in found.items() for place in its.offsets.items()]
        )
        return Position({**position.topics, **found}), gaps

    def take(self, most: int, timeout: float) -> Iterator[Message]:
        """The next records. Raises `LookupError` where the position has gone from a partition meanwhile: read anew."""
        for message in self._consumer.consume(most, timeout):
            error = message.error()
            if error is None:
                yield _message(message)
            elif error.code() == KafkaError._AUTO_OFFSET_RESET:
                raise LookupError(str(error.str()))
            elif not error.retriable() and error.code() != KafkaError._PARTITION_EOF:
                raise self._unreached(error)

    def has_new_partitions(self, position: Position) -> bool:
        """Whether there are partitions that are not read; also a sign that the brokers answer."""
        return any(
            topic not in position.topics
            or (id, partitions) != (position.topics[topic].id, [*position.topics[topic].offsets])
            for topic, (id, partitions) in self._topics().items()
        )

    def close(self) -> None:
        self._consumer.close()

    def _topics(self) -> dict[str, tuple[str, list[int]]]:
        """The id and the partitions of each topic that is there."""
        names = list(self._settings.topics)
        asked = self._admin.describe_topics(TopicCollection(names), request_timeout=PATIENCE)
        found = {}
        for name, answer in asked.items():
            try:
                described = answer.result()
            except KafkaException as error:
                code = error.args[0].code()
                if code == KafkaError.UNKNOWN_TOPIC_OR_PART:
                    continue
                raise self._unreached(error.args[0]) from None
            self._heard = ""
            found[name] = (str(described.topic_id), sorted(partition.id for partition in described.partitions))
        return found

    def _bounds(self, topic: str, partition: int) -> tuple[int, int]:
        try:
            start, end = self._consumer.get_watermark_offsets(Partition(topic, partition), timeout=PATIENCE)
        except KafkaException as error:
            raise self._unreached(error.args[0]) from None
        return start, end

    def _unreached(self, error: KafkaError) -> OSError:
        """Why the brokers do not answer: what librdkafka said of the connection tells more than that time is up."""
        self._admin.poll(0)
        return OSError(f"{self._settings.brokers[0]}: {self._heard or error.str()}")

    def _hear(self, error: KafkaError) -> None:
        """What librdkafka says by itself, which goes on trying."""
        if error.code() != KafkaError._ALL_BROKERS_DOWN:
            self._heard = MOMENT.sub("", error.str())
            self._status.failed(f"{self._settings.brokers[0]}: {self._heard}")


def _security(settings: KafkaSettings, context: Context) -> Mapping[str, Any]:
    """librdkafka's settings of who comes, and how both sides know each other."""
    found: dict[str, Any] = {}
    encrypted = settings.tls != "off"
    if encrypted:
        found |= {
            "ssl.ca.location": str(context.project / settings.ca) if settings.ca else "",
            "ssl.certificate.location": str(context.project / settings.certificate) if settings.certificate else "",
            "ssl.key.pem": context.secret(settings.key) if settings.key is not None else "",
            "ssl.endpoint.identification.algorithm": "https" if settings.tls == "verify-full" else "none",
        }
        found = {name: value for name, value in found.items() if value}
    if settings.password is not None:
        found |= {
            "sasl.mechanism": settings.mechanism,
            "sasl.username": settings.user,
            "sasl.password": context.secret(settings.password),
        }
    protocol = ("sasl_" if settings.password is not None else "") + ("ssl" if encrypted else "plaintext")
    return {**found, "security.protocol": protocol}


def _message(message: Any) -> Message:
    kind, millis = message.timestamp()
    return Message(
        message.topic(),
        message.partition(),
        message.offset(),
        message.key(),
        message.value(),
        tuple((name, value or b"") for name, value in message.headers() or ()),
        millis * 1_000 if kind and millis > 0 else 0,
    )


def _gap(topic: str, partition: int, known: int, next: int) -> Gap:
    if next > known:
        text = f"the records before {next} were removed before they were read: raise the topic's retention"
    else:
        text = f"the partition ends at {next}, before what was read of it: its brokers have lost records"
    return Gap(topic, partition, known, next, text)
