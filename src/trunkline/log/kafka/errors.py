"""Kafka's errors as the port's, with a sentence for the person who must act."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from confluent_kafka import KafkaError, KafkaException

from trunkline.log.port import EventTooLarge, Fenced, LogError, UnknownTopic

T = TypeVar("T")
ANSWER = 15.0  # seconds in which the cluster must answer a request
SILENCE = 5.0  # seconds after which a client that waits for an answer is taken for lost
AGAIN = 0.02  # seconds between two tries

FENCED = {
    KafkaError._FENCED,
    KafkaError.PRODUCER_FENCED,
    KafkaError.INVALID_PRODUCER_EPOCH,
    KafkaError.INVALID_PRODUCER_ID_MAPPING,
    KafkaError.TRANSACTION_COORDINATOR_FENCED,
    KafkaError._FATAL,
}
"""Another of the name was opened, or the broker has aborted what took too long: the client cannot go on."""
LOST = {
    KafkaError.FENCED_INSTANCE_ID,
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.UNKNOWN_MEMBER_ID,
    KafkaError._ASSIGNMENT_LOST,
}
"""The group has been shared out anew without this member."""
UNKNOWN = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}
TOO_LARGE = {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE}
REFUSED = {
    KafkaError._AUTHENTICATION,
    KafkaError.SASL_AUTHENTICATION_FAILED,
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
}
UNTRUSTED = {KafkaError._SSL}
PASSING = {
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.FENCED_LEADER_EPOCH,
    KafkaError.UNKNOWN_LEADER_EPOCH,
    KafkaError.OFFSET_NOT_AVAILABLE,
    KafkaError.KAFKA_STORAGE_ERROR,
    KafkaError.NOT_CONTROLLER,
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.UNSTABLE_OFFSET_COMMIT,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.NETWORK_EXCEPTION,
    KafkaError._TRANSPORT,
    KafkaError._WAIT_COORD,
}
"""A topic has just been made, a broker has just died, a transaction is just being committed: it gets better."""
SILENT = {KafkaError._TIMED_OUT}
UNREACHABLE = {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT, KafkaError._MSG_TIMED_OUT}


def translated(error: KafkaError, doing: str) -> LogError:
    """What to raise for an error that came up while `doing` something."""
    code, reason = error.code(), error.str()
    if code in FENCED:
        return Fenced(
            f"{doing}: another of its name was opened after this one, or it took longer than a transaction may: stop "
            f"this one and start it anew ({reason})"
        )
    if code in LOST:
        return Fenced(f"{doing}: its group has shared its partitions out anew: start this one anew ({reason})")
    if code in UNKNOWN:
        return UnknownTopic(f"{doing}: the topic or partition does not exist (any more): {reason}")
    if code in TOO_LARGE:
        return EventTooLarge(
            f"{doing}: an event is larger than the log takes: put the payload in a file or a store and its address in "
            f"the event ({reason})"
        )
    if code in REFUSED:
        return LogError(f"{doing}: Kafka does not let this client in: check its user, secret and rights ({reason})")
    if code in UNTRUSTED:
        return LogError(
            f"{doing}: the broker and this client do not trust each other: check ca= and certificate= ({reason})"
        )
    if code in UNREACHABLE:
        return LogError(f"{doing}: Kafka does not answer: are the brokers up, and is the address right? ({reason})")
    return LogError(f"{doing}: Kafka refuses: {reason}")


def error_of(raised: KafkaException) -> KafkaError:
    error: KafkaError = raised.args[0]
    return error


def asked(doing: str, question: Callable[[], T], patience: float = ANSWER) -> T:
    """The cluster's answer, asked again for `patience` seconds while it has none yet. Raises `LogError`."""
    deadline = time.monotonic() + patience
    while True:
        with told(doing):
            try:
                return question()
            except TimeoutError:
                if time.monotonic() > deadline:
                    raise
            except KafkaException as raised:
                if error_of(raised).code() not in PASSING | SILENT or time.monotonic() > deadline:
                    raise
        time.sleep(AGAIN)


@contextmanager
def told(doing: str) -> Iterator[None]:
    """Raise the port's error for Kafka's."""
    try:
        yield
    except KafkaException as raised:
        raise translated(error_of(raised), doing) from None
    except TimeoutError:
        raise LogError(f"{doing}: Kafka does not answer: see whether its brokers are up and reached") from None
