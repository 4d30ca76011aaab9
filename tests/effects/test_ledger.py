"""The ledger's rules, without a log: whatever happens in whatever order, and whenever the process dies."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from trunkline.effects import ledger as module
from trunkline.effects.effect import Effect, Place
from trunkline.effects.effector import Answer, Settings
from trunkline.effects.ledger import End, Entry, Ledger, Stage
from trunkline.effects.outcome import Action, Attempt, Decision, Outcome, Reason, Result, State

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
POLICIES = {
    "sms": Settings(kind="http", attempts=3, max_age=100, first_pause=1, longest_pause=4),
    "sim": Settings(kind="http", once="at-most", attempts=3, after_dead="pass"),
}


class World(RuleBasedStateMachine):
    """A ledger whose changes are committed to a compacted topic, calls that run, and a target that counts.

    Each rule is a round of the runner; the process may die after any of them, or before it has committed.
    """

    def __init__(self) -> None:
        super().__init__()
        self.topic: dict[str, Outcome] = {}
        self.requested: list[Effect] = []
        self.performed: dict[str, int] = {}
        """What the target has done, by id: it knows keys of `sms` again, and those of `sim` it does not."""
        self.now = NOON
        self.take_over()

    def take_over(self, *ends: End) -> None:
        """A new process loads what is in the log; or the same one, which has seen calls end."""
        self.ledger = Ledger(0, POLICIES, lambda: 0.5)
        for outcome in self.topic.values():
            again = msgspec.json.decode(msgspec.json.encode(outcome), type=Outcome)
            if again.state.over:
                self.ledger.remember(again.id, again.number, 0)
            else:
                self.ledger.take_back(again)
        self.ledger.loaded(self.now, ends)
        self.running: list[tuple[Entry, Attempt]] = []
        self.ready: list[Entry] = []
        self.commit()

    def commit(self) -> None:
        for id, outcome in self.ledger.changes.items():
            if outcome is None:
                self.topic.pop(id, None)
            else:
                self.topic[id] = outcome
        self.ledger.changes.clear()
        self.ready += self.ledger.ready
        self.ledger.ready.clear()

    @rule(
        effector=st.sampled_from(["sms", "sms", "sim", "nobody"]),
        order=st.sampled_from("AB"),
        waits=st.sampled_from([True, True, False]),
        expires=st.sampled_from([None, None, 20]),
    )
    def an_effect_is_asked_for(self, effector: str, order: str, waits: bool, expires: int | None) -> None:
        effect = Effect(
            id=f"{effector}-{order}-{len(self.requested)}",
            effector=effector,
            order=order,
            waits=waits,
            expires=self.now + timedelta(seconds=expires) if expires else None,
        )
        self.requested.append(effect)
        self.ledger.ask(effect, Place(Effect.topic, 0, len(self.requested)), self.now, self.now)
        self.commit()

    @precondition(lambda self: self.requested)
    @rule(data=st.data())
    def an_effect_is_asked_for_again(self, data: st.DataObject) -> None:
        effect = data.draw(st.sampled_from(self.requested))
        ready = len(self.ledger.ready)
        self.ledger.ask(effect, Place(Effect.topic, 0, 0), self.now, self.now)
        assert len(self.ledger.ready) == ready, "nothing is called for it"
        self.ledger.asked_again.clear()
        self.commit()

    @rule(count=st.integers(1, 3))
    def calls_begin(self, count: int) -> None:
        due = [
            entry
            for entry in dict.fromkeys(self.ready)
            if entry.stage is Stage.READY and (entry.outcome.due or NOON) <= self.now
        ]
        for entry in due[:count]:
            begun = self.ledger.begin(entry, self.now)
            self.commit()
            late = entry.effect.expires is not None and entry.effect.expires <= self.now
            assert entry.stage is Stage.DEAD if begun is None else not late
            if begun is not None:
                self.running.append((entry, begun))

    @precondition(lambda self: self.running)
    @rule(
        data=st.data(),
        works=st.booleans(),
        answer=st.sampled_from([Result.DONE, Result.DONE, Result.LATER, Result.REFUSED, Result.UNKNOWN]),
        dies=st.sampled_from([False, False, True]),
        loses_share=st.booleans(),
        probe=st.booleans(),
    )
    def a_call_ends(
        self, data: st.DataObject, works: bool, answer: Result, dies: bool, loses_share: bool, probe: bool
    ) -> None:
        entry, begun = self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))
        id = entry.effect.id
        if answer is Result.DONE or (answer is Result.UNKNOWN and works):
            if entry.effect.effector == "sim":
                self.performed[id] = self.performed.get(id, 0) + 1
            else:
                self.performed[id] = 1
        if dies:
            self.take_over()
            return
        if loses_share and not self.running:
            known = self.topic[id].state is State.ATTEMPTED
            self.take_over(End(entry, begun, Answer(answer)))
            assert not known or answer is Result.UNKNOWN or self.topic[id].reason is not Reason.UNKNOWN
            return
        self.ledger.end(entry, begun, Answer(answer), self.now, probe=probe)
        self.commit()

    @rule(passed=st.sampled_from([1, 5, 30, 120]))
    def time_passes(self, passed: int) -> None:
        self.now += timedelta(seconds=passed)
        self.ledger.end_overdue(self.now)
        self.commit()

    @precondition(lambda self: any(entry.stage is Stage.DEAD for entry in self.ledger.open.values()))
    @rule(data=st.data(), action=st.sampled_from(list(Action)))
    def a_person_decides(self, data: st.DataObject, action: Action) -> None:
        dead = [id for id, entry in self.ledger.open.items() if entry.stage is Stage.DEAD]
        # Whoever retries what may have been done has been told that it may be done twice: that is no fault.
        known = [id for id in dead if self.topic[id].reason is not Reason.UNKNOWN] if action is Action.RETRY else dead
        if known:
            id = data.draw(st.sampled_from(known))
            self.ledger.decide(Decision(id=id, action=action, by="an", time=self.now), self.now)
            self.commit()

    @rule()
    def the_process_dies(self) -> None:
        self.take_over()

    @invariant()
    def nothing_asked_for_is_missing(self) -> None:
        assert self.topic.keys() == {effect.id for effect in self.requested}

    @invariant()
    def no_effect_is_performed_twice(self) -> None:
        assert all(count == 1 for count in self.performed.values())

    @invariant()
    def what_is_said_to_be_done_is_done(self) -> None:
        for id, outcome in self.topic.items():
            assert outcome.state is not State.SUCCEEDED or self.performed.get(id) == 1

    @invariant()
    def whoever_waits_is_called_only_when_all_before_are_over_or_let_pass(self) -> None:
        for entry in self.ledger.open.values():
            if not entry.effect.waits or entry.stage not in (Stage.READY, Stage.CALLING):
                continue
            for before in self.ledger.open.values():
                if before.effect.order == entry.effect.order and before.outcome.number < entry.outcome.number:
                    passed = before.effect.effector == "sim" or before.outcome.reason is Reason.EXPIRED
                    again = bool(before.outcome.decisions)  # whoever lets one be tried again puts it behind the others
                    assert (before.stage is Stage.DEAD and passed) or again

    @invariant()
    def nobody_waits_for_nothing(self) -> None:
        for order in "AB":
            its = [entry for entry in self.ledger.open.values() if entry.effect.order == order]
            if any(entry.stage is Stage.WAITING for entry in its):
                holding = [entry for entry in its if entry.stage in (Stage.READY, Stage.CALLING)]
                dead = [entry for entry in its if entry.stage is Stage.DEAD and entry.effect.effector != "sim"]
                assert holding or dead, "somebody is before those that wait"

    @invariant()
    def all_that_is_ready_is_known_to_the_runner(self) -> None:
        ready = {entry.effect.id for entry in self.ledger.open.values() if entry.stage is Stage.READY}
        assert ready <= {entry.effect.id for entry in self.ready}

    @invariant()
    def memory_holds_what_is_open_and_no_more(self) -> None:
        assert self.ledger.open.keys() == {id for id, outcome in self.topic.items() if not outcome.state.over}
        lines = sum(map(len, self.ledger._lines.values()))
        assert lines <= len(self.ledger.open)


World.TestCase.settings = settings(max_examples=80, stateful_step_count=40, deadline=None)
TestWorld = World.TestCase


def asked(ledger: Ledger, *ids: str, effector: str = "sms", order: str = "k") -> list[Entry]:
    for id in ids:
        ledger.ask(Effect(id=id, effector=effector, order=order, payload="12345"), Place("t", 0, 0), NOON, NOON)
    return [ledger.open[id] for id in ids]


def begun(ledger: Ledger, entry: Entry, now: datetime = NOON) -> Attempt:
    attempt = ledger.begin(entry, now)
    assert attempt is not None
    return attempt


def test_a_probe_that_fails_counts_for_nothing() -> None:
    ledger = Ledger(0, POLICIES)
    [entry] = asked(ledger, "a")
    for _ in range(10):
        ledger.end(entry, begun(ledger, entry), Answer(Result.LATER, ill=True), NOON, probe=True)
    assert entry.stage is Stage.READY
    assert entry.outcome.failures == 0
    assert entry.outcome.attempted == 10


def test_the_age_counts_from_the_first_attempt_and_not_while_an_effect_waits() -> None:
    ledger = Ledger(0, POLICIES)
    first, second = asked(ledger, "a", "b")
    ledger.end_overdue(NOON + timedelta(days=5))
    assert first.stage is Stage.READY
    later = NOON + timedelta(days=5)
    ledger.end(first, begun(ledger, first, later), Answer(Result.LATER), later)
    ledger.end_overdue(later + timedelta(seconds=99))
    assert first.stage is Stage.READY
    ledger.end_overdue(later + timedelta(seconds=100))
    assert first.outcome.reason is Reason.AGE
    assert second.stage is Stage.WAITING, "it is held up until somebody decides"


def test_it_is_full_with_so_many_effects_or_so_many_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_OPEN", 3)
    ledger = Ledger(0, POLICIES)
    asked(ledger, "a", "b")
    assert not ledger.full
    [entry] = asked(ledger, "c", order="other")
    assert ledger.full
    ledger.end(entry, begun(ledger, entry), Answer(Result.DONE), NOON)
    assert not ledger.full
    monkeypatch.setattr(module, "MOST_BYTES", 10)
    assert ledger.full
    ledger.decide(Decision(id="a", action=Action.DROP, by="an", time=NOON), NOON)
    assert ledger.full, "only what is dead can be dropped"


def test_what_is_over_is_forgotten_by_age_and_by_number(monkeypatch: pytest.MonkeyPatch) -> None:
    ledger = Ledger(0, POLICIES)
    for number in range(10):
        ledger.remember(f"e{number}", number, offset=number * 10)
    ledger.forget_done(35, most=2)
    assert list(ledger.done) == [f"e{number}" for number in range(2, 10)], "not all at once"
    ledger.forget_done(35, most=100)
    assert list(ledger.done) == [f"e{number}" for number in range(4, 10)]
    assert ledger.changes == {f"e{number}": None for number in range(4)}
    monkeypatch.setattr(module, "MOST_DONE", 4)
    ledger.forget_done(35, most=100)
    assert list(ledger.done) == [f"e{number}" for number in range(6, 10)]


def test_an_outcome_tells_the_last_hundred_attempts_and_counts_all() -> None:
    ledger = Ledger(0, {"sms": Settings(kind="http", attempts=1000)})
    [entry] = asked(ledger, "a")
    for _ in range(150):
        ledger.end(entry, begun(ledger, entry), Answer(Result.LATER, 503, "busy"), NOON)
    assert entry.outcome.attempted == 150
    assert [attempt.number for attempt in entry.outcome.attempts] == list(range(51, 151))
