"""What only the embedded log promises: the file, its SQLite, its processes and their turns."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from trunkline.log import Event, Fenced, LogError, Member, Topic, TopicPartition, open_log
from trunkline.log.embedded import EmbeddedLog, clock
from trunkline.log.embedded.compaction import Merge
from trunkline.log.embedded.database import refuse_broken_sqlite
from trunkline.log.envelope import cloud_event


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "folder" / "log.db"


@pytest.fixture
def log(path: Path) -> Iterator[EmbeddedLog]:
    opened = EmbeddedLog(path, {})
    opened.create(Topic(name="notes"))
    opened.create(Topic(name="calls", partitions=4))
    yield opened
    opened.close()


def in_another_process(path: Path | str, code: str) -> subprocess.Popen[str]:
    """Run Python with `log` opened at `path`."""
    head = "import sys; from trunkline.log import *; log = open_log(f'sqlite://{sys.argv[1]}')\n"
    return subprocess.Popen(
        [sys.executable, "-c", head + code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def test_the_file_is_readable_for_its_owner_only(log: EmbeddedLog, path: Path) -> None:
    log.append("notes", [Event(b"private")])
    files = {"log.db", "log.db-shm", "log.db-wal", "log.db.lock"}
    assert {file.name for file in path.parent.iterdir()} == files
    assert [file.name for file in path.parent.iterdir() if file.stat().st_mode & 0o077] == []


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    db = apsw.Connection(str(tmp_path / "other.db"))
    db.execute("CREATE TABLE customer (name TEXT)")
    db.close()
    with pytest.raises(LogError, match="not a Trunkline log"):
        EmbeddedLog(tmp_path / "other.db", {})
    db = apsw.Connection(str(tmp_path / "other.db"))
    assert list(db.execute("SELECT name FROM sqlite_schema")) == [("customer",)]
    db.close()


def test_a_log_of_an_earlier_layout_is_refused_and_left_alone(tmp_path: Path) -> None:
    db = apsw.Connection(str(tmp_path / "log.db"))
    db.execute("CREATE TABLE batch (id INTEGER)")
    db.pragma("application_id", 0x74726B32)
    db.close()
    with pytest.raises(LogError, match="not a Trunkline log of this layout"):
        EmbeddedLog(tmp_path / "log.db", {})


@pytest.mark.parametrize(
    "option", ["lease=soon", "lease=0", "lease=-1", "lease=nan", "lease=", "leese=3", "lease=3&x=1"]
)
def test_an_option_that_the_log_does_not_have_is_refused(path: Path, option: str) -> None:
    with pytest.raises(LogError, match="lease"):
        open_log(f"sqlite://{path}?{option}")
    assert not path.exists()


@pytest.mark.parametrize("version", ["3.40.1", "3.44.5", "3.50.6", "3.51.0", "3.51.2"])
def test_a_sqlite_that_can_corrupt_a_busy_log_is_refused(version: str) -> None:
    with pytest.raises(LogError, match=version):
        refuse_broken_sqlite(version)


@pytest.mark.parametrize("version", ["3.44.6", "3.50.7", "3.51.3", "3.54.1", "4.0.0"])
def test_a_mended_sqlite_is_accepted(version: str) -> None:
    refuse_broken_sqlite(version)


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"minutes of the meeting\n" * 100)
    with pytest.raises(LogError, match=r"log\.db cannot be opened"):
        EmbeddedLog(path, {})
    assert path.read_bytes() == b"minutes of the meeting\n" * 100


def test_a_full_disk_refuses_the_append_and_keeps_what_was_acknowledged(log: EmbeddedLog, path: Path) -> None:
    fill = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, resource.RLIM_INFINITY))
done = 0
try:
    while True:
        log.append('notes', [Event(bytes(100_000))] * 2)
        done += 2
except LogError as error:
    print(done, error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
log.append('notes', [Event(b'there is room again')])
"""
    filling = in_another_process(path, fill)
    done, message = filling.communicate()[0].split(" ", 1)
    assert "could not be written" in message
    assert filling.returncode == 0
    records = log.read("notes", 0, 0)
    assert len(records) == int(done) + 1 > 1
    assert records[-1].value == b"there is room again"


