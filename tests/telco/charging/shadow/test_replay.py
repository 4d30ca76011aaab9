"""A shadow over a log: to its end or on as events come, without a trace of it there."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from tests.cli.test_commands import trunkline
from tests.telco.charging.accounts.desk import ANN, BOB, MARCH, command, day, used
from tests.telco.charging.accounts.job import opened
from tests.telco.charging.accounts.test_killed import append, read
from tests.telco.charging.shadow.shop import BELGICOM, DRAFT, GB, SETTINGS, TODAY, account, bills
from trunkline.cli.app import app
from trunkline.cli.output import Refused
from trunkline.log import Event, Log
from trunkline.log.envelope import micros
from trunkline.project import Project
from trunkline.streams import Worker
from trunkline.streams.retry import put_back
from trunkline.telco.charging.accounts.processor import charge
from trunkline.telco.charging.shadow.bill import BillKey
from trunkline.telco.charging.shadow.comparison import Comparison
from trunkline.telco.charging.shadow.replay import Replay
from trunkline.telco.model import Account, RatedUsage, Usage

IDS = [f"A{number}" for number in range(9)]
USAGES = [
    replace(used(f"{id}{n}", day(3 * n), octets=(40 + 7 * n) * GB, visited="20699", by=by), account=id)
    for n in range(4)
    for id in IDS
    for by in (ANN, BOB)[n % 2 :][:1]
]


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """Nine accounts with usage, a pack, and a usage that is corrected."""
    with closing(opened(f"sqlite://{tmp_path}/log.db")) as log:
        append(log, [account(id=id) for id in IDS])
        append(log, USAGES[::-1])
        append(log, [replace(command("p", "pack", offering="roaming-asia", subscription=ANN), account="A1")])
        append(log, [replace(USAGES[-1], id="fixed", corrects=USAGES[-1].id, downlink=1)])
        yield log


def work(log: Log) -> None:
    """Let charging itself come to the end of the log."""
    with closing(Worker(log, [charge(TODAY, SETTINGS)])) as worker:
        while not worker.caught_up():
            worker.run_once(1_000)


def shadowed(log: Log, since: int = 0) -> Comparison:
    comparison = Comparison()
    Replay(log, SETTINGS, TODAY, DRAFT, comparison, since).to_end()
    return comparison


def ends(log: Log) -> dict[tuple[str, int], int]:
    return {(topic.name, n): log.end(topic.name, n) for topic in log.topics() for n in range(topic.partitions)}


def today(comparison: Comparison) -> dict[BillKey, int]:
    return {key: bill.today for key, bill in comparison.bills.items()}


def test_today_s_side_is_what_charging_itself_has_told_and_nothing_is_written(log: Log) -> None:
    work(log)
    before, groups = ends(log), log.groups()
    comparison = shadowed(log)
    assert today(comparison) == bills(read(log, RatedUsage))
    assert sum(bill.difference for bill in comparison.bills.values()) != 0
    assert comparison.events == len(IDS) + len(USAGES) + 2
    assert (ends(log), log.groups()) == (before, groups)


def test_accounts_are_known_whose_first_word_compaction_took(log: Log) -> None:
    before = today(shadowed(log))
    append(log, [account(id=id, limit=900) for id in IDS])
    log.maintain()
    comparison = shadowed(log)
    assert today(comparison) == before
    assert list(comparison.refused()) == []


def test_a_repaired_usage_that_was_put_back_counts(log: Log) -> None:
    wrong = replace(used("w", day(9), octets=GB, by="32470000009"), account="A0")
    append(log, [wrong])
    work(log)
    assert [each.id for each in shadowed(log).refused()] == ["w"]
    [record] = [
        record
        for n in range(4)
        for record in log.read(Usage.topic, n, 0)
        if record.value and b'"id":"w"' in record.value
    ]
    right = msgspec.json.encode(replace(wrong, subscription=ANN))
    log.append("retry.charge", [put_back(record, right)], partition=record.partition)
    work(log)
    comparison = shadowed(log)
    assert list(comparison.refused()) == []
    assert today(comparison) == bills(read(log, RatedUsage))


def test_what_is_held_is_not_released_by_the_time_of_a_later_word_on_the_account(tmp_path: Path) -> None:
    hour, bucket = timedelta(hours=1), "A/mobile-80/data/2026-03-01"
    with closing(opened(f"sqlite://{tmp_path}/log.db")) as log:
        events: list[Any] = [
            account(),
            command("hold", "reserve", 60 * GB, day(2), bucket=bucket, valid_to=day(2) + hour),
            command("take", "adjust", -30 * GB, day(2), bucket=bucket),
            used("u", day(2), octets=120 * GB, visited="20699"),
        ]
        for second, event in enumerate(events):
            time = micros(day(2) + timedelta(seconds=second))
            log.append(event.topic, [Event(msgspec.json.encode(event), b"A", time=time)])
        work(log)
        last = account(limit=900)
        log.append(Account.topic, [Event(msgspec.json.encode(last), b"A", time=micros(day(2) + 2 * hour))])
        log.maintain()
        comparison = shadowed(log)
        assert today(comparison) == bills(read(log, RatedUsage)) == {BillKey("A", MARCH, ANN): 0}
        assert list(comparison.refused()) == []


def test_usage_counts_from_the_time_that_is_asked_for_and_all_that_was_said_of_accounts(log: Log) -> None:
    append(log, [account("mobile-20", id="A0")])
    begin = micros(datetime.now(UTC)) + 1
    late = replace(used("x", day(28), octets=500 * GB, visited="20699"), account="A0")
    log.append(Usage.topic, [Event(msgspec.json.encode(late), b"A0", time=begin)])
    comparison = shadowed(log, begin)
    assert comparison.bills.keys() == {BillKey("A0", MARCH, ANN)}
    assert today(comparison)[BillKey("A0", MARCH, ANN)] == 480 * 500


def test_it_goes_on_as_usage_comes(log: Log) -> None:
    comparison = Comparison()
    following = Replay(log, SETTINGS, TODAY, DRAFT, comparison).follow()
    next(following)
    before = today(comparison)
    append(log, [replace(used("x", day(20), octets=500 * GB, visited="20699"), account="A0")])
    for _ in range(100):
        next(following)
        if today(comparison) != before:
            break
    changed = {key for key, amount in today(comparison).items() if before.get(key) != amount}
    assert changed == {BillKey("A0", MARCH, ANN)}
    following.close()


@pytest.fixture
def belgicom(tmp_path: Path) -> Path:
    """BelgiCom with two accounts on its log, and a usage of no number."""
    folder = tmp_path / "belgicom"
    shutil.copytree(BELGICOM, folder, ignore=shutil.ignore_patterns(".*", "__pycache__", "simulator"))
    with closing(Project(folder).open_log()) as log:
        append(log, [account(), account("mobile-20", id="B")])
        append(log, [used("a", day(2), octets=115 * GB, visited="20699"), used("w", day(2), seconds=1, by="32499")])
        append(log, [replace(used("b", day(2), octets=GB, visited="20699"), account="B")])
    return folder


def test_the_command_tells_each_number_s_difference_who_would_be_shocked_and_why(
    belgicom: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = trunkline(belgicom, "tariffs", "shadow", "mobile-80-2027")
    assert said.returncode == 0, said.stderr
    for text in ("+30.00 EUR", "allowance mobile-80/data +30.00 EUR", "subscription.unknown", "rise of more than 10"):
        assert text in said.stdout
    words = ["mobile-80-2027", "--shock", "20%", "--from-cycle", "2026-03-01", "--json"]
    app(["tariffs", "shadow", *words, "--project", str(belgicom)], standalone_mode=False)
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["account"], row["number"], row["difference"]) for row in found if row["kind"] == "bill"] == [
        ("A", ANN, 3_000), ("B", ANN, 0)
    ]  # fmt: skip
    assert [(row["account"], row["cycle"]) for row in found if row["kind"] == "shocked"] == [("A", "2026-03-01")]
    assert [row["difference"] for row in found if row["kind"] == "sum"] == [3_000]
    for words, reason in (
        (["mobile-81"], "there are mobile-80-2027"),
        (["mobile-80-2027", "--shock", "ten"], "write 10 or 20%"),
        (["mobile-80-2027", "--since", "2026-03-01"], "give a time in UTC"),
        (["mobile-80-2027", "--from-cycle", "March"], "give the day"),
    ):
        with pytest.raises(Refused, match=reason):
            app(["tariffs", "shadow", *words, "--project", str(belgicom)], standalone_mode=False)


def test_the_command_tells_what_becomes_other_as_usage_comes(belgicom: Path) -> None:
    words = ["tariffs", "shadow", "mobile-80-2027", "--follow", "--json"]
    with subprocess.Popen(
        [sys.executable, "-m", "trunkline", *words], cwd=belgicom, stdout=subprocess.PIPE, text=True
    ) as following:
        assert following.stdout is not None
        try:
            assert next(sums(following.stdout)) == 3_000
            with closing(Project(belgicom).open_log()) as log:
                append(log, [used("c", day(3), octets=25 * GB, visited="20699")])
            assert next(sums(following.stdout)) == 3_000 + 25 * 200 - 20 * 300
        finally:
            following.send_signal(signal.SIGINT)
        assert following.wait() == 0


def sums(told: Iterable[str]) -> Iterator[int]:
    """The differences of all together, as they are told."""
    for row in map(json.loads, told):
        if row["kind"] == "sum":
            yield row["difference"]
