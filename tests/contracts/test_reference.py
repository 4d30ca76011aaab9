"""The reference operator's contracts say exactly what the canonical records are, and the log refuses anything else."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from trunkline.contracts import ContractValidator, load
from trunkline.contracts.field import Field
from trunkline.effects.effect import Effect, Place
from trunkline.effects.outcome import Action, Attempt, Decision, Outcome, Result, State
from trunkline.effects.outcome import Reason as WhyDead
from trunkline.log import Event
from trunkline.quarantine import Rejected
from trunkline.security.audit import Entry, Origin, Resource, Who
from trunkline.telco.model import (
    Account,
    AckState,
    Alarm,
    AlarmCommand,
    AlarmReport,
    Assignment,
    Balance,
    Bucket,
    ChargingAnswer,
    ChargingCommand,
    ChargingRequest,
    Comment,
    Direction,
    Drawn,
    EventType,
    Granted,
    Health,
    HealthStatus,
    Holder,
    Kpi,
    Measurement,
    Member,
    NetworkResource,
    Notice,
    Number,
    Passport,
    Posting,
    RatedUsage,
    Ratio,
    Reason,
    Report,
    Service,
    Severity,
    Source,
    Suspicion,
    Unit,
    Usage,
    UsageReport,
)

CONTRACTS = load(Path(__file__).parents[2] / "belgicom" / "contracts")
VALIDATORS = {name: ContractValidator(contract) for name, contract in CONTRACTS.items()}
NOON = datetime(2026, 3, 1, 12, 0, 0, 125, tzinfo=UTC)
CELL = "ManagedElement=ANT_HAVEN_02,ENBFunction=1,EUtranCellFDD=ANT_HAVEN_02-1"
SOURCE = Source(uri="sftp://enm/pm/A2026.xml", offset=812, line=12, archive="ab" * 32)

USAGE = Usage(
    id="pgw/PGW01/1001",
    corrects="pgw/PGW01/999",
    account="ACC-1",
    subscription="32470000001",
    imsi="206010000000001",
    service=Service.DATA,
    direction=Direction.TERMINATING,
    started=NOON,
    duration=600,
    uplink=3_145_728,
    downlink=70_254_592,
    items=1,
    other_party="32470000002",
    apn="internet",
    rating_group=100,
    visited="20801",
    zone_offset=60,
    cell="206-01-1-1234",
    price=199,
    currency="EUR",
    records=2,
    system="pgw",
    source=SOURCE,
)

NOTICE = Effect(
    id="notice-32470000000-2026-03-80",
    effector="sms",
    order="32470000000",
    payload='{"text": "80 %"}',
    parameters={"to": "32470000000"},
    waits=False,
    expires=NOON,
    cause=Place("usage.rated", 3, 17),
)

SAMPLES = [
    Measurement(
        vendor="Ericsson", system="enm", dn=CELL, native_dn=f"SubNetwork=Antwerpen,{CELL}", group="PM=1,PmGroup=Cell",
        end_time=NOON, granularity=900, suspect=True, job="1", software="CXP1", source=SOURCE,
        counters={"pmRrcConnEstabSucc": 17, "pmLoad": 0.25, "pmEmpty": None, "pmVector": [1, None, 2.5]},
    ),
    AlarmReport(
        kind=Report.RAISE, vendor="Nokia", system="netact", dn=CELL, native_dn="PLMN-PLMN/MRBTS-1", problem="7745",
        severity=Severity.MAJOR, event_type=EventType.EQUIPMENT, probable_cause="powerProblem",
        specific_problem="Mains failure", text="Mains failed", user="an", time=NOON, native_id="65182239",
        agent="127.0.0.1", sequence=5, active=("1", "2"), source=SOURCE,
    ),
    AlarmCommand(command="group", alarm_id="a1", dn=CELL, user="an", time=NOON, text="one fault", parent="a0"),
    Alarm(
        id="a1", state="updated", vendor="Nokia", dn=CELL, native_dn="PLMN-PLMN", problem="7745",
        perceived_severity=Severity.MINOR, event_type=EventType.COMMUNICATIONS, probable_cause="x",
        specific_problem="y", text="z", raised_time=NOON, changed_time=NOON, cleared_time=NOON, cleared_by="netact",
        ack_state=AckState.ACKNOWLEDGED, ack_user="an", ack_time=NOON, parent="a0", children=("a2",),
        comments=(Comment(text="seen", user="an", system="console", time=NOON),), paths={"netact": "65182239"},
        repeats=3, source=SOURCE,
    ),
    NetworkResource(
        dn=CELL, native_dn=CELL, cls="EUtranCellFDD", vendor="Ericsson", system="enm", user_label="Haven 2-1",
        site="ANT_HAVEN_02", region="Antwerpen", technology="LTE", latitude=51.2, longitude=4.4,
        attributes={"earfcn": "1300"}, time=NOON, source=SOURCE,
    ),
    Kpi(
        name="Accessibility", dn=CELL, vendor="Ericsson", technology="LTE", end_time=NOON, granularity=900, value=99.5,
        unit="%", ratios=(Ratio(numerator=199, denominator=200),), suspect=True,
        passport=Passport(
            formula="ericsson-lte/Accessibility", version="1", expression="a / b", sources=(SOURCE,),
            counters={"a": 199, "b": 200.5, "c": None, "d": [1, None]},
        ),
    ),
    Health(
        scope="cell", id=CELL, status=HealthStatus.DEGRADED, score=71.5, time=NOON, vendor="Ericsson",
        region="Antwerpen", site="ANT_HAVEN_02", technology="LTE", cells={"degraded": 1}, alarms={"major": 1},
        kpis={"Accessibility": 95.1, "Retainability": None},
        reasons=(
            Reason(kind="kpi", name="Accessibility", status=HealthStatus.DEGRADED, dn=CELL, time=NOON, value=95.1,
                   threshold=97.0, unit="%", alarm="a1", severity="major"),
        ),
    ),
    UsageReport(
        system="pgw", id="pgw/PGW01/1000", session="pgw/192.0.2.1/4711", partial=2, final=False,
        cumulative=True, user="fibre-1@belgicom.be", corrects="pgw/PGW01/999", service=Service.DATA,
        direction=Direction.TERMINATING, msisdn="32470000001",
        imsi="206010000000001", imei="3534900698733190", started=NOON, duration=600, uplink=3_145_728,
        downlink=70_254_592, items=1, other_party="32470000002", apn="internet", rating_group=100, visited="20801",
        zone_offset=60, cell="206-01-1-1234", price=199, currency="EUR", source=SOURCE,
    ),
    USAGE,
    Account(
        id="ACC-1", customer="C-1", kind="postpaid", currency="EUR", cycle_day=15, limit=6_000,
        members=(
            Member(
                msisdn="32470000001", imsi="206010000000001", language="nl", until=NOON,
                tariffs=(Assignment(tariff="go", since=NOON),),
            ),
        ),
    ),
    Number(
        id="imsi:206010000000001", account="ACC-1", msisdn="32470000001", until=NOON,
        former=(Holder(account="ACC-0", msisdn="32470000009", until=NOON),),
    ),
    RatedUsage(
        usage=USAGE, revision=1, tariff="go", rate="eu-data", zone="eu", band="all", unit=Unit.OCTET,
        quantity=73_400_320, free=70_000_000, amount=14, currency="EUR", tax="standard",
        drawn=(Drawn(bucket="go-data/2026-03-01", amount=70_000_000),), cycle=NOON, void=True,
    ),
    Posting(
        id="a/1", account="ACC-1", debit="money", credit="revenue", unit=Unit.MONEY, amount=14, currency="EUR",
        time=NOON, cause="pgw/PGW01/1001", kind="usage",
    ),
    Balance(
        account="ACC-1", kind="prepaid", currency="EUR", cycle=NOON, spent=14, limit=6_000, time=NOON, cause="a",
        buckets=(
            Bucket(id="money", name="Credit", unit=Unit.MONEY, remaining=-3, granted=1_000, reserved=200,
                   subscription="32470000001", allowance="go-data", priority=-1, valid_from=NOON, valid_to=NOON),
        ),
    ),
    ChargingCommand(
        id="c1", account="ACC-1", kind="transfer", bucket="a", to_bucket="b", amount=-5, subscription="32470000001",
        offering="pack-5", valid_to=NOON, reason="sorry", user="an", time=NOON,
    ),
    ChargingRequest(
        id="r1", account="ACC-1", session="s1", sequence=2, used=(USAGE,), wanted={100: 5}, service=Service.DATA,
        subscription="32470000001", visited="20801", zone_offset=60, apn="internet", other_party="32470000002",
        final=True, time=NOON,
    ),
    ChargingAnswer(
        id="r1", account="ACC-1", problem="account.unknown", detail="There is none.", time=NOON,
        granted=(Granted(rating_group=100, units=5, result="SUCCESS", last=True, valid_until=NOON),),
    ),
    Notice(
        id="n1", account="ACC-1", subscription="32470000001", kind="cut-off", language="nl", values={"limit": "6000"},
        cause="r1", time=NOON,
    ),
    Suspicion(
        id="s1", account="ACC-1", subscription="32470000001", kind="velocity", rule="costly-calls", severity="high",
        counted=6, limit=5, unit="call", usages=("a", "b"), since=NOON, time=NOON,
    ),
    Rejected(
        stage="decode", reason="xml.truncated", message="The file ends inside measValue.", system="enm",
        uri="sftp://enm/pm/A.xml", offset=9, length=20, line=3, part=b"\x00<x", archive="ab" * 32,
        target="network.measurement", stack="File kpis.py, line 7", time=NOON, whose="32470000000",
    ),
    NOTICE,
    Outcome(
        id=NOTICE.id, effector="sms", order="32470000000", state=State.DEAD, number=7, requested=NOON, changed=NOON,
        request=Place(Effect.topic, 3, 7), cause=NOTICE.cause, reason=WhyDead.UNKNOWN, message="no answer",
        attempts=(
            Attempt(number=1, began=NOON, ended=NOON, result=Result.LATER, status=503, message="busy"),
            Attempt(number=2, began=NOON),
        ),
        attempted=2, failures=1, since=NOON, due=NOON, receipt="m-1", duplicates=1,
        decisions=(Decision(id=NOTICE.id, action=Action.RETRY, by="an", time=NOON, why="it is up again"),),
        effect=NOTICE,
    ),
    Entry(
        id="0123456789ab-7", time=NOON, who=Who("an", "crm", ("agent",), "https://id.belgicom.be"), action="read",
        resource=Resource("usage", "~a"), concerns=("~b",), told=1, fields=("id",), factors=("pwd",), purpose="billing",
        reason="TT-1", origin=Origin("127.0.0.1", "r-1", "GET /usage/{id}"), outcome="refused", rule="http 403",
        status=403,
    ),
]  # fmt: skip
IDS = [type(record).topic for record in SAMPLES]


def failures(topic: str, value: bytes) -> list[tuple[str, str]]:
    return [(path, reason) for _, path, reason in VALIDATORS[topic].failures([Event(value, b"key")])]


def test_every_canonical_record_has_a_contract() -> None:
    assert sorted([*IDS, Health.current, Usage.mediated]) == sorted(CONTRACTS)


def test_the_last_and_all_the_health_of_a_scope_have_the_same_fields() -> None:
    assert CONTRACTS[Health.current].event.fields == CONTRACTS[Health.topic].event.fields
    assert CONTRACTS[Health.current].topic.compacted


def test_usage_has_the_same_fields_before_and_after_it_is_known_who_pays() -> None:
    assert CONTRACTS[Usage.mediated].event.fields == tuple(
        msgspec.structs.replace(field, key_position=int(field.name == "subscription"))
        for field in CONTRACTS[Usage.topic].event.fields
    )


@pytest.mark.parametrize("record", SAMPLES, ids=IDS)
def test_a_record_with_all_its_fields_passes(record: Any) -> None:
    assert set(msgspec.to_builtins(record)) == {field.name for field in CONTRACTS[record.topic].event.fields}
    assert failures(record.topic, msgspec.json.encode(record)) == []


@pytest.mark.parametrize("record", SAMPLES, ids=IDS)
def test_a_record_with_only_its_required_fields_passes(record: Any) -> None:
    required = {field.name for field in msgspec.structs.fields(record) if field.required}
    bare = type(record)(**{name: getattr(record, name) for name in required})
    assert failures(record.topic, msgspec.json.encode(bare)) == []


@pytest.mark.parametrize("record", SAMPLES, ids=IDS)
def test_each_required_field_that_is_missing_or_mistyped_is_refused_with_its_path(record: Any) -> None:
    whole = msgspec.to_builtins(record)
    for field in CONTRACTS[record.topic].event.fields:
        wrong = whole | {field.name: "text" if field.type not in ("string", "timestamp") else 1}
        assert [path for path, _ in failures(record.topic, msgspec.json.encode(wrong))] == [f"$.{field.name}"]
        lacking = {name: value for name, value in whole.items() if name != field.name}
        expected = [(f"$.{field.name}", "is missing")] if field.required else []
        assert failures(record.topic, msgspec.json.encode(lacking)) == expected


KEYED = [record for record in SAMPLES if not isinstance(record, Measurement | RatedUsage)]


@pytest.mark.parametrize("record", KEYED, ids=[type(record).topic for record in KEYED])
def test_the_key_of_a_record_is_what_the_contract_says(record: Any) -> None:
    named = {field.encode_name: getattr(record, field.name) for field in msgspec.structs.fields(record)}
    assert record.key == ":".join(str(named[name]) for name in CONTRACTS[record.topic].key)


def test_the_key_of_a_measurement_is_no_field_of_it_but_its_cell() -> None:
    assert CONTRACTS["network.measurement"].key == ()
    assert SAMPLES[0].key == "ManagedElement=ANT_HAVEN_02,LTECell=ANT_HAVEN_02-1"


def test_the_key_of_a_rated_usage_is_the_account_of_its_usage() -> None:
    assert CONTRACTS["charging.usage.rated"].key == ()
    assert next(record.key for record in SAMPLES if isinstance(record, RatedUsage)) == USAGE.account


@pytest.mark.parametrize("kind", [type(record) for record in SAMPLES], ids=IDS)
def test_the_contract_declares_the_fields_of_the_record_and_no_others(kind: Any) -> None:
    assert differences(kind, CONTRACTS[kind.topic].event, "$") == []


CLOSED_SETS = {  # fields whose values are a closed set in the contract, and plain text in the record
    "$.command", "$.state", "$.scope", "$.stage", "$.reasons[].kind",
}  # fmt: skip


def differences(kind: Any, field: Field, path: str) -> list[str]:
    """What the type `kind` of a record and the `field` of its contract do not agree on."""
    kind = plain(kind)
    arms = list(get_args(kind)) if get_origin(kind) in (Union, UnionType) else [kind]
    nullable, arms = NoneType in arms, [arm for arm in arms if arm is not NoneType]
    if {int, float} <= set(arms):
        arms.remove(int)
    found = [f"{path}: null"] if field.nullable and not nullable else []
    if len(arms) > 1 or field.type == "union":
        declared = {arm.type: arm for arm in field.arms}
        pairs = [(arm, declared.get("array" if get_origin(arm) is list else "number")) for arm in arms]
        return found + [line for arm, part in pairs for line in (differences(arm, part, path) if part else [path])]
    (kind,) = arms
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = {part.encode_name: part for part in msgspec.structs.fields(kind)}
        if set(fields) != {part.name for part in field.fields}:
            return [f"{path}: {sorted(fields)} but {[part.name for part in field.fields]}"]
        for part in field.fields:
            if part.required != fields[part.name].required:
                found.append(f"{path}.{part.name}: required")
            if part.required and part.nullable != (NoneType in get_args(fields[part.name].type)):
                found.append(f"{path}.{part.name}: null")
            found += differences(fields[part.name].type, part, f"{path}.{part.name}")
        return found
    if isinstance(kind, type) and issubclass(kind, Enum):
        return found if sorted(field.values) == sorted(member.value for member in kind) else [f"{path}: values"]
    if get_origin(kind) is Literal:
        return found if sorted(field.values) == sorted(get_args(kind)) else [f"{path}: values"]
    if get_origin(kind) in (list, tuple) and field.items:
        return found + differences(get_args(kind)[0], field.items, f"{path}[]")
    if get_origin(kind) is dict and field.items:
        return found + differences(get_args(kind)[1], field.items, f"{path}.*")
    expected: dict[Any, str] = {
        str: "string", bytes: "string", int: "integer", float: "number", bool: "boolean", datetime: "timestamp"
    }  # fmt: skip
    if expected.get(kind) != field.type:
        found.append(f"{path}: {kind} but {field.type}")
    if field.values and path not in CLOSED_SETS:
        found.append(f"{path}: values")
    return found


def plain(kind: Any) -> Any:
    """A type without its own limits, which the log's readers hold it against."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


