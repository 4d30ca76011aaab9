"""Validation at the log: an event passes, or each of its faults has its path and its reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.contracts import Contract, Contracts, ContractValidator, accept
from trunkline.document import Invalid
from trunkline.log import ContractViolation, Event, open_log

Make = Callable[..., Contract]


def faults(contract: Contract, *values: object) -> list[tuple[int, str, str]]:
    events = [Event(value if isinstance(value, bytes | None) else msgspec.json.encode(value), b"k") for value in values]
    return ContractValidator(contract).failures(events)


ONE = "- {{name: a, required: true, {}}}"


@pytest.mark.parametrize(
    ("declared", "good", "bad", "reason"),
    [
        ("logicalType: string", "x", 1, "expected `str`, got `int`"),
        ("logicalType: string", "x", None, "expected `str`, got `null`"),
        ("logicalType: string, logicalTypeOptions: {minLength: 2}", "xy", "x", "expected `str` of length >= 2"),
        ("logicalType: string, logicalTypeOptions: {maxLength: 2}", "xy", "xyz", "expected `str` of length <= 2"),
        ("logicalType: string, logicalTypeOptions: {pattern: '^a+$'}", "aa", "ab", "expected `str` matching regex"),
        ("logicalType: string, logicalTypeOptions: {format: byte}", "aGk=", "?", "invalid base64 encoded string"),
        ("logicalType: string, logicalTypeOptions: {format: email}", "a@b.be", "a@", "expected `str` matching regex"),
        ("logicalType: string, logicalTypeOptions: {format: ipv4}", "10.0.0.255", "10.0.0.256", "expected `str` mat"),
        ("logicalType: string, logicalTypeOptions: {format: ipv6}", "fe80::1", "fe80", "expected `str` matching"),
        ("logicalType: string, logicalTypeOptions: {format: hostname}", "a-1.be", "-a.be", "expected `str` matching"),
        ("logicalType: string, logicalTypeOptions: {format: uri}", "sftp://h/f", "no uri", "expected `str` matching"),
        ("logicalType: string, logicalTypeOptions: {format: uuid}", "0f8fad5b-d9cb-469f-a165-70867728950e", "0f8fad5b",
         "expected `str` matching"),
        ("logicalType: string, quality: [{metric: invalidValues, mustBe: 0, arguments: {validValues: [x, y]}}]", "y",
         "z", "expected one of x, y"),
        ("logicalType: string, quality: [{metric: invalidValues, mustBe: 0, arguments: {pattern: '^x'}}]", "xa",
         "a", "expected `str` matching regex"),
        ("logicalType: integer, quality: [{metric: invalidValues, mustBe: 0, arguments: {validValues: [1, 2]}}]", 2,
         3, "expected one of 1, 2"),
        ("logicalType: integer", 1, 1.5, "expected `int`, got `float`"),
        ("logicalType: integer", 1, True, "expected `int`, got `bool`"),
        ("logicalType: integer, logicalTypeOptions: {minimum: 0}", 0, -1, "expected `int` >= 0"),
        ("logicalType: integer, logicalTypeOptions: {exclusiveMaximum: 9}", 8, 9, "expected `int` <= 8"),
        ("logicalType: integer, logicalTypeOptions: {exclusiveMinimum: 0}", 1, 0, "expected `int` >= 1"),
        ("logicalType: integer, logicalTypeOptions: {multipleOf: 5}", 10, 11, "expected `int` that's a multiple of 5"),
        ("logicalType: integer, logicalTypeOptions: {format: u8}", 255, 256, "expected `int` <= 255"),
        ("logicalType: integer, logicalTypeOptions: {format: u8, maximum: 9}", 9, 10, "expected `int` <= 9"),
        ("logicalType: integer, logicalTypeOptions: {format: u8, minimum: 5}", 5, 4, "expected `int` >= 5"),
        ("logicalType: number", 1, "1", "expected `float`, got `str`"),
        ("logicalType: number, logicalTypeOptions: {exclusiveMinimum: 0}", 0.1, 0, "expected `float` > 0.0"),
        ("logicalType: boolean", True, 1, "expected `bool`, got `int`"),
        ("logicalType: timestamp", "2026-01-01T00:00:00", "2026", "invalid RFC3339 encoded datetime"),
        ("logicalType: timestamp, logicalTypeOptions: {timezone: true}", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00",
         "expected `datetime` with a timezone component"),
        ("logicalType: timestamp, logicalTypeOptions: {timezone: false}", "2026-01-01T00:00:00Z", 1,
         "expected `datetime`, got `int`"),
        ("logicalType: date", "2026-02-28", "2026-02-30", "invalid RFC3339 encoded date"),
        ("logicalType: time", "23:59:59", "24:00:00", "invalid RFC3339 encoded time"),
        ("logicalType: array, items: {logicalType: integer}, logicalTypeOptions: {maxItems: 1}", [1], [1, 2],
         "expected `array` of length <= 1"),
        ("logicalType: object, logicalTypeOptions: {minProperties: 1}, "
         "customProperties: [{property: map, value: {value: {logicalType: integer}}}]", {"x": 1}, {},
         "expected `object` of length >= 1"),
        ("logicalType: string, customProperties: [{property: nullable, value: true}]", None, 1,
         "expected `str | null`, got `int`"),
        ("customProperties: [{property: anyOf, value: [{logicalType: string}, {logicalType: integer}]}]", 1, 1.5,
         "expected `int | str`, got `float`"),
    ],
)  # fmt: skip
def test_each_kind_of_limit_is_kept(contract: Make, declared: str, good: object, bad: object, reason: str) -> None:
    made = contract(ONE.format(declared))
    assert faults(made, {"a": good}) == []
    found = faults(made, {"a": good}, {"a": bad})
    assert [(index, path) for index, path, _ in found] == [(1, "$.a")]
    assert found[0][2].startswith(reason)


def test_a_quality_rule_that_no_single_event_can_break_is_not_held_against_one(contract: Make) -> None:
    rule = "quality: [{metric: invalidValues, mustBeLessThan: 5, unit: percent, arguments: {validValues: [x]}}]"
    made = contract(ONE.format(f"logicalType: string, {rule}"))
    assert faults(made, {"a": "other"}) == []
    assert made.field("a").quality[0].unit == "percent"


NESTED = """
- {name: id, logicalType: string, required: true}
- name: counters
  classification: internal
  logicalType: object
  customProperties:
    - property: map
      value:
        key: {logicalType: string, logicalTypeOptions: {pattern: "^[a-z.]+$"}}
        value:
          customProperties:
            - {property: nullable, value: true}
            - property: anyOf
              value:
                - {logicalType: number}
                - {logicalType: array, items: {logicalType: number}}
