"""How a target is spared: the pauses between attempts, the circuit breaker, the rate. Pure, with made-up time."""

from __future__ import annotations

from itertools import accumulate

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from trunkline.backoff import backoff
from trunkline.effects.breaker import Breaker, Circuit
from trunkline.effects.effector import BreakerSettings
from trunkline.effects.rate import Rate

seconds = st.floats(0.001, 1000)
chances = st.floats(0, 1)


@given(st.integers(1, 10_000), seconds, seconds, chances)
def test_a_pause_is_between_half_and_all_of_what_doubling_gives_and_never_longer_than_the_longest(
    failures: int, first: float, longest: float, chance: float
) -> None:
    whole = min(longest, first * 2.0 ** min(failures - 1, 1000))
    assert whole / 2 <= backoff(failures, first, longest, chance) <= whole


@given(st.integers(1, 60), seconds, seconds, chances)
def test_a_pause_is_never_shorter_than_after_the_failure_before(
    failures: int, first: float, longest: float, chance: float
) -> None:
    assert backoff(failures + 1, first, longest, chance) >= backoff(failures, first, longest, chance)


def test_a_random_part_spreads_those_that_failed_together() -> None:
    assert backoff(3, 1, 60, 0) == 4
    assert backoff(3, 1, 60, 0.5) == 3
    assert backoff(3, 1, 60, 1) == 2


class BreakerMachine(RuleBasedStateMachine):
    """Calls begin, succeed, fail and take their time, in any order; a model of lists says what must hold."""

    settings_ = BreakerSettings(failures=3, window=10, pause=5)

    def __init__(self) -> None:
        super().__init__()
        self.breaker = Breaker(self.settings_)
        self.now = 0.0
        self.running: list[bool] = []
        self.failed_at: list[float] = []
        self.opened_at: float | None = None
        """When it opened last, None while the target is believed to be well."""

    @rule(passed=st.floats(0.1, 8))
    def time_passes(self, passed: float) -> None:
        self.now += passed

    @rule()
    def a_call_wants_to_begin(self) -> None:
        allowed = self.breaker.allows(self.now)
        if self.opened_at is None:
            assert allowed, "closed, it lets all through"
        elif self.now < self.opened_at + self.settings_.pause:
            assert not allowed, "open, it lets none through"
        else:
            assert allowed == (True not in self.running), "half open, it lets one through at a time"
        if allowed:
            probe = self.breaker.begin()
            assert probe == (self.opened_at is not None)
            self.running.append(probe)

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def a_call_succeeds(self, data: st.DataObject) -> None:
        probe = self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))
        self.breaker.succeeded(probe)
        if probe:
            self.opened_at, self.failed_at = None, []

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def a_call_fails(self, data: st.DataObject) -> None:
        probe = self.running.pop(data.draw(st.integers(0, len(self.running) - 1)))
        self.breaker.failed(probe, self.now)
        if probe:
            self.opened_at = self.now
        elif self.opened_at is None:
            self.failed_at.append(self.now)
            if len([at for at in self.failed_at if at > self.now - self.settings_.window]) >= self.settings_.failures:
                self.opened_at = self.now

    @precondition(lambda self: self.running)
    @rule(data=st.data())
    def a_call_is_not_made_after_all(self, data: st.DataObject) -> None:
        self.breaker.left_out(self.running.pop(data.draw(st.integers(0, len(self.running) - 1))))

    @invariant()
    def it_is_closed_when_and_only_when_the_target_is_believed_to_be_well(self) -> None:
        assert (self.breaker.circuit is Circuit.CLOSED) == (self.opened_at is None)

    @invariant()
    def at_most_one_probe_runs(self) -> None:
        assert self.running.count(True) <= 1


TestBreaker = BreakerMachine.TestCase


@settings(deadline=None)
@given(
    st.floats(0.1, 1000), st.integers(1, 5), st.lists(st.floats(0, 0.5), min_size=1, max_size=30)
)  # fmt: skip
def test_within_any_time_no_more_calls_begin_than_rate_and_burst_allow(
    rate: float, burst: int, waits: list[float]
) -> None:
    limit, now, began = Rate(rate, burst), 1000.0, []
    for wait in waits:
        now += wait
        while limit.allows(now):
            limit.begin()
            began.append(now)
    ahead = [number - (at - 1000) * rate for number, at in enumerate(began)]  # of the rate, since the first
    for number, least in enumerate(accumulate(ahead, min)):
        assert ahead[number] - least + 1 <= burst + 1e-6


def test_a_rate_that_changes_counts_from_then_on() -> None:
    limit = Rate(1, 1)
    assert limit.allows(100)
    limit.begin()
    assert not limit.allows(100.5)
    limit.set(10, 100.5)
    assert limit.allows(100.56)


def test_without_a_rate_there_is_no_limit() -> None:
    limit = Rate(None, 1)
    for _ in range(100):
        assert limit.allows(7)
        limit.begin()
