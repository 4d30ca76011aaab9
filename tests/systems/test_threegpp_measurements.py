"""Measurement files of TS 32.435 and TS 28.532, as they are specified and as they are found in networks."""

import gzip
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.systems.measurement_files import (
    END,
    Group,
    Node,
    Object,
    expected,
    read_all,
    told,
    ts_32435,
)
from trunkline.systems.threegpp.measurements import matches, read

CELLS = Group(
    "cells",
    ("RRC.ConnEstabAtt", "RRC.ConnEstabSucc", "L.ChMeas.PRB"),
    (
        Object("ENBFunction=1,EUtranCellFDD=1", (10, 9, [1, 2, 3])),
        Object("ENBFunction=1,EUtranCellFDD=2", (20, None, [4, None, 6]), suspect=True),
    ),
)
LISTED = Group("listed", ("a", "b", "c"), (Object("ENBFunction=1", (1, None, 2.5)),), listed=True)
NODES = (Node("SubNetwork=2,MeContext=N1,ManagedElement=N1", (CELLS, LISTED)),)


def dn(node: Node, one: Object) -> str:
    return f"ManagedElement=N1,{one.name}"


def test_both_result_forms_vectors_empty_and_suspect_values_are_read() -> None:
    measurements, rejected = read_all(read, ts_32435(NODES))

    assert told(measurements) == expected(NODES, dn)
    assert rejected == []
    first = measurements[0]
    above = "DC=lab,SubNetwork=1,SubNetwork=2,MeContext=N1,ManagedElement=N1"
    assert first.native_dn == f"{above},ENBFunction=1,EUtranCellFDD=1"
    assert (first.vendor, first.system, first.job, first.software) == ("Testcom", "lab", "j1", "R1")


def test_each_measurement_says_the_byte_and_line_at_which_it_stands() -> None:
    text = ts_32435(NODES).replace('localDn="x"', 'localDn="Liège"')
    for measurement in read_all(read, text)[0]:
        data = text.encode()
        assert data[measurement.source.offset :].startswith(b"<measValue")
        assert data[: measurement.source.offset].count(b"\n") + 1 == measurement.source.line
        assert measurement.source.archive == "ab12"


def test_a_28532_file_with_its_own_root_and_element_names_is_read() -> None:
    text = ts_32435(
        NODES,
        root="measDataFile",
        namespace="http://www.3gpp.org/ftp/specs/archive/28_series/28.532#measData",
        element='<measEntity localDn={name} swVersion="R1"/>',
    )
    header = '<measData beginTime="2026-03-09T15:00:00+01:00"/>'  # in 28.532 the header has a measData of its own
    text = text.replace('<measCollec beginTime="2026-03-09T15:00:00+01:00"/>', header)

    assert matches(text.encode()[:4096])
    assert told(read_all(read, text)[0]) == expected(NODES, dn)


def test_names_with_a_namespace_prefix_are_read() -> None:
    text = ts_32435(NODES)
    for name in ("measCollecFile", "fileHeader", "measData", "measInfo", "measType", "measValue", "r", "granPeriod"):
        text = text.replace(f"<{name}", f"<m:{name}").replace(f"</{name}", f"</m:{name}")
    text = text.replace("xmlns=", "xmlns:m=")

    assert matches(text.encode())
    assert told(read_all(read, text)[0])[:2] == expected(NODES, dn)[:2]


def test_several_managed_elements_and_repeated_groups_each_keep_their_own_names() -> None:
    again = Group("cells", ("x",), (Object("ENBFunction=1,EUtranCellFDD=1", (7,)),))
    nodes = (Node("ManagedElement=A", (CELLS, again)), Node("ManagedElement=B", (again, CELLS)))

    measurements, rejected = read_all(read, ts_32435(nodes))

    assert told(measurements) == expected(nodes, lambda node, one: f"{node.local_dn},{one.name}")
    assert rejected == []


@pytest.mark.parametrize(
    "end", ["2026-03-09T15:15:00+0100", "2026-03-09T14:15:00Z", "2026-03-09T14:15:00.000+00:00", "2026-03-09T15:15+01"]
)
def test_zones_are_read_with_and_without_a_colon(end: str) -> None:
    assert {m.end_time for m in read_all(read, ts_32435(NODES, end=end))[0]} == {END}


def test_a_time_without_zone_is_not_guessed() -> None:
    measurements, rejected = read_all(read, ts_32435(NODES, end="2026-03-09T15:15:00"))

    assert measurements == []
    assert {r.reason for r in rejected} == {"measurement.unusable"}
    assert "no time zone" in rejected[0].message


