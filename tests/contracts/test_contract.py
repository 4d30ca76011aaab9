"""Reading contracts: what they declare is found, and everything wrong is named with its line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from trunkline.contracts import Contract, load
from trunkline.contracts.contract import read
from trunkline.document import Document, Invalid
from trunkline.log import Topic

Make = Callable[..., Contract]
Text = Callable[..., str]


def problems(text: str) -> list[str]:
    with pytest.raises(Invalid) as refused:
        read(Document("things.yaml", text))
    return [problem.reason for problem in refused.value.problems]


def test_a_contract_says_how_the_log_keeps_its_topic(contract: Make) -> None:
    kept = contract("- {name: id, logicalType: string, primaryKey: true}", partitions=4, retentionBytes=1000).topic
    assert kept == Topic(name="things", partitions=4, retention=7 * 86_400, retention_bytes=1000)
    assert contract("- {name: id, logicalType: string, primaryKey: true}", compacted="true").topic.compacted


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("value: 90, unit: s", 90), ("value: 1.5, unit: hours", 5400), ("value: 2, unit: days", 172_800),
     ("value: 1, unit: yr", 31_557_600)],
)  # fmt: skip
def test_retention_is_a_number_of_a_unit(contract_text: Text, written: str, seconds: float) -> None:
    text = contract_text("- {name: id, logicalType: string}").replace("value: 7, unit: d", written)
    assert read(Document("things.yaml", text)).retention == seconds


@pytest.mark.parametrize("written", ["value: 7, unit: moons", "value: soon, unit: d", "value: 0, unit: d"])
def test_a_retention_that_cannot_be_counted_is_refused(contract_text: Text, written: str) -> None:
    text = contract_text("- {name: id, logicalType: string}").replace("value: 7, unit: d", written)
    assert problems(text) == [
        "`retention` needs a number and a `unit` among "
        "s, second, min, minute, h, hour, d, day, w, week, y, yr, year"
    ]  # fmt: skip


def test_a_field_without_classification_has_that_of_the_field_around_it(contract: Make) -> None:
    made = contract(
        """
        - name: person
          logicalType: object
          classification: personal
          properties:
            - {name: id, logicalType: string}
            - name: notes
              logicalType: array
              items:
                logicalType: object
                properties: [{name: place, logicalType: string, classification: sensitive}]
        - name: counts
          logicalType: object
          classification: public
          customProperties: [{property: map, value: {value: {logicalType: integer}}}]
        """.replace("- {name: id", "- {classification: personal, name: id"),
        legalBasis="contract",
    )
    levels = {path: made.classification(path) for path in ("person", "person.id", "person.notes.place", "counts.any")}
    assert levels == {
        "person": "personal", "person.id": "personal", "person.notes.place": "sensitive", "counts.any": "public",
    }  # fmt: skip
    with pytest.raises(KeyError, match=r"no field 'age' of 'person\.age'"):
        made.classification("person.age")


def test_the_key_is_made_of_the_primary_key_in_its_order(contract: Make) -> None:
    made = contract(
        """
        - {name: id, logicalType: string, primaryKey: true, primaryKeyPosition: 2}
        - {name: scope, logicalType: string, primaryKey: true, primaryKeyPosition: 1}
        - {name: other, logicalType: string}
        """
    )
    assert made.key == ("scope", "id")


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ("- {name: a}", "`logicalType` is missing"),
        ("- {name: a, logicalType: text}", "`logicalType`: expected one of string, date, timestamp, time, number, "
         "integer, object, array, boolean"),
        ("- {logicalType: string, classification: internal}", "`name` is missing"),
        ("- {name: a, logicalType: string}\n- {name: a, logicalType: string}", "`a` is declared twice"),
        ("- {logicalType: string, name: a}", "`classification` must be one of public, internal, confidential, "
         "personal, sensitive"),
        ("- {logicalType: string, name: a, classification: secret}", "`classification` must be one of public, "
         "internal, confidential, personal, sensitive"),
        ("- {name: a, logicalType: object}", "an object needs `properties`, or the custom property `map` where its "
         "keys are data"),
        ("- {name: a, logicalType: array}", "an array needs `items`"),
        ("- {name: a, logicalType: string, logicalTypeOptions: {pattern: '['}}", "`pattern` is not a regular "
         "expression: unterminated character set at position 0"),
        ("- {name: a, logicalType: string, logicalTypeOptions: {maximum: 3}}", "`maximum` is not known here"),
        ("- {name: a, logicalType: integer, logicalTypeOptions: {minimum: low}}", "`minimum`: expected "
         "`int | null`, got `str`"),
        ("- {name: a, logicalType: string, logicalTypeOptions: {pattern: a, format: uuid}}", "give `pattern` or "
         "`format`, not both"),
        ("- {name: a, logicalType: string, customProperties: [{property: nulable, value: true}]}", "`nulable` is not "
         "known; did you mean `nullable`?"),
        ("- {name: a, logicalType: string, customProperties: [{property: nullable, value: 1}]}", "`value`: expected "
         "`bool`, got `int`"),
        ("- {name: a, logicalType: string, customProperties: [{property: anyOf, value: [{logicalType: string}, "
         "{logicalType: date}]}]}", "a field with `anyOf` has no `logicalType` of its own"),
        ("- {name: a, customProperties: [{property: anyOf, value: [{logicalType: string}, {logicalType: date}]}]}",
         "`anyOf` needs two or more types that JSON tells apart"),
        ("- {name: a, customProperties: [{property: anyOf, value: [{logicalType: string}]}]}",
         "`anyOf` needs two or more types that JSON tells apart"),
        ("- {name: a, customProperties: [{property: anyOf, value: [{logicalType: string}, {customProperties: "
         "[{property: anyOf, value: [{logicalType: integer}, {logicalType: boolean}]}]}]}]}",
         "`anyOf` needs two or more types that JSON tells apart"),
        ("- {name: a, logicalType: string, quality: [{metric: invalidValues, mustBe: 0, arguments: {validValues: [x], "
         "pattern: y}}]}", "with valid values listed, leave out the other limits"),
        ("- {name: a, logicalType: string, logicalTypeOptions: {pattern: x}, quality: [{metric: invalidValues, "
         "mustBe: 0, arguments: {pattern: y}}]}", "`invalidValues` needs the argument `validValues`, or `pattern` for "
         "a string without one"),
        ("- {name: a, logicalType: string, logicalTypeOptions: {pattern: 'a{99999999999}'}}", "`pattern` is not a "
         "regular expression: the repetition number is too large"),
        ("- {name: a, logicalType: string, customProperties: [{property: map, value: {value: {logicalType: string}}}]}",
         "a map is of `logicalType: object`"),
        ("- {name: a, logicalType: number, logicalTypeOptions: {minimum: 1, exclusiveMinimum: 1}}",
         "give `minimum` or `exclusiveMinimum`, not both"),
        ("- {name: a, logicalType: object, logicalTypeOptions: {minProperties: 1}, properties: [{name: b, logicalType: "
         "date}]}", "`minProperties` is not known here"),
        ("- {name: a, logicalType: integer, quality: [{metric: invalidValues, mustBe: 0, arguments: {pattern: x}}]}",
         "`invalidValues` needs the argument `validValues`, or `pattern` for a string without one"),
        ("- {name: a, logicalType: string, quality: [{metric: invalidValues, mustBe: 0, arguments: {values: [x]}}]}",
         "`invalidValues` needs the argument `validValues`, or `pattern` for a string without one"),
        ("- {name: a, logicalType: object, customProperties: [{property: map, value: {key: {logicalType: integer}, "
         "value: {logicalType: string}}}]}", "the key of a map is a string"),
        ("- {name: a, logicalType: number, quality: [{metric: invalidValues, mustBe: 0, arguments: "
         "{validValues: [1.5]}}]}", "valid values are listed for a string or an integer only"),
        ("- {name: a, logicalType: string, quality: [{metric: invalidValues, mustBe: 0, arguments: "
         "{validValues: [1]}}]}", "item 1: expected `str`, got `int`"),
        ("- {name: a, logicalType: string, logicalTypeOptions: {minLength: 1}, quality: [{metric: invalidValues, "
         "mustBe: 0, arguments: {validValues: [x]}}]}", "with valid values listed, leave out the other limits"),
        ("- {classification: personal, logicalType: string, name: a}", "`a` is personal: name the `legalBasis` in "
         "customProperties"),
        ("- {name: a, logicalType: string, requird: true}", "`requird` is not known; did you mean `required`?"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_field_is_said(contract_text: Text, fields: str, reason: str) -> None:
    assert reason in problems(contract_text(fields))


def test_a_problem_of_a_field_has_the_line_of_the_field(contract_text: Text) -> None:
    text = contract_text(
        """
        - {name: good, logicalType: string}
        - name: bad
          classification: internal
          logicalType: string
          logicalTypeOptions:
            minLength: -1
        """
    )
    with pytest.raises(Invalid) as refused:
        read(Document("things.yaml", text))
    line = next(number for number, line in enumerate(text.splitlines(), 1) if "minLength" in line)
    assert [str(problem) for problem in refused.value.problems] == [
        f"things.yaml:{line}: `minLength`: expected `int` >= 0"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "instead", "reason"),
    [
        ("role: owner", "role: steward", "`team` needs a member with the role owner"),
        ("purpose: To have an example.", "usage: None.", "`description` needs a `purpose`"),
        ("property: retention", "property: latency", "`slaProperties` must say the `retention` of a topic that is "
         "not compacted"),
        ("physicalType: topic", "physicalType: table", "`physicalType` must be topic"),
        ("version: 1.0.0", "version: one", "`version`: expected `str` matching regex"),
        ("apiVersion: v3.1.0", "apiVersion: v2.2.2", "`apiVersion`: expected one of v3.1.0"),
        ("legalBasis, value: none", "compacted, value: true", "a compacted topic needs a key"),
        ("legalBasis", "legalbasis", "`legalbasis` is not known; did you mean `legalBasis`?"),
        ("value: none", "value: habit", "`value`: expected one of consent, contract,"),
        ("status: active", "", "`status` is missing"),
        ("physicalName: things", "businessName: things", "`physicalName` is missing: the topic's name"),
        ("name: Thing", "id: Thing", "`name` is missing"),
        ("  - name: Thing", "  - {name: Other, physicalName: other, physicalType: topic}\n  - name: Thing", "`schema` "
         "must declare one object: one contract a topic"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_contract_is_said(contract_text: Text, written: str, instead: str, reason: str) -> None:
    text = contract_text("- {name: id, logicalType: string}").replace(written, instead)
    assert any(said.startswith(reason) for said in problems(text))


def test_custom_properties_of_the_operator_are_left_alone(contract: Make) -> None:
    assert contract("- {name: id, logicalType: string}", costCentre=4711).settings.partitions == 1


def test_a_folder_is_read_whole_and_the_problems_of_all_its_files_come_together(
    tmp_path: Path, contract_text: Text
) -> None:
    (tmp_path / "things.yaml").write_text(contract_text("- {name: id, logicalType: string}"))
    (tmp_path / "README.md").write_text("not a contract")
    assert list(load(tmp_path)) == ["things"]
    (tmp_path / "a.yaml").write_text("- 1\n")
    (tmp_path / "b.yaml").write_text(contract_text("- {name: id, logicalType: string}", topic="other"))
    with pytest.raises(Invalid) as refused:
        load(tmp_path)
    assert [(Path(problem.file).name, problem.line, problem.reason) for problem in refused.value.problems] == [
        ("a.yaml", 1, "expected `object`, got `array`"),
        ("b.yaml", 14, "this topic's file must be named other.yaml"),
    ]


def test_a_folder_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="is not a folder"):
        load(tmp_path / "contracts")
