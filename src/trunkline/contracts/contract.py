"""One contract: what a topic's events are, who answers for them, who may see what, and how long they are kept."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta

from trunkline.contracts.field import PERSONAL, Classification, Field
from trunkline.contracts.odcs import DataContract, Sla
from trunkline.contracts.reading import Reader
from trunkline.document import Document, Invalid
from trunkline.log.port import Topic

Compatibility = Literal["backward", "forward", "full", "none"]
"""What a new version owes: backward, it takes the events of the last version; forward, the last version takes its."""

WireFormat = Literal["json", "jsonSchema", "avro"]
"""How events lie in a log that others read and write (Kafka): as plain JSON, or framed by a schema registry's id."""

LegalBasis = Literal[
    "consent", "contract", "legalObligation", "vitalInterests", "publicTask", "legitimateInterests", "none"
]
"""GDPR art. 6 (1) a–f; `none` where there is no personal data."""

SECONDS: Final = {
    "s": 1, "second": 1, "min": 60, "minute": 60, "h": 3600, "hour": 3600, "d": 86_400, "day": 86_400,
    "w": 604_800, "week": 604_800, "y": 31_557_600, "yr": 31_557_600, "year": 31_557_600,
}  # fmt: skip
"""ODCS units of time; the plural is taken too."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The topic's settings that ODCS has no word for; each is a custom property of the contract."""

    partitions: Annotated[int, Meta(ge=1, le=10_000)] = 1
    compacted: bool = False
    """Only the last event of each key is kept, and an event without value (a tombstone) forgets the key."""
    compatibility: Compatibility = "backward"
    unknown_fields: Literal["allowed", "refused"] = "refused"
    """Whether an event may have fields that the contract does not name (and therefore nobody classified)."""
    retention_bytes: Annotated[int, Meta(ge=1)] | None = None
    """Of each partition."""
    wire_format: WireFormat = "json"
    subject: Literal["none", "key"] | tuple[str, ...] = "none"
    """Whose an event is, under whose key it is encrypted (docs/keys.md): `key`, that person's whom its key names; or
    the fields that name a person, of which the first counts that an event has (`imsi:imsi`: behind `imsi:`)."""
    person: str = ""
    """The field that names the person of whom the event's key is a further name, to be erased with them."""
    legal_basis: LegalBasis = "none"


TOPIC_SETTINGS: Final = {field.encode_name: field.type for field in msgspec.structs.fields(Settings)}


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """A contract that was read without problems."""

    document: Document
    odcs: DataContract
    """The whole contract as it is written."""
    event: Field
    """The event: an object."""
    settings: Settings
    retention: float | None
    """Seconds; None keeps for ever."""

    @property
    def name(self) -> str:
        """The topic's name."""
        return self.odcs.schema[0].physical_name

    @property
    def version(self) -> tuple[int, int, int]:
        major, minor, patch = self.odcs.version.split(".")
        return int(major), int(minor), int(patch)

    @property
    def owner(self) -> str:
        """Who decides about the contract."""
        return next(member.username for member in self.odcs.team.members if member.role == "owner")

    @property
    def key(self) -> tuple[str, ...]:
        """The fields that make the event's key, in order."""
        parts = sorted((field for field in self.event.fields if field.key_position), key=lambda f: f.key_position)
        return tuple(field.name for field in parts)

    @property
    def topic(self) -> Topic:
        return Topic(
            name=self.name, partitions=self.settings.partitions, compacted=self.settings.compacted,
            retention=self.retention, retention_bytes=self.settings.retention_bytes,
        )  # fmt: skip

    def summary(self) -> dict[str, Any]:
        """The contract in a line of a list."""
        return {
            "topic": self.name, "version": self.odcs.version, "status": self.odcs.status, "owner": self.owner,
            "compatibility": self.settings.compatibility, "legalBasis": self.settings.legal_basis,
            "partitions": self.settings.partitions, "compacted": self.settings.compacted,
            "wireFormat": self.settings.wire_format,
            "retention": self.retention, "key": self.key, "description": self.odcs.description.purpose,
        }  # fmt: skip

    def field(self, path: str) -> Field:
        """The field at `path`: names joined by dots, through arrays and maps: `source.uri`, `comments.user`.

        Raises `KeyError` where the contract has none.
        """
        field = self.event
        for name in path.split("."):
            field = _step(field, name, path)
        return field

    def classification(self, path: str) -> Classification:
        """Who may see the field at `path` (as in `field`)."""
        return self.field(path).classification