TEXT = st.text(min_size=1, max_size=12)

# Values that the types allow and the contract does not: the generator keeps to the contract in these alone.
NARROWED: dict[tuple[Any, str], st.SearchStrategy[Any]] = {
    (Source, "offset"): st.integers(0, 2**40), (Source, "line"): st.integers(0, 2**40),
    (Measurement, "dn"): st.text(min_size=1), (Measurement, "granularity"): st.integers(1, 10**6),
    (AlarmCommand, "command"): st.sampled_from(CONTRACTS["network.alarm.command"].field("command").values),
    (AlarmCommand, "alarm_id"): st.text(min_size=1), (AlarmCommand, "user"): st.text(min_size=1),
    (Alarm, "id"): st.text(min_size=1), (Alarm, "repeats"): st.integers(0, 10**6),
    (Alarm, "state"): st.sampled_from(CONTRACTS["network.alarm"].field("state").values),
    (NetworkResource, "dn"): st.text(min_size=1),
    (NetworkResource, "latitude"): st.floats(-90, 90), (NetworkResource, "longitude"): st.floats(-180, 180),
    (Kpi, "name"): st.text(min_size=1), (Kpi, "dn"): st.text(min_size=1), (Kpi, "granularity"): st.integers(1, 10**6),
    (Health, "scope"): st.sampled_from(CONTRACTS["network.health"].field("scope").values),
    (Health, "id"): st.text(min_size=1), (Health, "score"): st.floats(0, 100),
    (Health, "cells"): st.dictionaries(st.text(), st.integers(0, 10**6), max_size=2),
    (Health, "alarms"): st.dictionaries(st.text(), st.integers(0, 10**6), max_size=2),
    (Reason, "kind"): st.sampled_from(CONTRACTS["network.health"].field("reasons.kind").values),
    (UsageReport, "id"): TEXT, (UsageReport, "session"): TEXT, (UsageReport, "partial"): st.integers(0, 2**40),
    (UsageReport, "msisdn"): st.from_regex("[0-9]{0,15}", fullmatch=True),
    (UsageReport, "imsi"): st.from_regex("[0-9]{0,15}", fullmatch=True),
    (UsageReport, "imei"): st.from_regex("[0-9]{0,16}", fullmatch=True),
    (UsageReport, "duration"): st.integers(0, 2**40), (UsageReport, "uplink"): st.integers(0, 2**60),
    (UsageReport, "downlink"): st.integers(0, 2**60), (UsageReport, "items"): st.integers(0, 2**40),
    (UsageReport, "rating_group"): st.integers(-1, 2**32), (UsageReport, "zone_offset"): st.integers(-1440, 1440),
    (UsageReport, "visited"): st.from_regex("([0-9]{5,6})?", fullmatch=True),
    (UsageReport, "currency"): st.from_regex("([A-Z]{3})?", fullmatch=True),
    (Account, "id"): TEXT, (Account, "currency"): st.from_regex("[A-Z]{3}", fullmatch=True),
    (Account, "cycle_day"): st.integers(1, 28), (Account, "limit"): st.none() | st.integers(0, 2**60),
    (Member, "msisdn"): st.from_regex("[0-9]{5,15}", fullmatch=True),
    (Member, "imsi"): st.from_regex("[0-9]{0,15}", fullmatch=True),
    (Member, "language"): st.from_regex("[a-z]{2}", fullmatch=True), (Assignment, "tariff"): TEXT,
    (Number, "id"): TEXT, (Number, "account"): TEXT, (Usage, "subscription"): TEXT,
    (Usage, "id"): TEXT, (Usage, "duration"): st.integers(0, 2**40), (Usage, "uplink"): st.integers(0, 2**60),
    (Usage, "downlink"): st.integers(0, 2**60), (Usage, "items"): st.integers(0, 2**40),
    (Usage, "records"): st.integers(1, 2**20), (RatedUsage, "revision"): st.integers(0, 2**20),
    (RatedUsage, "quantity"): st.integers(0, 2**60), (RatedUsage, "free"): st.integers(0, 2**60),
    (RatedUsage, "amount"): st.integers(0, 2**60), (Posting, "id"): TEXT, (Posting, "amount"): st.integers(1, 2**60),
    (Bucket, "id"): TEXT, (Bucket, "reserved"): st.integers(0, 2**60), (Balance, "account"): TEXT,
    (Balance, "limit"): st.none() | st.integers(0, 2**60), (ChargingCommand, "id"): TEXT,
    (ChargingCommand, "account"): TEXT, (ChargingRequest, "id"): TEXT, (ChargingRequest, "account"): TEXT,
    (ChargingRequest, "session"): TEXT, (ChargingRequest, "sequence"): st.integers(0, 2**40),
    (ChargingRequest, "wanted"): st.dictionaries(st.integers(0, 2**32), st.integers(0, 2**60), max_size=3),
    (Granted, "units"): st.integers(0, 2**60), (ChargingAnswer, "id"): TEXT, (Notice, "id"): TEXT,
    (Suspicion, "id"): TEXT, (Suspicion, "counted"): st.integers(1, 2**60), (Suspicion, "limit"): st.integers(0, 2**60),
    (Rejected, "stage"): st.sampled_from(CONTRACTS["quarantine"].field("stage").values),
    (Rejected, "offset"): st.integers(0, 2**40), (Rejected, "length"): st.integers(0, 2**40),
    (Rejected, "line"): st.integers(0, 2**40),
    (Effect, "id"): st.from_regex(r"[!#-\[\]-~]{1,200}", fullmatch=True), (Effect, "effector"): TEXT,
    (Effect, "order"): TEXT, (Place, "partition"): st.integers(0, 2**20), (Place, "offset"): st.integers(0, 2**40),
    (Attempt, "number"): st.integers(1, 2**40), (Outcome, "id"): TEXT, (Outcome, "number"): st.integers(0, 2**40),
    (Outcome, "attempted"): st.integers(0, 2**40), (Outcome, "failures"): st.integers(0, 2**40),
    (Outcome, "duplicates"): st.integers(0, 2**40),
    (Entry, "id"): st.from_regex("[0-9a-f]{12}-[0-9]{1,15}", fullmatch=True), (Who, "subject"): TEXT,
    (Entry, "told"): st.integers(0, 2**40), (Entry, "status"): st.integers(0, 999),
}  # fmt: skip


