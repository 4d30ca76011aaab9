"""Changes of rows as events: keys, envelopes, times."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from tests.systems.scripted_database import Script, ScriptedDatabase
from trunkline.quarantine import Rejected
from trunkline.systems.changes import times
from trunkline.systems.changes.change import Broken, Change, Moment, Unreadable
from trunkline.systems.changes.envelope import UNAVAILABLE, read
from trunkline.systems.changes.events import Translation
from trunkline.systems.changes.settings import DatabaseSettings, TableSettings
from trunkline.systems.reach import Captured

MOMENT = Moment("0/10", 3, 1_700_000_000_123_456, 16, {"lsn": 16, "txId": 7})


def events(change: Change | Broken, **settings: Any) -> list[Captured | Rejected]:
    database = ScriptedDatabase(Script([]), threading.Event())
    tables = {"public.a": TableSettings(topic="a", **settings)}
    return list(Translation("crm", database, tables).events(change))


def captured(change: Change, **settings: Any) -> list[tuple[str | None, Any]]:
    """The key and the value of each event."""
    found = events(change, **settings)
    assert all(isinstance(event, Captured) for event in found), found
    return [
        (e.event.key.decode() if e.event.key else None, msgspec.json.decode(e.event.value) if e.event.value else None)
        for e in found
        if isinstance(e, Captured)
    ]


def rejected(change: Change | Broken, **settings: Any) -> Rejected:
    [found] = events(change, **settings)
    assert isinstance(found, Rejected)
    return found


def change(op: Any, before: Mapping[str, Any] | None, after: Mapping[str, Any] | None, **fields: Any) -> Change:
    given = {"table": "public.a", "key": ("id",), "moment": MOMENT, **fields}
    return Change(op, before=dict(before) if before else None, after=dict(after) if after else None, **given)


def test_a_change_has_the_rows_before_and_after_it_and_where_it_came_from() -> None:
    [(key, value)] = captured(change("u", {"id": 1, "n": "x"}, {"id": 1, "n": None}))
    assert key == "1"
    assert value["op"] == "u"
    assert value["before"] == {"id": 1, "n": "x"}
    assert value["after"] == {"id": 1, "n": None}
    assert value["source"] == {
        "connector": "scripted", "name": "crm", "db": "test", "table": "public.a", "snapshot": "false", "row": 3,
        "lsn": 16, "txId": 7, "ts_ms": 1_700_000_000_123, "ts_us": 1_700_000_000_123_456,
    }  # fmt: skip


def test_what_is_not_there_is_left_out_and_is_not_null() -> None:
    [(_, made)] = captured(change("c", None, {"id": 1}))
    [(_, gone)] = captured(change("d", {"id": 1}, None))
    assert "before" not in made
    assert "after" not in gone


def test_an_event_has_the_time_of_its_commit_and_an_id_that_is_the_same_at_every_reading() -> None:
    [first], [again] = events(change("c", None, {"id": 1})), events(change("c", None, {"id": 1}))
    assert first == again
    assert isinstance(first, Captured)
    assert first.event.time == MOMENT.time
    assert dict(first.event.headers)["ce_id"] == b"0/10-3"


def test_a_row_that_is_gone_is_a_tombstone_where_rows_are_kept() -> None:
    assert captured(change("c", None, {"id": 1, "n": 2}), envelope="row") == [("1", {"id": 1, "n": 2})]
    assert captured(change("d", {"id": 1}, None), envelope="row") == [("1", None)]


@pytest.mark.parametrize("envelope", ["change", "row"])
def test_a_row_that_gets_another_key_is_gone_under_the_old_one_and_made_under_the_new(envelope: str) -> None:
    found = captured(change("u", {"id": 1}, {"id": 2, "n": 3}), envelope=envelope)
    assert [key for key, _ in found] == ["1", "2"]
    if envelope == "row":
        assert [value for _, value in found] == [None, {"id": 2, "n": 3}]
    else:
        assert [value["op"] for _, value in found] == ["d", "c"]
    ids = {dict(e.event.headers)["ce_id"] for e in events(change("u", {"id": 1}, {"id": 2})) if isinstance(e, Captured)}
    assert len(ids) == 2


@pytest.mark.parametrize(
    ("key", "row", "expected"),
    [
        (("id",), {"id": 42}, "42"),
        (("id",), {"id": "a:b"}, "a:b"),
        (("id",), {"id": True}, "true"),
        (("id",), {"id": msgspec.Raw(b"[1]")}, "[1]"),
        (("b", "a"), {"a": "x", "b": 1}, '{"b":1,"a":"x"}'),
    ],
)
def test_a_key_is_its_columns_text_or_an_object_of_several(key: Any, row: Any, expected: str) -> None:
    [(found, _)] = captured(change("c", None, row, key=key))
    assert found == expected


@given(st.lists(st.tuples(st.text(), st.text()), unique=True, min_size=2))
def test_no_two_rows_share_a_key(rows: list[tuple[str, str]]) -> None:
    keys = [captured(change("c", None, {"a": a, "b": b}, key=("a", "b")))[0][0] for a, b in rows]
    assert len(set(keys)) == len(rows)


@pytest.mark.parametrize(
    "broken",
    [
        change("c", None, {"id": None}),
        change("c", None, {"other": 1}),
        change("c", None, {"id": 1}, key=()),
        change("d", None, None),
        change("d", {"other": 1}, None),
    ],
)
def test_a_row_without_a_key_is_in_the_quarantine(broken: Change) -> None:
    found = rejected(broken)
    assert (found.reason, found.target, found.offset) == ("key.missing", "a", 16)
    assert "public.a at 0/10" in found.message


def test_what_the_database_did_not_repeat_is_named_and_is_no_part_of_the_row() -> None:
    updated = change("u", None, {"id": 1}, unchanged=("note",))
    [(_, value)] = captured(updated)
    assert (value["after"], value["unchanged"]) == ({"id": 1}, ["note"])
    found = rejected(updated, envelope="row")
    assert (found.reason, "note" in found.message) == ("value.unavailable", True)


def test_a_table_that_was_emptied_is_told_to_every_partition() -> None:
    [found] = events(change("t", None, None))
    assert isinstance(found, Captured)
    assert found.everywhere
    assert rejected(change("t", None, None), envelope="row").reason == "table.truncated"


def test_what_cannot_be_read_is_in_the_quarantine_with_its_bytes_and_place() -> None:
    found = rejected(Broken("public.a", Unreadable("value.not-text", "no text", b"\xff" * 9000), MOMENT))
    assert (found.stage, found.system, found.uri) == ("decode", "crm", "scripted://public.a")
    assert (found.message, found.part) == ("public.a at 0/10: no text", b"\xff" * 4096)


def test_our_own_change_is_read_again() -> None:
    [event] = events(change("u", {"id": 1}, {"id": 1, "n": 2}, unchanged=("note",)))
    assert isinstance(event, Captured)
    found = read(event.event.value or b"")
    assert (found.op, found.before, found.after, found.unchanged) == ("u", {"id": 1}, {"id": 1, "n": 2}, ("note",))
    assert (found.source.lsn, found.source.gtid) == (16, UNSET)


# As Debezium 3's reference shows a change of PostgreSQL, an update.
DEBEZIUM = {
    "before": {"id": 1},
    "after": {"id": 1, "first_name": "Anne Marie", "email": "annek@noanswer.org", "note": UNAVAILABLE},
    "source": {
        "version": "3.3.1.Final", "connector": "postgresql", "name": "PostgreSQL_server", "ts_ms": 1559033904863,
        "ts_us": 1559033904863769, "ts_ns": 1559033904863769000, "snapshot": False, "db": "postgres",
        "sequence": '["24023119","24023128"]', "schema": "public", "table": "customers", "txId": 556, "lsn": 24023128,
        "xmin": None,
    },
    "op": "u", "ts_ms": 1465584025523, "ts_us": 1465584025523514, "ts_ns": 1465584025523514964, "transaction": None,
}  # fmt: skip


@pytest.mark.parametrize("value", [DEBEZIUM, {"schema": {"type": "struct"}, "payload": DEBEZIUM}])
def test_debeziums_change_is_read_by_the_same_code(value: dict[str, Any]) -> None:
    found = read(msgspec.json.encode(value))
    assert (found.op, found.before) == ("u", {"id": 1})
    assert found.after == {"id": 1, "first_name": "Anne Marie", "email": "annek@noanswer.org"}
    assert found.unchanged == ("note",)
    assert (found.source.connector, found.source.table, found.source.lsn) == ("postgresql", "customers", 24023128)


@pytest.mark.parametrize("value", [b"", b"1", b"{}", b'{"op":"x","source":{}}', b"\xff", b'{"payload":null}'])
def test_what_is_no_change_is_refused(value: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the message is the parser's
        read(value)


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2026-03-09 15:00:00.123456", None, "2026-03-09T15:00:00.123456"),
        ("2026-03-09 15:00:00", "Europe/Brussels", "2026-03-09T14:00:00Z"),
        ("2026-07-09 15:00:00.5", "Europe/Brussels", "2026-07-09T13:00:00.5Z"),
        ("2026-10-25 02:30:00", "Europe/Brussels", "2026-10-25T00:30:00Z"),  # the first of two
        ("0001-01-01 00:00:00", "Europe/Brussels", "0001-01-01 00:00:00"),  # no year before it
        ("0800-01-01 00:00:00", "Etc/GMT-1", "0799-12-31T23:00:00Z"),
        ("infinity", "Europe/Brussels", "infinity"),
        ("0044-03-15 00:00:00 BC", None, "0044-03-15 00:00:00 BC"),
        ("2024-00-00 00:00:00", None, "2024-00-00T00:00:00"),
        ("0000-00-00 00:00:00", None, "0000-00-00 00:00:00"),
        ("2026-02-30 00:00:00", "Europe/Brussels", "2026-02-30 00:00:00"),
        ("12026-02-03 00:00:00", "Europe/Brussels", "12026-02-03 00:00:00"),
    ],
)
def test_a_time_without_a_zone_is_in_the_declared_one(text: str, zone: str | None, expected: str) -> None:
    assert times.local(text, ZoneInfo(zone) if zone else None) == expected


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1, 1, 1)))
def test_a_time_in_utc_is_what_rfc_3339_writes(moment: datetime) -> None:
    text = moment.replace(tzinfo=None).isoformat(" ")
    assert datetime.fromisoformat(times.utc(text)) == moment


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"zone": "Europe/Brusels"}, "no time zone is named"),
        ({"zone": "../../etc/passwd"}, "no time zone is named"),
        ({"tls": "off", "ca": "ca.pem"}, "asks nobody"),
        ({"tls": "verify-ca"}, "needs a `ca`"),
        ({"tables": {}}, "length"),
        ({"tables": {"customer": {"topic": "a"}}}, "matching regex"),
        ({"password": "hunter2"}, "matching regex"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(changes: dict[str, Any], reason: str) -> None:
    given = {"name": "crm", "reach": "x", "host": "h", "user": "u", "tables": {"public.a": {"topic": "a"}}, **changes}
    with pytest.raises(msgspec.ValidationError, match=reason):
        msgspec.convert(given, DatabaseSettings)
