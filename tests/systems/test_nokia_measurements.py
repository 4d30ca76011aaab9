"""OMeS measurement files of NetAct, in the newer and the older form."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.systems.measurement_files import END, Group, Object, omes, read_all, told
from trunkline.systems.nokia.measurements import matches, read

CELL = "PLMN-PLMN/MRBTS-4711/LNBTS-4711/LNCEL-11"
CELL_DN = "ManagedElement=MRBTS-4711,ENBFunction=LNBTS-4711,EUtranCellFDD=LNCEL-11"
GROUPS = (
    Group("LTE_Cell_Avail", ("M8020C3", "M8020C6"), (Object(CELL, (90, 90)),)),
    Group("NX2CB", ("M55110C00001",), (Object("PLMN-PLMN/MRBTS-4711/NRBTS-4711/NRCELL-1", (1.5,)),)),
)


def test_the_period_ends_an_interval_after_its_start() -> None:
    measurements, rejected = read_all(read, omes(GROUPS))

    assert rejected == []
    assert told(measurements) == [
        (CELL_DN, "LTE_Cell_Avail", END, 900, {"M8020C3": 90, "M8020C6": 90}, False),
        (
            "ManagedElement=MRBTS-4711,GNBDUFunction=NRBTS-4711,NRCellDU=NRCELL-1",
            "NX2CB",
            END,
            900,
            {"M55110C00001": 1.5},
            False,
        ),
    ]
    assert {m.vendor for m in measurements} == {"Nokia"}
    assert measurements[0].native_dn == CELL


@pytest.mark.parametrize(
    "start", ["2026-03-09T15:00:00.000+01:00:00", "2026-03-09T14:00:00Z", "2026-03-09T15:00:00+0100"]
)
def test_zones_are_read_with_and_without_seconds(start: str) -> None:
    assert {m.end_time for m in read_all(read, omes(GROUPS, start=start))[0]} == {END}


def test_the_older_form_names_the_node_and_the_object_below_it() -> None:
    group = Group("LTE_S1AP", ("M8000C29",), (Object("PLMN-PLMN/MRBTS-1111/LNBTS-1111", (1,)),))
    (measurement,) = read_all(read, omes((group,), older=True))[0]
    assert measurement.dn == "ManagedElement=MRBTS-1111,ENBFunction=LNBTS-1111"
    assert measurement.group == "LTE_S1AP"


def test_a_counter_that_stands_several_times_keeps_all_its_values() -> None:
    text = omes(GROUPS).replace("<M8020C3>90</M8020C3>", "<M8020C3>7</M8020C3><M8020C3>0</M8020C3><M8020C3/>")
    assert read_all(read, text)[0][0].counters == {"M8020C3": [7, 0, None], "M8020C6": 90}


def test_further_dimensions_are_steps_below_the_measured_object() -> None:
    text = omes(GROUPS).replace("</MO>", '</MO><MO dimension="mcc_mnc"><DN>PLMN-PLMN/MCC-206/MNC-01</DN></MO>', 1)
    measurement = read_all(read, text)[0][0]
    assert measurement.dn == f"{CELL_DN},MCC=MCC-206,MNC=MNC-01"
    assert measurement.native_dn == f"{CELL};PLMN-PLMN/MCC-206/MNC-01"


def test_several_groups_of_one_result_are_several_measurements() -> None:
    text = omes(GROUPS).replace("</PMTarget>", '</PMTarget><PMTarget measurementType="B"><X>1</X></PMTarget>', 1)
    assert [(m.group, m.dn) for m in read_all(read, text)[0]][:2] == [("LTE_Cell_Avail", CELL_DN), ("B", CELL_DN)]


def test_several_periods_in_one_file_are_kept_apart() -> None:
    text = omes(GROUPS).replace(
        "</PMSetup>",
        '</PMSetup><PMSetup startTime="2026-03-09T14:00:00Z" interval="60">'
        '<PMMOResult><MO><DN>PLMN-PLMN/MRBTS-1</DN></MO><PMTarget measurementType="g"><a>1</a></PMTarget></PMMOResult>'
        "</PMSetup>",
    )
    last = read_all(read, text)[0][-1]
    assert (last.end_time, last.granularity) == (datetime(2026, 3, 9, 15, 0, tzinfo=UTC), 3600)


def test_a_value_that_is_no_number_is_rejected_at_its_place_and_the_others_are_taken() -> None:
    text = omes(GROUPS).replace("<M8020C6>90</M8020C6>", "\n<M8020C6>ninety</M8020C6>")
    measurements, (one,) = read_all(read, text)
    assert measurements[0].counters == {"M8020C3": 90}
    assert (one.reason, one.part) == ("counter.not-a-number", b"<M8020C6>ninety</M8020C6>")
    assert text.encode()[one.offset : one.offset + one.length] == one.part
    assert text.encode()[: one.offset].count(b"\n") + 1 == one.line


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (' interval="15"', ""),
        ('interval="15"', 'interval="-5"'),
        ("2026-03-09T15:00:00.000+01:00:00", "yesterday"),
        ("2026-03-09T15:00:00.000+01:00:00", "2026-03-09T15:00:00"),
        (f"<DN>{CELL}</DN>", ""),
        (f"<DN>{CELL}</DN>", f"<DN>{'x' * 2000}</DN>"),
    ],
)
def test_values_whose_object_or_period_is_not_known_are_rejected(old: str, new: str) -> None:
    measurements, rejected = read_all(read, omes(GROUPS).replace(old, new))
    assert "LTE_Cell_Avail" not in [m.group for m in measurements]
    assert {r.reason for r in rejected} == {"measurement.unusable"}
    assert rejected[0].part.startswith(b"<PMMOResult>")


def test_only_omes_files_are_claimed() -> None:
    assert matches(omes(GROUPS).encode()[:4096])
    assert matches(omes(GROUPS).replace('<?xml version="1.0"?>', "<!-- x -->").encode("utf-16")[:4096])
    assert not matches(b"<measCollecFile/>")


@given(
    st.lists(
        st.builds(
            lambda cell, values: Object(f"PLMN-PLMN/MRBTS-1/LNBTS-1/LNCEL-{cell}", values),
            st.integers(0, 9999),
            st.tuples(st.integers(0, 2**63), st.none() | st.floats(allow_nan=False, allow_infinity=False)),
        ),
        max_size=5,
    ),
    st.booleans(),
)
def test_whatever_is_written_is_read_back(objects: list[Object], older: bool) -> None:
    group = Group("LTE_X", ("M1C1", "M1C2"), tuple(objects))
    measurements, rejected = read_all(read, omes((group,), older=older))
    assert rejected == []
    assert [(m.dn.rpartition("=")[2], m.counters) for m in measurements] == [
        (o.name.rpartition("/")[2], dict(zip(group.counters, o.values, strict=True))) for o in objects
    ]
