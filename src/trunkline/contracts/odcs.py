"""The Open Data Contract Standard v3.1 as types: what a contract's YAML may say, word by word.

Source: Bitol, ODCS v3.1.0 and its JSON Schema. What the standard leaves open stays open here; what Trunkline needs and
the standard does not have stands in `customProperties`: see `field.py` (maps, unions) and `contract.py` (the topic).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

StableId = Annotated[str, Meta(pattern="^[A-Za-z0-9_-]+$")]
LogicalType = Literal["string", "date", "timestamp", "time", "number", "integer", "object", "array", "boolean"]
Dimension = Literal["accuracy", "completeness", "conformity", "consistency", "coverage", "timeliness", "uniqueness"]


class Part(msgspec.Struct, frozen=True, rename="camel", kw_only=True):
    """Any element of a contract."""

    id: StableId | None = None


class CustomProperty(Part, frozen=True):
    """A property that the standard does not know."""

    property: str
    value: Any
    description: str = ""


class AuthoritativeDefinition(Part, frozen=True):
    """A link to where the meaning is defined."""

    url: str
    type: str
    description: str = ""


class Quality(Part, frozen=True):
    """A quality rule. The log enforces `invalidValues` with `mustBe: 0`; the rest is for batch checks and readers."""

    type: Literal["text", "library", "sql", "custom"] = "library"
    name: str = ""
    description: str = ""
    metric: Literal["nullValues", "missingValues", "invalidValues", "duplicateValues", "rowCount"] | None = None
    arguments: dict[str, Any] = {}
    query: str | None = None
    engine: str | None = None
    implementation: str | dict[str, Any] | None = None
    must_be: Any = msgspec.UNSET
    must_not_be: Any = msgspec.UNSET
    must_be_greater_than: float | None = None
    must_be_greater_or_equal_to: float | None = None
    must_be_less_than: float | None = None
    must_be_less_or_equal_to: float | None = None
    must_be_between: tuple[float, float] | None = None
    must_not_be_between: tuple[float, float] | None = None
    dimension: Dimension | None = None
    method: str = ""
    severity: str = ""
    business_impact: str = ""
    unit: str = ""
    scheduler: str = ""
    schedule: str = ""
    tags: list[str] = []
    authoritative_definitions: list[AuthoritativeDefinition] = []
    custom_properties: list[CustomProperty] = []


class Relationship(Part, frozen=True, rename={"from_": "from", "custom_properties": "customProperties"}):
    """A reference to properties of this or another contract."""

    to: str | list[str]
    from_: str | list[str] | None = None
    type: Literal["foreignKey"] = "foreignKey"
    custom_properties: list[CustomProperty] = []


class Element(Part, frozen=True):
    """What an object and a property have in common."""

    name: str = ""
    physical_name: str = ""
    physical_type: str = ""
    description: str = ""
    business_name: str = ""
    authoritative_definitions: list[AuthoritativeDefinition] = []
    tags: list[str] = []
    quality: list[Quality] = []
    relationships: list[Relationship] = []
    custom_properties: list[CustomProperty] = []


class Property(Element, frozen=True):
    """One field, or what the items of an array are."""

    logical_type: LogicalType | None = None
    logical_type_options: dict[str, Any] = {}
    required: bool = False
    unique: bool = False
    primary_key: bool = False
    primary_key_position: int = -1
    partitioned: bool = False
    partition_key_position: int = -1
    classification: str = ""
    encrypted_name: str = ""
    transform_source_objects: list[str] = []
    transform_logic: str = ""
    transform_description: str = ""
    examples: list[Any] = []
    critical_data_element: bool = False
    properties: list[Property] = []
    items: Property | None = None


class SchemaObject(Element, frozen=True):
    """A table, or a topic's event."""

    logical_type: Literal["object"] = "object"
    data_granularity_description: str = ""
    properties: list[Property] = []


class Description(Part, frozen=True):
    """What the data is for, and what it is not for."""

    purpose: str = ""
    usage: str = ""
    limitations: str = ""
    authoritative_definitions: list[AuthoritativeDefinition] = []
    custom_properties: list[CustomProperty] = []


class TeamMember(Part, frozen=True):
    """A person with a role; `owner` is the one who decides about the contract."""

    username: str
    name: str = ""
    description: str = ""
    role: str = ""
    date_in: str = ""
    date_out: str = ""
    replaced_by_username: str = ""
    tags: list[str] = []
    custom_properties: list[CustomProperty] = []
    authoritative_definitions: list[AuthoritativeDefinition] = []


class Team(Part, frozen=True):
    """Who answers for the data."""

    name: str = ""
    description: str = ""
    members: list[TeamMember] = []
    tags: list[str] = []
    custom_properties: list[CustomProperty] = []
    authoritative_definitions: list[AuthoritativeDefinition] = []


class Role(Part, frozen=True):
    """A role that gives access."""

    role: str
    description: str = ""
    access: str = ""
    first_level_approvers: str = ""
    second_level_approvers: str = ""
    custom_properties: list[CustomProperty] = []


class Support(Part, frozen=True):
    """Where to ask."""

    channel: str
    url: str = ""
    description: str = ""
    tool: str = ""
    scope: str = ""
    invitation_url: str = ""
    custom_properties: list[CustomProperty] = []


class Sla(Part, frozen=True):
    """A promise: `retention`, `latency`, `availability` …"""

    property: str
    value: str | float | int | bool | None
    value_ext: str | float | int | bool | None = None
    unit: str = ""
    element: str = ""
    driver: str = ""
    description: str = ""
    scheduler: str = ""
    schedule: str = ""


class Price(Part, frozen=True):
    """What the data costs its user."""

    price_amount: float | None = None
    price_currency: str = ""
    price_unit: str = ""


class DataContract(Part, frozen=True):
    """A whole contract file."""

    api_version: Literal["v3.1.0"]
    kind: Literal["DataContract"]
    id: str
    version: Annotated[str, Meta(pattern=r"^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$")]
    status: Literal["proposed", "draft", "active", "deprecated", "retired"]
    name: str = ""
    tenant: str = ""
    domain: str = ""
    data_product: str = ""
    tags: list[str] = []
    description: Description = Description()
    team: Team = Team()
    roles: list[Role] = []
    support: list[Support] = []
    price: Price | None = None
    servers: list[dict[str, Any]] = []
    schema: list[SchemaObject] = []
    sla_properties: list[Sla] = []
    sla_default_element: str = ""
    authoritative_definitions: list[AuthoritativeDefinition] = []
    custom_properties: list[CustomProperty] = []
    contract_created_ts: str = ""
