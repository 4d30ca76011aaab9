"""The job on Quix Streams, exactly once as it offers it: Kafka transactions, and state in RocksDB with a changelog.

`quix_streams.py BOOTSTRAP INPUT OUTPUT FOLDER`, in a virtual environment of its own.
"""

# mypy: disable-error-code="import-not-found"

import sys
from typing import Any

from quixstreams import Application, State

bootstrap, source, target, folder = sys.argv[1:]


def total(usage: dict[str, Any], state: State) -> dict[str, int]:
    before = state.get("total", {"events": 0, "octets": 0})
    after: dict[str, int] = {"events": before["events"] + 1, "octets": before["octets"] + usage["octets"]}
    state.set("total", after)
    return after


application = Application(
    bootstrap,
    consumer_group=target,
    auto_offset_reset="earliest",
    processing_guarantee="exactly-once",
    state_dir=folder,
    loglevel="WARNING",
)
usage = application.dataframe(application.topic(source, value_deserializer="json"))
usage.apply(total, stateful=True).to_topic(application.topic(target, value_serializer="json"))
application.run()
