"""The official files of the open APIs, which lie in ../shared beside the checkout: their schemas and their examples.

`OFFICIAL` names them; `KNOWN_MISTAKES` is the one list of what is wrong in them, which the validator here forgives.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.components import SHARED, exercised, skipped
from trunkline.tmf.declaration import V4, V5, Version

SPECS = SHARED / "specs" / "tmf"
OFFICIAL: dict[tuple[int, Version], str] = {
    (620, V4): "v4/TMF620_Product_Catalog_Management_API_v4.1.0_swagger.json",
    (620, V5): "v5/TMF620-Product_Catalog_Management-v5.0.0.oas.yaml",
    (628, V5): "v5/TMF628_Performance-v5.0.0.oas.yaml",
    (635, V4): "v4/TMF635-Usage-v4.0.0.swagger.json",
    (637, V4): "v4/TMF637-ProductInventory-v4.0.0.swagger.json",
    (637, V5): "v5/TMF637-ProductInventory-v5.0.0.oas.yaml",
    (639, V4): "v4/TMF639-ResourceInventory-v4.0.0.swagger.json",
    (639, V5): "v5/TMF639-Resource_Inventory_Management-v5.0.0.oas.yaml",
    (642, V4): "v4/TMF642-Alarm-v4.0.0.swagger.json",
    (642, V5): "v5/TMF642_Alarm_v5.0.1.oas.yaml",
    (654, V4): "v4/TMF654-PrepayBalance-v4.1.0.swagger.json",
    (669, V4): "v4/TMF669-PartyRole-v4.0.swagger.json",
    (678, V4): "v4/TMF678-Customer_Bill-v4.0.0.swagger.json",
    (681, V4): "v4/TMF681-Communication-v4.0.0.swagger.json",
    (688, V4): "v4/TMF688-Event-v4.0.0.swagger.json",
}


class Mistake(NamedTuple):
    """What is wrong in a file, and how it is read instead: `path` leads to what `reading` takes the place of."""

    number: int
    version: Version
    path: tuple[str, ...]
    reading: Any
    why: str


_TEXT = {"type": "string"}
KNOWN_MISTAKES: tuple[Mistake, ...] = (
    Mistake(642, V4, ("definitions", "Alarm", "properties", "id"), _TEXT, "every other id, AlarmRef's too, is a text"),
    Mistake(642, V4, ("definitions", "AlarmRefOrValue", "properties", "id"), _TEXT, "as Alarm.id"),
    Mistake(
        642,
        V5,
        ("servers",),
        [{"url": "{apiRoot}/tmf-api/alarmManagement/v5/"}],
        "the file of v5 gives the path of v4; its examples have v5's",
    ),
    Mistake(
        639,
        V4,
        ("definitions", "Resource_Create", "required"),
        ["name"],
        "it requires href and id, which the server gives and the schema does not have",
    ),
    Mistake(
        639,
        V4,
        ("definitions", "Resource_Update", "required"),
        [],
        "it requires href and id, which the schema does not have",
    ),
    Mistake(
        639,
        V4,
        ("definitions", "ResourceRefOrValue", "required"),
        ["id"],
        "it requires href, which no reference does (ResourceRef, TMF630)",
    ),
    Mistake(
        688,
        V4,
        ("definitions", "Hub_Create", "required"),
        ["callback"],
        "it requires id, which the server gives and the schema does not have",
    ),
)

WITHOUT_CHANGES = {(639, V5)}
"""Files that have the bodies of POST and PATCH, and the events of what these do, but the operations of GET alone."""
MISTAKEN_EXAMPLES: dict[int, tuple[str, ...]] = {
    628: ("note[0].date is no time: '2022-13-05T08:00:00Z'",),
    639: ("version is no attribute of Resource",),  # it is resourceVersion
    642: ("ackedAlarm[0].ackTime is no attribute of Alarm",),  # it is the task's
}
"""What strict validation says of official examples that are wrong by their own file, or beside it."""
INVALID_EXAMPLES: dict[int, tuple[str, ...]] = {
    639: ("'id' is a required property",),  # of relationships, which the file makes references
    642: ("'Equipment Alarm' is not one of",),  # a value as v3 had it
}
"""What keeps official examples from being valid by the schema of their own file."""


class Example(NamedTuple):
    """A document that an official file gives as one of a schema's, and its place there."""

    place: str
    schema: str
    document: Any


