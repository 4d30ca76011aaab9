"""Topics in Avro and with a JSON Schema on a real registry, read and written by Confluent's serialisers as well."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from tests.registry.conftest import ALARM, EVENT, Foreigner, codec, contract
from tests.servers.apicurio import Apicurio
from trunkline.contracts.registered import registered_schema
from trunkline.log import ContractViolation
from trunkline.registry import RegistryError

FOREIGN = msgspec.json.encode({
    "type": "record", "name": "Alarm", "namespace": "com.acme", "fields": [
        {"name": "severity", "type": "string"},
        {"name": "raised", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "id", "type": ["null", "string"], "default": None},
        {"name": "site", "type": "string"},
    ],
}).decode()  # fmt: skip
RAISED = datetime(2026, 1, 1, tzinfo=UTC)


def test_a_column_goes_out_as_avro_behind_the_magic_byte_and_the_schemas_id_and_comes_back(
    apicurio: Apicurio, topic: str, foreigner: Foreigner
) -> None:
    ours = codec(apicurio.url, contract(topic))
    values = [EVENT, None, EVENT.replace(b'"1"', b'"2"')]
    wire = ours.to_wire(topic, values)
    id = foreigner.client.get_latest_version(f"{topic}-value").schema_id
    assert [value and value[:5] for value in wire] == [
        b"\0" + id.to_bytes(4, "big"),
        None,
        b"\0" + id.to_bytes(4, "big"),
    ]
    assert ours.from_wire(topic, wire) == (values, [])


def test_the_subject_is_that_of_the_topics_name_in_kafka(apicurio: Apicurio, topic: str, foreigner: Foreigner) -> None:
    codec(apicurio.url, contract(topic), prefix="belgicom.").to_wire(topic, [EVENT])
    assert f"belgicom.{topic}-value" in foreigner.client.get_subjects()


def test_confluents_deserializer_reads_our_avro(apicurio: Apicurio, topic: str, foreigner: Foreigner) -> None:
    [wire] = codec(apicurio.url, contract(topic)).to_wire(topic, [EVENT])
    assert wire is not None
    assert foreigner.reads_avro(topic, wire) == {
        "id": "1", "severity": "not_x002D_set", "raised": RAISED, "repeats": None,
    }  # fmt: skip


def test_we_read_the_avro_of_confluents_serializer_with_its_own_schema(
    apicurio: Apicurio, topic: str, foreigner: Foreigner
) -> None:
    its = {"severity": "critical", "raised": RAISED, "id": "7", "site": "LIE"}
    value = foreigner.writes_avro(topic, FOREIGN, its)
    assert codec(apicurio.url, contract(topic)).from_wire(topic, [value]) == (
        [b'{"id":"7","severity":"critical","raised":"2026-01-01T00:00:00Z"}'],
        [],
    )


def test_confluents_serializer_writes_with_our_schema(apicurio: Apicurio, topic: str, foreigner: Foreigner) -> None:
    ours = contract(topic)
    theirs = codec(apicurio.url, ours)
    theirs.to_wire(topic, [EVENT])
    event = {"id": "1", "severity": "not_x002D_set", "raised": RAISED}
    value = foreigner.writes_avro(topic, registered_schema(ours)[1], event, **{"auto.register.schemas": False})
    assert theirs.from_wire(topic, [value]) == ([EVENT], [])


def test_a_topic_with_a_json_schema_goes_both_ways(apicurio: Apicurio, topic: str, foreigner: Foreigner) -> None:
    ours = contract(topic, wireFormat="jsonSchema")
    theirs = codec(apicurio.url, ours)
    [wire] = theirs.to_wire(topic, [EVENT])
    assert wire is not None
    assert wire[5:] == EVENT
    assert foreigner.client.get_latest_version(f"{topic}-value").schema.schema_type == "JSON"
    assert foreigner.reads_json(topic, wire) == msgspec.json.decode(EVENT)
    value = foreigner.writes_json(topic, registered_schema(ours)[1], msgspec.json.decode(EVENT))
    found, failures = theirs.from_wire(topic, [value])
    assert (msgspec.json.decode(found[0] or b""), failures) == (msgspec.json.decode(EVENT), [])


def test_a_topic_that_went_from_json_schema_to_avro_is_read_whole(apicurio: Apicurio, topic: str) -> None:
    before = codec(apicurio.url, contract(topic, wireFormat="jsonSchema", compatibility="none"))
    wire = before.to_wire(topic, [EVENT])
    after = codec(apicurio.url, contract(topic, version="2.0.0"))
    assert after.from_wire(topic, wire + after.to_wire(topic, [EVENT])) == ([EVENT, EVENT], [])


def test_topics_without_a_wire_format_stay_as_they_are(topic: str) -> None:
    nowhere = codec("http://127.0.0.1:9", contract(topic, wireFormat="json"))
    for name in (topic, "not.under.contract"):
        assert nowhere.to_wire(name, [EVENT, None]) == [EVENT, None]
        assert nowhere.from_wire(name, [b"\0\0\0\0\1", None]) == ([b"\0\0\0\0\1", None], [])


def test_every_value_that_the_schema_cannot_hold_is_named(apicurio: Apicurio, topic: str) -> None:
    with pytest.raises(ContractViolation) as refused:
        codec(apicurio.url, contract(topic)).to_wire(topic, [EVENT, b"{}", EVENT, b'{"id":1}'])
    assert refused.value.topic == topic
    assert {(place, path) for place, path, _ in refused.value.failures} == {
        (1, "$.id"), (1, "$.severity"), (1, "$.raised"), (3, "$.id"), (3, "$.severity"), (3, "$.raised"),
    }  # fmt: skip


def test_what_cannot_be_read_is_told_with_its_place_and_the_rest_is_read(apicurio: Apicurio, topic: str) -> None:
    ours = codec(apicurio.url, contract(topic))
    [wire] = ours.to_wire(topic, [EVENT])
    assert wire is not None
    foul = [EVENT, b"", b"\0\0\0", b"\0\x7f\xff\xff\xff" + wire[5:], wire[:9], wire + b"\0"]
    found, broken = ours.from_wire(topic, [*foul, wire, None])
    assert found == [*foul, EVENT, None]
    unknown = "No content with ID '2147483647' was found. (404, code 40403)"
    assert broken == [
        (0, "it begins with byte 0x7b, not with the byte 0 and a schema's id: it was written without the registry"),
        (1, "it begins with nothing, not with the byte 0 and a schema's id: it was written without the registry"),
        (2, "it has 3 bytes: 5 for the byte 0 and the schema's id, and then the event"),
        (3, f"the schema registry {apicurio.url} has no schema 2147483647: {unknown}"),
        (4, "the event is cut off at byte 9"),
        (5, f"the event ends at byte {len(wire)}, but there are {len(wire) + 1}"),
    ]


def test_a_schema_that_is_neither_avro_nor_json_is_told(apicurio: Apicurio, topic: str, foreigner: Foreigner) -> None:
    from confluent_kafka.schema_registry import Schema

    id = foreigner.client.register_schema(
        f"{topic}-p", Schema('syntax = "proto3"; message A { string a = 1; }', "PROTOBUF")
    )
    _, [(place, reason)] = codec(apicurio.url, contract(topic)).from_wire(topic, [b"\0" + id.to_bytes(4, "big") + b"x"])
    assert (place, reason) == (0, f"the schema {id} is of type PROTOBUF; Avro and JSON Schema can be read")


def test_a_schema_that_refers_to_others_is_read(apicurio: Apicurio, topic: str, foreigner: Foreigner) -> None:
    from confluent_kafka.schema_registry import Schema, SchemaReference

    amount = '{"type":"record","name":"Severity","namespace":"com.acme","fields":[{"name":"text","type":"string"}]}'
    whole = ('{"type":"record","name":"A","fields":[{"name":"s","type":"com.acme.Severity"},'
             '{"name":"t","type":"com.acme.Severity"}]}')  # fmt: skip
    foreigner.client.register_schema(f"{topic}-s", Schema(amount, "AVRO"))
    refers = [SchemaReference("com.acme.Severity", f"{topic}-s", 1)]
    id = foreigner.client.register_schema(f"{topic}-a", Schema(whole, "AVRO", refers))
    part = "{name: text, logicalType: string}"
    seen = contract(topic, f"- {{name: t, logicalType: object, properties: [{part}]}}")
    value = b"\0" + id.to_bytes(4, "big") + b"\2a\2b"
    assert codec(apicurio.url, seen).from_wire(topic, [value]) == ([b'{"t":{"text":"b"}}'], [])


# Versions of a contract


def test_a_compatible_new_version_reads_old_events_and_old_readers_read_its(apicurio: Apicurio, topic: str) -> None:
    old = codec(apicurio.url, contract(topic))
    new = codec(apicurio.url, contract(topic, f"{ALARM}\n- {{name: cause, logicalType: string}}", version="1.1.0"))
    before, after = old.to_wire(topic, [EVENT]), new.to_wire(topic, [EVENT[:-1] + b',"cause":"power"}'])
    assert new.from_wire(topic, before + after) == ([EVENT, EVENT[:-1] + b',"cause":"power"}'], [])
    assert old.from_wire(topic, before + after) == ([EVENT, EVENT], [])


@pytest.mark.parametrize("wire", ["avro", "jsonSchema"])
def test_an_incompatible_version_is_refused_with_the_registrys_words(apicurio: Apicurio, topic: str, wire: str) -> None:
    codec(apicurio.url, contract(topic, wireFormat=wire)).to_wire(topic, [EVENT])
    broken = ALARM.replace("repeats, logicalType: integer", "repeats, logicalType: boolean")
    with pytest.raises(RegistryError) as refused:
        codec(apicurio.url, contract(topic, broken, wireFormat=wire)).to_wire(topic, [EVENT])
    assert str(refused.value).startswith(
        f"the schema registry {apicurio.url}, {topic}-value: the contract's new version does not go with those before "
        "it: io.apicurio.registry.rules.RuleViolationException: Incompatible artifact"
    )


def test_the_contract_says_what_its_next_version_owes(apicurio: Apicurio, topic: str, foreigner: Foreigner) -> None:
    broken = ALARM.replace("repeats, logicalType: integer", "repeats, logicalType: boolean")
    for compatibility, fields in (("full", ALARM), ("none", ALARM), ("forward", broken)):
        codec(apicurio.url, contract(topic, fields, compatibility=compatibility)).to_wire(topic, [EVENT])
        assert foreigner.client.get_compatibility(f"{topic}-value") == compatibility.upper()
    assert foreigner.client.get_versions(f"{topic}-value") == [1, 2]


# Where others register


def test_without_register_a_schema_must_be_there(apicurio: Apicurio, topic: str, foreigner: Foreigner) -> None:
    ours = contract(topic)
    with pytest.raises(RegistryError, match=f"register what `trunkline contracts schema {topic}` prints"):
        codec(apicurio.url, ours, register=False).to_wire(topic, [EVENT])
    assert f"{topic}-value" not in foreigner.client.get_subjects()
    codec(apicurio.url, ours).to_wire(topic, [EVENT])
    strict = codec(apicurio.url, ours, register=False)
    assert strict.from_wire(topic, strict.to_wire(topic, [EVENT])) == ([EVENT], [])
    newer = contract(topic, f"{ALARM}\n- {{name: cause, logicalType: string}}", version="1.1.0")
    with pytest.raises(RegistryError, match=r"does not have the schema of version 1.1.0"):
        codec(apicurio.url, newer, register=False).to_wire(topic, [EVENT])