@pytest.mark.parametrize("node", ["N1", "ManagedElement=N1"])
def test_a_managed_element_may_be_a_bare_id_and_the_object_may_repeat_it(node: str) -> None:
    for prefix in ("", "ManagedElement=N1,"):
        one = Group("g", ("c",), (Object(f"{prefix}ENBFunction=1", (1,)),))
        measurement = read_all(read, ts_32435((Node(node, (one,)),)))[0][0]
        assert measurement.native_dn == "DC=lab,SubNetwork=1,ManagedElement=N1,ENBFunction=1"
        assert measurement.dn == "ManagedElement=N1,ENBFunction=1"


def test_a_node_that_is_only_numbered_bears_the_name_of_its_context() -> None:
    one = Group("g", ("c",), (Object("ENBFunction=1", (1,)),))
    measurement = read_all(read, ts_32435((Node("MeContext=GNT_01,ManagedElement=1", (one,)),)))[0][0]
    assert measurement.dn == "ManagedElement=GNT_01,ENBFunction=1"


@pytest.mark.parametrize(
    "before",
    [
        "",
        "\ufeff<?xml version='1.0'?>",
        '  \n<?xml-stylesheet type="text/xsl" href="x.xsl"?><!-- made by --><?xml version="1.0" encoding="UTF-8"?>',
        '<?xml version="1.0" encoding="UTF-16"?>',  # but the bytes are UTF-8
        '<?xml version="1.0" encoding="us-ascii"?>',
    ],
)
def test_what_stands_before_the_root_does_not_matter(before: str) -> None:
    text = ts_32435(NODES, before=before)
    measurements, rejected = read_all(read, text)
    assert matches(text.encode()[:4096])
    assert told(measurements) == expected(NODES, dn)
    assert rejected == []
    assert text.encode()[measurements[0].source.offset :].startswith(b"<measValue")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "iso-8859-1", "windows-1252", "utf-8"])
def test_a_file_in_another_encoding_is_read(encoding: str) -> None:
    group = Group("liège", ("c",), (Object("ENBFunction=Liège", (1,)),))
    text = ts_32435((Node("ManagedElement=N1", (group,)),), before=f'<?xml version="1.0" encoding="{encoding}"?>')
    data = text.encode(encoding)
    measurements, rejected = read_all(read, data)
    assert matches(data[:4096])
    assert [(m.dn, m.group) for m in measurements] == [("ManagedElement=N1,ENBFunction=Liège", "liège")]
    assert rejected == []
    assert data[measurements[0].source.offset :].decode(encoding, "replace").startswith("<measValue")


def test_a_gzip_file_of_several_members_is_read() -> None:
    data = ts_32435(NODES).encode()
    packed = gzip.compress(data[:700]) + gzip.compress(data[700:]) + b"\0" * 512
    assert told(read_all(read, packed)[0]) == expected(NODES, dn)


def test_a_value_that_is_no_number_is_rejected_at_its_place_and_the_others_are_taken() -> None:
    text = ts_32435(NODES).replace('<r p="1">20</r>', '\n<r p="1">twenty</r>')
    measurements, rejected = read_all(read, text)

    assert told(measurements)[0] == expected(NODES, dn)[0]
    assert measurements[1].counters == {"RRC.ConnEstabSucc": None, "L.ChMeas.PRB": [4, None, 6]}
    (one,) = rejected
    data = text.encode()
    assert (one.reason, one.part) == ("counter.not-a-number", b'<r p="1">twenty</r>')
    assert data[one.offset : one.offset + one.length] == one.part
    assert data[: one.offset].count(b"\n") + 1 == one.line
    assert "RRC.ConnEstabAtt" in one.message
    assert (one.uri, one.archive, one.target) == ("file:///lab/pm.xml", "ab12", "network.measurement")


NO_NUMBERS = ["1_000", "0x10", "NaN", "INF", "1e999", "99999999999999999999", "1 2", "--1", "１", "1,x"]


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_only_numbers_are_numbers(text: str) -> None:
    measurements, rejected = read_all(read, ts_32435(NODES).replace(">10<", f">{text}<"))
    assert "RRC.ConnEstabAtt" not in measurements[0].counters
    assert [r.reason for r in rejected] == ["counter.not-a-number"]


NUMBERS = {"-5": -5, "+5": 5, "1.50": 1.5, "1e3": 1000.0, "NIL": None, " 7 ": 7, "18446744073709551615": 2**64 - 1}


@pytest.mark.parametrize(("text", "value"), NUMBERS.items())
def test_all_forms_of_numbers_are_read(text: str, value: float | None) -> None:
    assert read_all(read, ts_32435(NODES).replace(">10<", f">{text}<"))[0][0].counters["RRC.ConnEstabAtt"] == value


