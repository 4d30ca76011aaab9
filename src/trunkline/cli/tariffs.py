"""`trunkline tariffs`: what usage costs, as files, and what a draft would change for whom."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer

from trunkline.cli.audited import audited
from trunkline.cli.output import HERE, JsonOption, ProjectOption, Refused, rows

if TYPE_CHECKING:
    from trunkline.telco.charging.shadow.bill import Reason
    from trunkline.telco.charging.shadow.comparison import Comparison
    from trunkline.telco.charging.shadow.report import Report
    from trunkline.telco.charging.shadow.threshold import Threshold

app = typer.Typer(help="What usage costs, as files.", no_args_is_help=True, rich_markup_mode=None)
PAUSE: Final = 2.0  # seconds between two reports at least
REASONS: Final = 3  # that a row of the table names
AMOUNTS: Final = ("today", "draft", "unrated", "difference")
Row = dict[str, Any]


@app.callback()
def tariffs() -> None:
    """What usage costs, as files."""


@app.command()
@audited("usage", "tariffs shadow", reads=True)
def shadow(
    draft: Annotated[str, typer.Argument(help="A draft by its name: a file of the folder tariffs/drafts.")],
    since: Annotated[
        str, typer.Option(help="Take usage that the log got from this time (UTC) on, not from its beginning.")
    ] = "",
    from_cycle: Annotated[
        str, typer.Option(help="Tell only of cycles that begin on this day or later: 2026-03-01.")
    ] = "",
    shock: Annotated[
        str, typer.Option(help="A customer is shocked if a cycle's usage costs more by this: 10 (EUR), or 20%.")
    ] = "10",
    most: Annotated[int, typer.Option(min=1, help="Show this many rows of each table at most.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", help="Go on as usage comes, until Ctrl-C.")] = False,
    project: ProjectOption = HERE,
    json: JsonOption = False,
) -> None:
    """Charge the usage of the log once by today's tariffs and once by a draft, and tell the difference for each number.

    Nothing is written, and nobody is charged. Amounts are minor units (cents) with --json.
    """
    from trunkline.project import Project
    from trunkline.telco.charging import settings, tariff
    from trunkline.telco.charging.shadow.comparison import Comparison
    from trunkline.telco.charging.shadow.replay import Replay
    from trunkline.telco.charging.shadow.threshold import Threshold

    operator = Project.find(project)
    folder, file = operator.folder / tariff.FOLDER, operator.folder / settings.FILE
    if not file.exists():
        raise Refused(f"there is no {file}: nothing is charged in this project")
    known = tariff.drafts(folder)
    if draft not in known:
        raise Refused(f"there is no draft {draft!r} in {folder / 'drafts'}: there are {', '.join(known) or 'none'}")
    try:
        threshold = Threshold.parse(shock)
    except ValueError as error:
        raise Refused(f"--shock: {error}") from None
    charging = settings.load(file)
    first = _cycle(from_cycle, charging.time_zone)
    begin = _micros(since)
    today, drafted = tariff.load(folder), tariff.load_with(folder, known[draft])
    comparison = Comparison()
    teller = _Teller(comparison, threshold, first, charging.time_zone, most, as_json=json)
    with closing(operator.open_log()) as log, suppress(KeyboardInterrupt):
        replay = Replay(log, charging, today, drafted, comparison, begin)
        if not follow:
            replay.to_end()
            teller.tell()
            return
        for _ in replay.follow():
            teller.tell_news()


class _Teller:
    """Prints a report; of a later one only the rows that are other than before."""

    def __init__(
        self, comparison: Comparison, threshold: Threshold, first: datetime, zone: ZoneInfo, most: int, *, as_json: bool
    ) -> None:
        self._comparison, self._threshold, self._first, self._zone = comparison, threshold, first, zone
        self._most, self._json = most, as_json
        self._told: dict[str, set[str]] = {}
        self._follows = False
        self._events = -1
        self._next = 0.0

    def tell_news(self) -> None:
        """Tell where something has come since, but not too often."""
        from time import monotonic

        if self._comparison.events != self._events and monotonic() >= self._next:
            self.tell()
            self._events, self._next = self._comparison.events, monotonic() + PAUSE

    def tell(self) -> None:
        from trunkline.telco.charging.shadow.report import report

        found = report(self._comparison, self._threshold, self._first)
        self._table("bill", "", self._bills(found), ("account", "customer", "number", "cycle", *AMOUNTS, "why"))
        self._table(
            "shocked",
            f"would be shocked, by a rise of more than {self._threshold} within a cycle",
            self._shocked(found),
            ("account", "customer", "cycle", *AMOUNTS, "why"),
        )
        self._table(
            "refused",
            "cannot be done by one tariff or the other",
            _refused(found),
            ("what", "account", "number", "id", "today", "draft"),
        )
        self._table("why", "makes the difference", _reasons(found), ("because", "name", "difference"))
        self._table("sum", "all together", _sums(found), ("currency", *AMOUNTS))
        self._follows = True
        sys.stdout.flush()

    def _table(self, kind: str, title: str, found: Iterable[Row], columns: Sequence[str]) -> None:
        told = self._told.setdefault(kind, set())
        news = []
        for row in found:
            if (text := str(row)) not in told:
                told.add(text)
                news.append(row)
        if self._json:
            rows(({"kind": kind, **row} for row in news), columns, as_json=True, empty="")
            return
        if kind == "bill":
            news = [row for row in news if row["difference"] or row["unrated"]]
            if not news and not self._follows:
                typer.echo("no number's usage costs anything else")
        if not news:
            return
        if title:
            typer.echo(f"\n{title}:")
        rows((_shown(row) for row in news[: self._most]), columns, as_json=False, empty="")
        if len(news) > self._most:
            typer.echo(f"… and {len(news) - self._most} more: see them with --most or --json")

    def _bills(self, found: Report) -> Iterable[Row]:
        from trunkline.telco.charging.shadow.report import reasons

        for key, bill in found.bills:
            yield {
                "account": key.account,
                "customer": self._comparison.customers.get(key.account, ""),
                "number": key.number,
                "cycle": self._day(key.cycle),
                "currency": bill.currency,
                **{name: getattr(bill, name) for name in AMOUNTS},
                "why": _why(reasons([bill])),
            }

    def _shocked(self, found: Report) -> Iterable[Row]:
        for each in found.shocked:
            yield {
                "account": each.account,
                "customer": self._comparison.customers.get(each.account, ""),
                "cycle": self._day(each.cycle),
                "currency": each.currency,
                **{name: getattr(each.sum, name) for name in AMOUNTS},
                "why": _why(each.reasons),
            }

    def _day(self, cycle: datetime) -> str:
        return cycle.astimezone(self._zone).date().isoformat()


def _refused(found: Report) -> Iterable[Row]:
    for each in found.refused:
        yield {
            "what": each.what,
            "account": each.account,
            "number": each.number,
            "id": each.id,
            "today": each.today or None,
            "draft": each.draft or None,
        }


def _reasons(found: Report) -> Iterable[Row]:
    for currency, reason, amount in found.reasons:
        yield {"because": reason.kind, "name": reason.name, "currency": currency, "difference": amount}


def _sums(found: Report) -> Iterable[Row]:
    for currency, sum in found.sums.items():
        yield {"currency": currency, **{name: getattr(sum, name) for name in AMOUNTS}}


def _why(found: Sequence[tuple[Reason, int]]) -> list[Row]:
    return [{"because": reason.kind, "name": reason.name, "difference": amount} for reason, amount in found]


def _shown(row: Mapping[str, Any]) -> Row:
    """A row for people: money in units of its currency, the biggest reasons in words."""
    currency = row.get("currency", "")
    shown = dict(row)
    for name in AMOUNTS:
        if isinstance(row.get(name), int):
            shown[name] = _money(row[name], currency, sign=name == "difference")
    if "why" in row:
        shown["why"] = "; ".join(
            f"{each['because']} {each['name']} {_money(each['difference'], currency, sign=True)}"
            for each in row["why"][:REASONS]
        )
    return shown


def _money(minor: int, currency: str, *, sign: bool) -> str:
    from trunkline.telco.model.currency import major, minor_digits

    return f"{major(minor, currency):{'+' if sign else ''}.{minor_digits(currency)}f} {currency}"


def _micros(since: str) -> int:
    from trunkline.log.envelope import micros

    try:
        return micros(datetime.fromisoformat(since)) if since else 0
    except ValueError as error:
        raise Refused(f"--since {since}: give a time in UTC like 2026-03-09T15:00:00Z ({error})") from None


def _cycle(day: str, zone: ZoneInfo) -> datetime:
    """Midnight of the day in the operator's zone; without one, before all cycles."""
    from datetime import UTC, date, time

    try:
        return datetime.combine(date.fromisoformat(day or "1970-01-01"), time(), zone).astimezone(UTC)
    except ValueError as error:
        raise Refused(f"--from-cycle {day}: give the day on which a cycle begins, like 2026-03-01 ({error})") from None
