"""The job on Bytewax, at least once, which is what it offers on Kafka: it snapshots its state and the offsets together
every ten seconds (its default), but writes outputs outside of any transaction.

`bytewax_flow.py:flow("BOOTSTRAP","INPUT","OUTPUT")` for its own `bytewax.run`, in a virtual environment of its own.
"""

# mypy: disable-error-code="import-not-found"

import bytewax.operators as op
import orjson
from bytewax.connectors.kafka import KafkaSink, KafkaSinkMessage, KafkaSource, KafkaSourceMessage
from bytewax.dataflow import Dataflow


def decoded(message: KafkaSourceMessage) -> tuple[str, int]:
    return message.key.decode(), orjson.loads(message.value)["octets"]


def total(before: tuple[int, int] | None, octets: int) -> tuple[tuple[int, int], tuple[int, int]]:
    events, octets_before = before or (0, 0)
    after = (events + 1, octets_before + octets)
    return after, after


def encoded(result: tuple[str, tuple[int, int]]) -> KafkaSinkMessage:
    key, (events, octets) = result
    return KafkaSinkMessage(key.encode(), orjson.dumps({"events": events, "octets": octets}))


def flow(bootstrap: str, source: str, target: str) -> Dataflow:
    dataflow = Dataflow("totals")
    usage = op.input("usage", dataflow, KafkaSource([bootstrap], [source], batch_size=10_000))
    octets = op.map("decode", usage, decoded)
    totals = op.stateful_map("total", octets, total)
    op.output("totals", op.map("encode", totals, encoded), KafkaSink([bootstrap], target))
    return dataflow
