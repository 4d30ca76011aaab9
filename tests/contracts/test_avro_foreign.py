"""Avro that others wrote, read as the contract says; and bytes and schemas that nobody should have written."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import fastavro
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.conftest import text as contract_text
from trunkline.contracts import Contract
from trunkline.contracts.avro_foreign import readable
from trunkline.contracts.avro_values import AvroValues
from trunkline.contracts.contract import read
from trunkline.document import Document

Make = Callable[..., Contract]

SEEN = """
- {name: n, logicalType: number, required: true}
- {name: at, logicalType: timestamp, logicalTypeOptions: {timezone: true}}
"""
NOTED = """
- {name: id, logicalType: string, required: true}
- {name: severity, logicalType: string, required: true, quality: [{metric: invalidValues, mustBe: 0, arguments:
   {validValues: [critical, minor]}}]}
- {name: raised, logicalType: timestamp, logicalTypeOptions: {timezone: true}}
- {name: share, logicalType: number}
- {name: counters, logicalType: object, customProperties: [{property: map, value: {value: {logicalType: integer}}}]}
- {name: notes, logicalType: array, items: {logicalType: object, properties: [{name: text, logicalType: string}]}}
- {name: extra, customProperties: [{property: anyOf, value: [{logicalType: string}, {logicalType: boolean}]}]}
"""
EVENT = {
    "id": "1", "severity": "critical", "raised": "2026-01-01T00:00:00Z", "share": 1.5, "counters": {"a": 1},
    "notes": [{"text": "x"}, {}], "extra": True,
}  # fmt: skip
VALUES = AvroValues(read(Document("things.yaml", contract_text(NOTED))))
OWN = readable([msgspec.json.encode(VALUES.schema).decode()])
WHOLE = VALUES.to_avro(msgspec.json.encode(EVENT))


def foreign(*fields: dict[str, Any], name: str = "com.acme.Anything") -> str:
    return msgspec.json.encode({"type": "record", "name": name, "fields": fields}).decode()


def written(text: str, event: object) -> bytes:
    into = BytesIO()
    fastavro.schemaless_writer(into, fastavro.parse_schema(msgspec.json.decode(text)), event)
    return into.getvalue()


@pytest.mark.parametrize(
    ("kind", "value", "read"),
    [
        ("int", 5, 5.0),
        ("long", 5, 5.0),
        ("float", 0.5, 0.5),
        ({"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 2}, Decimal("1.25"), 1.25),
        (["null", "string", "double"], 1.5, 1.5),
    ],
)  # fmt: skip
def test_a_number_is_read_from_whatever_number_the_writer_took(
    contract: Make, kind: object, value: object, read: float
) -> None:
    text = foreign({"name": "n", "type": kind})
    got = AvroValues(contract(SEEN)).to_json(written(text, {"n": value}), readable([text]))
    assert msgspec.json.decode(got) == {"n": read}


def test_fields_are_taken_by_name_whatever_the_writer_has_besides(contract: Make) -> None:
    millis = {"type": "long", "logicalType": "timestamp-millis"}
    text = foreign(
        {"name": "other", "type": {"type": "array", "items": "string"}},
        {"name": "at", "type": millis},
        {"name": "n", "type": "double"},
        {"name": "id", "type": {"type": "string", "logicalType": "uuid"}},
    )
    event = {"other": ["x"], "at": datetime(2026, 1, 1, tzinfo=UTC), "n": 1.0, "id": "a"}
    got = AvroValues(contract(SEEN)).to_json(written(text, event), readable([text]))
    assert got == b'{"n":1.0,"at":"2026-01-01T00:00:00Z"}'


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ({"name": "n", "type": "string"}, "secret", "does not fit the contract: $.n: expected `float`, got `str`"),
        ({"name": "n", "type": "double"}, float("nan"), "does not fit the contract: $.n: expected `float` >="),
        ({"name": "m", "type": "double"}, 1.0, "does not fit the contract: $.n: is missing"),
    ],
)
def test_what_the_contract_cannot_take_is_told_with_its_place_and_never_quoted(
    contract: Make, field: dict[str, Any], value: object, reason: str
) -> None:
    text = foreign(field)
    with pytest.raises(ValueError, match=re.escape(reason)) as refused:
        AvroValues(contract(SEEN)).to_json(written(text, {field["name"]: value}), readable([text]))
    assert "secret" not in str(refused.value)


def test_a_schema_may_refer_to_others(contract: Make) -> None:
    amount = foreign({"name": "n", "type": "double"}, name="com.acme.Amount")
    text = foreign({"name": "a", "type": "com.acme.Amount"})
    fields = "- {name: a, logicalType: object, properties: [{name: n, logicalType: number}]}"
    assert AvroValues(contract(fields)).to_json(b"\0" * 8, readable([amount, text])) == b'{"a":{"n":0.0}}'


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=60), st.integers(0, 120))
def test_broken_bytes_are_told_or_read_and_never_raise_anything_else(noise: bytes, cut: int) -> None:
    for value in (noise, WHOLE[:cut] + noise, WHOLE[:cut] + noise + WHOLE[cut:]):
        try:
            msgspec.json.decode(VALUES.to_json(value, OWN))
        except ValueError as error:
            assert str(error)  # noqa: PT017


def test_a_truncated_event_is_told_with_the_byte() -> None:
    for size in range(len(WHOLE)):
        with pytest.raises(ValueError, match=f"the event is cut off at byte {size}"):
            VALUES.to_json(WHOLE[:size], OWN)
    with pytest.raises(ValueError, match=f"the event ends at byte {len(WHOLE)}, but there are {len(WHOLE) + 1}"):
        VALUES.to_json(WHOLE + b"\0", OWN)


@pytest.mark.parametrize(
    ("schema", "reason"),
    [
        ('{"type":"record","name":"A","fields":[{"name":"next","type":["null","A"]}]}', "A contains itself"),
        ('{"type":"array","items":"null"}', "the items of an array take no bytes"),
        ('{"type":"array","items":{"type":"record","name":"A","fields":[]}}', "take no bytes"),
        ('{"type":"array","items":{"type":"fixed","name":"A","size":0}}', "take no bytes"),
        ('{"type":"record","name":"A","fields":[{"name":"a","type":"Unknown"}]}', "no Avro schema"),
        ('{"type":"record","name":"A"', "no Avro schema"),
        ('{"type":"enum","name":"A","symbols":["a-b"]}', "no Avro schema"),
        ("7", "no Avro schema"),
        ("[" * 100_000, "no Avro schema"),
        ('"' + "x" * (1 << 20) + '"', "larger than 1,048,576 characters"),
    ],
)  # fmt: skip
def test_a_schema_that_is_none_or_of_which_a_few_bytes_never_end_is_refused(schema: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        readable([schema])


def test_a_schema_whose_values_multiply_is_refused() -> None:
    """Thirty records, each of two of the one before: a thousand million values in no bytes at all."""
    records = [foreign({"name": "a", "type": "null"}, name="R0")]
    for number in range(30):
        below = f"R{number}"
        records.append(foreign({"name": "a", "type": below}, {"name": "b", "type": below}, name=f"R{number + 1}"))
    with pytest.raises(ValueError, match="consists of more than 10,000 values"):
        readable(records)
