"""Usage as CSV, whose columns the connection explains."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.systems.usage_files import CALL, DATA, HEADER, MVNO, ORIGIN, SOLD, Read, damaged, read_all
from trunkline.connect import connection
from trunkline.systems.usagecsv import SYSTEM
from trunkline.systems.usagecsv.options import Options
from trunkline.systems.usagecsv.usage import reader
from trunkline.telco.model import Direction, Service


def read(**changes: Any) -> Read:
    return reader(msgspec.convert(MVNO | changes, Options))


def test_a_line_becomes_a_report_as_the_connection_explains_its_columns() -> None:
    data = (HEADER + CALL + DATA + SOLD).encode("latin-1")
    (call, used, sold), rejected = read_all(read(), data)
    assert rejected == []
    assert (call.id, call.session, call.service) == ("csv/usage/S1/17", "csv/usage/S1/17", Service.VOICE)
    assert (call.msisdn, call.other_party, call.duration) == ("32470000001", "32470000002", 90)
    assert (call.started, call.zone_offset) == (datetime(2026, 7, 19, 21, 59, tzinfo=UTC), 120)
    assert (call.visited, call.price, call.partial, call.final) == ("20601", None, 0, True)
    assert call.source == ORIGIN.source(len(HEADER), 2)
    assert (used.msisdn, used.duration, used.downlink, used.zone_offset) == ("32470000001", 600, 2, 60)
    assert (sold.service, sold.items, sold.price, sold.currency) == (Service.CONTENT, 1, 200, "EUR")
    assert (sold.other_party, sold.source.line) == ("Météo", 4)


def test_a_file_without_header_has_its_columns_by_number() -> None:
    options = Options(
        header=False, skip=1, time="unix", constants={"service": "data", "final": False, "partial": 3},
        columns={"id": 1, "started": 2, "imsi": 3, "uplink": 5, "direction": 4},
    )  # fmt: skip
    (report,), rejected = read_all(reader(options), b"report of today\n\n7,1773064744,206010000000001,terminating,9\n")
    assert rejected == []
    assert (report.id, report.imsi, report.uplink, report.partial) == ("csv/usage/7", "206010000000001", 9, 3)
    assert (report.final, report.direction) == (False, Direction.TERMINATING)
    assert report.started == datetime(2026, 3, 9, 13, 59, 4, tzinfo=UTC)


def test_a_correction_may_name_a_record_of_another_system() -> None:
    columns = {"id": "record", "corrects": {"column": "corrects", "prefix": ""}, "started": "started", "user": "user",
               "service": "service"}  # fmt: skip
    data = b"record,corrects,started,user,service\n1,pgw/PGW1/17,2026-03-09T14:59:04+01:00,a@b.be,data\n"
    (report,), _ = read_all(reader(msgspec.convert({"columns": columns}, Options)), data)
    assert (report.id, report.corrects, report.user) == ("csv/usage/1", "pgw/PGW1/17", "a@b.be")


@pytest.mark.parametrize(
    ("unit", "text", "seconds"),
    [("second", "61", 61), ("millisecond", "1500", 2), ("minute", "1,01", 61), ("hour", "2", 7200),
     ("clock", "1:02:03", 3723), ("clock", "02:03", 123)],
)  # fmt: skip
def test_durations_are_in_seconds_whatever_their_unit(unit: str, text: str, seconds: int) -> None:
    columns = MVNO["columns"] | {"duration": {"column": "MINUTES", "unit": unit}}
    (report,), _ = read_all(read(columns=columns), (HEADER + CALL.replace("1,5", text)).encode())
    assert report.duration == seconds


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("19/07/2026", "31/02/2026", "column START: '31/02/2026 23:59:00' is no time as %d/%m/%Y %H:%M:%S writes it"),
        (";1,5;", ";1.5;", "column MINUTES: '1.5' is no number with `,` as its decimal mark"),
        (";1,5;", ";-1;", "column MINUTES: '-1' is less than nothing"),
        (";C;", ";X;", "column TYPE: 'X' is none of: voice"),
        (";C;", ";;", "column TYPE: it is empty, and `service` must be there"),
        ("S1;17", "S1;", "column SWITCH, RECORD: it is empty, and `id` must be there"),
        ("0470 00 00 01", "anonymous", "column CALLER: 'anonymous' is no telephone number"),
        ("0470 00 00 01", "", "neither msisdn nor imsi nor user says who is charged"),
        (";1,5;", ";1,5;;", "has 10 fields, and the header 9"),
        (";1,5;;", ";1,5;99999999999999999;", "column VOLUME: '99999999999999999' is too large"),
        (";;\n", ";;x\n", "column AMOUNT: 'x' is no number"),
    ],
)
def test_a_line_that_cannot_be_read_is_rejected_with_line_and_column_and_the_next_is_taken(
    old: str, new: str, said: str
) -> None:
    wrong = CALL.replace(old, new)
    reports, (rejected,) = read_all(read(), (HEADER + DATA + wrong + CALL).encode())
    assert len(reports) == 2
    assert said in rejected.message
    assert "line 3" in rejected.message
    assert (rejected.reason, rejected.line, rejected.offset) == ("csv.line", 3, len(HEADER + DATA))
    assert rejected.part == wrong.encode()


def test_a_row_over_several_lines_is_one_and_the_lines_behind_it_keep_their_numbers() -> None:
    reports, _ = read_all(read(), (HEADER + CALL.replace("+32 470/00.00.02", "a\n\nb") + DATA).encode())
    assert [(r.other_party, r.source.line) for r in reports] == [("a\n\nb", 2), ("", 5)]


def test_a_quote_that_is_never_closed_costs_one_line() -> None:
    open_quote = CALL.replace('"+32', '"').replace('02"', "02")
    data = HEADER + DATA + open_quote + DATA * 200
    reports, rejected = read_all(read(), data.encode())
    assert (len(reports), len(rejected)) == (201, 1)
    assert rejected[0].line == 3


def test_a_line_longer_than_may_be_and_one_in_another_encoding_cost_themselves_alone() -> None:
    long = b'S1;17;C;"' + b"x" * 200_000 + b"\n"
    data = HEADER.encode() + long + SOLD.encode("latin-1") + CALL.encode()
    reports, (first, second) = read_all(read(encoding="utf-8"), data)
    assert len(reports) == 1
    assert "longer than 65536 bytes" in first.message
    assert "it is not utf-8" in second.message
    assert (second.line, second.offset) == (3, len(HEADER) + len(long))


def test_a_header_without_a_column_is_told_once_for_the_whole_file() -> None:
    data = (HEADER.replace("START", "BEGIN") + CALL * 100).encode()
    reports, (rejected,) = read_all(read(), data)
    assert reports == []
    assert "line 1, which is the header, lacks START; it has: SWITCH, RECORD, TYPE, BEGIN" in rejected.message
    assert (rejected.reason, rejected.length) == ("csv.header", len(data))


@pytest.mark.parametrize(
    ("change", "line", "said"),
    [
        ("", 4, "`options` is missing: `usagecsv` cannot read a file without them"),
        ("options: {columns: {id: A}}", 5, "`columns` must say where `started` is"),
        ("options: {columns: {id: A, started: B, msisdn: C}}", 5, "`service` must be a column or a constant"),
        ("options:\n  columns: {id: A, started: B, service: C}", 5, "who is charged?"),
        ("options: {columns: {id: A, started: B, service: C, imsi: D, when: E}}", 5, "`when` is no field of usage"),
        ("options: {columns: {id: A, started: B, service: C, imsi: D}, zone: Mars}", 5, "'Mars' is no time zone"),
        ("options: {columns: {id: A, started: B, imsi: D}, constants: {service: fax}}", 5, "'fax' is none of"),
        ("options: {columns: {id: A, started: B, service: C, imsi: D}, encoding: utf-16}", 5, "has no lines of bytes"),
        ("options: {columns: {id: A, started: B, service: C, imsi: D}, header: false}", 5, "by number, from 1"),
        ("options: {columns: {id: A, started: B, service: C, imsi: D, duration: {column: E, unit: day}}}", 5,
         "the unit 'day' is none of: second"),
        ("options: {columns: {id: A, started: B, service: {column: C, values: {F: fax}}, imsi: D}}", 5,
         "fax is none of"),
    ],
)  # fmt: skip
def test_options_that_cannot_be_are_told_before_anything_runs(
    tmp_path: Path, change: str, line: int, said: str
) -> None:
    (tmp_path / "systems").mkdir()
    declared = f"name: mvno\nreach: directory\ndirectory: in\nsystem: usagecsv\n{change}\n"
    (tmp_path / "systems" / "mvno.yaml").write_text(declared)
    (problem,) = connection.check(tmp_path)
    assert said in problem.reason
    assert problem.line == line
    assert SYSTEM.formats == ()


@given(st.text(st.characters(codec="latin-1", exclude_characters="\r\n\"'"), max_size=30))
def test_any_text_in_any_column_is_taken_or_rejected(text: str) -> None:
    for column in range(9):
        cells = CALL.rstrip("\n").split(";")
        cells[column] = f'"{text}"'
        reports, rejected = read_all(read(), (HEADER + ";".join(cells) + "\n" + DATA).encode("latin-1"))
        assert len(reports) + len(rejected) == 2


@given(damaged((HEADER + CALL + DATA + SOLD).encode("latin-1")))
def test_damaged_files_never_break_the_reader(data: bytes) -> None:
    read_all(read(), data)
