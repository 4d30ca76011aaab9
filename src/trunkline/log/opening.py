"""Which adapter serves a log URL. The only place that names one."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from trunkline.log.port import Codec, Log, LogError, Sealer, Validator


def open_log(
    url: str,
    validators: Mapping[str, Validator] | None = None,
    codec: Codec | None = None,
    sealer: Sealer | None = None,
) -> Log:
    """Open the log at `url`: `sqlite:///path/to/log.db` for the embedded one, `kafka://broker:9092/?prefix=…` for
    Apache Kafka (`log/kafka/address.py` has the options). With `?lease=10` a member of a group that is not heard of for
    that many seconds loses its partitions.

    `validators` are the contracts by topic (`contracts.load(folder).validators()`); an event that breaks its topic's
    contract is refused by every append. `codec` says how values lie on the wire of a log that others share. `sealer`
    keeps what lies there from who has no key. Raises `LogError` on a URL that no adapter serves.
    """
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        from trunkline.log.embedded import open_embedded

        return open_embedded(url, validators or {}, sealer)
    if scheme == "kafka":
        from trunkline.log.kafka import open_kafka

        return open_kafka(url, validators or {}, codec, sealer)
    raise LogError(f"no log adapter serves {url!r}: expected sqlite:///path or kafka://broker:port")
