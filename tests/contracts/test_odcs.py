"""The operator's contracts against the standard's own JSON Schema: other tools must be able to read them."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import jsonschema
import msgspec
import pytest

from trunkline.document import Document

FOLDER = Path(__file__).parents[2] / "belgicom" / "contracts"


@pytest.fixture(scope="module")
def standard() -> jsonschema.Draft201909Validator:
    schema = msgspec.json.decode(files("open_data_contract_standard").joinpath("schema.json").read_bytes())
    assert "v3.1.0" in schema["properties"]["apiVersion"]["enum"]
    return jsonschema.Draft201909Validator(schema)


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_contract_is_valid_odcs_3_1(standard: jsonschema.Draft201909Validator, path: Path) -> None:
    errors = [f"{error.json_path}: {error.message}" for error in standard.iter_errors(Document.load(path).data)]
    assert errors == []


def test_an_example_with_every_part_that_we_read_is_valid_odcs_3_1(
    standard: jsonschema.Draft201909Validator, contract_text: object
) -> None:
    """What our types take from the standard is really in it: each key of ours, filled in, passes its schema."""
    from trunkline.contracts import odcs

    document = Document("everything.yaml", EVERYTHING)
    document.into(odcs.DataContract)
    errors = [f"{error.json_path}: {error.message}" for error in standard.iter_errors(document.data)]
    assert errors == []


EVERYTHING = """
apiVersion: v3.1.0
kind: DataContract
id: example
name: Example
version: 1.0.0
status: draft
tenant: example
domain: example
dataProduct: example
tags: [example]
contractCreatedTs: 2026-01-01T00:00:00Z
description:
  purpose: To show everything.
  usage: In a test.
  limitations: None.
  authoritativeDefinitions: [{id: a, url: https://example.com, type: tutorial, description: A tutorial.}]
  customProperties: [{id: c, property: mine, value: [1], description: My own.}]
team:
  id: team
  name: Team
  description: A team.
  tags: [x]
  members:
    - {id: m, username: an@example.com, name: An, description: The owner., role: owner, dateIn: 2026-01-01,
       dateOut: 2026-02-01, replacedByUsername: bo@example.com, tags: [x]}
roles: [{id: r, role: reader, description: Reads., access: read, firstLevelApprovers: an, secondLevelApprovers: bo}]
support: [{id: s, channel: c, url: https://example.com, description: Ask., tool: teams, scope: issues,
           invitationUrl: https://example.com}]
price: {id: p, priceAmount: 1.5, priceCurrency: EUR, priceUnit: megabyte}
servers: [{server: local, type: kafka, host: localhost, format: json}]
slaProperties: [{id: l, property: retention, value: 1, valueExt: 2, unit: d, element: things, driver: regulatory,
                 description: A day., scheduler: cron, schedule: 0 20 * * *}]
authoritativeDefinitions: [{url: https://example.com, type: tutorial}]
schema:
  - id: o
    name: Thing
    logicalType: object
    physicalName: things
    physicalType: topic
    businessName: Thing
    description: A thing.
    dataGranularityDescription: One a thing.
    tags: [x]
    relationships: [{from: Thing.a, to: Other.a, type: foreignKey}]
    quality:
      - {id: q1, metric: rowCount, mustBeBetween: [1, 9], dimension: completeness, severity: error, unit: rows,
         businessImpact: operational, method: reconciliation, scheduler: cron, schedule: 0 20 * * *, tags: [x]}
      - {type: text, name: words, description: Looks well.}
      - {type: sql, query: SELECT 1, mustBeLessThan: 1}
      - {type: custom, engine: soda, implementation: "x: y"}
      - {metric: duplicateValues, arguments: {properties: [a]}, mustBeLessOrEqualTo: 1}
      - {metric: nullValues, mustBeGreaterThan: 1}
      - {metric: nullValues, mustBeGreaterOrEqualTo: 1}
      - {metric: nullValues, mustNotBe: 1}
      - {metric: nullValues, mustNotBeBetween: [1, 2]}
    properties:
      - {id: a, name: a, logicalType: string, physicalName: a, physicalType: text, businessName: A, required: true,
         unique: true, primaryKey: true, primaryKeyPosition: 1, partitioned: true, partitionKeyPosition: 1,
         classification: public, encryptedName: b, transformSourceObjects: [x], transformLogic: x,
         transformDescription: x, examples: [x], criticalDataElement: true, tags: [x], relationships: [{to: O.a}],
         logicalTypeOptions: {minLength: 1, maxLength: 2, pattern: x}}
      - {name: b, logicalType: integer, logicalTypeOptions: {minimum: 1, maximum: 2, exclusiveMinimum: 1,
         exclusiveMaximum: 2, multipleOf: 1, format: i8}}
      - {name: c, logicalType: number, logicalTypeOptions: {minimum: 1.5, format: f64}}
      - {name: d, logicalType: timestamp, logicalTypeOptions: {timezone: true}}
      - {name: e, logicalType: array, items: {logicalType: time}, logicalTypeOptions: {minItems: 1, maxItems: 2}}
      - {name: f, logicalType: object, properties: [{name: g, logicalType: date}],
         logicalTypeOptions: {minProperties: 1, maxProperties: 2}}
"""