- name: source
  classification: internal
  logicalType: object
  properties:
    - {name: uri, logicalType: string, required: true}
    - {name: line, logicalType: integer}
- name: notes
  classification: internal
  logicalType: array
  items:
    logicalType: object
    properties: [{name: text, logicalType: string, required: true}]
"""


def test_every_fault_of_an_event_is_named_with_its_path(contract: Make) -> None:
    event = {
        "counters": {"a": 1, "b": None, "c": [1, 2], "d": "x", "e.f": [1, "y"]},
        "source": {"line": "3"},
        "notes": [{"text": "fine"}, {"text": 3}],
    }
    assert sorted(faults(contract(NESTED), event)) == [
        (0, "$.counters.d", "expected `float | array | null`, got `str`"),
        (0, "$.counters['e.f'][1]", "expected `float`, got `str`"),
        (0, "$.id", "is missing"),
        (0, "$.notes[1].text", "expected `str`, got `int`"),
        (0, "$.source.line", "expected `int`, got `str`"),
        (0, "$.source.uri", "is missing"),
    ]


def test_a_key_of_a_map_that_breaks_its_pattern_is_a_fault_of_the_map(contract: Make) -> None:
    found = faults(contract(NESTED), {"id": "x", "counters": {"A": 1}})
    assert [(index, path) for index, path, _ in found] == [(0, "$.counters")]


def test_an_optional_field_may_be_left_out_but_not_be_null(contract: Make) -> None:
    made = contract("- {name: a, logicalType: string}\n- {name: b, logicalType: string}")
    assert faults(made, {}, {"a": "x"}) == []
    assert faults(made, {"a": None}) == [(0, "$.a", "expected `str`, got `null`")]


def test_fields_that_the_contract_does_not_name_are_refused_unless_it_allows_them(contract: Make) -> None:
    assert faults(contract(NESTED), {"id": "x", "sauce": 1}) == [(0, "$.sauce", "is not known; did you mean `source`?")]
    assert faults(contract(NESTED), {"id": "x", "source": {"uri": "u", "zzz": 1}}) == [
        (0, "$.source.zzz", "is not known here")
    ]
    allowed = contract(NESTED, unknownFields="allowed")
    assert faults(allowed, {"id": "x", "sauce": 1, "source": {"uri": "u", "zzz": 1}}) == []


@pytest.mark.parametrize("name", ["class", "ce-id", "f0", "a b", "é", "__init__"])
def test_a_field_may_have_any_name(contract: Make, name: str) -> None:
    made = contract(f"- {{name: {name}, logicalType: string, required: true}}")
    assert faults(made, {name: "x"}) == []
    assert [reason for _, _, reason in faults(made, {})] == ["is missing"]


def test_a_reason_never_repeats_the_value_which_may_be_confidential(contract: Make) -> None:
    made = contract(
        """
        - {name: a, logicalType: string, logicalTypeOptions: {maxLength: 3}}
        - {name: b, logicalType: string, quality: [{metric: invalidValues, mustBe: 0, arguments: {validValues: [x]}}]}
        - {name: c, logicalType: timestamp}
        """
    )
    assert "secret" not in str(faults(made, {"a": "secret", "b": "secret", "c": "secret"}))


def test_tombstones_are_for_compacted_topics_and_these_need_keys(contract: Make) -> None:
    field = "- {name: id, logicalType: string, primaryKey: true, required: true}"
    assert faults(contract(field), None) == [
        (0, "$", "an event without value (a tombstone) is for compacted topics only")
    ]
    compacted = contract(field, compacted="true")
    assert faults(compacted, None, {"id": "x"}) == []
    assert ContractValidator(compacted).failures([Event(b'{"id":"x"}')]) == [
        (0, "$", "an event on a compacted topic needs a key")
    ]


@pytest.mark.parametrize(
    "value",
    [b"", b"{", b'{"id": "x"', b"\xff\xfe", b'{"id": "\xff"}', b"[" * 100_000, b'{"id":' * 100_000, b"null", b"[]",
     b'{"id": "x"} trailing', b'{"id": NaN}'],
)  # fmt: skip
def test_what_is_not_the_json_of_an_event_is_one_fault_at_its_top(contract: Make, value: bytes) -> None:
    found = faults(contract("- {name: id, logicalType: string, required: true}"), value)
    assert [(index, path) for index, path, _ in found] == [(0, "$")]
    assert found[0][2]


def test_an_undeclared_field_that_is_nested_too_deep_to_read_is_a_fault(contract: Make) -> None:
    made = contract("- {name: id, logicalType: string}", unknownFields="allowed")
    assert faults(made, b'{"x":' + b"[" * 100 + b"]" * 100 + b"}") == []
    found = faults(made, b'{"x":' + b"[" * 100_000 + b"]" * 100_000 + b"}")
    assert [(index, path) for index, path, _ in found] == [(0, "$")]


numbers = st.one_of(st.integers(-5, 5), st.sampled_from([2**63 - 1, -(2**63), 2**64, 0.5, True, "1", None]))
options = st.dictionaries(
    st.sampled_from(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
                     "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "timezone"]),
    numbers, max_size=3,
) | st.dictionaries(
    st.sampled_from(["pattern", "format", "minLength"]),
    st.sampled_from(["^a", "[", "a{99999999999}", "byte", "uuid", "ipv6", "u8", "i64", "f32", 1]), max_size=2,
)  # fmt: skip
rules = st.lists(st.fixed_dictionaries({
    "metric": st.just("invalidValues"), "mustBe": st.just(0),
    "arguments": st.dictionaries(st.sampled_from(["validValues", "pattern"]),
                                 st.sampled_from([["x"], [1], [], [2**70], "^a", 1, None]), max_size=2),
}), max_size=2)  # fmt: skip
types = st.sampled_from(["string", "integer", "number", "boolean", "timestamp", "date", "time"])
scalar = st.fixed_dictionaries({"logicalType": types}, optional={"logicalTypeOptions": options, "quality": rules})


def made_of(inner: st.SearchStrategy[dict[str, object]]) -> st.SearchStrategy[dict[str, object]]:
    """Arrays, maps, unions, objects and values that may be null, of properties like `inner`."""
    null = {"property": "nullable", "value": True}
    return st.one_of(
        inner.map(lambda part: part | {"customProperties": [*part.get("customProperties", []), null]}),  # type: ignore[misc]
        st.builds(lambda part, limit: {
            "logicalType": "array", "items": part, "logicalTypeOptions": limit,
        }, inner, options),
        st.builds(lambda key, part, limit: {
            "logicalType": "object", "logicalTypeOptions": limit,
            "customProperties": [{"property": "map", "value": {"key": key, "value": part}}],
        }, inner, inner, options),
        st.lists(inner, max_size=3).map(lambda parts: {"customProperties": [{"property": "anyOf", "value": parts}]}),
        st.lists(inner, max_size=2).map(lambda parts: {
            "logicalType": "object", "properties": [part | {"name": f"p{n}"} for n, part in enumerate(parts)],
        }),
    )  # fmt: skip


@given(st.recursive(scalar, made_of, max_leaves=4))
def test_a_contract_that_is_read_can_be_enforced(contract: Make, declared: dict[str, object]) -> None:
    """Whatever the log could not enforce is refused when the contract is read, not when an event comes."""
    written = msgspec.json.encode(declared | {"name": "a", "classification": "internal"}).decode()
    try:
        made = contract(f"- {written}")
    except Invalid:
        return
    found = faults(made, {"a": "x"}, {"a": 1}, {"a": [0]}, {"a": {"p0": 1}}, {"a": None}, {})
    assert all(path.startswith("$.a") for _, path, _ in found)


@given(st.binary() | st.text(alphabet='{}[]",:id nulltrue0.5e\\').map(str.encode))
def test_any_bytes_are_either_valid_or_explained(contract: Make, value: bytes) -> None:
    made = contract(NESTED)
    for index, path, reason in faults(made, value):
        assert index == 0
        assert path.startswith("$")
        assert reason


def test_the_log_refuses_events_that_break_their_contract_and_takes_nothing_of_the_batch(
    contract: Make, tmp_path: Path
) -> None:
    contracts = Contracts({"things": contract("- {name: id, logicalType: string, required: true}")})
    log = open_log(f"sqlite://{tmp_path}/log.db", contracts.validators())
    try:
        accept(log, contracts)
        with pytest.raises(ContractViolation, match=r"event 1 of the batch breaks the contract at \$\.id"):
            log.append("things", [Event(b'{"id": "x"}'), Event(b'{"id": 1}')])
        assert log.read("things", 0, 0) == []
        log.append("things", [Event(b'{"id": "x"}')])
        assert [record.value for record in log.read("things", 0, 0)] == [b'{"id": "x"}']
    finally:
        log.close()
