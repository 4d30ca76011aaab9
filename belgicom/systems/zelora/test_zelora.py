"""Zelora's reports become the same canonical records as everybody's."""

import io
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from trunkline.quarantine import Rejected
from trunkline.systems import Origin, installed_systems
from trunkline.telco.model import AlarmReport, Measurement, Report, Severity

ORIGIN = Origin(system="zelora-inbox", uri="file:///inbox/report")
FORMATS = {format.name: format for format in installed_systems(Path(__file__).parents[2])["zelora"].formats}

COUNTERS = b"""#ZCELL 2 station=BRU_METRO_01 software=4.2.1
#PERIOD 2026-11-23T09:00:00Z 900
1;rrcAttempts;120
1;rrcSuccesses;118
2;rrcAttempts;7
#END 3
"""

EVENTS = b"""#ZEVENT 1
2026-11-23T09:03:12Z;BRU_METRO_01;2;RAISE;3;1207;No uplink synchronisation
2026-11-23T09:09:00Z;BRU_METRO_01;2;CLEAR;3;1207;No uplink synchronisation
"""


def read(name: str, content: bytes) -> list[object]:
    assert FORMATS[name].matches(content[:4096])
    return list(FORMATS[name].read(io.BytesIO(content), ORIGIN))


def test_a_counter_report_gives_one_measurement_per_cell() -> None:
    first, second = read("zelora-counters", COUNTERS)
    assert isinstance(first, Measurement)
    assert first.dn == "ManagedElement=BRU_METRO_01,GNBDUFunction=1,NRCellDU=1"
    assert first.counters == {"rrcAttempts": 120, "rrcSuccesses": 118}
    assert first.end_time.isoformat() == "2026-11-23T09:15:00+00:00"
    assert COUNTERS[first.source.offset :].startswith(b"1;rrcAttempts")
    assert first.source.line == 3
    assert isinstance(second, Measurement)
    assert second.counters == {"rrcAttempts": 7}


def test_a_report_cut_off_is_rejected_and_what_came_is_taken() -> None:
    first, second, rejected = read("zelora-counters", COUNTERS[: COUNTERS.index(b"#END")])
    assert isinstance(first, Measurement)
    assert isinstance(second, Measurement)
    assert isinstance(rejected, Rejected)
    assert rejected.reason == "zelora.truncated"


def test_a_bad_row_is_rejected_with_its_place_and_the_rest_is_taken() -> None:
    content = COUNTERS.replace(b"118", b"many")
    first, rejected, second = sorted(read("zelora-counters", content), key=lambda item: type(item).__name__)[:3]
    assert isinstance(first, Measurement)
    assert isinstance(second, Rejected)
    assert isinstance(rejected, Measurement)
    assert (second.line, second.offset) == (4, content.index(b"1;rrcSuccesses"))
    assert first.counters == {"rrcAttempts": 120}


def test_events_raise_and_clear_the_same_alarm() -> None:
    raised, cleared = read("zelora-events", EVENTS)
    assert isinstance(raised, AlarmReport)
    assert isinstance(cleared, AlarmReport)
    assert (raised.kind, raised.severity) == (Report.RAISE, Severity.MAJOR)
    assert (cleared.kind, cleared.severity) == (Report.CLEAR, Severity.CLEARED)
    assert (raised.dn, raised.problem) == (cleared.dn, cleared.problem)


@given(st.binary(max_size=300))
def test_garbage_is_rejected_and_never_raises(garbage: bytes) -> None:
    for name, head in (("zelora-counters", COUNTERS[:46]), ("zelora-events", EVENTS[:10])):
        for item in read(name, head + garbage):
            assert isinstance(item, Measurement | AlarmReport | Rejected)
