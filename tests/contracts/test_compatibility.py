"""Two versions of a contract: what changed, whom it breaks, and whether the declared compatibility allows it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.contracts import Contract, ContractValidator
from trunkline.contracts.compatibility import changes, refusals
from trunkline.log import Event

Make = Callable[..., Contract]

VALUES = "quality: [{{metric: invalidValues, mustBe: 0, arguments: {{validValues: [{}]}}}}]"


def values(*allowed: str) -> str:
    return "- {name: a, logicalType: string, " + VALUES.format(", ".join(allowed)) + "}"


def field(kind: str, options: str = "", **more: str) -> str:
    extra = "".join(f", {name}: {value}" for name, value in more.items())
    return f"- {{name: a, logicalType: {kind}, logicalTypeOptions: {{{options}}}{extra}}}"


def custom(**settings: str) -> str:
    listed = ", ".join(f"{{property: {name}, value: {value}}}" for name, value in settings.items())
    return f"- {{name: a, customProperties: [{listed}]}}"


def map_of(value: str) -> str:
    return custom(map=f"{{value: {value}}}").replace("a,", "a, logicalType: object,", 1)


STRING = "- {name: a, logicalType: string}"
REQUIRED = "- {name: a, logicalType: string, required: true}"
TWO = STRING + "\n- {name: b, logicalType: string}"


@pytest.mark.parametrize(
    ("old", "new", "text", "backward", "forward"),
    [
        (STRING, TWO, "`b` was added", True, True),
        (STRING, TWO[:-1] + ", required: true}", "`b` was added as required: old events do not have it", False, True),
        (TWO, STRING, "`b` was removed: events that have it would be refused", False, True),
        (TWO[:-1] + ", required: true}", STRING, "`b` was removed: events that have it would be refused", False, False),
        (STRING, REQUIRED, "`a` became required: old events may lack it", False, True),
        (REQUIRED, STRING, "`a` became optional: old readers count on it", True, False),
        (field("integer"), field("number"), "`a` changed its type from integer to number", True, False),
        (field("number"), field("integer"), "`a` changed its type from number to integer", False, True),
        (field("integer", "minimum: 0"), field("number", "minimum: 1"), "`a` changed its minimum from 0 to 1.0", False,
         True),
        (field("string", "pattern: x"), field("date"), "`a` changed its type from string to date", False, False),
        (map_of("{logicalType: string}, key: {logicalType: string, logicalTypeOptions: {pattern: x}}"),
         map_of("{logicalType: string}"), "`key of a` changed its pattern from x to none", True, False),
        (field("timestamp"), STRING, "`a` changed its type from timestamp to string", True, False),
        (STRING, field("date"), "`a` changed its type from string to date", False, True),
        (values("x"), field("date"), "`a` changed its type from string to date", False, False),
        (field("date"), field("timestamp"), "`a` changed its type from date to timestamp", False, False),
        (STRING, field("boolean"), "`a` may no longer be of type string", False, True),
        (STRING, field("boolean"), "`a` may now be of type boolean", True, False),
        (STRING, custom(anyOf="[{logicalType: string}, {logicalType: integer}]"), "`a` may now be of type integer",
         True, False),
        (custom(anyOf="[{logicalType: string}, {logicalType: integer}]"), STRING,
         "`a` may no longer be of type integer", False, True),
        (values("x", "y"), values("x"), "`a` may no longer be y", False, True),
        (values("x"), values("x", "y"), "`a` may now be y", True, False),
        (STRING, values("x"), "`a` may only be x", False, True),
        (values("x"), STRING, "`a` may be other than x", True, False),
        (field("integer", "minimum: 0"), field("integer", "minimum: 1"), "`a` changed its minimum from 0 to 1", False,
         True),
        (field("integer", "minimum: 1"), field("integer", "minimum: 0"), "`a` changed its minimum from 1 to 0", True,
         False),
        (field("number", "maximum: 9"), field("number", "maximum: 8"), "`a` changed its maximum from 9.0 to 8.0",
         False, True),
        (field("string", "maxLength: 8"), field("string", "maxLength: 9"), "`a` changed its maxLength from 8 to 9",
         True, False),
        (field("string"), field("string", "pattern: x"), "`a` changed its pattern from none to x", False, True),
        (field("string", "pattern: x"), field("string"), "`a` changed its pattern from x to none", True, False),
        (field("string", "pattern: x"), field("string", "pattern: y"), "`a` changed its pattern from x to y", False,
         False),
        (field("integer", "format: i8"), field("integer", "format: i16"),
         "`a` changed its maximum from 127 to 32767", True, False),
        (field("timestamp", "timezone: true"), field("timestamp", "timezone: false"),
         "`a` changed its timezone from True to False", True, False),
        (STRING, field("string", customProperties="[{property: nullable, value: true}]"), "`a` may now be null", True,
         False),
        (field("string", customProperties="[{property: nullable, value: true}]"), STRING, "`a` may no longer be null",
         False, True),
        (field("array", items="{logicalType: integer}"), field("array", items="{logicalType: number}"),
         "`a[]` changed its type from integer to number", True, False),
        (map_of("{logicalType: number}"), map_of("{logicalType: integer}"),
         "`a.*` changed its type from number to integer", False, True),
        (field("object", properties="[{name: x, logicalType: string}]"),
         field("object", properties="[{name: x, logicalType: string, required: true}]"),
         "`a.x` became required: old events may lack it", False, True),
        (STRING, "- {name: a, logicalType: string, classification: public}", "`a` was internal and is public", True,
         True),
    ],
)  # fmt: skip
def test_each_change_is_named_with_whom_it_breaks(
    contract: Make, old: str, new: str, text: str, backward: bool, forward: bool
) -> None:
    found = {change.text: (change.backward, change.forward) for change in changes(contract(old), contract(new))}
    assert found.get(text) == (backward, forward), found


def test_nothing_changed_is_no_change(contract: Make) -> None:
    assert changes(contract(TWO), contract(TWO)) == []
    assert refusals(contract(TWO), contract(TWO)) == []


def test_where_unknown_fields_are_allowed_a_field_may_go(contract: Make) -> None:
    change = changes(contract(TWO, unknownFields="allowed"), contract(STRING, unknownFields="allowed"))
    assert [(c.text, c.backward) for c in change] == [("`b` was removed", True)]


@pytest.mark.parametrize(
    ("mode", "refused"),
    [
        ("backward", ["`a` became required: old events may lack it (backward compatibility, version 1.0.0)"]),
        ("forward", ["`c` became optional: old readers count on it (forward compatibility, version 1.0.0)"]),
        ("full", ["`a` became required: old events may lack it (backward compatibility, version 1.0.0)",
                  "`c` became optional: old readers count on it (forward compatibility, version 1.0.0)"]),
        ("none", []),
    ],
)  # fmt: skip
def test_the_version_in_force_says_which_changes_are_refused(contract: Make, mode: str, refused: list[str]) -> None:
    old = contract(STRING + "\n- {name: c, logicalType: string, required: true}", compatibility=mode)
    new = contract(REQUIRED + "\n- {name: c, logicalType: string}", compatibility="none", version="2.0.0")
    assert [problem.reason for problem in refusals(old, new)] == refused


def test_a_refusal_has_the_line_of_the_field_in_the_new_file(contract: Make) -> None:
    new = contract(TWO[:-1] + ", required: true}", version="1.1.0")
    (problem,) = refusals(contract(STRING), new)
    line = next(n for n, line in enumerate(new.document.text.splitlines(), 1) if "name: b" in line)
    assert (problem.file, problem.line) == ("things.yaml", line)


@pytest.mark.parametrize(
    ("fields", "version", "mode", "reason"),
    [
        (TWO, "1.1.0", "backward", None),
        (TWO, "2.0.0", "backward", None),
        (TWO, "1.0.0", "backward", "the contract changed since 1.0.0: raise the minor version"),
        (TWO, "1.0.1", "backward", "the contract changed since 1.0.0: raise the minor version"),
        (TWO, "0.9.0", "backward", "version 0.9.0 is older than 1.0.0, which is in force"),
        (STRING.replace("}", ", description: New words.}"), "1.0.1", "backward", None),
        (STRING.replace("}", ", description: New words.}"), "1.0.0", "backward",
         "the contract changed since 1.0.0: raise the patch version"),
        (REQUIRED, "1.1.0", "none", "the contract changed since 1.0.0: raise the major version"),
        (REQUIRED, "2.0.0", "none", None),
    ],
)  # fmt: skip
def test_the_version_rises_with_the_change(
    contract: Make, fields: str, version: str, mode: str, reason: str | None
) -> None:
    old = contract(STRING, compatibility=mode)
    found = [problem.reason for problem in refusals(old, contract(fields, version=version, compatibility=mode))]
    assert found == ([reason] if reason else [])


def test_the_way_a_topic_is_kept_is_part_of_the_contract(contract: Make) -> None:
    keyed = "- {name: a, logicalType: string, primaryKey: true}"
    compacted = contract(keyed, compacted="true", version="2.0.0", partitions=2)
    plain = contract(keyed, partitions=4)
    assert [problem.reason for problem in refusals(plain, compacted)] == [
        "the topic became compacted: all events of a key but the last would be deleted (backward compatibility, "
        "version 1.0.0)",
        "partitions cannot shrink from 4 to 2",
    ]
    assert [problem.reason for problem in refusals(compacted, contract(STRING, version="3.0.0", partitions=2))] == [
        "the key changed from a to none (backward compatibility, version 2.0.0)",
        "the topic is no longer compacted: its tombstones would be refused (backward compatibility, version 2.0.0)",
    ]
    allowed = contract(STRING, unknownFields="allowed")
    assert [change.text for change in changes(allowed, contract(STRING))] == [
        "fields that the contract does not name are now refused"
    ]


scalars = st.sampled_from([
    field("string"), field("string", "maxLength: 2"), field("string", "minLength: 2"), field("integer"),
    field("integer", "minimum: 0"), field("integer", "maximum: 5"), field("number"), field("number", "minimum: 0.5"),
    field("boolean"), field("timestamp"), field("timestamp", "timezone: true"), field("date"), values("x", "y"),
    values("x", "yy", "zzz"), field("array", items="{logicalType: integer}"), field("array", "maxItems: 1",
    items="{logicalType: number}"), custom(anyOf="[{logicalType: string}, {logicalType: integer}]"),
    custom(anyOf="[{logicalType: number}, {logicalType: boolean}]", nullable="true"),
    field("object", properties="[{name: x, logicalType: integer}]"),
    field("object", properties="[{name: x, logicalType: integer, required: true}]"),
])  # fmt: skip
samples = st.sampled_from([
    "", "x", "yy", "zzz", -1, 0, 1, 9, 0.25, 0.75, True, None, "2026-01-01", "2026-01-01T00:00:00",
    "2026-01-01T00:00:00Z", [], [1], [1, 2], [0.5], {}, {"x": 1}, {"x": "y"},
])  # fmt: skip


@given(scalars, scalars, st.booleans(), st.booleans(), samples | st.just(...))
def test_what_is_called_compatible_is(
    contract: Make, old: str, new: str, required_before: bool, required_after: bool, value: object
) -> None:
    """If no change breaks backward, an event that fits the old version fits the new; forward the other way round."""
    before = contract(old[:-1] + f", required: {str(required_before).lower()}}}")
    after = contract(new[:-1] + f", required: {str(required_after).lower()}}}")
    event = [Event(msgspec.json.encode({} if value is ... else {"a": value}))]
    fits_before = not ContractValidator(before).failures(event)
    fits_after = not ContractValidator(after).failures(event)
    found = changes(before, after)
    if fits_before and all(change.backward for change in found):
        assert fits_after
    if fits_after and all(change.forward for change in found):
        assert fits_before
