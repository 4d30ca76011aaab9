"""Who is erased is gone from everywhere: what is known of a person is looked for on every surface, before and after."""

from __future__ import annotations

import gzip
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from tests.connect.operator import origin, stream
from trunkline.cli.app import app
from trunkline.connect.batch import Batch
from trunkline.contracts import load
from trunkline.effects.desk import Desk
from trunkline.effects.effect import Effect, Place
from trunkline.effects.outcome import Outcome, State
from trunkline.log import Event, Log, Topic
from trunkline.project import Project
from trunkline.quarantine import Rejected, named
from trunkline.security.keys import files
from trunkline.store import Kind, Query
from trunkline.streams import Out, Worker, processor, retry
from trunkline.streams.quarantine import Quarantine
from trunkline.streams.recorded import Recorded
from trunkline.telco.charging.mediation.directory import Directory
from trunkline.telco.model import Account, Service, Source, UsageReport
from trunkline.telco.model.account import Member

BELGICOM = Path(__file__).parents[3] / "belgicom"
ACCOUNT, NUMBER, IMSI = "ACC-1", "32470123456", "206010000000077"
KNOWN = [b"32470123456", b"206010000000077", b"Your data is used up", b"m-4711", b"Rue Haute", b"32499000111"]
"""What is known of the person: number, SIM, the text of a message and its receipt, a place, whom they called."""
NOW = datetime(2026, 1, 15, tzinfo=UTC)
TOML = """
[keys]
url = "keys://file/kek.json"
[keys.records]
usage = { subject = "partyAccount.id", personal = ["partyAccount", "usageCharacteristic"] }
"""


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """A project with what is told of a person in all that it keeps."""
    folder = tmp_path_factory.mktemp("acme")
    shutil.copytree(BELGICOM / "contracts", folder / "contracts")
    (folder / "trunkline.toml").write_text(f'name = "Acme"\n{TOML}')
    project = Project(folder)
    with closing(project.open_log()) as log:
        log.create(Topic(name="tmf.event"))
        write_account(log)
        write_usage(log)
        refuse(log)
        ask(log)
        work(log)
    write_record(project)
    project.open_archive().add(stream(gzip.compress(b"32470123456,Rue Haute\n")), origin())
    yield project
    if project.keyring is not None:
        project.keyring.close()


def write_account(log: Log) -> None:
    member = Member(msisdn=NUMBER, imsi=IMSI, tariffs=())
    account = Account(id=ACCOUNT, customer="C-1", kind="prepaid", currency="EUR", members=(member,))
    log.append(Account.topic, [Event(msgspec.json.encode(account), ACCOUNT.encode())])


def report(id: str, msisdn: str = "", imsi: str = "", visited: str = "") -> UsageReport:
    return UsageReport(
        system="gsm", id=id, session=id, service=Service.VOICE, started=NOW, other_party="32499000111",
        cell="Rue Haute", source=Source(uri="file:///a"), msisdn=msisdn, imsi=imsi, visited=visited,
    )  # fmt: skip


def write_usage(log: Log) -> None:
    """Reported by number and by SIM; one report breaks its contract."""
    batch = Batch(lambda topic: 1)
    for number in range(20):
        batch.add(report(f"cdr/{number}", msisdn=NUMBER), f"a/{number}")
        batch.add(report(f"sim/{number}", imsi=IMSI), f"b/{number}")
    batch.add(report("cdr/broken", msisdn=NUMBER, visited="Rue Haute"), "a/broken")
    written = batch.write(log.append)
    assert written == {UsageReport.topic: 40, Rejected.topic: 1}


def refuse(log: Log) -> None:
    """An event of the person that a processor refused, repaired since."""
    [place] = log.append(UsageReport.topic, [Event(msgspec.json.encode(report("x", msisdn=NUMBER)), b"x")])
    [record] = log.read(UsageReport.topic, *place, 1)
    rejected = Rejected(
        stage="processor", reason="it.failed", message="no such place: Rue Haute", system="rate",
        uri=f"log://{record.topic}/{record.partition}", offset=record.offset, part=(record.value or b"")[:4096],
        target=UsageReport.topic, time=NOW, whose=named(NUMBER.encode()),
    )  # fmt: skip
    [(_, id)] = log.append(Rejected.topic, [Event(msgspec.json.encode(rejected), rejected.key.encode())])
    Quarantine(log).repair(id, msgspec.json.encode(report("y", msisdn=NUMBER)), by="steward")
    log.create(retry.topic("mediate", 1))
    log.append("retry.mediate", [retry.put_back(record, record.value)])


def ask(log: Log) -> None:
    """A message to the person, and what became of it."""
    effect = Effect(id="notice-1", effector="messages", order=NUMBER, payload="Your data is used up")
    [place] = log.append(Effect.topic, [Event(msgspec.json.encode(effect), NUMBER.encode())])
    outcome = Outcome(
        id="notice-1", effector="messages", order=NUMBER, state=State.DEAD, number=1, requested=NOW, changed=NOW,
        request=Place(Effect.topic, *place), receipt="m-4711", effect=effect,
    )  # fmt: skip
    log.append(Outcome.topic, [Event(msgspec.json.encode(outcome), b"notice-1")], place[0])


