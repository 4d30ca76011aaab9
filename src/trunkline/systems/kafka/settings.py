"""What a connection to another Kafka is declared with."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Annotated, Literal

import msgspec

from trunkline.protection import Unprotected, by_http, by_tls
from trunkline.systems.changes.settings import zone_of
from trunkline.systems.reach import Secret, Settings

Format = Literal["debezium", "connect-json", "connect-avro", "raw"]
TopicName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]{1,249}$")]
TYPE = re.compile(r"([A-Za-z][A-Za-z0-9_.]*)(?:\((\d{1,4})\))?")


class TopicSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where a topic's records go, and what of them.

    `key` are the fields of the events' key; those of the record's own key where none are named. `envelope` says what is
    made of Debezium's changes: a `change`, or the `row` as it now is (a row that is gone is then a tombstone). A value
    that is no object becomes one with the field `field`. `types` say what numbers mean that come without a schema: the
    name of a type of Connect or Debezium for each field, of a decimal with its scale.
    """

    topic: str
    key: tuple[str, ...] = ()
    envelope: Literal["change", "row"] = "change"
    field: str = ""
    types: dict[str, Annotated[str, msgspec.Meta(pattern=f"^{TYPE.pattern}$")]] = msgspec.field(default_factory=dict)


class Registry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A schema registry with Confluent's interface. `ca` is a file with the certificates to trust."""

    url: Annotated[str, msgspec.Meta(pattern=r"^https?://[^@]+$")]
    user: str = ""
    password: Secret | None = None
    ca: str = ""


class KafkaSettings(Settings, frozen=True, kw_only=True):
    """Which topics of which Kafka are taken, and how they are written.

    `brokers` are some of the cluster's, `host:port` each. With `tls: verify-full` the brokers' certificates must
    be signed by `ca` (a PEM file in the operator's folder; the system's authorities where none is named) for their
    names; `verify-ca` leaves the names unchecked, `off` encrypts nothing. `user` and
    `password` log in by `mechanism`. `registry` has the schemas of Avro. `zone` is where times are from that a database
    keeps without one; `begin` says where topics begin that are new to the connection.
    """

    brokers: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    topics: Annotated[dict[TopicName, TopicSettings], msgspec.Meta(min_length=1)]
    format: Format
    begin: Literal["oldest", "newest"] = "oldest"
    registry: Registry | None = None
    zone: str = ""
    tls: Literal["verify-full", "verify-ca", "off"] = "verify-full"
    ca: str = ""
    certificate: str = ""
    key: Secret | None = None
    mechanism: Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"] = "SCRAM-SHA-512"
    user: str = ""
    password: Secret | None = None

    def __post_init__(self) -> None:
        zone_of(self.zone)
        if bool(self.user) != (self.password is not None):
            raise ValueError("`user` and `password` say who comes: give both of them, or none")
        if bool(self.certificate) != (self.key is not None):
            raise ValueError("`certificate` and its private `key` belong together: give both of them, or none")
        if self.tls == "off" and (self.ca or self.certificate):
            raise ValueError("`ca` and `certificate` belong to TLS, and `tls` is off: leave them out")
        if self.format == "connect-avro" and self.registry is None:
            raise ValueError("`registry` must say where the schemas of Avro are")
        if self.format == "raw" and any(topic.key or topic.field or topic.types for topic in self.topics.values()):
            raise ValueError("what is taken `raw` is not looked into: leave out `key`, `field` and `types`")

    def unprotected(self) -> Iterable[Unprotected]:
        yield from by_tls(("tls",), [broker.rpartition(":")[0] for broker in self.brokers], self.tls)
        if self.registry is not None:
            yield from by_http(("registry", "url"), self.registry.url)