def test_a_child_of_a_fork_is_told_to_open_the_log_anew(log: EmbeddedLog) -> None:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            log.append("notes", [Event(b"from the child")])
        except LogError as error:
            os.write(writing, str(error).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert b"open it again in the new process" in os.read(reading, 1000)
    os.close(reading)
    os.close(writing)
    log.append("notes", [Event(b"from the parent")])
    assert log.end("notes", 0) == 1


def test_threads_that_append_at_once_share_commits(log: EmbeddedLog) -> None:
    together = threading.Barrier(16)

    def write() -> None:
        together.wait()
        for _ in range(20):
            log.append("notes", [Event(b"x")])

    threads = [threading.Thread(target=write) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    records = log.read("notes", 0, 0)
    assert len(records) == 320
    assert len({record.time for record in records}) < 160  # a commit has one time


def test_a_refused_transaction_does_not_spoil_the_commit_that_it_shares(log: EmbeddedLog) -> None:
    fenced = [log.transactional(f"writer-{number}") for number in range(8)]
    for number in range(8):
        log.transactional(f"writer-{number}")
    refused = []

    def commit(number: int) -> None:
        for _ in range(10):
            log.append("notes", [Event(b"kept")])
            try:
                with fenced[number].transaction() as transaction:
                    transaction.append("notes", [Event(b"fenced")])
            except Fenced:
                refused.append(number)

    threads = [threading.Thread(target=commit, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 80
    assert [record.value for record in log.read("notes", 0, 0)] == [b"kept"] * 80


def test_processes_write_and_read_the_same_log_at_once(log: EmbeddedLog, path: Path) -> None:
    write = "for i in range(100): log.append('calls', [Event(b'%d' % i, b'%d' % k) for k in range(20)])"
    writers = [in_another_process(path, write) for _ in range(3)]
    offsets = {TopicPartition("calls", number): 0 for number in range(4)}
    seen = 0
    while seen < 6_000:
        assert log.wait(offsets, 30)
        for place, offset in offsets.items():
            records = log.read(*place, offset)
            assert [record.offset for record in records] == list(range(offset, offset + len(records)))
            offsets[place] += len(records)
            seen += len(records)
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert seen == 6_000


def test_a_busy_process_does_not_keep_another_from_its_turn(log: EmbeddedLog, path: Path) -> None:
    busy = in_another_process(
        path, "print(1, flush=True)\nwhile True: log.append('calls', [Event(b'x' * 10_000)] * 100)"
    )
    assert busy.stdout is not None
    busy.stdout.readline()
    try:
        while log.end("calls", 0) == 0:
            log.wait({TopicPartition("calls", 0): 0}, 1)
        before = sum(log.end("calls", number) for number in range(4))
        for _ in range(20):
            log.append("notes", [Event(b"mine")])
        during = sum(log.end("calls", number) for number in range(4)) - before
    finally:
        busy.kill()
        busy.communicate()
    assert 0 < during / 100 < 20 * 50, "commits of the busy process while this one made 20"


def test_the_write_ahead_log_stays_small_under_load(log: EmbeddedLog, path: Path) -> None:
    payload = [Event(bytes(1000))] * 1000
    for _ in range(300):
        log.append("notes", payload)
    assert path.with_name("log.db-wal").stat().st_size < 80 << 20


def test_a_read_ends_early_where_events_are_large(log: EmbeddedLog) -> None:
    for number in range(15):
        log.append("notes", [Event(bytes(7 << 20), b"%d" % number)])
    found, offset, reads = [], 0, 0
    while records := log.read("notes", 0, offset):
        found += [record.key for record in records]
        offset = records[-1].offset + 1
        reads += 1
    assert found == [b"%d" % number for number in range(15)]
    assert reads == 2


def held_by(member: Member, count: int) -> frozenset[int]:
    """What a member holds, once that is so many."""
    deadline = time.monotonic() + 30
    while len(member.assignment()) != count:
        assert time.monotonic() < deadline, f"it holds {sorted(member.assignment())}"
        time.sleep(0.01)
    return member.assignment()


def test_a_member_that_is_busy_for_longer_than_its_lease_keeps_what_it_holds(path: Path) -> None:
    log = EmbeddedLog(path, {}, lease=0.3)
    log.create(Topic(name="calls", partitions=4))
    busy = log.member("billing", "calls")
    held_by(busy, 4)
    other = log.member("billing", "calls")
    deadline = time.monotonic() + 1.0
    while time.monotonic() < deadline:
        assert other.assignment() == frozenset()
        time.sleep(0.01)
    with log.transactional("billing").transaction() as transaction:
        transaction.consumed(busy, {TopicPartition("calls", 0): 1})
    held_by(busy, 2)
    log.close()


def test_a_partition_that_was_lost_is_missing_in_one_answer_even_if_it_is_free_again(
    log: EmbeddedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = log.member("billing", "calls")
    held_by(dead, 4)
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + 3_600_000_000)
    heir = log.member("billing", "calls")
    assert heir.assignment() == {0, 1, 2, 3}
    heir.close()
    with pytest.raises(Fenced, match=r"calls/0, calls/1, calls/2, calls/3"):
        commit_consumed(log, dead)
    answers = {dead.assignment()}
    while frozenset() not in answers:
        assert answers == {frozenset({0, 1, 2, 3})}
        answers.add(dead.assignment())
    held_by(dead, 4)
    commit_consumed(log, dead)


def test_where_a_group_goes_on_is_set_over_the_heads_of_the_dead(
    log: EmbeddedLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    dead = log.member("billing", "calls")
    held_by(dead, 4)
    real = clock.now
    monkeypatch.setattr(clock, "now", lambda: real() + 3_600_000_000)
    log.commit("billing", {TopicPartition("calls", 0): 7})
    monkeypatch.undo()
    with pytest.raises(Fenced):
        commit_consumed(log, dead)
    assert log.committed("billing") == {TopicPartition("calls", 0): 7}


def commit_consumed(log: EmbeddedLog, member: Member) -> None:
    with log.transactional("billing").transaction() as transaction:
        transaction.consumed(member, {TopicPartition("calls", 0): 1})


def test_partitions_that_a_topic_gets_later_are_shared_out_too(log: EmbeddedLog) -> None:
    first, second = log.member("billing", "calls"), log.member("billing", "calls")
    while len(first.assignment()) != 2 or len(second.assignment()) != 2:
        pass
    log.create(Topic(name="calls", partitions=8))
    while len(first.assignment()) != 4 or len(second.assignment()) != 4:
        pass


def test_a_log_that_is_closed_takes_its_members_out_of_their_groups(log: EmbeddedLog, path: Path) -> None:
    other = EmbeddedLog(path, {})
    held_by(other.member("billing", "calls"), 4)
    other.close()
    assert log.member("billing", "calls").assignment() == {0, 1, 2, 3}


def test_a_member_of_another_log_is_refused(log: EmbeddedLog) -> None:
    class Stranger:
        group = "billing"

        def assignment(self) -> frozenset[int]:
            return frozenset()

        def close(self) -> None: ...

    with pytest.raises(LogError, match="another log"), log.transactional("billing").transaction() as transaction:
        transaction.consumed(Stranger(), {})


def test_events_that_were_appended_one_by_one_are_read_as_one_batch(log: EmbeddedLog) -> None:
    for number in range(300):
        log.append("notes", [cloud_event(type="notes", source="//test", id=str(number), value=b"%d" % number)])
    reader = log.reader()
    reader.assign({TopicPartition("notes", 0): 0})
    [batch] = reader.take()
    assert batch.records() == log.read("notes", 0, 0)
    assert [dict(record.headers)["ce_id"] for record in batch.records()] == [b"%d" % number for number in range(300)]


def test_the_partitions_of_a_killed_member_are_taken_over(path: Path) -> None:
    log = EmbeddedLog(path, {})
    log.create(Topic(name="calls"))
    log.append("calls", [Event(b"a")])
    killed = in_another_process(
        f"{path}?lease=0.3", "c = log.consumer('billing', ['calls']); print(len(c.poll()), flush=True); input()"
    )
    assert killed.stdout is not None
    assert killed.stdout.readline() == "1\n"
    killed.kill()
    killed.communicate()
    heir = log.consumer("billing", ["calls"])
    assert [record.value for record in heir.poll(timeout=30)] == [b"a"]
    log.close()


def test_maintenance_lets_writers_through(log: EmbeddedLog) -> None:
    log.create(Topic(name="latest", compacted=True))
    log.create(Topic(name="short", retention=0.0))
    with log.transactional("filler").transaction() as transaction:
        for number in range(3000):
            transaction.append("short", [Event(bytes(2000))])
            transaction.append("latest", [Event(b"%d" % number, b"k%d" % (number % 10))])
    done = threading.Event()

    def maintain() -> None:
        log.maintain()
        done.set()

    threading.Thread(target=maintain).start()
    written = 0
    while not done.is_set():
        log.append("notes", [Event(b"x")])
        written += 1
    assert log.start("short", 0) == 3000
    assert len(log.read("latest", 0, 0)) == 10
    assert written > 1


def test_a_trim_of_many_batches_removes_them_all(log: EmbeddedLog) -> None:
    with log.transactional("filler").transaction() as transaction:
        for number in range(1_300):
            transaction.append("notes", [Event(b"%d" % number)])
    log.trim("notes", 0, 1_200)
    assert log.start("notes", 0) == 1_200
    assert [record.value for record in log.read("notes", 0, 0)] == [b"%d" % number for number in range(1_200, 1_300)]


def test_what_is_trimmed_while_compaction_is_at_it_does_not_come_back(
    log: EmbeddedLog, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.create(Topic(name="latest", compacted=True))
    for number in range(30):
        log.append("latest", [Event(b"%d" % number, b"k%d" % (number % 10))] * 2)
    finish = Merge.finish

    def trim_and_finish(merge: Merge) -> None:
        log.trim("latest", 0, 50)
        finish(merge)

    monkeypatch.setattr(Merge, "finish", trim_and_finish)
    log.maintain()
    assert [record.offset for record in log.read("latest", 0, 0)] == list(range(50, 60))
    [(kept, stored)] = apsw.Connection(str(path)).execute(
        "SELECT bytes, (SELECT total(length(events)) FROM batch WHERE partition = partition.id) FROM partition"
        " WHERE topic = 'latest'"
    )
    assert kept == stored


def test_only_one_process_maintains_at_a_time(log: EmbeddedLog, path: Path) -> None:
    import fcntl

    log.create(Topic(name="short", retention=0.0))
    log.append("short", [Event(b"x")])
    with path.with_name("log.db.maintenance").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        log.maintain()
        assert log.start("short", 0) == 0
    log.maintain()
    assert log.start("short", 0) == 1