@processor(reads=Account.topic, state=int, name="stumbling")
def stumbling(nothing: int, account: Account, out: Out) -> int:
    raise ValueError(f"no tariff for {account.members[0].imsi}")


def work(log: Log) -> None:
    """Let the processor that keeps numbers do what there is to do, and one that cannot take an account."""
    with closing(Worker(log, [Recorded(Directory), stumbling], "worker")) as worker:
        while worker.run_once() or not worker.caught_up():
            pass


def write_record(project: Project) -> None:
    called = {"name": "called", "value": "32499000111"}
    usage = {"id": "1", "partyAccount": {"id": ACCOUNT}, "usageCharacteristic": [called]}
    with closing(project.open_store()) as store:
        store.declare([Kind("usage")])
        with store.unit() as unit:
            unit.add("usage", "1", msgspec.json.encode(usage))
    value = msgspec.json.encode({"eventType": "UsageCreateEvent", "event": {"usage": usage}})
    with closing(project.open_log()) as log:
        log.append("tmf.event", [Event(value, b"usage/1")])


def surfaces(project: Project) -> Iterator[tuple[str, bytes]]:
    """All that can be read with the keys: the name of each place, and what is there."""
    with closing(project.open_log()) as log:
        for topic in log.topics():
            for number in range(topic.partitions):
                offset = log.start(topic.name, number)
                while records := log.read(topic.name, number, offset):
                    yield topic.name, b"\n".join(record.value or b"" for record in records)
                    offset = records[-1].offset + 1
        yield "the quarantine", repr(list(Quarantine(log).items())).encode()
        yield "the ledger of effects", repr(list(Desk(log).outcomes())).encode()
    with closing(project.open_store()) as store:
        store.declare([Kind("usage")])
        yield "the store", b"\n".join(each.document for each in store.find(Query("usage")).records)
    archive = project.open_archive()
    for path in archive.folder.glob("??/*"):
        with archive.open(path.name.removesuffix(".gz")) as content:
            yield "the archive", content.read()


def told(project: Project) -> dict[bytes, set[str]]:
    """Where each of what is known of the person can be read."""
    found: dict[bytes, set[str]] = {known: set() for known in KNOWN}
    for name, content in surfaces(project):
        for known in KNOWN:
            if known in content:
                found[known].add(name)
    return found


def test_who_is_erased_is_gone_from_every_surface(operator: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    before = told(operator)
    assert all(before.values()), before
    assert {place for places in before.values() for place in places} >= {
        "charging.account", "charging.number", "charging.usage.reported", "quarantine", "quarantine.decision",
        "effect.requested", "effect.outcome", "state.numbers", "the quarantine", "the ledger of effects", "the store",
        "the archive", "tmf.event", "retry.mediate",
    }  # fmt: skip
    on_disk = b"".join(path.read_bytes() for path in operator.data.rglob("*") if path.is_file())
    assert not [known for known in KNOWN[2:] if known in on_disk]

    done = CliRunner().invoke(app, ["keys", "erase", ACCOUNT, "--yes", "--project", str(operator.folder)])
    assert done.exit_code == 0, done.output
    assert f"erased {ACCOUNT}, {NUMBER}, imsi:{IMSI}: 3 keys deleted" in done.output
    again = Project(operator.folder)
    left = {place for places in told(again).values() for place in places}
    # What is not under a person's key goes by its time: state with the snapshot, files with their day.
    assert left <= {"state.numbers", "state.numbers.snapshot", "the archive"}

    monkeypatch.setattr("trunkline.streams.changelog.LINEAGE", 0.0)
    with closing(again.open_log()) as log:
        for _ in range(2):  # what is forgotten is trimmed with the snapshot after the one that lacks it
            work(log)
            log.append(Account.topic, [Event(None, b"ACC-2")])
        work(log)
    monkeypatch.setattr(files, "OLD", 0.0)
    old = time.time() - 31 * 86_400
    archive = again.open_archive()
    for path in archive.folder.glob("??/*"):
        os.utime(path, (old, old))
    archive.expire(30)
    assert not any(told(Project(operator.folder)).values()), told(Project(operator.folder))


def test_every_topic_with_somebodys_data_says_whose_it_is_or_has_its_reason() -> None:
    """A contract that gets personal fields is not forgotten."""
    reasons = {
        "audit.entry": "its subjects are pseudonyms, and the people who work here",
        "network.alarm": "who acknowledged an alarm works here",
        "network.alarm.command": "the same",
        "network.alarm.reported": "the same",
    }
    without = {
        name
        for name, contract in load(BELGICOM / "contracts").items()
        if contract.settings.legal_basis != "none" and contract.settings.subject == "none"
    }
    assert without == reasons.keys()
