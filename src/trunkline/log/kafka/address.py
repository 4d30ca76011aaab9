"""The URL of a log on Kafka.

    kafka://broker1:9092,broker2:9092/?prefix=belgicom.&replication=3&security=sasl_tls&user=trunkline&password=${env:KP}

| option | means | without it |
|---|---|---|
| prefix | what topics, groups and producers of this log begin with: several may share a cluster | none |
| replication | copies of each partition; an append is durable when all but one have it | the cluster's default |
| partitioner | `crc32`, as the embedded log has it, or `murmur2`, as Java's producers have it | crc32 |
| compression | `lz4`, `zstd`, `snappy`, `gzip` or `none` | lz4 |
| lease | seconds after which a member of a group that is not heard of loses its partitions | 10 |
| transaction | seconds that a transaction may last before the broker aborts it | 10 |
| segment | seconds after which a topic's segment is closed: only closed ones are compacted | see `topics` |
| reads | `checked`: records are held to their contract when read, as others may write; `trusted`: none does | checked |

`security` and what belongs to it: see `security.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

from trunkline.log.kafka import security
from trunkline.log.port import LogError

PARTITIONERS = {"crc32": "consistent_random", "murmur2": "murmur2_random"}
COMPRESSIONS = ("lz4", "zstd", "snappy", "gzip", "none")
READS = ("checked", "trusted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """What the URL says. `client` are librdkafka's settings that reach the cluster, secrets among them."""

    bootstrap: str
    client: dict[str, str]
    prefix: str = ""
    replication: int | None = None
    partitioner: str = "crc32"
    compression: str = "lz4"
    lease: float = 10.0
    transaction: float = 10.0
    segment: float | None = None
    reads: str = "checked"


def parse(url: str) -> Address:
    """The address that a URL means. Raises `LogError` naming what is wrong in it, never quoting a secret."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise LogError(f"kafka://… is no URL: {error}") from None
    if "@" in parts.netloc:
        raise LogError("kafka://: no user or password stands in the URL: &user=…&password=${env:NAME} refers to them")
    brokers = parts.netloc.split(",")
    if not all(name and port.isdecimal() for name, _, port in (broker.rpartition(":") for broker in brokers)):
        raise LogError(f"kafka://{parts.netloc}: expected the brokers as host:port, separated by commas")
    if parts.path.strip("/"):
        raise LogError(f"kafka://{parts.netloc}{parts.path}: a log on Kafka has no path; topics begin with ?prefix=…")
    options: dict[str, str] = {}
    for name, value in parse_qsl(parts.query, keep_blank_values=True):
        if name in options:
            raise LogError(f"kafka://{parts.netloc}: the option {name} stands there twice")
        options[name] = value
    client = security.settings(parts.netloc, options)
    address = Address(
        bootstrap=parts.netloc,
        client={"bootstrap.servers": parts.netloc, **client},
        prefix=options.pop("prefix", ""),
        replication=int(_number(options, "replication", 1, 32) or 0) or None,
        partitioner=_one_of(options, "partitioner", tuple(PARTITIONERS)),
        compression=_one_of(options, "compression", COMPRESSIONS),
        lease=_number(options, "lease", 0.1, 3600) or 10.0,
        transaction=_number(options, "transaction", 1, 900) or 10.0,
        segment=_number(options, "segment", 0.01, 366 * 86_400),
        reads=_one_of(options, "reads", READS),
    )
    if options:
        raise LogError(f"kafka://{parts.netloc} does not know the option {', '.join(sorted(options))}")
    return address


def _number(options: dict[str, str], name: str, least: float, most: float) -> float | None:
    text = options.pop(name, None)
    if text is None:
        return None
    try:
        number = float(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise LogError(f"kafka://…?{name}={text}: expected a number from {least:g} to {most:g}")
    return number


def _one_of(options: dict[str, str], name: str, allowed: tuple[str, ...]) -> str:
    value = options.pop(name, allowed[0])
    if value not in allowed:
        raise LogError(f"kafka://…?{name}={value}: expected one of {', '.join(allowed)}")
    return value