def read(document: Document) -> Contract:
    """The contract in `document`. Raises `Invalid` with all that is wrong."""
    odcs = document.into(DataContract)
    reader = Reader(document)
    if len(odcs.schema) != 1:
        raise Invalid([document.problem(("schema",), "`schema` must declare one object: one contract a topic")])
    declared, place = odcs.schema[0], ("schema", 0)
    event = Field(
        name=declared.name, type="object", place=place, description=declared.description, classification="internal",
        quality=tuple(declared.quality), fields=reader.fields(declared.properties, place, None),
    )  # fmt: skip
    settings = msgspec.convert(reader.settings(odcs.custom_properties, (), TOPIC_SETTINGS), Settings)
    contract = Contract(
        document=document, odcs=odcs, event=event, settings=settings, retention=_retention(odcs.sla_properties, reader)
    )
    _check(contract, reader)
    if reader.problems:
        raise Invalid(reader.problems)
    return contract


def _check(contract: Contract, reader: Reader) -> None:
    """What must be said of a topic beside its fields."""
    odcs, settings, fields = contract.odcs, contract.settings, contract.event.fields
    declared, wrong = odcs.schema[0], reader.wrong
    if not declared.name:
        wrong("`name` is missing", "schema", 0)
    if not declared.physical_name:
        wrong("`physicalName` is missing: the topic's name", "schema", 0)
    if declared.physical_type != "topic":
        wrong("`physicalType` must be topic", "schema", 0, "physicalType")
    if not any(member.role == "owner" for member in odcs.team.members):
        wrong("`team` needs a member with the role owner", "team")
    if not odcs.description.purpose:
        wrong("`description` needs a `purpose`", "description")
    if settings.compacted and not any(field.key_position for field in fields):
        wrong("a compacted topic needs a key: mark its fields with `primaryKey: true`", "schema", 0)
    if settings.wire_format == "avro":
        _check_avro(contract, reader)
    if contract.retention is None and not settings.compacted:
        wrong("`slaProperties` must say the `retention` of a topic that is not compacted", "slaProperties")
    _check_subject(contract, reader)
    personal = next((field for field in contract.event.descendants() if field.classification in PERSONAL), None)
    if personal and settings.legal_basis == "none":
        reason = f"`{personal.name}` is {personal.classification}: name the `legalBasis` in customProperties"
        wrong(reason, *personal.place)


def _check_subject(contract: Contract, reader: Reader) -> None:
    settings, texts = contract.settings, {field.name for field in contract.event.fields if field.type == "string"}
    named = settings.subject if isinstance(settings.subject, tuple) else ()
    for name in (*named, *filter(None, [settings.person])):
        if name.rpartition(":")[2] not in texts:
            reader.wrong(f"`{name}` shall name a person, and is no text on the first level here", "customProperties")
    if named and settings.wire_format != "json":
        reader.wrong("fields that name the `subject` are read from JSON: leave `wireFormat` out", "customProperties")
    if settings.person and settings.subject != "key":
        reader.wrong("`person` says whose further name the key is: `subject` must be key", "customProperties")


def _check_avro(contract: Contract, reader: Reader) -> None:
    if contract.settings.unknown_fields == "allowed":
        reason = "`wireFormat: avro` has no place for fields without a name: `unknownFields` must be refused"
        reader.wrong(reason, "customProperties")
    for field in contract.event.descendants():
        if field.name == "-type":  # fastavro takes its value for the name of a type
            reader.wrong("with `wireFormat: avro`, no field can be named `-type`", *field.place)


def _retention(promises: list[Sla], reader: Reader) -> float | None:
    for index, promise in enumerate(promises):
        if promise.property != "retention":
            continue
        unit = SECONDS.get(promise.unit) or SECONDS.get(promise.unit.removesuffix("s"))
        value: Any = promise.value
        if unit and isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            return float(value * unit)
        reader.wrong(f"`retention` needs a number and a `unit` among {', '.join(SECONDS)}", "slaProperties", index)
        return 1.0  # named already: not also "missing"
    return None


def _step(field: Field, name: str, path: str) -> Field:
    while field.type == "array" and field.items:
        field = field.items
    if field.type == "map" and field.items:
        return field.items
    for candidate in (*field.fields, *(below for arm in field.arms for below in arm.fields)):
        if candidate.name == name:
            return candidate
    raise KeyError(f"no field {name!r} of {path!r} in the contract")
