"""The processor `charge`: usage, commands and requests of accounts in, what they cost and leave out.

It keeps of each account what changes seldom, what changes with every event, and each usage and command of the open
cycle and the one before under a key of its own: so an event's changelog stays small. Nothing here raises for an event:
what cannot be taken goes to the quarantine, and the events behind it go on.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import groupby, islice
from operator import attrgetter
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

import msgspec

from trunkline.log.envelope import from_micros, micros
from trunkline.log.port import Record
from trunkline.streams import Rejection
from trunkline.streams.handlers import LATEST, decode_reason
from trunkline.streams.recorded import Outputs, Recorded
from trunkline.telco.charging.accounts import commands, requests
from trunkline.telco.charging.accounts.book import Book, Rules
from trunkline.telco.charging.accounts.effects import Effects
from trunkline.telco.charging.accounts.erasure import ERASED, erase
from trunkline.telco.charging.accounts.history import placed_of
from trunkline.telco.charging.accounts.kept import KEPT, Head, owner
from trunkline.telco.charging.accounts.online import Session
from trunkline.telco.charging.accounts.sold import Sold
from trunkline.telco.charging.accounts.tabs import Tabs
from trunkline.telco.charging.accounts.telling import Telling, place
from trunkline.telco.charging.accounts.turning import Turning
from trunkline.telco.charging.settings import ChargingSettings
from trunkline.telco.charging.tariff import folder
from trunkline.telco.charging.tariff.editions import Editions
from trunkline.telco.charging.tariff.terms import Tariffs
from trunkline.telco.model import Account, ChargingAnswer, ChargingCommand, ChargingRequest, Usage

logger = logging.getLogger(__name__)

AHEAD: Final = timedelta(days=35)
"""How far ahead of the log's clock an event may be: one that a broken clock puts farther would close open cycles."""

IDLE: Final = 60_000_000
"""Microseconds without an event after which time goes on by the clock, as far behind it."""
BETWEEN, QUIETLY = 200, 2_000
"""Accounts for which time goes on between two batches, and at once where nothing comes: each takes 0.1 to 0.3 ms."""

Event = Account | Usage | ChargingCommand | ChargingRequest
EVENTS: Final[tuple[type[Event], ...]] = (Account, Usage, ChargingCommand, ChargingRequest)


def charge(tariffs: Tariffs, settings: ChargingSettings) -> Recorded:
    """The processor, by the operator's tariffs and settings."""
    return Recorded(lambda: Charge(tariffs, settings.time_zone, settings.networks))


