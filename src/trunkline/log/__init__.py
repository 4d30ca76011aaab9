"""The event log: the port, the embedded adapter, and the CloudEvents envelope."""

from trunkline.log.opening import open_log
from trunkline.log.port import (
    Consumer,
    ContractViolation,
    Event,
    EventTooLarge,
    Fenced,
    Log,
    LogError,
    Member,
    Reader,
    Record,
    RecordBatch,
    Topic,
    TopicPartition,
    Transaction,
    TransactionalProducer,
    UnknownTopic,
)

__all__ = [
    "Consumer",
    "ContractViolation",
    "Event",
    "EventTooLarge",
    "Fenced",
    "Log",
    "LogError",
    "Member",
    "Reader",
    "Record",
    "RecordBatch",
    "Topic",
    "TopicPartition",
    "Transaction",
    "TransactionalProducer",
    "UnknownTopic",
    "open_log",
]
