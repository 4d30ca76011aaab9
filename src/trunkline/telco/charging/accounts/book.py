"""An account's book: all that charging knows of one account, and what usage and the passing of time make of it.

Nothing changes before all that comes of an event is known and the ledger is found to balance: what raises has done
nothing. `commands` and `requests` answer what somebody asks of a book.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from operator import attrgetter
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from msgspec.structs import replace

from trunkline.streams import Rejection
from trunkline.telco.charging.accounts.corrections import Place
from trunkline.telco.charging.accounts.effects import Effects
from trunkline.telco.charging.accounts.history import Done, Entry, History, Outcome, fold, place_of
from trunkline.telco.charging.accounts.kept import Head, Kept, Origin, Told, place_key, session_key
from trunkline.telco.charging.accounts.ledger import Totals, prove
from trunkline.telco.charging.accounts.marks import Mark
from trunkline.telco.charging.accounts.online import Hold, Purse, Session
from trunkline.telco.charging.accounts.passing import Calendar, Passage, Turn, opening
from trunkline.telco.charging.accounts.postings import of_draws, of_move, of_opening, of_usage
from trunkline.telco.charging.accounts.rating import Violation
from trunkline.telco.charging.accounts.standing import Standing
from trunkline.telco.charging.accounts.tab import Tab
from trunkline.telco.charging.tariff.terms import Tariffs
from trunkline.telco.model import Account, Balance, Notice, Posting, Usage

ENGLISH: Final = "en"
STOPS: Final = 64
"""Standings of an account that are kept in memory, so that not all of a cycle is gone through again."""
EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)

_json = msgspec.json.Encoder().encode


class Rules(NamedTuple):
    """What all accounts go by. `home` are the country codes (MCC) of the operator's own networks."""

    tariffs: Tariffs
    zone: ZoneInfo
    home: frozenset[str]


