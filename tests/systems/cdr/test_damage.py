"""Records with a little damage in the middle of a file: reported or refused, never a crash, never the neighbours'."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator

import pytest

from tests.components import SHARED
from tests.systems.cdr import records as made
from tests.systems.usage_files import ORIGIN
from trunkline.quarantine import Rejected
from trunkline.systems.cdr.files import Part, parts
from trunkline.systems.cdr.reader import read
from trunkline.telco.model import UsageReport

FIRST, LAST = made.mo_sms(), made.sgsn_smo()


def mutated(record: bytes, dice: random.Random) -> bytes:
    """The record after one to four accidents."""
    octets = bytearray(record)
    for _ in range(dice.randint(1, 4)):
        at = dice.randrange(len(octets)) if octets else 0
        match dice.randrange(6):
            case 0:
                octets[at : at + 1] = bytes((octets[at] ^ 1 << dice.randrange(8),)) if octets else b"\0"
            case 1:
                octets[at : at + 1] = dice.randbytes(1)
            case 2:
                del octets[at : at + dice.randint(1, 8)]
            case 3:
                octets[at:at] = dice.randbytes(dice.randint(1, 8))
            case 4:
                del octets[at:]
            case 5:
                octets[at : at + 2] = octets[at : at + 20]
    return bytes(octets)


def originals() -> list[bytes]:
    """Records of every kind, and those of the samples where they are here."""
    found = list(made.EVERY_KIND)
    for path in sorted((SHARED / "samples" / "usage").glob("*-cdr-generated-*.dat")):
        with path.open("rb") as stream:
            found += [part.data for part in parts(stream, ORIGIN) if isinstance(part, Part)]
    return found


def damaged(count: int, seed: int) -> Iterator[bytes]:
    dice, whole = random.Random(seed), originals()
    for _ in range(count):
        yield mutated(dice.choice(whole), dice)


def hold(record: bytes, *, headed: bool) -> bool:
    """Read the record between two others, and say whether anything of it was refused."""
    data = made.with_headers(FIRST, record, LAST) if headed else FIRST + record + LAST
    begin = (54 + 5 + len(FIRST) + 5) if headed else len(FIRST)
    found = list(read(io.BytesIO(data), ORIGIN))
    refused = [one for one in found if isinstance(one, Rejected)]
    reports = [one for one in found if isinstance(one, UsageReport)]
    for one in refused:
        assert one.reason.startswith("cdr.")
        assert f"byte {one.offset}" in one.message or "of the file)" in one.message or one.reason == "cdr.count"
        assert 0 <= one.offset <= one.offset + one.length <= len(data)
    for one in reports:
        assert min(one.uplink, one.downlink, one.duration, one.items) >= 0
        assert one.imsi or one.msisdn or one.user
    assert reports[0].source.offset == (59 if headed else 0), "the record before it"
    if headed:
        assert reports[-1].id == "sgsn/MME01/12", "the record behind it"
        inside = [one for one in reports if begin <= one.source.offset < len(data) - len(LAST)]
        assert inside or refused or not record, "what was there is reported or refused"
    return bool(refused)


@pytest.mark.parametrize("headed", [True, False])
def test_damaged_records_are_explained_and_cost_no_other(headed: bool) -> None:
    refused = sum(hold(record, headed=headed) for record in damaged(3000, seed=1))
    assert 1500 < refused < 3000, "some damage hits what nobody can see is wrong"


@pytest.mark.prove
@pytest.mark.timeout(1800)
def test_200_000_damaged_records_are_explained_and_cost_no_other() -> None:
    for number, record in enumerate(damaged(200_000, seed=2)):
        hold(record, headed=number % 2 == 0)
