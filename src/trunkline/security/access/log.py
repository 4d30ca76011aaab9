"""The log of decisions: entries of the audit trail with the action `decide`.

A refusal has an entry of its own, which is durable before the caller is told; `trunkline access explain` finds it by
its id. What is allowed is counted by who, what, why and rule, and recorded once in a few seconds, since the trail has
an entry of each such request anyway.
"""

from __future__ import annotations

import secrets
import threading
import time
from typing import Final, NamedTuple

from trunkline.security.access.decisions import Action, Who
from trunkline.security.audit import entry as entries
from trunkline.security.audit.entry import UNNUMBERED, Entry, Origin, Outcome, Resource, bounded
from trunkline.security.audit.recorder import Recorder

EVERY: Final = 5.0  # seconds between two entries of the same that was allowed
MOST: Final = 10_000  # of what was allowed, before it is recorded


class Question(NamedTuple):
    """Who asked to do what to records of which kind, for which purpose; how, and from where."""

    who: Who
    action: Action
    kind: str
    purpose: str
    operation: str = ""
    address: str = ""


class Allowed(NamedTuple):
    """What is counted together."""

    who: Who
    action: Action
    kind: str
    purpose: str
    rules: tuple[str, ...]
    hidden: tuple[str, ...]


class DecisionLog:
    """Writes to `recorder`. Used by any number of threads; `close` records what was counted."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._counted: dict[Allowed, int] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="access", daemon=True)
        self._thread.start()

    def allowed(self, question: Question, rules: tuple[str, ...], hidden: list[str]) -> None:
        """It was allowed, with these classes of attributes hidden."""
        its = Allowed(question.who, question.action, question.kind, question.purpose, rules, tuple(hidden))
        with self._lock:
            self._counted[its] = self._counted.get(its, 0) + 1
            full = len(self._counted) >= MOST
        if full:
            self.flush()

    async def refused(self, question: Question, rule: str, id: str = "") -> str:
        """It was refused by a rule; the id by which that is found. Raises `NotRecorded`."""
        id = id or secrets.token_hex(8)
        at = time.time()
        await self._recorder.settle(lambda: _entry(question, "refused", rule, at, id))
        return id

    def flush(self) -> None:
        """Record what was counted."""
        with self._lock:
            counted, self._counted = self._counted, {}
        at = time.time()
        for its, count in counted.items():
            self._recorder.add(lambda its=its, count=count: _counted(its, count, at))  # type: ignore[misc]

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        self.flush()

    def _run(self) -> None:
        while not self._closing.wait(EVERY):
            self.flush()


def _counted(its: Allowed, count: int, at: float) -> Entry:
    question = Question(its.who, its.action, its.kind, its.purpose)
    hidden = f"; hidden: {', '.join(its.hidden)}" if its.hidden else ""
    return _entry(question, "done", " ".join(its.rules), at, "", count, hidden)


def _entry(
    question: Question, outcome: Outcome, rule: str, at: float, id: str, count: int = 0, hidden: str = ""
) -> Entry:
    one = question.who
    return Entry(
        id=UNNUMBERED,
        time=entries.moment(at),
        who=entries.Who(bounded(one.subject), bounded(one.client), tuple(map(bounded, sorted(one.roles)))),
        action="decide",
        resource=Resource(bounded(question.kind) or "-"),
        told=count,
        purpose=bounded(question.purpose),
        reason=bounded(f"{question.action} {question.kind}{hidden}"),
        origin=Origin(bounded(question.address), id, bounded(question.operation, 500)),
        outcome=outcome,
        rule=bounded(rule),
    )
