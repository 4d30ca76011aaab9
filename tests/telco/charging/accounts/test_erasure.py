"""An account that is taken back is forgotten, and what it came to stays in the ledger under nobody's name."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.streams.driver import Driver, any_way
from tests.telco.charging.accounts import job
from tests.telco.charging.accounts.desk import ACCOUNT, ANN, BOB, BRUSSELS, Desk, command, day, request, used
from tests.telco.charging.accounts.offer import Offer
from tests.telco.charging.accounts.test_killed import append, read
from trunkline.log import Event, Record
from trunkline.quarantine import Rejected
from trunkline.streams import Worker
from trunkline.streams.recorded import Recorded
from trunkline.telco.charging.accounts.processor import Charge
from trunkline.telco.model import Account, Balance, Ledger, Posting


def taken_back(desk: Desk, id: str = "A") -> Record:
    """The event by which an account is nobody's any more."""
    [its] = desk.records([replace(ACCOUNT, id=id)])
    return replace(its, value=None)


def busy() -> Desk:
    """A desk at which the account has done all there is to do, and holds something of its credit."""
    desk = Desk(ACCOUNT, command("t", "topup", 900, day(1)), command("p", "pack", offering="boost", subscription=BOB))
    desk.take(used("late", day(-1), octets=700), used("a", day(2), octets=1_400, visited="20801"))
    desk.take(used("c", day(3), messages=2, corrects="a"), used("b", day(4), seconds=130, by=BOB))
    desk.take(request("r", day(5), wanted={100: 50}), command("h", "reserve", 100, day(6)))
    return desk


def sums(postings: list[Posting]) -> Counter[tuple[str, str]]:
    """What each account of the ledger has received less what it gave, by unit."""
    found: Counter[tuple[str, str]] = Counter()
    for posting in postings:
        found[posting.credit, posting.unit] += posting.amount
        found[posting.debit, posting.unit] -= posting.amount
    return Counter({(name, unit): amount for (name, unit), amount in found.items() if amount})


def test_the_book_forgets_the_person_and_the_ledger_keeps_the_sums() -> None:
    desk = busy()
    before, left = desk.told(Posting), desk.left()
    desk.driver.work([taken_back(desk)])
    assert desk.driver.state() == {}
    assert desk.driver.sent_to(Balance.topic)[-1] == (b"A", None)
    after = desk.told(Posting)[len(before) :]
    assert {each.account for each in after} == {"erased"}
    told = msgspec.json.encode(after).decode()
    assert not any(name in told for name in (ANN, BOB, '"A', "talk", "boost"))
    its, stays = sums(before), sums(after)
    ledgers = set(Ledger) - {Ledger.RESERVED}
    assert {key: amount for key, amount in stays.items() if key[0] in ledgers} == {
        key: amount for key, amount in its.items() if key[0] in ledgers
    }
    assert stays["erased/EUR", "money"] == left["money"] + its[Ledger.RESERVED, "money"]
    assert all(sum(amount for (_, of), amount in stays.items() if of == unit) == 0 for _, unit in stays)


def test_what_comes_of_it_later_is_of_nobody_and_no_hold_ends() -> None:
    desk = busy()
    desk.driver.work([taken_back(desk), *desk.records([used("x", day(7), messages=1)])])
    assert desk.rejected() == ["account.unknown"]
    told = len(desk.driver.sent)
    desk.driver.work([taken_back(desk), taken_back(desk, "nobody")])
    desk.tick(desk.clock + timedelta(hours=3))
    assert len(desk.driver.sent) == told


def test_an_account_of_the_same_name_begins_anew() -> None:
    desk = busy()
    desk.driver.work([taken_back(desk), *desk.records([ACCOUNT, used("a", day(3), messages=1)])])
    assert desk.driver.sent_to(Balance.topic)[-2] == (b"A", None)
    assert (desk.left()["money"], desk.cost()["a"]) == (-5, 5)


def test_an_account_that_never_used_leaves_nothing() -> None:
    desk = Desk(ACCOUNT)
    desk.driver.work([taken_back(desk)])
    assert desk.driver.state() == {}
    assert desk.told(Posting) == []


def test_on_the_log_it_keeps_the_contracts(tmp_path: Path) -> None:
    with closing(job.opened(f"sqlite://{tmp_path}/log.db")) as log, closing(Worker(log, [job.CHARGE])) as worker:
        append(log, [ACCOUNT, used("a", day(2), messages=1)])
        log.append(Account.topic, [Event(None, b"A")])
        while not worker.caught_up():
            worker.run_once(1_000)
        records = [each for n in range(4) for each in log.read(Balance.topic, n, 0)]
        assert (records[-1].key, records[-1].value) == (b"A", None)
        money = [each for each in read(log, Posting) if each.account == "erased" and each.unit == "money"]
        assert [(each.debit, each.credit, each.amount) for each in money] == [("erased/EUR", Ledger.REVENUE, 5)]
        assert log.end(Rejected.topic, 0) == 0


@given(st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_commits_that_fail_and_workers_that_die_keep_no_one_and_lose_no_cent(chance: random.Random) -> None:
    """Of several accounts, of which some are taken back in the midst of their usage."""
    desk, accounts = Desk(), [replace(ACCOUNT, id=id) for id in "XYZ"]
    records = desk.records(accounts)
    for number in range(40):
        of = chance.choice(accounts).id
        what = chance.choice([{"octets": 400}, {"seconds": 70}, {"messages": 1}])
        usage = used(f"{of}{number}", day(1 + number / 2), account=of, by=chance.choice([ANN, BOB]), **what)
        records += desk.records([usage])
        if chance.random() < 0.1:
            records.append(taken_back(desk, of))

    def charge() -> Recorded:
        return Recorded(lambda: Charge(Offer(), BRUSSELS, ["20601"]))

    calm = Driver(charge())
    calm.work(records)
    stormy = any_way(charge(), records, chance)
    assert stormy.sent_to(Posting.topic) == calm.sent_to(Posting.topic)
    gone = {each.key for each in records if each.topic == Account.topic and each.value is None}
    last = dict(stormy.sent_to(Balance.topic))
    assert all(last[key] is None for key in gone if key in last)
    names = [str(key).split("|")[1] for key in stormy.state()]
    assert not {key.decode() for key in gone if key} & set(names)
    whole = [msgspec.json.decode(value or b"", type=Posting) for _, value in stormy.sent_to(Posting.topic)]
    erased = sums([each for each in whole if each.account == "erased"])
    theirs = sums([each for each in whole if (each.account.encode()) in gone])
    ledgers = [(name, unit) for name, unit in theirs if name in set(Ledger)]
    assert all(erased[key] == theirs[key] for key in ledgers)
    assert len({each.id for each in whole}) == len(whole)
