"""A headline: one measured figure beside its peer and its target, printed as one line."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Headline:
    """`ours` and `peer` in `unit`; `target` bounds ours, `ratio_target` bounds ours/peer. Higher is better."""

    name: str
    unit: str
    ours: float
    peer: float | None = None
    peer_name: str = "-"
    target: float | None = None
    ratio_target: float | None = None
    lower_is_better: bool = False

    @property
    def ratio(self) -> float | None:
        return self.ours / self.peer if self.peer else None

    @property
    def met(self) -> bool:
        sign = -1 if self.lower_is_better else 1
        figure_met = self.target is None or sign * self.ours >= sign * self.target
        ratio_met = self.ratio_target is None or (
            self.ratio is not None and sign * self.ratio >= sign * self.ratio_target
        )
        return figure_met and ratio_met

    def __str__(self) -> str:
        sense = "≤" if self.lower_is_better else "≥"
        targets = [f"{sense}{self.target:,.6g} {self.unit}"] if self.target is not None else []
        targets += [f"{sense}{self.ratio_target:g}×"] if self.ratio_target is not None else []
        peer = f"{self.peer:,.6g} ({self.peer_name})" if self.peer is not None else "-"
        ratio = f"{self.ratio:.2f}×" if self.ratio is not None else "-"
        verdict = ("met" if self.met else "missed") if targets else "-"
        return (
            f"{self.name} | {self.ours:,.6g} {self.unit} | {peer} | {ratio} | {', '.join(targets) or '-'} | {verdict}"
        )


def alternate(ours: Callable[[], float], peer: Callable[[], float], runs: int = 3) -> tuple[float, float]:
    """Run both in turn, A B A B …, because the machine's speed drifts; return the medians of what each returns."""
    figures: tuple[list[float], list[float]] = ([], [])
    for _ in range(runs):
        figures[0].append(ours())
        figures[1].append(peer())
    return statistics.median(figures[0]), statistics.median(figures[1])


def timed(work: Callable[[], int]) -> float:
    """Units of work per second: `work` returns how many it did."""
    start = time.perf_counter()
    done = work()
    return done / (time.perf_counter() - start)
