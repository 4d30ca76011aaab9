"""What Kafka Connect's converters and Debezium write, read as it is."""

from __future__ import annotations

import io
from base64 import b64encode
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import fastavro
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.systems.changes.envelope import UNAVAILABLE, Envelope
from trunkline.systems.kafkaconnect import debezium
from trunkline.systems.kafkaconnect.converter import AvroConverter, JsonConverter
from trunkline.systems.kafkaconnect.schema import Type, from_avro, from_json
from trunkline.systems.kafkaconnect.values import Converters

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
CONNECT, TIME, DATA = "org.apache.kafka.connect.data.", "io.debezium.time.", "io.debezium.data."


def written(value: Any, type: str, name: str = "", **schema: Any) -> bytes:
    """A value with its schema, as the JSON converter writes it."""
    schema = {"type": type, "optional": True, **({"name": name, "version": 1} if name else {}), **schema}
    return msgspec.json.encode({"schema": schema, "payload": value})


def read(data: bytes, zone: ZoneInfo | None = None) -> Any:
    """As it lies in an event."""
    value = JsonConverter(Converters(zone)).read(data)
    return msgspec.json.decode(msgspec.json.encode(value))


def base64(number: int, size: int) -> str:
    return b64encode(number.to_bytes(size, "big", signed=True)).decode()


@pytest.mark.parametrize(
    ("value", "type", "name", "expected"),
    [
        (10956, "int32", f"{CONNECT}Date", "1999-12-31"),
        (-1, "int32", f"{TIME}Date", "1969-12-31"),
        (86399123, "int32", f"{CONNECT}Time", "23:59:59.123"),
        (0, "int32", f"{TIME}Time", "00:00:00"),
        (86400000000, "int64", f"{TIME}MicroTime", "24:00:00"),
        (1500, "int64", f"{TIME}NanoTime", "00:00:00.000001"),
        (1773068400125, "int64", f"{CONNECT}Timestamp", "2026-03-09T15:00:00.125Z"),
        (1773068400125, "int64", f"{TIME}Timestamp", "2026-03-09T15:00:00.125"),
        (-1, "int64", f"{TIME}MicroTimestamp", "1969-12-31T23:59:59.999999"),
        (1773068400000000000, "int64", f"{TIME}NanoTimestamp", "2026-03-09T15:00:00"),
        (9223372036825200000, "int64", f"{TIME}MicroTimestamp", "infinity"),
        ("2026-03-09T13:00:00.125000Z", "string", f"{TIME}ZonedTimestamp", "2026-03-09T13:00:00.125Z"),
        ("13:00:00+02:00", "string", f"{TIME}ZonedTime", "13:00:00+02:00"),
        (2026, "int32", f"{TIME}Year", 2026),
        (-5500000, "int64", f"{TIME}MicroDuration", "-PT5.5S"),
        ("P1M2D", "string", f"{TIME}Interval", "P1M2D"),
        ('{"a": [1,\n0.10]}', "string", f"{DATA}Json", {"a": [1, 0.1]}),
        ("{not json", "string", f"{DATA}Json", "{not json"),
        ("a0ee", "string", f"{DATA}Uuid", "a0ee"),
        ({"scale": 1, "value": base64(-125, 1)}, "struct", f"{DATA}VariableScaleDecimal", "-12.5"),
        ("NaN", "double", "", "NaN"),
        ("/w==", "bytes", "", "/w=="),
        (None, "int32", f"{TIME}Date", None),
        (UNAVAILABLE, "string", f"{DATA}Json", UNAVAILABLE),
        (b64encode(UNAVAILABLE.encode()).decode(), "bytes", "", UNAVAILABLE),
        ("a line", "string", "", "a line"),
    ],
)
def test_a_value_has_the_form_of_its_meaning(value: Any, type: str, name: str, expected: Any) -> None:
    assert read(written(value, type, name)) == expected


@pytest.mark.parametrize(
    ("unscaled", "scale", "expected"),
    [(-1230, 2, "-12.30"), (5, 3, "0.005"), (5, -2, "500"), (0, 0, "0"), (-128, 0, "-128")],
)
def test_a_decimal_keeps_all_its_digits_as_bytes_or_as_a_number(unscaled: int, scale: int, expected: str) -> None:
    parameters = {"scale": str(scale)}
    assert read(written(base64(unscaled, 3), "bytes", f"{CONNECT}Decimal", parameters=parameters)) == expected
    number = written(0, "bytes", f"{CONNECT}Decimal", parameters=parameters).replace(
        b'"payload":0', b'"payload":' + expected.encode()
    )
    assert read(number) == expected