class Book:
    """The book of one account. `restore` takes back what a book before has let remember."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.history = History()
        self.sessions: dict[str, Session] = {}
        self.tab = Tab(self)
        self._origin: Origin | None = None
        self._last_head: Head | None = None
        self._stops: list[Standing] = []  # in memory alone: from where history can be gone through again, in order

    @property
    def known(self) -> bool:
        """Whether it was said what account it is."""
        return self._origin is not None

    @property
    def account(self) -> Account:
        """The account as it was last said to be."""
        return self._its.record

    @property
    def standing(self) -> Standing:
        """How the account stands now. What sessions hold is in it."""
        return self.head.standing

    @property
    def open(self) -> bool:
        """Whether it has begun, with a first event of the account."""
        return self._last_head is not None

    @property
    def head(self) -> Head:
        """What changes with every event."""
        if self._head is None:
            raise LookupError(f"the account {self.account.id} has not begun")
        return self._head

    @property
    def totals(self) -> Totals:
        """What the accounts of the ledger have received."""
        return Totals(self._head.totals if self._head else {})

    @property
    def calendar(self) -> Calendar:
        """What the passing of time goes by."""
        return Calendar(self.account, self.rules.tariffs, self.rules.zone, self._its.turns)

    @property
    def holds(self) -> list[Hold]:
        """All that is held."""
        return [hold for session in self.sessions.values() for hold in session.holds]

    def restore(self, kept: Kept) -> None:
        """Take back a part of what was remembered, in any order."""
        match kept:
            case Origin():
                self._origin = kept
            case Head():
                self._head = kept
            case Session():
                self.sessions[kept.id] = kept
            case Done():
                self.history.put_done(kept)

    def change(self, record: Account, now: datetime, out: Effects) -> None:
        """Take the last word on what the account is, `now` by the log's clock. What it changes of the kept cycles is
        rated again; before the first event its balance is told as it is without any."""
        before = self._origin
        if before is None:
            self._origin = Origin(record=record, turns=(Turn(since=EVER, day=record.cycle_day),))
        elif before.record == record:
            return
        else:
            self._origin = replace(before, record=record, turns=self._turns(record.cycle_day))
        self.close_tab()
        self._stops = []
        try:
            if self._head is not None:
                self.apply((self._its.cycles[0].time, 0, ""), out)
            else:
                self._unused(now)  # a tariff by which there is no balance is stopped here, where the event can be taken
        except Violation:
            self._origin = before
            raise
        self._keep_origin(out)
        out.changed = True

    def usage(self, usage: Usage, out: Effects) -> None:
        """Charge a usage; one that was charged already changes nothing.

        Raises `Rejection`: `usage.too-late` where it began before the cycle before the open one, and what rating
        raises.
        """
        if usage.id in self.history.usages:
            return
        self.begin(usage.started, out)
        self.refuse_late(usage.started, "usage.too-late", f"the usage {usage.id}")
        since = max(self.history.first_changed(usage), (self._its.cycles[0].time, 0, ""))
        self.apply(since, out, added=usage)

    def begin(self, time: datetime, out: Effects) -> None:
        """Open the book with the first event of the account, where it is not yet."""
        if self._head is not None:
            return
        standing = opening(self.calendar, time)
        made = list(of_opening(self.account, standing))
        totals = Totals().after(made)
        prove(standing, totals, made, self._suspect(None))
        self._head = Head(account=self.account.id, standing=standing, totals=totals.amounts)
        self._origin = replace(self._its, cycles=(standing,))
        self._tell(made, out)
        self.pass_to(time, out)

    def pass_to(self, time: datetime, out: Effects) -> None:
        """Let time pass, where it has not yet."""
        if time > self.standing.time:
            self.apply((time, 0, ""), out)

    @property
    def turns(self) -> datetime | None:
        """When the passing of time does something to it next; None where it has not begun."""
        return self._last_head.standing.due if self._last_head is not None else None

    def refuse_late(self, time: datetime, reason: str, what: str) -> None:
        """Raises `Rejection` for what is of a cycle that is closed."""
        first = self._its.cycles[0].time
        if time < first:
            raise Rejection(
                reason,
                f"{what} is of {time.isoformat()}, in a cycle that is closed: those of {self.account.id} are open from "
                f"{first.isoformat()} on; settle it by an adjustment",
            )

    def at(self, place: Place) -> Standing:
        """How the account stood, or will stand, at a place in its history, with all that came before it."""
        start = self._start(place)
        before = [] if start is self.standing else self.history.since(start.time)
        before = [entry for entry in before if place_of(entry) < place]
        return fold(self.history, start, before, place[0], self.calendar, self.rules.home).passage.standing

    def apply(
        self, since: Place, out: Effects, *, added: Usage | Done | None = None, made: Sequence[Posting] = ()
    ) -> None:
        """Go through history from a place on, with what is added there, and tell what is another than before.

        `made` are the postings of a command. Raises `Rejection` where an added usage cannot be rated, `Violation`
        where the ledger would not balance.
        """
        start = self._start(since)
        entries: list[Entry | Usage] = [] if start is self.standing else [*self.history.since(start.time)]
        if added is not None:
            entries = sorted([*entries, added], key=place_of)
        until = max(self.standing.time, since[0])
        outcome = fold(self.history, start, entries, until, self.calendar, self.rules.home)
        standing = outcome.passage.standing
        moved, moves = self._moved(outcome)
        postings = [*made, *moved]
        for rated in outcome.rated:
            postings += of_usage(self.account, rated, self.history.usage(rated.usage.id), standing.time)
        totals = self.totals.after(postings)
        prove(standing, totals, postings, self._suspect(outcome))

        for rated in outcome.rated:
            self.remember(place_of(rated), _json(rated), rated.usage.corrects, out)
        if isinstance(added, Done):
            self.history.put_done(added)
            out.kept[place_key(added.account, place_of(added))] = added
        self._head = Head(account=self.account.id, standing=standing, totals=totals.amounts)
        self._tell(postings, out)
        self._renew(outcome, start, moves, out)
        first = self._its.cycles[0].time
        self.forget_stops(start.time)
        self._stops = [stop for stop in self._stops if stop.time >= first] + outcome.stops
        if len(self._stops) > STOPS:
            del self._stops[: STOPS // 2 : 2]  # late usages are of lately, most of them
        self.notify(outcome.marks.values(), _cause(added, since), out)

    def remember(self, place: Place, rated: bytes, corrects: str, out: Effects) -> None:
        """Tell how a usage was rated, and keep that."""
        self.history.put(place, rated, corrects)
        out.rated.append(rated)
        out.kept[place_key(self.account.id, place)] = rated

    def close_tab(self) -> None:
        """Take back what the tab has taken, and begin with a new one."""
        self._last_head, self.tab = self._head, Tab(self)

    def forget_stops(self, time: datetime) -> None:
        """Something else happened at a moment than was thought: no standing after it can be gone on from."""
        while self._stops and self._stops[-1].time > time:
            self._stops.pop()

    def hold(self, session: Session, out: Effects, *, forget: bool = False) -> None:
        """Let a session hold what it holds from now on, and release what it held before and does not any more."""
        before = self.sessions.get(session.id)
        was = {hold.id: hold for hold in before.holds} if before else {}
        now = {hold.id: hold for hold in session.holds}
        time, made = self.standing.time, list[Posting]()
        for id, hold in was.items():
            if id not in now:
                made += of_draws(self.account, id, hold.draws, time, release=True)
        for id, hold in now.items():
            if id not in was:
                made += of_draws(self.account, id, hold.draws, time, release=False)
        totals = self.totals.after(made)
        prove(self.standing, totals, made, self._suspect(None))
        self._head = Head(account=self.account.id, standing=self.standing, totals=totals.amounts)
        self._tell(made, out)
        if forget:
            self.sessions.pop(session.id, None)
        else:
            self.sessions[session.id] = session
        out.kept[session_key(self.account.id, session.id)] = None if forget else session

    def expire(self, now: datetime, out: Effects) -> None:
        """Release what sessions hold longer than they may, and forget those that are over, by the log's clock."""
        for session in list(self.sessions.values()):
            over = session.until is not None and session.until <= now
            holds = tuple(hold for hold in session.holds if hold.until is None or hold.until > now)
            if over or len(holds) < len(session.holds):
                forget = over or (not holds and session.answer is None)
                self.hold(replace(session, holds=() if over else holds), out, forget=forget)

    def due(self) -> datetime | None:
        """When `expire` is to be called next, by the log's clock."""
        times = [hold.until for hold in self.holds] + [session.until for session in self.sessions.values()]
        return min((time for time in times if time is not None), default=None)

    def free(self, standing: Standing) -> Standing:
        """How the account stands, less what sessions hold."""
        return Purse.of(standing, self.holds, self.account, self.rules.tariffs).standing

    def was_told(self, id: str) -> bool:
        """Whether a notice of that id was told."""
        return id in self._its.told

    def notify(self, marks: Iterable[Mark], cause: str, out: Effects) -> None:
        """Tell what was not told yet."""
        languages = {member.msisdn: member.language for member in self.account.members}
        told: dict[str, datetime] = {}
        for mark in marks:
            if mark.id in self._its.told or mark.id in told:
                continue
            told[mark.id] = mark.keep
            notice = Notice(
                id=mark.id,
                account=self.account.id,
                subscription=mark.subscription,
                kind=mark.kind,
                language=languages.get(mark.subscription, ENGLISH),
                values=mark.values,
                cause=cause,
                time=mark.time,
            )
            out.notices.append(notice)
        if told:
            self._origin = replace(self._its, told={**self._its.told, **told})
            self._keep_origin(out)

    def balance(self, time: datetime, cause: str) -> Balance:
        """The account's state as it is told; before its first event, as it is at `time` without any."""
        standing = self.standing if self._head is not None else self._unused(time)
        held: dict[str, int] = {}
        for hold in self.holds:
            for draw in hold.draws:
                held[draw.bucket] = held.get(draw.bucket, 0) + draw.amount
        return Balance(
            account=self.account.id,
            kind=self.account.kind,
            currency=self.account.currency,
            buckets=tuple(holding.bucket(held.get(holding.id, 0)) for holding in standing.holdings),
            cycle=standing.cycle,
            spent=standing.spent,
            limit=self.account.limit,
            time=time,
            cause=cause,
        )

    def _unused(self, time: datetime) -> Standing:
        """How the account stands at a moment if nothing has come of it. That is not remembered: the first event begins
        the book at its own time, which may be an earlier one."""
        passage = Passage(opening(self.calendar, time), self.calendar)
        passage.to(time)
        return passage.standing

    @property
    def _head(self) -> Head | None:
        """What changes with every event, with all that the tab has taken."""
        if self.tab.changed:
            standing, totals = self.tab.close()
            prove(standing, totals, (), self._suspect(None))
            self._last_head = Head(account=self.account.id, standing=standing, totals=totals.amounts)
        return self._last_head

    @_head.setter
    def _head(self, head: Head) -> None:
        self._last_head = head
        self.tab.stale, self.tab.changed = True, False

    @property
    def _its(self) -> Origin:
        if self._origin is None:
            raise LookupError("it was not said what account it is")
        return self._origin

    def _turns(self, day: int) -> tuple[Turn, ...]:
        """The days on which cycles begin, with another one for those that begin from now on."""
        turns = self._its.turns
        if day == turns[-1].day:
            return turns
        if self._head is None:
            return (Turn(since=EVER, day=day),)
        return (*turns, Turn(since=self.standing.time, day=day))

    def _start(self, place: Place) -> Standing:
        """The last standing that is kept from which all that is behind a place can be gone through again."""
        if self.history.last < place and self.standing.moved <= place[0]:
            return self.standing
        kept = [standing for standing in (*self._its.cycles, *self._stops) if standing.time <= place[0]]
        return max(kept, key=attrgetter("time"))

    def _moved(self, outcome: Outcome) -> tuple[list[Posting], dict[str, Told]]:
        """What time moved otherwise than was told, and all moves with that."""
        now, account = outcome.passage.standing.time, self.account
        before = {slot: told for slot, told in self._its.moves.items() if told.move.time > outcome.since}
        made, moves = [], dict(self._its.moves)
        for slot in {**before, **outcome.passage.moves}:
            was, its = before.get(slot), outcome.passage.moves.get(slot)
            amount = (its.amount if its else 0) - (was.move.amount if was else 0)
            if amount:
                number = was.number + 1 if was else 0
                move = its if its is not None else replace(before[slot].move, amount=0)
                moves[slot] = Told(move, number)
                made.append(of_move(account, move, amount, number, now))
        return made, moves

    def _renew(self, outcome: Outcome, start: Standing, moves: Mapping[str, Told], out: Effects) -> None:
        """Keep the standings of the last two cycles, and forget what was before them."""
        kept = [standing for standing in self._its.cycles if standing.time <= start.time]
        cycles = (*kept, *outcome.passage.openings)[-2:]
        before, first = self._its.cycles[0].time, cycles[0].time
        after = replace(
            self._its,
            cycles=cycles,
            moves={slot: told for slot, told in moves.items() if told.move.time > first},
            told={id: keep for id, keep in self._its.told.items() if keep > first},
        )
        if after != self._its:
            self._origin = after
            self._keep_origin(out)
        if first > before:
            for place in self.history.forget(first):
                out.kept[place_key(self.account.id, place)] = None

    def _tell(self, postings: Sequence[Posting], out: Effects) -> None:
        out.postings += postings
        out.changed = True
        out.kept[f"head|{self.account.id}"] = self._head

    def _keep_origin(self, out: Effects) -> None:
        out.kept[f"account|{self.account.id}"] = self._origin

    def _suspect(self, outcome: Outcome | None) -> str:
        """The tariff that is to be stopped where the ledger does not balance."""
        if outcome is not None and outcome.rated:
            return outcome.rated[-1].tariff
        return next((member.tariffs[-1].tariff for member in self.account.members if member.tariffs), "")


def _cause(added: Usage | Done | None, since: Place) -> str:
    return added.id if added is not None else f"time/{since[0].isoformat()}"