@dataclass(frozen=True, eq=False)
class Official:
    """An official file, with its known mistakes put right."""

    number: int
    version: Version
    content: dict[str, Any]

    @property
    def schemas(self) -> dict[str, Any]:
        """All schemas, by name."""
        return self.content["definitions"] if self.version is V4 else self.content["components"]["schemas"]

    @property
    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Method, path and description of each operation that a server offers."""
        for path, operations in self.content["paths"].items():
            if not path.startswith("/listener/"):
                for method in ("get", "post", "patch", "delete"):
                    if method in operations:
                        yield method.upper(), path, operations[method]

    def errors(self, schema: str, document: Any) -> list[str]:
        """What keeps a document from being one of a schema, each with its path; none where it is one."""
        root = {"definitions": self.schemas} if self.version is V4 else {"components": {"schemas": self.schemas}}
        at = "#/definitions/" if self.version is V4 else "#/components/schemas/"
        validator = Draft202012Validator({"$ref": at + schema, **root})
        found = sorted(validator.iter_errors(document), key=lambda error: list(map(str, error.absolute_path)))
        return [f"{error.json_path}: {error.message}" for error in found]

    @property
    def examples(self) -> list[Example]:
        """All examples of bodies; of a list, each element. The files of v4 have none."""
        return list(_examples(self.content, self.content, ""))


def official(number: int, version: Version) -> Official:
    """The official file of an API; skips where ../shared is not there."""
    if not SPECS.exists():
        skipped["official files"] = "../shared beside the checkout"
        pytest.skip(f"the official file of TMF{number} {version} is not here: ../shared/specs/tmf is absent")
    exercised["official files"] = str(SPECS)
    return _read(number, version)


@cache
def _read(number: int, version: Version) -> Official:
    text = (SPECS / OFFICIAL[number, version]).read_text()
    content = json.loads(text) if version is V4 else yaml.load(text, _Plain)  # a safe loader, see below
    for mistake in KNOWN_MISTAKES:
        if (mistake.number, mistake.version) == (number, version):
            _correct(content, mistake)
    if version is V5:
        schemas = content["components"]["schemas"]
        content["components"]["schemas"] = {name: _by_type(schema) for name, schema in schemas.items()}
    return Official(number, version, content)


class _Plain(yaml.CSafeLoader):
    """Times stay the texts that they are in JSON."""


_Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}


def _correct(content: dict[str, Any], mistake: Mistake) -> None:
    *way, last = mistake.path
    at = content
    for name in way:
        at = at[name]
    assert at[last] != mistake.reading, f"{'/'.join(mistake.path)} is no mistake any more: {mistake.why}"
    at[last] = deepcopy(mistake.reading)


def _by_type(schema: Any) -> Any:
    """An OpenAPI discriminator as JSON Schema says it: of a `oneOf`, the alternative that the `@type` names.

    Without it no reference is valid, since it is one of both alternatives of `AlarmRefOrValue`.
    """
    if isinstance(schema, list):
        return [_by_type(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {name: _by_type(value) for name, value in schema.items()}
    mapping = (schema.get("discriminator") or {}).get("mapping")
    if mapping and "oneOf" in schema:
        alternatives = schema.pop("oneOf")
        named = [{"if": _typed({"const": type}), "then": {"$ref": ref}} for type, ref in mapping.items()]
        others = {"if": _typed({"enum": list(mapping)}), "else": {"anyOf": alternatives}}
        schema["allOf"] = [*schema.get("allOf", []), *named, others]
    return schema


def _typed(schema: dict[str, Any]) -> dict[str, Any]:
    return {"properties": {"@type": schema}, "required": ["@type"]}


def _examples(node: Any, root: dict[str, Any], place: str) -> Iterator[Example]:
    if isinstance(node, list):
        for each in node:
            yield from _examples(each, root, place)
    elif isinstance(node, dict):
        if "schema" in node and "examples" in node:
            for name, example in node["examples"].items():
                while "$ref" in example:
                    example = _referred(root, example["$ref"])
                yield from _of_schema(node["schema"], example.get("value"), f"{place}/{name}")
        for name, value in node.items():
            if name != "examples":
                yield from _examples(value, root, f"{place}/{name}")


def _of_schema(schema: dict[str, Any], value: Any, place: str) -> Iterator[Example]:
    if schema.get("type") == "array" and isinstance(value, list):
        for number, each in enumerate(value):
            yield from _of_schema(schema["items"], each, f"{place}[{number}]")
    elif "$ref" in schema:
        yield Example(place, schema["$ref"].rsplit("/", 1)[-1], value)


def _referred(root: Any, ref: str) -> Any:
    for name in ref.removeprefix("#/").split("/"):
        root = root[name]
    return root