class Charge:
    """One partition's accounts. What sessions hold is released by the log's clock: the records' times, and `tick`. Time
    goes on by it for accounts that are quiet too, and then by `tick` only once nothing has come for a while.
    """

    name: ClassVar[str] = "charge"
    reads: ClassVar[tuple[str, ...]] = (Account.topic, Usage.topic, ChargingCommand.topic, ChargingRequest.topic)
    whole: ClassVar[bool] = False

    def __init__(self, tariffs: Tariffs, zone: ZoneInfo, networks: Sequence[str]) -> None:
        """Cycles begin at midnight of `zone`; `networks` are the operator's own PLMNs."""
        self._tariffs = Sold(tariffs)
        self._rules = Rules(self._tariffs, zone, frozenset(network[:3] for network in networks))
        self._books: dict[str, Book] = {}
        self._tabs = Tabs(Editions(tariffs), self._books) if isinstance(tariffs, folder.Tariffs) else None
        self._now = 0
        self._turning = Turning(self._books)
        self._quiet_since: int | None = None
        self._due: list[tuple[int, str]] = []  # a heap: when something that an account holds is over
        self._next: dict[str, int] = {}  # the first of its entries in the heap, by account
        self._decode: dict[str, Callable[[bytes], Event]] = {
            kind.topic: msgspec.json.Decoder(kind).decode for kind in EVENTS
        }
        self._usage = msgspec.json.Decoder(Usage).decode
        self._take_back = {name: msgspec.msgpack.Decoder(kind).decode for name, kind in KEPT.items()}

    def restore(self, key: str, value: bytes) -> None:
        kind, _, _ = key.partition("|")
        if kind == "usage":
            its = placed_of(value).usage
            self._book(its.account).history.put((its.started, 1, its.id), value, its.corrects)
            return
        kept = self._take_back[kind](value)
        id = owner(kept)
        book = self._book(id)
        book.restore(kept)
        if isinstance(kept, Session | Head):
            self._watch(book, id)

    def process(self, records: Sequence[Record], out: Outputs) -> None:
        self._quiet_since = None
        self._turn(BETWEEN, out)
        told = Telling(out)
        for topic, its in groupby(records, key=attrgetter("topic")):
            run = list(its)
            if topic == Usage.topic and self._tabs is not None:
                self._charge(run, self._tabs, told)
            else:
                for record in run:
                    self._work_on(record, told)
        told.balances(self._books)
        self._turning.clock = max(self._turning.clock, records[-1].time)
        for id in told.accounts:
            self._turning.hear(id)

    def tick(self, now: int, out: Outputs) -> None:
        told = Telling(out)
        self._pass(now, told)
        told.balances(self._books)
        if self._quiet_since is None:
            self._quiet_since = now
        if now - self._quiet_since >= IDLE:
            self._turning.clock = max(self._turning.clock, now - IDLE)
        self._turn(QUIETLY, out)

    def _turn(self, most: int, out: Outputs) -> None:
        """Let time go on for accounts that are quiet, so many at once: at midnight it is that of all."""
        told, now = Telling(out), from_micros(self._turning.clock)
        for id, book, due in islice(self._turning.due(), most):
            effects = Effects()
            told.place = f"due/{micros(due)}/{id}"
            try:
                self._tariffs.work(partial(book.pass_to, due, effects))
            except Rejection:
                logger.exception("time stands still for the account %s until its next event", id)
                continue
            told.tell(id, effects, now)
            self._turning.watch(id)
        told.balances(self._books)

    def _pass(self, now: int, told: Telling) -> None:
        """Let the log's clock go on: what is held no longer is released."""
        self._now = max(self._now, now)
        while self._due and self._due[0][0] <= self._now:
            due, id = heappop(self._due)
            if self._next.get(id) != due:
                continue  # it was looked at before, or is nobody's any more
            del self._next[id]
            book, effects = self._books[id], Effects()
            book.expire(from_micros(self._now), effects)
            told.place = f"due/{due}/{id}"
            told.tell(id, effects, from_micros(self._now))
            self._watch(book, id)

    def _charge(self, run: Sequence[Record], tabs: Tabs, told: Telling) -> None:
        """Charge usages, many at once where they are, and where no hold ends meanwhile."""
        latest = from_micros(min(record.time for record in run)) + AHEAD
        first = 0
        while first < len(run):
            usages = self._usages(islice(run, first, None), latest)
            last = first + len(usages)
            its = run[first:last]
            now = max((record.time for record in its), default=0)
            ending = bool(self._due) and self._due[0][0] <= now
            if usages and not ending and not self._tariffs.stopped:
                tabs.charge(its, usages, told, lambda record: self._work_on(record, told))
                self._now = max(self._now, now)
            else:
                for record in its:
                    self._work_on(record, told)
            for record in run[last : last + 1]:
                self._work_on(record, told)
            first = last + 1

    def _usages(self, records: Iterable[Record], latest: datetime) -> list[Usage]:
        """The events of records, up to the first that must be looked at alone."""
        usages: list[Usage] = []
        decode = self._usage
        try:
            for record in records:
                usage = decode(record.value or b"")
                if usage.started > latest:
                    break
                usages.append(usage)
        except msgspec.DecodeError:
            pass  # told when it is worked on
        return usages

    def _work_on(self, record: Record, told: Telling) -> None:
        self._pass(record.time, told)
        told.place = place(record)
        if record.value is None:
            if record.topic == Account.topic:
                self._forget((record.key or b"").decode(), from_micros(record.time), told)
            return
        try:
            event = self._decode[record.topic](record.value)
        except msgspec.DecodeError as error:
            told.reject(record, Rejection(decode_reason(error), str(error)))
            return
        id = event.id if isinstance(event, Account) else event.account
        effects = Effects()
        try:
            self._tariffs.work(partial(self._hand_over, event, effects, from_micros(record.time)))
        except Rejection as refused:
            if isinstance(event, ChargingCommand | ChargingRequest):
                effects.answers.append(answer(event, refused))
            else:
                told.reject(record, refused)
        told.tell(id, effects, from_micros(record.time))

    def _forget(self, id: str, time: datetime, told: Telling) -> None:
        """An account is nobody's any more: what is known of it goes, and what it came to stays in the ledger."""
        book = self._books.pop(id, None)
        if book is None or not book.known:
            return
        if self._tabs is not None:
            self._tabs.forget(id)
        self._next.pop(id, None)
        self._turning.forget(id)
        effects = Effects()
        erase(book, told.place, time, effects)
        told.tell(ERASED, effects, time)
        told.forget(id)

    def _hand_over(self, event: Event, effects: Effects, now: datetime) -> None:
        if isinstance(event, Account):
            its = self._book(event.id)
            its.change(event, now, effects)
            self._watch(its, event.id)
            return
        book = self._books.get(event.account)
        if book is None or not book.known:
            raise Rejection("account.unknown", f"nobody has said what the account {event.account} is")
        time = event.started if isinstance(event, Usage) else event.time
        if time > now + AHEAD:
            raise Rejection(
                "event.ahead",
                f"it is of {time.isoformat()}, and now is {now.isoformat()}: set the clock of who sent it",
            )
        match event:
            case Usage():
                book.usage(event, effects)
            case ChargingCommand():
                commands.answer(book, event, effects)
            case ChargingRequest():
                requests.answer(book, event, now, effects)
        self._watch(book, event.account)

    def _book(self, id: str) -> Book:
        book = self._books.get(id)
        if book is None:
            book = self._books[id] = Book(self._rules)
        return book

    def _watch(self, book: Book, id: str) -> None:
        """Look at the account again when something that it holds is over, or the passing of time does something."""
        self._turning.watch(id)
        due = book.due()
        if due is not None and micros(due) < self._next.get(id, LATEST):
            self._next[id] = micros(due)
            heappush(self._due, (micros(due), id))


def answer(event: ChargingCommand | ChargingRequest, refused: Rejection) -> ChargingAnswer:
    """Why it was refused."""
    return ChargingAnswer(
        id=event.id, account=event.account, problem=refused.reason, detail=str(refused), time=event.time
    )
