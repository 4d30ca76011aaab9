"""In whatever order usages come, in whatever batches, an account comes to what its usages in their order make, computed
anew."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.telco.charging.accounts.desk import ACCOUNT, ANN, BOB, Desk, command, day, used
from tests.telco.charging.accounts.oracle import Oracle
from trunkline.telco.model import ChargingCommand, Ledger, Usage

moments = st.integers(-27 * 24 * 6, 30 * 24 * 6).map(lambda tens: day(1) + timedelta(minutes=10 * tens))
"""Of February and March: two cycles."""


@st.composite
def usages(draw: st.DrawFn) -> list[Usage]:
    """Usages of two numbers, at home and abroad. Some take the place of others, which do so themselves or not: of one
    that comes later, or of one that never comes."""
    made: list[Usage] = []
    for number in range(draw(st.integers(1, 14))):
        what: dict[str, Any] = draw(
            st.one_of(
                st.builds(dict, octets=st.integers(1, 900)),
                st.builds(dict, seconds=st.integers(1, 150)),
                st.builds(dict, messages=st.integers(1, 3)),
            )
        )
        visited = draw(st.sampled_from(["", "20601", "20801", "26201"]))
        made.append(used(f"u{number}", draw(moments), by=draw(st.sampled_from([ANN, BOB])), visited=visited, **what))
    for number in range(draw(st.integers(0, 6))):
        wrong = draw(st.sampled_from(made))
        much = draw(st.integers(0, 900))
        counts = {"voice": {"duration": much}, "data": {"downlink": much}}.get(wrong.service, {"items": min(much, 1)})
        nothing = {"downlink": 0, "duration": 0, "items": 0}
        corrects = draw(st.sampled_from([wrong.id, wrong.id, wrong.id, "never", f"c{number + 1}"]))
        started = draw(st.just(wrong.started) | moments)
        made.append(replace(wrong, id=f"c{number}", corrects=corrects, started=started, **(nothing | counts)))
    return made


@st.composite
def commands(draw: st.DrawFn) -> list[ChargingCommand]:
    """Top-ups and packs."""
    made = []
    for number in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["topup", "boost", "night"]))
        amount, offering = (draw(st.integers(1, 999)), "") if kind == "topup" else (0, kind)
        at, by = draw(moments), draw(st.sampled_from([ANN, BOB]))
        made.append(
            command(
                f"k{number}", "topup" if kind == "topup" else "pack", amount, at, offering=offering, subscription=by
            )
        )
    return made


def bookkeeping(desk: Desk) -> Counter[tuple[str, str]]:
    """What the postings add up to, but for how allowances of closed cycles came and went."""
    return Counter(
        {key: amount for key, amount in desk.ledger().items() if key[0] not in (Ledger.GRANTS, Ledger.EXPIRED)}
    )


@given(usages(), commands(), st.sampled_from([None, 40, 200]), st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_order_comes_to_what_the_usages_in_their_order_make(
    usages: list[Usage], commands: list[ChargingCommand], limit: int | None, chance: random.Random
) -> None:
    account = replace(ACCOUNT, limit=limit)
    expected = Oracle(account, usages, commands)
    ledgers = []
    for _ in range(2):
        events = [*usages, *commands, *chance.sample(usages, len(usages) // 2)]
        chance.shuffle(events)
        desk = Desk(account)
        while events:
            size = chance.randint(1, 5)
            desk.driver.work(desk.records(events[:size]), undo_first=chance.random() < 0.2)
            del events[:size]
            if chance.random() < 0.2:
                desk.driver.restart()
        assert desk.rejected() == []
        assert desk.cost() == expected.cost
        left = desk.left()
        assert left.pop("money") == expected.money
        assert left == expected.left
        assert desk.balance().spent == expected.spent[desk.balance().cycle]
        told = [id for id in desk.notices() if id.split("/")[-1] in ("50", "80", "100", "expiring", "expired")]
        assert len(set(desk.notices())) == len(desk.notices())
        assert set(told) >= expected.notices
        if not commands and not any(usage.corrects for usage in usages):  # else what was told may have been taken back
            assert set(told) == expected.notices
        ledgers.append(bookkeeping(desk))
        assert_postings_are_the_balance(desk)
    assert ledgers[0] == ledgers[1]


def assert_postings_are_the_balance(desk: Desk) -> None:
    """The buckets that are left are what the postings say, and nothing else is left anywhere."""
    ledger = desk.ledger()
    names = {ledger.value for ledger in Ledger}
    posted = {name.removeprefix("A/"): amount for (name, _), amount in ledger.items() if name not in names}
    assert posted == {name: amount for name, amount in desk.left().items() if amount}