def strategy(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a record's type, whole records too."""
    kind = plain(kind)
    arguments = get_args(kind)
    if get_origin(kind) in (Union, UnionType):
        return st.one_of(map(strategy, arguments))
    if get_origin(kind) is dict:
        return st.dictionaries(strategy(arguments[0]), strategy(arguments[1]), max_size=3)
    if get_origin(kind) is Literal:
        return st.sampled_from(arguments)
    if get_origin(kind) in (list, tuple):
        return st.lists(strategy(arguments[0]), max_size=2).map(get_origin(kind))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = {
            field.name: NARROWED.get((kind, field.name), strategy(field.type)) for field in msgspec.structs.fields(kind)
        }
        return st.builds(kind, **fields)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(list(kind))
    simple: dict[Any, st.SearchStrategy[Any]] = {
        str: st.text(max_size=12), bytes: st.binary(max_size=12), int: st.integers(-(2**63), 2**63 - 1),
        float: st.floats(allow_nan=False, allow_infinity=False), bool: st.booleans(), NoneType: st.none(),
        datetime: st.datetimes(timezones=st.just(UTC)),
    }  # fmt: skip
    return simple[kind]


records = st.one_of([strategy(type(record)) for record in SAMPLES])


@given(records)
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])
def test_every_record_that_the_platform_can_make_passes(record: Any) -> None:
    assert failures(record.topic, msgspec.json.encode(record)) == []


