"""What happens to accounts in twelve weeks: who they are, what they buy, what they use, and how records of it come.

Drawn from a seed, for each account alone, so that who compares can make one again. Of the records 5 % come twice, 3 %
late, also in the next cycle, and 1 % are corrected; some of each are so late, or so wrong, that they are refused.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from tests.telco.charging.whole.oracle import cycle_after, cycle_of
from tests.telco.charging.whole.words import midnight
from trunkline.telco.model import Account, Assignment, ChargingCommand, Direction, Member, Service, Source, UsageReport

BEGIN = midnight("2026-02-10")
WINDOWS = [BEGIN + timedelta(days=days) for days in (0, 1, 14, 28, 42, 56, 70, 84)]
"""Between two of these, what came before is worked on to the end. On the first day each account uses for the first
time; no cycle begins on it."""
END = WINDOWS[-1]
OLD = datetime(2025, 6, 1, tzinfo=UTC)
EVENTS = 50  # of an account, about
PLANS = {"mobile-20": 20, "mobile-80": 80, "mobile-300": 300, "mobile-family": 200, "prepaid": 1}
DATA_SIM = "data-sim-extra"
ABROAD = {
    "20801": "", "26201": "", "20404": "", "23410": "", "22801": "roaming-neighbours", "310260": "roaming-america",
    "44010": "roaming-asia", "90112": "roaming-sea-and-air", "60400": "roaming-world-day", "71610": "",
}  # fmt: skip
"""Networks, and the pack that is sold for there."""
PARTIES = (
    "32475111111", "0475 11 11 11", "+32475111111", "003225551234", "0470998877", "32475333333", "32475444444",
    "4930123456", "+33612345678", "0031612345678", "12125550100", "18095551234", "41791234567", "23480312345",
    "3290123456", "3278123456", "32800123456", "881612345678", "112", "4040", "1207", "23276123456",
)  # fmt: skip
KB, MB, GB = 10**3, 10**6, 10**9


class Came(NamedTuple):
    """A record when it comes. `plain` ones may come again at any time: they were taken."""

    time: datetime
    report: UsageReport
    kind: str = "plain"


class Order(NamedTuple):
    """A command, or what the account is from now on, told when a window begins."""

    window: int
    what: ChargingCommand | Account


@dataclass
class Life:
    """One account."""

    account: Account
    """As it is at the end."""
    first: Account
    """As it is at the beginning."""
    orders: list[Order] = field(default_factory=list)
    came: list[Came] = field(default_factory=list)

    @property
    def numbers(self) -> dict[str, str]:
        """The number of each number and SIM."""
        members = self.account.members
        return {m.msisdn: m.msisdn for m in members} | {m.imsi: m.msisdn for m in members}


def lives(seed: int, events: int) -> Iterator[Life]:
    """As many as have so many records in all."""
    number = total = 0
    while total < events:
        life = Drawing(seed, number).life
        number, total = number + 1, total + len(life.came)
        yield life


class Drawing:
    """Draws a life, always the same of the same seed and number."""

    def __init__(self, seed: int, number: int) -> None:
        self._dice = random.Random(f"{seed}/{number}")
        self._id = f"A{number:06}"
        self._number, self._records = number, 0
        self._trips: dict[str, list[tuple[datetime, datetime, str]]] = {}
        self._account()
        for _ in range(self._dice.randint(EVENTS // 2, EVENTS)):
            self._use()
        self._hopeless()

    def _account(self) -> None:
        dice = self._dice
        kind = dice.choice(["solo", "solo", "family", "prepaid", "prepaid", "change"])
        plan = {"family": "mobile-family", "prepaid": "prepaid", "change": "mobile-20"}.get(kind) or dice.choice(
            ["mobile-20", "mobile-80", "mobile-80", "mobile-300"]
        )
        self._plan = plan
        plans = [plan]
        if kind == "family":
            plans += ["mobile-family-member"] * dice.randint(1, 4)
        elif kind != "prepaid" and dice.random() < 0.3:
            plans.append(DATA_SIM)
        members = tuple(
            Member(
                msisdn=f"3247{self._number:06}{which}",
                imsi=f"20699{self._number:09}{which}",
                tariffs=(Assignment(tariff=its, since=OLD if dice.random() < 0.8 else BEGIN - self._some(30)),),
            )
            for which, its in enumerate(plans)
        )
        limit = dice.choice([None, None, 2_000, 6_000]) if kind != "prepaid" else None
        first = Account(
            id=self._id,
            customer=f"C{self._number}",
            kind="prepaid" if kind == "prepaid" else "postpaid",
            currency="EUR",
            cycle_day=dice.choice([1, 3, 5, 12, 15, 20, 28]),
            limit=limit,
            members=members,
        )
        self.life = Life(first, first)
        if kind == "change":
            window = dice.randint(2, 5)
            then = Assignment(tariff="mobile-80", since=WINDOWS[window] + self._some(13))
            changed = replace(members[0], tariffs=(*members[0].tariffs, then))
            self.life.account = replace(first, members=(changed, *members[1:]))
            self.life.orders.append(Order(window, self.life.account))
        for member in members:
            self._travel(member)
        self._orders()

    def _travel(self, member: Member) -> None:
        dice = self._dice
        trips = self._trips[member.msisdn] = []
        for _ in range(dice.randint(0, 2)):
            begin = BEGIN + timedelta(days=1) + self._some(69)
            where = dice.choice(list(ABROAD))
            trips.append((begin, begin + timedelta(days=dice.randint(4, 16)), where))
            if ABROAD[where] and dice.random() < 0.6:
                offering = dice.choice([ABROAD[where], "roaming-world-day"])
                self._order("pack", begin - timedelta(hours=3), offering=offering, subscription=member.msisdn)

    def _orders(self) -> None:
        dice = self._dice
        for _ in range(dice.randint(2, 5) if self.life.account.kind == "prepaid" else 0):
            at = BEGIN + self._some(83)
            until = at + self._some(60) + timedelta(hours=1) if dice.random() < 0.4 else None
            self._order("topup", at, amount=dice.choice([500, 1_000, 1_500, 2_500]), valid_to=until)
        if dice.random() < 0.1:
            self._order("adjust", BEGIN + self._some(83), amount=dice.choice([100, 250, 399]))
        if dice.random() < 0.05:
            self._order("topup", BEGIN + self._some(83), amount=0)
        if dice.random() < 0.05:
            self._order("pack", BEGIN + self._some(83), offering="mobile-80", subscription="32470000000")

    def _order(self, kind: str, at: datetime, **what: Any) -> None:
        """A command; it is told when its window begins, or the next one, and sometimes twice."""
        window = max(1, window_of(at))
        if window < len(WINDOWS) - 2 and self._open(at, window + 1) and self._dice.random() < 0.2:
            window += 1
        id = f"{self._id}/c{len(self.life.orders)}"
        command = msgspec.convert({"id": id, "account": self._id, "kind": kind, "time": at, **what}, ChargingCommand)
        self.life.orders += [Order(window, command)] * (2 if self._dice.random() < 0.05 else 1)

    def _use(self) -> None:
        """A call, a text, a piece of content, or a session of one or several records."""
        dice = self._dice
        started, member = BEGIN + self._some(83.5), dice.choice(self.life.account.members)
        if (trips := self._trips[member.msisdn]) and dice.random() < 0.3:
            begin, end, _ = dice.choice(trips)
            started = min(begin + self._some((end - begin).days), END - timedelta(hours=12))
        if not self.life.came:
            started, member = BEGIN + self._some(0.5), self.life.account.members[0]
        service = dice.choices(list(Service), [30, 15, 50, 5])[0]
        if member.tariffs[0].tariff == DATA_SIM and dice.random() < 0.97:
            service = Service.DATA
        what: dict[str, Any] = self._who(member) | self._where(member, started)
        if service in (Service.VOICE, Service.MESSAGE):
            what["direction"] = Direction.TERMINATING if dice.random() < 0.2 else Direction.ORIGINATING
            what["other_party"] = dice.choice(PARTIES)
        if service is Service.VOICE:
            self._whole(service, started, what, duration=dice.choice([0, 3, 10, 59, 60, 61, dice.randint(1, 7_200)]))
        elif service is Service.MESSAGE:
            self._whole(service, started, what, items=1)
        elif service is Service.CONTENT:
            price = {"price": dice.randint(0, 1_500), "currency": "EUR"} if dice.random() < 0.95 else {}
            self._whole(service, started, what | price, items=1)
        elif dice.random() < 0.7 or not self.life.came:
            self._whole(service, started, what, duration=60, downlink=self._octets(what["visited"]))
        else:
            self._session(started, what)

    def _who(self, member: Member) -> dict[str, Any]:
        forms = [member.msisdn, f"0{member.msisdn[2:]}", f"00{member.msisdn}", ""]
        msisdn = self._dice.choices(forms, [80, 5, 5, 10])[0]
        return {"msisdn": msisdn, "imsi": member.imsi}

    def _where(self, member: Member, at: datetime) -> dict[str, Any]:
        for begin, end, where in self._trips[member.msisdn]:
            if begin <= at < end:
                return {"visited": where, "zone_offset": -300 if where == "310260" else 0}
        return {"visited": self._dice.choice(["", "20699", "206099"])}

    def _octets(self, visited: str) -> int:
        """Some of a plan's volume, or of a pack's; of prepaid it is in the tiers."""
        dice, volume = self._dice, 5 * GB if ABROAD.get(visited) else PLANS[self._plan] * GB
        most = dice.choice([5 * MB, 400 * MB, volume // 3, volume // 3])
        return dice.randint(1, most // 3 if self._plan == "prepaid" else most)

    def _report(self, service: Service, started: datetime, **what: Any) -> UsageReport:
        self._records += 1
        id = f"pgw/{self._id}/{self._records}"
        given = {"id": id, "session": id} | what
        source = Source(uri=f"file:///cdr/{self._number % 100}", offset=self._records)
        return UsageReport(system="core", service=service, started=started, source=source, **given)

    def _whole(self, service: Service, started: datetime, what: dict[str, Any], **used: int) -> None:
        dice, report = self._dice, self._report(service, started, **what, **used)
        came = self._come(report, late=0.035 if self.life.came else 0)
        refused = service is Service.CONTENT and report.price is None  # what nobody can rate is not corrected either
        refused |= service is not Service.DATA and self._on_data_sim(report)
        if dice.random() < 0.013 and not refused and len(self.life.came) > 1:
            self._correct(report, came)

    def _on_data_sim(self, report: UsageReport) -> bool:
        members = self.life.account.members
        return any(its.imsi == report.imsi and its.tariffs[0].tariff == DATA_SIM for its in members)

    def _correct(self, report: UsageReport, came: datetime, last: datetime | None = None) -> None:
        """Another record in the place of one: often after it, sometimes before, sometimes of one that did so itself."""
        dice = self._dice
        corrected = [report]
        for _ in range(dice.choices([1, 2, 3], [80, 15, 5])[0]):
            factor = dice.choice([0.0, 0.5, 0.9, 1.5, 3.0])
            used = {name: int(getattr(report, name) * factor) for name in ("duration", "downlink")}
            used["items"] = report.items if factor else 0
            started = max(BEGIN, report.started + timedelta(minutes=dice.choice([0, 0, 0, -7, 25])))
            changed: dict[str, Any] = {"started": started}
            if last is not None:
                changed["visited"] = dice.choice([report.visited, report.visited, "20801"])
            wrong = dice.choice(corrected)
            made = self._report(report.service, report.started)
            made = replace(report, id=made.id, source=made.source, corrects=wrong.id, **used, **changed)
            if last is None:
                at = self._time(made, max(ended(made), came - timedelta(hours=1)), days=20)
            else:  # within the time that a session is known
                at = max(ended(made), last + self._some(1.5))
            if self._open(min(made.started, report.started), window_of(at) + 1):
                self._send(made, at)
                corrected.append(made)

    def _session(self, started: datetime, what: dict[str, Any]) -> None:
        """Partial records of one session; some come in another order, late, or never."""
        dice = self._dice
        count, session = dice.randint(2, 6), f"gw/{self._id}/{self._records}"
        most = dice.choice([MB, 40 * MB, 300 * MB])
        at, sent = started, list[tuple[UsageReport, datetime]]()
        for number in range(1, count + 1):
            length = dice.choice([60, 300, 600, 1_500])
            visited = {} if dice.random() < 0.95 else {"visited": "26201"}
            report = self._report(
                Service.DATA, at, session=session, partial=number, final=number == count, duration=length,
                downlink=dice.randint(1, most), uplink=dice.randint(0, MB), rating_group=100, **(what | visited),
            )  # fmt: skip
            at += timedelta(seconds=length)
            if dice.random() < 0.01:
                continue  # lost for ever
            sent.append((report, self._come(report, late=0.035, again=dice.random() < 0.05)))
        if sent and dice.random() < 0.05:
            report, came = dice.choice(sent)
            self._correct(report, came, min(came, max(came for _, came in sent)))

    def _come(self, report: UsageReport, late: float, *, again: bool = False) -> datetime:
        """When a record comes: soon after its end, or late. `again`: in another order than it was made."""
        soon = ended(report) + timedelta(seconds=self._dice.randint(1, 120) + 900 * again)
        at = self._time(report, soon, days=55) if self._dice.random() < late else soon
        self._send(report, at)
        return at

    def _time(self, report: UsageReport, soon: datetime, days: int) -> datetime:
        """Some time later, in a window in which its cycle is open yet, or the one before."""
        for _ in range(5):
            at = soon + self._some(days)
            if at < END and self._open(report.started, window_of(at) + 1):
                return at
        return soon

    def _send(self, report: UsageReport, at: datetime) -> None:
        dice = self._dice
        if at >= END:
            at = END - timedelta(seconds=dice.randint(1, 60))
        self.life.came.append(Came(at, report))
        while dice.random() < 0.06:
            once_more = at + self._some(dice.choice([0.01, 1, 62]))
            if once_more < END and once_more < ended(report) + timedelta(days=61.8):  # for so long it is known
                self.life.came.append(Came(once_more, report, "again"))

    def _hopeless(self) -> None:
        """Records that are refused: of nobody, of a cycle that is closed, of longer ago than records are known."""
        dice, life = self._dice, self.life
        member = life.account.members[0]
        if dice.random() < 0.05:
            started = BEGIN + self._some(80)
            stranger = self._report(Service.VOICE, started, msisdn=f"3299{self._number:07}", duration=61)
            life.came.append(Came(ended(stranger) + self._some(2), stranger, "of nobody"))
        if dice.random() < 0.1:
            report = self._report(Service.VOICE, BEGIN + self._some(20), duration=30, msisdn=member.msisdn)
            for at in (report.started + self._some(62) for _ in range(20)):
                if ended(report) < at < END and not self._open(report.started, window_of(at) - 1, life.came):
                    life.came.append(Came(at, report, "too late"))
                    break
        if dice.random() < 0.05:
            report = self._report(Service.VOICE, BEGIN + self._some(20), duration=30, msisdn=member.msisdn)
            life.came.append(Came(report.started + timedelta(days=62.2) + self._some(0.5), report, "too old"))

    def _open(self, started: datetime, window: int, came: Sequence[Came] | None = None) -> bool:
        """Whether what began then can be charged until the window's end: the cycle's second turn is not over then, or,
        with what `came`, was not told by anything until then."""
        day = self.life.account.cycle_day
        closes = cycle_after(cycle_after(cycle_of(started, day), day), day)
        end = WINDOWS[min(window + 1, len(WINDOWS) - 1)]
        if came is None:
            return end <= closes
        sure = (each for each in came if each.kind == "plain" and each.report.service is Service.DATA)
        return not any(each.time < end and each.report.started >= closes and not each.report.partial for each in sure)

    def _some(self, days: float) -> timedelta:
        return timedelta(seconds=self._dice.randrange(max(1, int(days * 86_400))))


def ended(report: UsageReport) -> datetime:
    """When a record ends."""
    return report.started + timedelta(seconds=report.duration)


def window_of(at: datetime) -> int:
    """The window that a moment is in."""
    return max(number for number, begin in enumerate(WINDOWS[:-1]) if begin <= at)
