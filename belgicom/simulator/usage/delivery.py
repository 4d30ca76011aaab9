"""From what subscribers do to the files on the server: which record leaves when, in which file, and what goes wrong.

Nothing here is kept but the ticks that there were: from them and the seed it all comes anew after a restart.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count, islice
from typing import NamedTuple

from belgicom.simulator.usage.coding import ipv4
from belgicom.simulator.usage.files import cdr_file
from belgicom.simulator.usage.life import LONGEST, TICK, Kind, Life, Use
from belgicom.simulator.usage.mishaps import AGAIN, LATEST, Mishap, broken, mishap
from belgicom.simulator.usage.nodes import CORRECTIONS, EXCHANGES, Node, node_of
from belgicom.simulator.usage.partners import PARTNERS
from belgicom.simulator.usage.records import chf, msc, pgw, radius, tap
from belgicom.simulator.usage.records.correction import correction, correction_file
from belgicom.simulator.usage.records.session import Part, parts
from belgicom.simulator.usage.subscribers import line
from belgicom.simulator.usage.truth import Sent

PARTNERS_SEND = 20
"""Ticks between two TAP files of a partner."""
NUMBERS = 4096
"""Records that a node may begin in a tick; its numbers go around at 2^32, as they do in a node."""
LOOK_BACK = LONGEST // TICK + PARTNERS_SEND + LATEST + 2
"""Ticks after which nothing is still to come of what began in one."""

WRITERS = {
    "cdr/pgw": (pgw.pgw_record, pgw.record_id),
    "cdr/chf": (chf.chf_record, chf.record_id),
    "cdr/msc": (msc.msc_record, msc.record_id),
    "tap": (tap.tap_record, tap.record_id),
    "radius": (radius.radius_record, radius.record_id),
}
"""How a record is written, and how the platform calls it, by the folder of its node."""
BY_TADIG = {partner.tadig: partner for partner in PARTNERS}


class UsageFile(NamedTuple):
    """A file as it lies on the server, and what is in it."""

    name: str
    content: bytes
    sent: list[Sent]


class _Leaving(NamedTuple):
    """A record on its way."""

    part: Part
    content: bytes
    fate: str
    record: str
    corrects: str = ""


class Delivery:
    """Give it every tick that there is, in order, and it gives the files that nodes close at the tick's end."""

    def __init__(self, life: Life, *, mishaps: bool = True) -> None:
        self._life, self._mishaps = life, mishaps
        self._due: dict[int, list[tuple[Node, _Leaving]]] = defaultdict(list)

    def files(self, tick: int, *, surge: bool = False, uses: bool = True) -> list[UsageFile]:
        """The files of the tick. Without new `uses`, only what is still to come leaves."""
        if uses:
            self._begin(tick, self._life.begun(tick, surge))
        leaving: dict[Node, list[_Leaving]] = defaultdict(list)
        for due in sorted(due for due in self._due if due <= tick):
            for node, record in self._due.pop(due):
                leaving[node].append(record)
        return [_file(node, leaving[node], tick) for node in sorted(leaving)]

    @property
    def pending(self) -> bool:
        """Whether something is still to come of what began."""
        return bool(self._due)

    def _begin(self, tick: int, uses: list[Use]) -> None:
        """Record what begins in the tick, and say when each record leaves."""
        dice = random.Random(f"usage mishaps/{self._life.subscribers.seed}/{tick}")
        numbers: dict[Node, Iterator[int]] = defaultdict(lambda: _numbers(tick))
        sessions: dict[Node, Iterator[int]] = defaultdict(lambda: _numbers(tick))
        for use in uses:
            node = node_of(use)
            for part in parts(use, node, next(sessions[node]), numbers[node]):
                happens = mishap(dice) if self._mishaps else Mishap.NONE
                self._send(part, happens if happens in _possible(part) else Mishap.NONE, dice)

    def _send(self, part: Part, happens: Mishap, dice: random.Random) -> None:
        node, (write, record_id) = part.node, WRITERS[part.node.folder]
        record = record_id(part)
        due = int(part.ended.timestamp()) // TICK
        if node.folder == "tap":
            due += -due % PARTNERS_SEND
        match happens:
            case Mishap.LATE:
                due += dice.randint(LATEST // 8, LATEST)
                fate = "late"
            case Mishap.BROKEN:
                fate = "broken"
            case _:
                fate = "used"
        content = write(part)
        leaving = _Leaving(part, broken(content) if happens is Mishap.BROKEN else content, fate, record)
        self._due[due].append((node, leaving))
        if happens is Mishap.DUPLICATE:
            self._due[due + dice.randint(1, AGAIN)].append((node, leaving._replace(fate="duplicate")))
        if happens is Mishap.WRONG:
            right = replace(part, seconds=part.seconds // 2 + 1, uplink=part.uplink // 2, downlink=part.downlink // 2)
            corrected = _Leaving(right, correction(right, record), "correction", f"correction/{record}", record)
            self._due[due + dice.randint(LATEST // 8, LATEST)].append((CORRECTIONS, corrected))


def _possible(part: Part) -> tuple[Mishap, ...]:
    """What can happen to a record. A partner's file has a number, so it comes whole and once, and perhaps late."""
    if part.node.folder == "tap":
        return (Mishap.LATE,)
    if part.number:
        return (Mishap.LATE, Mishap.DUPLICATE)
    whole = (Mishap.LATE, Mishap.DUPLICATE, Mishap.BROKEN)
    # A record that counts two rating groups is two for the platform; texts and lines are never counted wrongly.
    counted = part.use.kind in (Kind.CALL, Kind.CALLED, Kind.DATA_5G)
    return (*whole, Mishap.WRONG) if counted else whole


def _numbers(tick: int) -> Iterator[int]:
    """A node's numbers of the records that begin in the tick."""
    return ((tick * NUMBERS + number) % 2**32 for number in islice(count(), NUMBERS))


def _file(node: Node, records: list[_Leaving], tick: int) -> UsageFile:
    opened, closed = (datetime.fromtimestamp(end * TICK, UTC) for end in (tick, tick + 1))
    contents = [record.content for record in records]
    match node.folder:
        case "tap":
            partner, number = BY_TADIG[node.name], tick % 99_999 + 1
            charged = [(record.content, tap.charge(record.part)) for record in records]
            name, content = f"CD{node.name}BELBC{number:05}", tap.tap_file(partner, number, charged, closed)
        case "radius":
            name, content = f"detail-{closed:%Y%m%dT%H%M%SZ}", b"".join(contents)
        case "corrections":
            name, content = f"corrections-{closed:%Y%m%dT%H%M%SZ}.csv", correction_file(contents)
        case folder:
            address = b"" if node in EXCHANGES else ipv4(node.address)
            name = f"{node.name}_-_{tick % 10_000}.{closed:%Y%m%d}_-_{closed:%H%M%S}.cdr"
            content = cdr_file(folder, contents, opened=opened, closed=closed, sequence=tick, address=address)
    path = f"{node.folder}/{name}"
    return UsageFile(path, content, [_sent(path, record) for record in records])


def _sent(file: str, leaving: _Leaving) -> Sent:
    part, use = leaving.part, leaving.part.use
    match use.kind:
        case Kind.CALL | Kind.CALLED:
            service, quantity = "voice", part.seconds
        case Kind.TEXT | Kind.TEXTED:
            service, quantity = "message", 1
        case _:
            service, quantity = "data", part.uplink + part.downlink
    return Sent(
        file=file,
        record=leaving.record,
        fate=leaving.fate,
        corrects=leaving.corrects,
        subscriber=line(use.subscriber.index) if use.kind is Kind.LINE else use.subscriber.msisdn,
        service=service,
        direction="terminating" if use.kind in (Kind.CALLED, Kind.TEXTED) else "originating",
        started=int(part.began.timestamp()),
        quantity=quantity,
    )