def test_a_value_without_a_named_counter_is_not_lost_in_silence() -> None:
    measurements, rejected = read_all(read, ts_32435(NODES).replace('<r p="2">9</r>', '<r p="99">9</r>'))
    assert measurements[0].counters == {"RRC.ConnEstabAtt": 10, "L.ChMeas.PRB": [1, 2, 3]}
    assert [(r.reason, r.part) for r in rejected] == [("counter.unnamed", b'<r p="99">9</r>')]


def test_a_second_value_of_a_counter_does_not_replace_the_first() -> None:
    measurements, rejected = read_all(read, ts_32435(NODES).replace('<r p="2">9</r>', '<r p="1">9</r>'))
    assert measurements[0].counters["RRC.ConnEstabAtt"] == 10
    assert [(r.reason, r.part) for r in rejected] == [("counter.repeated", b'<r p="1">9</r>')]


def test_a_list_with_too_few_values_is_not_paired_by_guessing() -> None:
    measurements, rejected = read_all(read, ts_32435(NODES).replace("1 NIL 2.5", "1 2.5"))
    assert measurements[-1].counters == {}
    assert [r.reason for r in rejected] == ["counter.positions"]


@pytest.mark.parametrize(
    ("lost", "because"),
    [
        ('<granPeriod duration="PT900S" endTime="2026-03-09T15:15:00+01:00"/>', "granPeriod is missing"),
        (
            '<managedElement localDn="SubNetwork=2,MeContext=N1,ManagedElement=N1" swVersion="R1"/>',
            "managedElement is missing",
        ),
        (' measObjLdn="ENBFunction=1,EUtranCellFDD=1"', "measObjLdn) is missing"),
    ],
)
def test_values_whose_object_or_period_is_not_known_are_rejected(lost: str, because: str) -> None:
    text = ts_32435(NODES)
    assert lost in text
    measurements, rejected = read_all(read, text.replace(lost, "", 1))
    assert 10 not in [m.counters.get("RRC.ConnEstabAtt") for m in measurements]
    assert {r.reason for r in rejected} == {"measurement.unusable"}
    assert because in rejected[0].message
    assert rejected[0].part.startswith(b"<measValue")


def test_thousands_of_bad_values_in_one_object_are_told_in_few_records() -> None:
    many = Group("g", ("c",), (Object("ENBFunction=1", (1,)),))
    text = ts_32435((Node("N1", (many,)),)).replace('<r p="1">1</r>', '<r p="1">x</r>' * 50_000)
    measurements, rejected = read_all(read, text)
    assert measurements[0].counters == {}
    assert len(rejected) < 50
    assert rejected[-1].message.startswith("49980 more values")


def test_a_file_of_another_kind_is_not_claimed() -> None:
    doctype = b"<?xml version='1.0'?><!DOCTYPE x>"
    for head in (b"", b"hello", b"\x1f\x8b\x08", b"<OMeS/>", b"\0" * 4096, b"<a>" * 1000, doctype):
        assert not matches(head)


NO_NAMES = ("Cc", "Cs", "Zs", "Zl", "Zp", "Cn")  # control characters, halves of characters, white space
CHARACTERS = st.characters(codec="utf-8", exclude_characters=",=\\", exclude_categories=NO_NAMES)
NAME = st.text(CHARACTERS, min_size=1, max_size=12)
NUMBER = st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUE = NUMBER | st.none() | st.lists(NUMBER | st.none(), min_size=2, max_size=5)


@st.composite
def groups(draw: st.DrawFn) -> Group:
    names = draw(st.lists(NAME, min_size=1, max_size=5, unique=True))
    listed = draw(st.booleans())
    ids = draw(st.lists(NAME, min_size=1, max_size=4, unique=True))
    values = st.tuples(*[VALUE] * len(names))
    objects = tuple(Object(f"ENBFunction={one}", draw(values), draw(st.booleans())) for one in ids)
    return Group(draw(NAME), tuple(names), objects, listed)


NODE = st.builds(Node, NAME.map("ManagedElement={}".format), st.lists(groups(), max_size=3).map(tuple))


@given(st.lists(NODE, max_size=3))
def test_whatever_is_written_is_read_back(nodes: list[Node]) -> None:
    measurements, rejected = read_all(read, ts_32435(nodes))
    assert rejected == []
    assert told(measurements) == expected(nodes, lambda node, one: f"{node.local_dn},{one.name}")


def test_the_period_ends_at_the_moment_that_the_file_says() -> None:
    assert read_all(read, ts_32435(NODES))[0][0].end_time == datetime(2026, 3, 9, 14, 15, tzinfo=UTC)
