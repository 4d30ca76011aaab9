"""The report as text, for a person: what was asked of whom, a table, each failure with a line to repeat it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from textwrap import indent, wrap

from trunkline.tmf.conformance.check import Outcome, Result

WIDTH = 118


def report(results: Sequence[Result], *, url: str, at: datetime, left: Sequence[str] = ()) -> str:
    """The whole report. `left` are URLs of what the run made and could not delete."""
    parts = [f"TM Forum conformance of {url}", f"{at.isoformat(timespec='seconds')}, by trunkline tmf conformance", ""]
    parts += _table(results)
    failed = [result for result in results if result.outcome is Outcome.FAIL]
    if failed:
        parts += ["", f"FAILED ({len(failed)})"]
        for result in failed:
            parts += ["", *_failure(result)]
    absent = [result for result in results if result.outcome is Outcome.NOT_OFFERED]
    if absent:
        parts += ["", f"NOT OFFERED, OR NOT ASKED ({len(absent)})", "", *_absent(absent)]
    if left:
        parts += [
            "",
            "LEFT ON THE SERVER: these could not be deleted again, please do",
            "",
            *(f"  {url}" for url in left),
        ]
    counts = Counter(result.outcome for result in results)
    parts += ["", ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome)]
    return "\n".join(parts)


def _place(result: Result) -> str:
    return f"TMF{result.api} {result.version}{f' {result.resource}' if result.resource else ''}"


def _table(results: Sequence[Result]) -> Iterator[str]:
    counts: dict[str, Counter[Outcome]] = {}
    for result in results:
        counts.setdefault(_place(result), Counter())[result.outcome] += 1
    width = max((len(place) for place in counts), default=0)
    yield f"  {'':{width}}  " + "  ".join(f"{outcome.value:>11}" for outcome in Outcome)
    for place, count in counts.items():
        yield f"  {place:{width}}  " + "  ".join(f"{count[outcome] or '-':>11}" for outcome in Outcome)


def _failure(result: Result) -> Iterator[str]:
    yield f"{_place(result)}: {result.check}"
    for title, text in (
        ("rule", f"{result.rule} [{result.source}]"),
        ("expected", result.expected),
        ("came", result.came),
    ):
        lines = wrap(text, WIDTH - 12) or ["-"]
        yield f"  {title:9} {lines[0]}"
        yield from (" " * 12 + line for line in lines[1:])
    if result.curl:
        yield indent(result.curl, "  ")


def _absent(results: Sequence[Result]) -> Iterator[str]:
    """What has the same reason stands together: the checks of a resource, then the resources with the same checks."""
    checks: dict[tuple[str, str], list[str]] = {}
    for result in results:
        checks.setdefault((result.reason, _place(result)), []).append(result.check)
    places: dict[tuple[str, str], list[str]] = {}
    for (reason, place), names in checks.items():
        places.setdefault((reason, ", ".join(names)), []).append(place)
    for (reason, named), where in places.items():
        yield from wrap(reason, WIDTH, initial_indent="  ", subsequent_indent="    ")
        yield from wrap(", ".join(where), WIDTH, initial_indent="      in ", subsequent_indent="         ")
        yield from wrap(named, WIDTH, initial_indent="      checks ", subsequent_indent="             ")