@given(st.integers(-(10**60), 10**60))
def test_every_decimal_comes_back(unscaled: int) -> None:
    data = base64(unscaled, unscaled.bit_length() // 8 + 1)
    text = read(written(data, "bytes", f"{CONNECT}Decimal", parameters={"scale": "6"}))
    assert Decimal(text) == Decimal(f"{unscaled}E-6")


@given(st.datetimes(min_value=datetime(1, 1, 1), max_value=datetime(9999, 12, 31)))
def test_every_moment_comes_back(moment: datetime) -> None:
    micros = (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)
    assert datetime.fromisoformat(read(written(micros, "int64", f"{TIME}MicroTimestamp"))) == moment
    days = (moment.date() - date(1970, 1, 1)).days
    assert date.fromisoformat(read(written(days, "int32", f"{TIME}Date"))) == moment.date()


def test_a_time_without_zone_is_utc_where_the_zone_is_known() -> None:
    assert (
        read(written(1773068400000, "int64", f"{TIME}Timestamp"), ZoneInfo("Europe/Brussels")) == "2026-03-09T14:00:00Z"
    )


def test_bits_are_ones_and_zeros_the_highest_first() -> None:
    assert read(written("FgE=", "bytes", f"{DATA}Bits", parameters={"length": "10"})) == "0100010110"


def test_values_lie_in_structs_lists_and_maps() -> None:
    day = {"type": "int32", "name": f"{TIME}Date"}
    struct = {"type": "struct", "fields": [{**day, "field": "d"}, {"type": "string", "field": "s"}]}
    fields = [
        {"type": "array", "items": struct, "field": "list"},
        {"type": "map", "keys": {"type": "string"}, "values": day, "field": "map"},
        {"type": "map", "keys": day, "values": day, "field": "pairs"},
    ]
    value = {"list": [{"d": 0, "s": "x"}, None], "map": {"a": 1, "b": None}, "pairs": [[0, 1]]}
    assert read(written(value, "struct", fields=fields)) == {
        "list": [{"d": "1970-01-01", "s": "x"}, None],
        "map": {"a": "1970-01-02", "b": None},
        "pairs": [["1970-01-01", "1970-01-02"]],
    }


def test_without_a_schema_values_stay_as_they_are_but_those_whose_types_are_declared() -> None:
    types = {"d": Type("bytes", f"{TIME}Date"), "n": Type("bytes", f"{CONNECT}Decimal", {"scale": "2"})}
    converter = JsonConverter(Converters(), types)
    row = {"d": 0, "n": "+zI=", "x": 1.10}
    told = {"d": "1970-01-01", "n": "-12.30", "x": Decimal("1.1")}
    assert converter.read(msgspec.json.encode(row)) == told
    assert converter.read(msgspec.json.encode({"schema": None, "payload": row})) == told
    assert converter.read(msgspec.json.encode({"op": "c", "before": None, "after": row}))["after"] == told
    assert converter.read(b"17") == 17


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\xff", "not JSON"),
        (b'"\xff"', "not JSON"),
        (b"", "not JSON"),
        (b'{"schema": {}, "payload": 1}', "none of Kafka Connect"),
        (b'{"schema": 7, "payload": 1}', "none of Kafka Connect"),
        (b'{"schema": {"type": "struct", "fields": [{}]}, "payload": {}}', "none of Kafka Connect"),
        (written("no base64", "bytes", f"{CONNECT}Decimal"), "not what its schema says"),
        (written("x", "int32", f"{TIME}Date"), "not what its schema says"),
        (written(1 << 40, "int32", f"{TIME}Date"), "not what its schema says"),
        (written(-1, "int32", f"{TIME}Time"), "no time of day"),
        (written([1], "struct", fields=[{"type": "int32", "name": f"{TIME}Date", "field": "a"}]), "what its"),
        (written({"a": "x"}, "struct", fields=[{"type": "int32", "name": f"{TIME}Date", "field": "a"}]), "says: a: "),
    ],
)  # fmt: skip
def test_what_is_none_of_a_converter_is_told_as_such(data: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        read(data)


@given(
    st.binary()
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda s: (
            st.lists(s)
            | st.dictionaries(
                st.sampled_from(
                    ["schema", "payload", "type", "fields", "field", "name", "items", "op", "before", "after", "source"]
                ),
                s,
            )
        ),
    ).map(msgspec.json.encode)
)
def test_whatever_comes_is_read_or_refused(data: bytes) -> None:
    try:
        debezium.read(JsonConverter(Converters()).read(data))
    except ValueError:
        return


ROW = {
    "type": "record", "name": "Value",
    "fields": [
        {"name": "id", "type": "long"},
        {"name": "born", "type": ["null", {"type": "int", "connect.name": f"{TIME}Date", "connect.version": 1}]},
        {"name": "credit", "type": ["null", {
            "type": "bytes", "scale": 2, "precision": 9, "logicalType": "decimal",
            "connect.name": f"{CONNECT}Decimal", "connect.parameters": {"scale": "2"},
        }]},
        {"name": "raw", "type": "bytes"},
        {"name": "tags", "type": {"type": "array", "items": ["null", "string"]}},
        {"name": "kind", "type": {"type": "enum", "name": "Kind", "symbols": ["A", "B"]}},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}},
    ],
}  # fmt: skip
CHANGE = {
    "type": "record", "name": "Envelope", "namespace": "crm.customer", "connect.name": "crm.customer.Envelope",
    "fields": [
        {"name": "before", "type": ["null", ROW], "default": None},
        {"name": "after", "type": ["null", "Value"], "default": None},
    ],
}  # fmt: skip


