"""Damaged files of usage in large numbers: no reader breaks, and every part that is refused is explained."""

from __future__ import annotations

import random
from collections.abc import Callable

import msgspec
import pytest

from tests.components import sample
from tests.systems.charging_requests import CALL, SESSION, SMS, lines
from tests.systems.tap_files import EVERYTHING, SAMPLE, originated, stamp, tap_file
from tests.systems.tap_files import READ as TAP
from tests.systems.usage_files import CALL as LINE
from tests.systems.usage_files import HEADER, MVNO, Read, radius_record, read_all
from trunkline.systems.nchf import usage as nchf
from trunkline.systems.radius import Options as RadiusOptions
from trunkline.systems.radius import detail as radius
from trunkline.systems.usagecsv import usage as csv

READERS: dict[str, tuple[Read, Callable[[], bytes]]] = {
    "tap": (TAP, lambda: tap_file(*EVERYTHING)),
    "tap-sample": (TAP, lambda: sample(SAMPLE).read_bytes()),
    "radius": (
        radius.reader(RadiusOptions(zone="Europe/Brussels")),
        lambda: radius_record() + radius_record(Acct_Status_Type="Stop"),
    ),
    "nchf": (nchf.read, lambda: lines(SESSION, SMS, CALL)),
    "csv": (csv.reader(msgspec.convert(MVNO, csv.Options)), lambda: (HEADER + LINE * 3).encode()),
}


def damaged(data: bytes, dice: random.Random) -> bytes:
    """The data with one to three places of it changed, cut out, doubled, or with the file cut off there."""
    for _ in range(dice.choice((1, 1, 2, 3))):
        begin = dice.randrange(len(data) + 1)
        end = min(len(data), begin + dice.choice((0, 1, 1, 1, 2, 8, 40)))
        match dice.randrange(6):
            case 0:
                data = data[:begin]
            case 1:
                data = data[:begin] + data[end:]
            case 2:
                data = data[:end] + data[begin:]
            case 3:
                data = data[:begin] + bytes([dice.choice((0, 0x7F, 0x80, 0x84, 0xFF))]) + data[begin + 1 :]
            case _:
                data = data[:begin] + dice.randbytes(dice.randrange(1, 6)) + data[end:]
    return data


@pytest.mark.parametrize("name", READERS)
def test_damaged_files_are_read_as_far_as_they_can_be(name: str) -> None:
    read, whole = READERS[name]
    for seed in range(300):
        read_all(read, damaged(whole(), random.Random(seed)))


def test_one_damaged_place_in_a_tap_file_loses_no_other_event_in_silence() -> None:
    calls = [originated(callEventStartTimeStamp=stamp(f"2026071900{n:02}00")) for n in range(12)]
    data = tap_file(*calls)
    whole = read_all(TAP, data)[0]
    starts = [report.source.offset for report in whole]
    ends = [*starts[1:], data.rindex(b"\x6f")]
    lost = 0
    for seed in range(600):
        dice = random.Random(seed)
        begin = dice.randrange(starts[0], ends[-1])
        end = min(ends[-1], begin + dice.choice((0, 1, 1, 2, 10, 40)))
        garbage = dice.randbytes(end - begin)  # of the same length: every other event stays where it was
        reports, rejected = read_all(TAP, data[:begin] + garbage + data[end:])
        taken = {report.source.offset: report.id for report in reports}
        for report, first, last in zip(whole, starts, ends, strict=True):
            if begin < last and end > first:
                continue
            told = any(one.offset <= first < one.offset + one.length for one in rejected)
            assert told or taken.get(first) == report.id, f"seed {seed}: {report.id} was lost in silence"
            lost += first not in taken
    assert lost < 600 * 12 // 200  # hardly ever more than the event that it is in


@pytest.mark.prove
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("name", READERS)
def test_40_000_damaged_files_of_each_kind_break_nothing(name: str) -> None:
    read, whole = READERS[name]
    data = whole()
    for seed in range(40_000):
        read_all(read, damaged(data, random.Random(seed)))
