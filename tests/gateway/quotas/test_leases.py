"""Quotas as gateways spend them from one store: never more than there is, and all of it."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator
from contextlib import ExitStack, asynccontextmanager, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.running import eventually
from tests.store import stores
from trunkline.gateway.quotas.leases import Leases, Spent, Unknown
from trunkline.gateway.quotas.ledger import KEPT, Counter, Ledger, Wanted
from trunkline.gateway.quotas.period import Allowance, Period

NOW = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
MONTH = Period.of("month", NOW)
rules = (f"rule {number}" for number in itertools.count())


@pytest.fixture(scope="module", params=stores.NAMES)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with stores.url(request.param, tmp_path_factory.mktemp("store")) as url:
        yield url


@pytest.fixture(scope="module")
def ledger(url: str) -> Iterator[Ledger]:
    with closing(Ledger(url)) as ledger:
        yield ledger


@pytest.fixture(scope="module")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ledger]:
    with closing(Ledger(f"sqlite://{tmp_path_factory.mktemp('store') / 'store.db'}")) as ledger:
        yield ledger


@asynccontextmanager
async def gateway(ledger: Ledger, now: list[datetime] | None = None):
    """The leases of one gateway, at work; what it holds is given back when it ends."""
    leases = Leases(ledger, (lambda: now[0]) if now else (lambda: NOW))
    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(leases.keep())
        yield leases
        keeping.cancel()


def used(ledger: Ledger, rule: str, caller: str = "") -> int:
    return sum(record.used for record in ledger.used(rule) if record.caller == caller)


def test_gateways_that_share_a_store_let_through_exactly_the_quota(url: str) -> None:
    rule = next(rules)

    async def run(ledgers: list[Ledger]) -> list[Spent]:
        async with gateway(ledgers[0]) as one, gateway(ledgers[1]) as other:
            asking = [gate.spend(rule, "", Allowance(150, "month")) for _ in range(150) for gate in (one, other)]
            return await asyncio.gather(*asking)

    with ExitStack() as stack:
        ledgers = [stack.enter_context(closing(Ledger(url))) for _ in range(2)]
        for ledger in ledgers:
            ledger.open()
        spent = asyncio.run(run(ledgers))
        assert sum(one.allowed for one in spent) == 150
        assert used(ledgers[0], rule) == 150


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(1, 300),
    st.lists(
        st.tuples(st.integers(0, 2), st.sampled_from(["take", "spend", "give back", "die"]), st.integers(1, 40)),
        max_size=12,
    ),
)
def test_whatever_gateways_do_no_more_is_spent_than_there_is_and_what_lives_is_counted(
    sqlite: Ledger, quota: int, steps: list[tuple[int, str, int]]
) -> None:
    counter = Counter(next(rules), "", MONTH)
    held, spent, lost = [0, 0, 0], 0, 0
    for gateway, step, much in steps:
        match step:
            case "take":
                granted = sqlite.take({counter: Wanted(quota, much, 1_000)})[counter]
                held[gateway] += granted.granted
                assert granted.left == quota - sum(held) - spent - lost
            case "spend":
                spent, held[gateway] = spent + min(much, held[gateway]), max(0, held[gateway] - much)
            case "give back":
                sqlite.give_back({counter: (held[gateway], 0)})
                held[gateway] = 0
            case "die":
                lost, held[gateway] = lost + held[gateway], 0
        assert sum(held) + spent + lost <= quota
    assert used(sqlite, counter.rule) == sum(held) + spent + lost
    rest = sqlite.take({counter: Wanted(quota, quota, 1)})[counter]
    assert rest.granted == quota - sum(held) - spent - lost


def test_a_new_period_begins_with_the_whole_quota(ledger: Ledger) -> None:
    rule, now = next(rules), [NOW]
    allowance = Allowance(2, "month")

    async def run() -> list[Spent]:
        async with gateway(ledger, now) as leases:
            found = [await leases.spend(rule, "shop", allowance) for _ in range(3)]
            now[0] = MONTH.ends
            return [*found, *[await leases.spend(rule, "shop", allowance) for _ in range(3)]]

    assert [one.allowed for one in asyncio.run(run())] == [True, True, False] * 2
    assert [(record.period, record.used) for record in ledger.used(rule)] == [("2026-12", 2), ("2026-11", 2)]


def test_each_caller_has_a_quota_of_its_own_however_long_its_name_is(ledger: Ledger) -> None:
    rule, allowance = next(rules), Allowance(1, "day")
    callers = ["shop", "x" * 9_000 + "1", "x" * 9_000 + "2", "shop"]

    async def run() -> list[Spent]:
        async with gateway(ledger) as leases:
            return [await leases.spend(rule, caller, allowance) for caller in callers]

    assert [one.allowed for one in asyncio.run(run())] == [True, True, True, False]


def test_what_a_gateway_holds_and_does_not_need_is_given_back(ledger: Ledger) -> None:
    rule, allowance = next(rules), Allowance(10_000, "month")

    async def run() -> None:
        async with gateway(ledger) as leases:
            for _ in range(100):
                assert (await leases.spend(rule, "", allowance)).allowed
            assert used(ledger, rule) > 100  # a block saves asking again
            await asyncio.to_thread(eventually, lambda: used(ledger, rule) == 100)
            await leases.spend(rule, "", allowance)

    asyncio.run(run())
    assert used(ledger, rule) == 101  # so is what it holds when it ends


def test_after_a_reset_all_of_the_quota_is_there_and_nothing_from_before_is_given_back(ledger: Ledger) -> None:
    rule = next(rules)
    counter, other = Counter(rule, "shop", MONTH), Counter(rule, "other", MONTH)
    wanted = Wanted(100, 60, 1)
    before = ledger.take({counter: wanted, other: wanted})[counter]
    assert [(record.caller, record.used) for record in ledger.reset(rule, "shop", NOW)] == [("shop", 60)]
    assert ledger.take({counter: Wanted(100, 1_000, 1)})[counter].granted == 100
    ledger.give_back({counter: (60, before.resets)})
    assert ledger.take({counter: wanted})[counter].granted == 0
    assert used(ledger, rule, "other") == 60


def test_a_quota_that_is_made_smaller_or_larger_holds_at_once(ledger: Ledger) -> None:
    rule = next(rules)

    async def run() -> list[bool]:
        async with gateway(ledger) as leases:
            return [(await leases.spend(rule, "", Allowance(amount, "month"))).allowed for amount in (9, 9, 2, 3, 3)]

    assert asyncio.run(run()) == [True, True, False, True, False]


def test_nobody_knows_as_long_as_the_store_does_not_answer(tmp_path: Path) -> None:
    (tmp_path / "store.db").mkdir()

    async def run() -> None:
        with closing(Ledger(f"sqlite://{tmp_path / 'store.db'}")) as ledger:
            async with gateway(ledger) as leases:
                for _ in range(2):
                    with pytest.raises(Unknown):
                        await leases.spend("all", "", Allowance(5, "day"))

    asyncio.run(run())


def test_records_of_periods_long_over_are_forgotten_and_others_are_not(ledger: Ledger) -> None:
    rule = next(rules)
    periods = [Period.of("month", at) for at in (NOW - 2 * KEPT, NOW)]
    ledger.take({Counter(rule, "", period): Wanted(9, 1, 1) for period in periods})
    ledger.forget(NOW)
    assert [record.period for record in ledger.used(rule)] == ["2026-11"]