def avro(schema: Any, value: Any, id: int = 7) -> bytes:
    stream = io.BytesIO()
    fastavro.schemaless_writer(stream, fastavro.parse_schema(schema), value)
    return b"\0" + id.to_bytes(4, "big") + stream.getvalue()


def test_avro_of_a_schema_registry_has_the_same_forms() -> None:
    asked = []

    def schema_by_id(id: int) -> Any:
        asked.append(id)
        return msgspec.json.encode(CHANGE).decode()

    nothing = {"id": 2, "born": None, "credit": None, "raw": b"", "tags": [], "kind": "B", "at": EPOCH}
    row = {
        "id": 1,
        "born": 10956,
        "credit": Decimal("-12.30"),
        "raw": b"\xff",
        "tags": ["x", None],
        "kind": "A",
        "at": EPOCH,
    }
    converter = AvroConverter(Converters(), schema_by_id)
    for _ in range(2):
        assert converter.read(avro(CHANGE, {"before": nothing, "after": row})) == {
            "before": {**nothing, "raw": "", "at": "1970-01-01T00:00:00Z"},
            "after": {
                "id": 1, "born": "1999-12-31", "credit": "-12.30", "raw": "/w==", "tags": ["x", None], "kind": "A",
                "at": "1970-01-01T00:00:00Z",
            },
        }  # fmt: skip
    assert asked == [7]


def test_what_is_no_avro_of_the_registry_is_told_as_such() -> None:
    def schema_by_id(id: int) -> Any:
        if id == 1:
            raise LookupError("answers 404")
        return '"string"' if id == 2 else {"type": "nonsense"}

    converter = AvroConverter(Converters(), schema_by_id)
    assert converter.read(avro("string", "x", 2)) == "x"
    wrong = {
        b"": "first byte",
        b"{}": "first byte",
        avro("string", "x", 1): "the id 1, which the registry does not know",
        avro("string", "x", 2)[:-1]: "no Avro of the schema with id 2",
        avro("string", "x", 2) + b"x": "bytes are left over",
        avro("string", "x", 3): "the schema with id 3 is no Avro schema",
    }
    for data, reason in wrong.items():
        with pytest.raises(ValueError, match=reason):
            converter.read(data)


@given(st.binary())
def test_whatever_comes_as_avro_is_read_or_refused(data: bytes) -> None:
    converter = AvroConverter(Converters(), lambda id: CHANGE)
    try:
        converter.read(b"\0\0\0\0\1" + data)
    except ValueError:
        return


SOURCE = {"connector": "postgresql", "name": "crm", "db": "crm", "schema": "public", "table": "customer", "lsn": 5}


def test_a_change_is_the_same_as_one_of_a_database_that_is_followed() -> None:
    change = debezium.read(
        {
            "op": "u", "source": {**SOURCE, "snapshot": "false", "ts_ms": 1, "version": "3.6"}, "before": None,
            "after": {"id": 1, "big": UNAVAILABLE, "list": [UNAVAILABLE], "name": "x"}, "ts_ms": 2, "transaction": None,
        }
    )  # fmt: skip
    assert isinstance(change, Envelope)
    assert msgspec.json.decode(msgspec.json.encode(change)) == {
        "op": "u", "source": {**SOURCE, "snapshot": "false", "ts_ms": 1, "ts_us": None, "row": 0},
        "after": {"id": 1, "name": "x"}, "unchanged": ["big", "list"],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ({"ts_ms": 1}, "heartbeat"),
        ({"status": "BEGIN", "id": "1:2", "event_count": None, "data_collections": None, "ts_ms": 1}, "transaction"),
        ({"source": SOURCE, "ts_ms": 1, "databaseName": "crm", "ddl": "DROP", "tableChanges": []}, "schema change"),
        ({"op": "m", "source": SOURCE, "message": {"prefix": "x", "content": ""}}, "message"),
    ],
)
def test_what_is_no_change_is_told_apart(value: Any, what: str) -> None:
    assert debezium.read(value) == what


@pytest.mark.parametrize("value", [None, 1, [], {}, {"id": 1}, {"op": "c"}, {"op": "c", "source": SOURCE, "after": 1}])
def test_what_is_none_of_debezium_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="it"):
        debezium.read(value)


def test_a_schema_that_goes_on_for_ever_is_refused() -> None:
    schema: Any = {"type": "string"}
    for _ in range(100):
        schema = {"type": "array", "items": schema}
    for reader in (from_json, from_avro):
        with pytest.raises(ValueError, match="more than 40 levels"):
            reader(schema)
