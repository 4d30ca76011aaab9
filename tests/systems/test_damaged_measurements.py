"""What is damaged in a measurement file is rejected at its place; all the rest of it is taken, and taken rightly."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import pytest

from tests.systems.measurement_files import Group, Node, Object, omes, read_all, ts_32435
from trunkline.systems.nokia import measurements as nokia
from trunkline.systems.threegpp import measurements as threegpp
from trunkline.telco.model import Measurement

COUNTERS = ("attempts", "successes", "histogram")


def group(number: int, *, listed: bool = False) -> Group:
    """A group whose values occur nowhere else in the file, so that a value in the wrong place shows."""
    objects = tuple(
        Object(
            f"PLMN-PLMN/MRBTS-{number}/LNBTS-{number}/LNCEL-{cell}",
            tuple(number * 1000 + cell * 10 + at for at in range(3)),
        )
        for cell in range(4)
    )
    return Group(f"group-{number}", tuple(f"{name}.{number}" for name in COUNTERS), objects, listed)


GROUPS = tuple(group(number, listed=number % 3 == 2) for number in range(1, 7))
NODES = (Node("ManagedElement=A", GROUPS[:3]), Node("ManagedElement=B", GROUPS[3:]))


@dataclass(frozen=True)
class Format:
    read: Callable[..., Iterator[object]]
    data: bytes
    parts: bytes  # what begins an independent part
    record: bytes  # what begins one result


FORMATS = {
    "3gpp": Format(threegpp.read, ts_32435(NODES).encode(), b"<measInfo ", b"<measValue "),
    "omes": Format(nokia.read, omes(GROUPS).encode(), b"<PMMOResult>", b"<PMMOResult>"),
}


def said(one: Measurement) -> tuple[object, ...]:
    return one.dn, one.group, one.end_time, one.granularity, one.counters


@cache
def whole(name: str) -> dict[int, Measurement]:
    """The measurements of the undamaged file by their place."""
    measurements, rejected = read_all(FORMATS[name].read, FORMATS[name].data)
    assert len(measurements) == 24
    assert rejected == []
    return {m.source.offset: m for m in measurements}


def begin_of(data: bytes, tag: bytes, before: int) -> int:
    """Where the part begins in which `before` lies, 0 where it is in front of all."""
    return max(data.rfind(tag, 0, before), 0)


@pytest.mark.parametrize("name", FORMATS)
def test_of_a_file_that_is_cut_off_everything_complete_is_taken_and_the_tail_is_rejected(name: str) -> None:
    form = FORMATS[name]
    for size in range(1, len(form.data), 7):
        measurements, rejected = read_all(form.read, form.data[:size])
        complete = [
            m
            for offset, m in whole(name).items()
            if (end := form.data.find(b"</" + form.record[1:].strip(b" >") + b">", offset)) >= 0
            and end + len(form.record.strip(b" >")) + 2 <= size
        ]
        assert [said(m) for m in measurements] == [said(m) for m in complete], size
        (tail,) = [r for r in rejected if r.reason == "xml.truncated"]
        assert tail.offset + tail.length == size
        assert form.data[tail.offset :].startswith(tail.part[:4096])
        assert all(r.reason in ("xml.truncated", "measurement.unusable") for r in rejected)


GARBAGE = (
    b"\0",
    b"\xff",
    b"<",
    b">",
    b'"',
    b"&",
    b"&bomb;",
    b"&#0;",
    b"</",
    b"<!--",
    b"<![CDATA[",
    b"<?",
    b"<!DOCTYPE a>",
    b"<r p='1'>5</r>",
    b"<measValue ",
    b"<measValue measObjLdn='x'>",
    b"</measValue>",
    b"<measInfo>",
    b"</measInfo>",
    b"</measData>",
    b"<PMMOResult>",
    b"</PMMOResult>",
    b"</PMSetup>",
    b"<a>" * 100,
    b"text",
    b"1",
    b" ",
    b"",
)


def damaged(data: bytes, dice: random.Random) -> tuple[bytes, int, int, bytes]:
    """The data with one place of it replaced; where that place was in the original, and what is there now."""
    begin = dice.randrange(len(data))
    end = min(len(data), begin + dice.choice((0, 0, 1, 1, 2, 10, 40, 400)))
    garbage = dice.choice(GARBAGE) if dice.random() < 0.8 else dice.randbytes(dice.randrange(1, 30))
    return data[:begin] + garbage + data[end:], begin, end, garbage


def check(name: str, seed: int) -> None:
    """Damage a file in one place: nothing untouched may be lost or be taken for something else."""
    form = FORMATS[name]
    original = form.data
    data, begin, end, garbage = damaged(original, random.Random(seed))
    measurements, rejected = read_all(form.read, data)

    shift = len(garbage) - (end - begin)
    taken = {m.source.offset: m for m in measurements}
    assert len(taken) == len(measurements), "one place was taken twice"
    first_part = original.index(form.parts)
    covered = [(r.offset, r.offset + r.length) for r in rejected]
    ends_all = garbage in (b"</measData>", b"</PMSetup>")  # a sound end tag: what follows it stands nowhere
    for offset, one in whole(name).items():
        part_begin = begin_of(original, form.parts, offset + 1)
        record_end = original.index(b"</" + form.record[1:].strip(b" >") + b">", offset)
        part_end = original.find(form.parts, record_end)
        part_end = len(original) if part_end < 0 else part_end
        head_end = original.index(form.record, part_begin)  # the names of the counters end there
        data_begin = begin_of(original, b"<measData>", offset)
        above_end = original.find(form.parts, data_begin)
        touches_names = (
            begin < first_part  # the header, which is above everything
            or (begin < above_end and end > data_begin)
            or (begin < head_end and end >= part_begin)
        )
        if touches_names or (begin < record_end + 20 and end >= offset):
            continue
        here = offset if record_end < begin else offset + shift
        if here in taken:
            assert said(taken[here]) == said(one), f"seed {seed}: something else was taken for {one.dn}"
        else:
            assert any(first <= here < last for first, last in covered), f"seed {seed}: {one.dn} was lost in silence"
            assert ends_all or (begin < part_end and end >= part_begin), f"seed {seed}: {one.dn} was given up"
    if taken.keys() - whole(name).keys() - {o + shift for o in whole(name)}:
        assert b"measValue" in garbage or b"PMMOResult" in garbage, f"seed {seed}: something came from nowhere"
    for offset, one in taken.items():
        line = len(re.findall(rb"\r\n|\r|\n", data[:offset])) + 1
        assert one.source.line == line, f"seed {seed}: the line is wrong"
    for one in rejected:
        assert 0 <= one.offset <= one.offset + one.length <= len(data), f"seed {seed}"
        assert one.message


@pytest.mark.parametrize("name", FORMATS)
def test_one_damaged_place_costs_no_more_than_the_part_that_it_is_in(name: str) -> None:
    for seed in range(700):
        check(name, seed)


def taken_groups(data: bytes) -> dict[str, int]:
    """How many results of each group are taken."""
    found: dict[str, int] = {}
    for one in read_all(threegpp.read, data)[0]:
        assert all(name.endswith(one.group[-2:].replace("-", ".")) for name in one.counters)
        found[one.group] = found.get(one.group, 0) + 1
    return found


def test_an_end_tag_in_the_wrong_place_does_not_end_the_node() -> None:
    data = FORMATS["3gpp"].data.replace(b'measInfoId="group-2"', b'measInfoId="</measData>"')
    assert taken_groups(data) == {"group-1": 4, "group-3": 4, "group-4": 4, "group-5": 4, "group-6": 4}


def test_results_are_not_taken_for_the_group_before_when_its_end_was_lost() -> None:
    data = FORMATS["3gpp"].data
    begin = data.index(b"</measInfo>")
    end = data.index(b"<granPeriod", begin)
    measurements, rejected = read_all(threegpp.read, data[:begin] + data[end:])
    assert {m.group for m in measurements} == {f"group-{n}" for n in (1, 3, 4, 5, 6)}
    assert [r.reason for r in rejected] == ["measurement.unusable"] * 4
    assert "was lost" in rejected[0].message


def test_a_file_that_follows_one_that_is_cut_off_is_read_as_its_own() -> None:
    data = FORMATS["3gpp"].data
    cut = data[: data.index(b"<measValue", data.index(b'"group-3"')) + 5]
    assert taken_groups(cut + data) == {f"group-{n}": 8 if n < 3 else 4 for n in range(1, 7)}


@pytest.mark.prove
@pytest.mark.parametrize("name", FORMATS)
def test_100_000_files_damaged_in_one_place_cost_no_more_than_the_part_that_it_is_in(name: str) -> None:
    for seed in range(50_000):
        check(name, seed)
