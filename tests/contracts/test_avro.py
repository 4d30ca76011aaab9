"""A contract as Avro: a schema that Avro's own library takes, and events that come back as they went in."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from typing import Any

import avro.schema
import fastavro
import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trunkline.contracts import Contract, ContractValidator
from trunkline.contracts.avro import avro_name, avro_schema, json_name
from trunkline.contracts.avro_foreign import readable
from trunkline.contracts.avro_values import AvroValues, Unfit
from trunkline.contracts.compatibility import refusals
from trunkline.contracts.contract import read
from trunkline.document import Document, Invalid
from trunkline.log import Event

Make = Callable[..., Contract]

ALARM = """
- {name: id, logicalType: string, required: true, description: Stable for one alarm.}
- {name: severity, logicalType: string, required: true, quality: [{metric: invalidValues, mustBe: 0, arguments:
   {validValues: [critical, not-set]}}]}
- {name: raised, logicalType: timestamp, required: true, logicalTypeOptions: {timezone: true}}
- {name: day, logicalType: date}
- {name: clock, logicalType: time}
- {name: local, logicalType: timestamp}
- {name: repeats, logicalType: integer}
- {name: share, logicalType: number, required: true, customProperties: [{property: nullable, value: true}]}
- {name: raw, logicalType: string, logicalTypeOptions: {format: byte}}
- {name: place, logicalType: object, properties: [{name: cell-id, logicalType: string, required: true}]}
- {name: counters, logicalType: object, customProperties: [{property: map, value: {value: {logicalType: integer}}}]}
- {name: notes, logicalType: array, items: {logicalType: object, properties: [{name: text, logicalType: string}]}}
- {name: extra, customProperties: [{property: anyOf, value: [{logicalType: string}, {logicalType: boolean}]}]}
"""


def test_each_kind_of_field_has_its_type_in_avro(contract: Make) -> None:
    schema = avro_schema(contract(ALARM, topic="network.alarm"))
    assert (schema["name"], schema["namespace"]) == ("Thing", "network.alarm")
    assert {field["name"]: field["type"] for field in schema["fields"]} == {
        "id": "string",
        "severity": {"type": "enum", "name": "Thing_severity", "symbols": ["critical", "not_x002D_set"]},
        "raised": {"type": "long", "logicalType": "timestamp-micros"},
        "day": ["null", {"type": "int", "logicalType": "date"}],
        "clock": ["null", "string"],
        "local": ["null", "string"],
        "repeats": ["null", "long"],
        "share": ["null", "double"],
        "raw": ["null", "bytes"],
        "place": ["null", {"type": "record", "name": "Thing_place", "fields": [
            {"name": "cell_x002D_id", "type": "string", "x-classification": "internal"}]}],
        "counters": ["null", {"type": "map", "values": "long"}],
        "notes": ["null", {"type": "array", "items": {"type": "record", "name": "Thing_notes_item", "fields": [
            {"name": "text", "type": ["null", "string"], "default": None, "x-classification": "internal"}]}}],
        "extra": ["null", "string", "boolean"],
    }  # fmt: skip
    assert schema["fields"][0]["doc"] == "Stable for one alarm."
    assert [field["name"] for field in schema["fields"] if "default" not in field] == ["id", "severity", "raised"]


def test_an_event_that_was_written_is_read_by_avro_alone_with_the_meaning_that_the_contract_gives_it(
    contract: Make,
) -> None:
    values = AvroValues(contract(ALARM))
    event = {"id": "1", "severity": "not-set", "raised": "2026-01-01T01:00:00.000001+01:00", "day": "2026-01-02",
             "share": None, "raw": b64encode(b"\0\xff").decode(), "place": {"cell-id": "7"}}  # fmt: skip
    written = values.to_avro(msgspec.json.encode(event))
    read = fastavro.schemaless_reader(BytesIO(written), fastavro.parse_schema(values.schema), None)
    assert isinstance(read, dict)
    assert read["raised"] == datetime(2026, 1, 1, 0, 0, 0, 1, UTC)
    assert (read["severity"], read["raw"], read["place"]) == ("not_x002D_set", b"\0\xff", {"cell_x002D_id": "7"})
    assert msgspec.json.decode(values.to_json(written, readable([msgspec.json.encode(values.schema).decode()]))) == {
        **event, "raised": "2026-01-01T00:00:00.000001Z",
    }  # fmt: skip


@given(st.one_of(st.text(), st.text(alphabet="_x05FD2-a")))
@example("_x002D-")
@example("_x_")
@example("")
@example("1st")
def test_any_name_is_one_of_avros_and_comes_back(name: str) -> None:
    assert re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", avro_name(name))
    assert json_name(avro_name(name)) == name


def test_a_name_that_is_one_of_avros_stays_as_it_is() -> None:
    for name in ("id", "perceivedSeverity", "is_xml", "max_x", "_private"):
        assert avro_name(name) == json_name(name) == name


# Contracts and events of every shape. A shape is an ODCS property, and what its values may be.

NAMES = st.one_of(st.text("abXY_-. 1é", min_size=1, max_size=6), st.sampled_from(["class", "_x002D_", "ce-id", "type"]))
TIMES = st.datetimes(datetime(1900, 1, 2), datetime(9999, 12, 30))  # zones are added
ZONES = st.integers(-23, 23).map(lambda hours: timezone(timedelta(hours=hours)))
TEXTS = st.text(max_size=5).filter(lambda text: text.isprintable() or not text)
Shape = tuple[dict[str, Any], st.SearchStrategy[Any]]


def _kind(logical: str, values: st.SearchStrategy[Any], **options: Any) -> st.SearchStrategy[Shape]:
    return st.just(({"logicalType": logical, **({"logicalTypeOptions": options} if options else {})}, values))


def _closed_set(words: list[str]) -> Shape:
    rule = {"metric": "invalidValues", "mustBe": 0, "arguments": {"validValues": words}}
    return {"logicalType": "string", "quality": [rule]}, st.sampled_from(words)


TEXTUAL = st.one_of(
    _kind("string", TEXTS),
    _kind("string", st.binary(max_size=5).map(lambda raw: b64encode(raw).decode()), format="byte"),
    _kind("timestamp", st.builds(lambda at, zone: at.replace(tzinfo=zone).isoformat(), TIMES, ZONES), timezone=True),
    _kind("timestamp", TIMES.map(datetime.isoformat)),
    _kind("date", st.dates().map(str)),
    _kind("time", st.times().map(str)),
    st.lists(st.text("ab-1 é", max_size=3), min_size=1, max_size=3).map(_closed_set),
)
NUMERIC = st.one_of(
    _kind("integer", st.integers(-(2**63), 2**63 - 1)),
    _kind("number", st.floats(allow_nan=False, allow_infinity=False)),
)
BOOLEAN = _kind("boolean", st.booleans())


def _object(members: list[tuple[str, Shape, bool, bool]]) -> Shape:
    fields, required, optional = [], {}, {}
    for name, (prop, values), needed, nullable in members:
        custom = [{"property": "nullable", "value": True}] if nullable else []
        custom += prop.get("customProperties", [])
        fields.append({"name": name, **prop, "required": needed, "customProperties": custom})
        (required if needed else optional)[name] = st.none() | values if nullable else values
    return {"logicalType": "object", "properties": fields}, st.fixed_dictionaries(required, optional=optional)


def _array(item: Shape) -> Shape:
    return {"logicalType": "array", "items": item[0]}, st.lists(item[1], max_size=3)


def _map(value: Shape) -> Shape:
    custom = [{"property": "map", "value": {"value": value[0]}}]
    return {"logicalType": "object", "customProperties": custom}, st.dictionaries(TEXTS, value[1], max_size=3)


def _union(arms: tuple[Shape, ...]) -> Shape:
    custom = [{"property": "anyOf", "value": [prop for prop, _ in arms]}]
    return {"customProperties": custom}, st.one_of([values for _, values in arms])


def _deeper(parts: st.SearchStrategy[Shape]) -> st.SearchStrategy[Shape]:
    arms = st.tuples(parts.map(_array), TEXTUAL, NUMERIC).flatmap(st.permutations).map(lambda all: _union(tuple(all)))
    return st.one_of(objects(parts), parts.map(_array), parts.map(_map), arms)


def objects(parts: st.SearchStrategy[Shape]) -> st.SearchStrategy[Shape]:
    member = st.tuples(NAMES, parts, st.booleans(), st.booleans())
    return st.lists(member, min_size=1, max_size=4, unique_by=lambda its: its[0]).map(_object)


SHAPES = objects(st.recursive(st.one_of(TEXTUAL, NUMERIC, BOOLEAN), _deeper, max_leaves=6))


def declared(prop: dict[str, Any]) -> Contract:
    """The contract of events of this shape."""
    classified = [{**field, "classification": "internal"} for field in prop["properties"]]
    return read(Document("things.yaml", msgspec.json.encode({
        "apiVersion": "v3.1.0", "kind": "DataContract", "id": "x", "version": "1.0.0", "status": "active",
        "description": {"purpose": "To have an example."},
        "team": {"members": [{"username": "an@example.com", "role": "owner"}]},
        "slaProperties": [{"property": "retention", "value": 1, "unit": "d"}],
        "customProperties": [{"property": "wireFormat", "value": "avro"}],
        "schema": [{"name": "A thing", "physicalName": "some-things.1", "physicalType": "topic",
                    "properties": classified}],
    }).decode()))  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_event_of_any_contract_comes_back_from_avro_with_the_same_meaning(data: st.DataObject) -> None:
    prop, events = data.draw(SHAPES)
    contract = declared(prop)
    values = AvroValues(contract)
    avro.schema.parse(text := msgspec.json.encode(values.schema).decode())  # Avro's own library takes the schema
    written, meaning = readable([text]), msgspec.json.Decoder(ContractValidator(contract).type).decode
    for event in data.draw(st.lists(events, min_size=1, max_size=4)):
        before = msgspec.json.encode(event)
        assert ContractValidator(contract).failures([Event(before)]) == []
        after = values.to_json(values.to_avro(before, b"head:"), written, start=5)
        assert meaning(after) == meaning(before)
        assert values.to_json(values.to_avro(after), written) == after  # what is read is canonical


@pytest.mark.parametrize("value", ["", "aGk=", [], [104, 105], 7])
def test_bytes_and_a_list_of_integers_are_told_apart(contract: Make, value: object) -> None:
    """Bytes and a list of small integers, which Python takes for one another."""
    integers = "{logicalType: array, items: {logicalType: integer}}"
    binary = "{logicalType: string, logicalTypeOptions: {format: byte}}"
    arms = f"[{integers}, {binary}, {{logicalType: integer}}]"
    values = AvroValues(contract(f"- {{name: u, customProperties: [{{property: anyOf, value: {arms}}}]}}"))
    event = msgspec.json.encode({"u": value})
    assert values.to_json(values.to_avro(event), readable([msgspec.json.encode(values.schema).decode()])) == event


@pytest.mark.parametrize("value", ["2026-01-01", "1970-01-06", 5])
def test_a_day_and_an_integer_are_told_apart(contract: Make, value: object) -> None:
    arms = "[{logicalType: date}, {logicalType: integer}]"
    values = AvroValues(contract(f"- {{name: u, customProperties: [{{property: anyOf, value: {arms}}}]}}"))
    event = msgspec.json.encode({"u": value})
    assert values.to_json(values.to_avro(event), readable([msgspec.json.encode(values.schema).decode()])) == event


@pytest.mark.parametrize(
    ("event", "faults"),
    [
        ({"id": 1},
         ["$.id: expected `str`, got `int`", "$.severity: is missing", "$.raised: is missing", "$.share: is missing"]),
        ({"id": "1", "severity": "x", "raised": "2026-01-01T00:00:00Z", "share": None, "repeats": 2**63},
         ["$.severity: expected one of critical, not-set", "$.repeats: expected `int` <= 9223372036854775807"]),
        ({"id": "1", "severity": "critical", "raised": "2026-01-01T00:00:00", "share": 1},
         ["$.raised: expected `datetime` with a timezone component"]),
    ],
)  # fmt: skip
def test_what_avro_cannot_hold_is_refused_with_every_place(contract: Make, event: object, faults: list[str]) -> None:
    with pytest.raises(Unfit) as refused:
        AvroValues(contract(ALARM)).to_avro(msgspec.json.encode(event))
    assert [f"{fault.path}: {fault.reason}" for fault in refused.value.faults] == faults


def test_what_is_no_json_is_refused(contract: Make) -> None:
    for value in (b"{", b"", b'{"id":"\xff"}', b"[" * 100_000):
        with pytest.raises(Unfit):
            AvroValues(contract(ALARM)).to_avro(value)


# The contract's setting

NUMBER = "- {name: n, logicalType: number, required: true}"
TIME = "- {name: a, logicalType: timestamp, logicalTypeOptions: {timezone: true}}"
INTEGER = "- {name: a, logicalType: integer}"


def test_a_wire_format_is_one_of_three(contract: Make) -> None:
    assert contract(NUMBER).settings.wire_format == "json"
    assert contract(NUMBER, wireFormat="jsonSchema").settings.wire_format == "jsonSchema"
    with pytest.raises(Invalid, match=r"things.yaml:12: `value`: expected one of json, jsonSchema, avro"):
        contract(NUMBER, wireFormat="protobuf")


def test_avro_needs_every_field_named(contract: Make) -> None:
    with pytest.raises(Invalid, match="`unknownFields` must be refused"):
        contract(NUMBER, wireFormat="avro", unknownFields="allowed")
    with pytest.raises(Invalid, match="no field can be named `-type`"):
        contract("- {name: -type, logicalType: string}", wireFormat="avro")


@pytest.mark.parametrize(("before", "after"), [("json", "avro"), ("avro", "json"), ("jsonSchema", "avro")])
def test_a_wire_format_changes_only_on_purpose(contract: Make, before: str, after: str) -> None:
    old, new = contract(NUMBER, wireFormat=before), contract(NUMBER, wireFormat=after, version="1.1.0")
    assert ["the wire format changed" in problem.reason for problem in refusals(old, new)] == [True]
    old = contract(NUMBER, wireFormat=before, compatibility="none")
    assert refusals(old, contract(NUMBER, wireFormat=after, version="2.0.0")) == []


CLOSED = (
    "- {name: a, logicalType: string, quality: [{metric: invalidValues, mustBe: 0, arguments: {validValues: [x]}}]}"
)


@pytest.mark.parametrize(("before", "after", "refused"), [
    (CLOSED, "- {name: a, logicalType: string}", True),
    (TIME, "- {name: a, logicalType: timestamp}", True),
    (INTEGER, "- {name: a, logicalType: number}", False),
    (CLOSED, CLOSED.replace("[x]", "[x, y]"), False),
    (INTEGER, f"{INTEGER}\n{NUMBER.replace('true', 'false')}", False),
])  # fmt: skip
def test_a_change_that_json_takes_and_avro_does_not_is_refused(
    contract: Make, before: str, after: str, refused: bool
) -> None:
    for wire, expected in (("avro", [True] * refused), ("json", [])):
        old, new = contract(before, wireFormat=wire), contract(after, wireFormat=wire, version="1.1.0")
        found = refusals(old, new)
        assert ["changed its Avro type" in problem.reason for problem in found] == expected