@given(records, st.data())
@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example])
def test_a_record_spoilt_in_one_place_is_refused_with_that_place(record: Any, data: st.DataObject) -> None:
    value = msgspec.to_builtins(record)
    field, parent, path = data.draw(places(value, CONTRACTS[record.topic].event))
    how: Literal["remove", "mistype", "add"] = data.draw(st.sampled_from(["remove", "mistype", "add"]))
    if how == "remove":
        assume(field.required)
        del parent[field.name]
    elif how == "mistype":
        parent[field.name] = {"not": "this"} if field.type not in ("object", "map") else "text"
    else:
        parent["undeclared"] = 1
        path = path.rpartition(".")[0] + ".undeclared"
    assert [found for found, _ in failures(record.topic, msgspec.json.encode(value))] == [path]


def places(value: Any, field: Field, path: str = "$") -> st.SearchStrategy[tuple[Field, dict[str, Any], str]]:
    """One of the fields that are in `value`: its declaration, the object that it is in, and its path."""
    found: list[tuple[Field, dict[str, Any], str]] = []

    def visit(value: Any, field: Field, path: str) -> None:
        for part in field.fields if field.type == "object" else ():
            if part.name in value:
                found.append((part, value, f"{path}.{part.name}"))
                visit(value[part.name], part, f"{path}.{part.name}")
        if field.type == "array" and field.items:
            for index, item in enumerate(value):
                visit(item, field.items, f"{path}[{index}]")

    visit(value, field, path)
    return st.sampled_from(found)
