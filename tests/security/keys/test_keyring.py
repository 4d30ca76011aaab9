"""Keys are made, found, rotated and deleted, by several processes at once, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from tests.store import stores
from trunkline.security.keys import KeysError
from trunkline.security.keys.file import FileKek
from trunkline.security.keys.keyring import Key, Keyring
from trunkline.security.keys.table import KeyTable

Open = Callable[..., Keyring]
NONCE = b"nonce of 12."


@pytest.fixture(params=stores.NAMES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with stores.url(request.param, tmp_path) as found:
        yield found


@pytest.fixture
def another(url: str, tmp_path: Path) -> Iterator[Open]:
    with ExitStack() as stack:

        def opened(**options: float) -> Keyring:
            keyring = Keyring(lambda: FileKek(tmp_path / "kek.json"), lambda: KeyTable(url), **options)  # type: ignore[arg-type]
            stack.callback(keyring.close)
            return keyring

        yield opened


@pytest.fixture
def keyring(another: Open) -> Keyring:
    return another()


def opens(reader: Keyring, *keys: Key) -> bool:
    """Whether a process has the keys, and can read what they seal."""
    found = reader.find([key.id for key in keys])
    return all(
        its is not None and its.cipher.decrypt(NONCE, key.cipher.encrypt(NONCE, b"secret", b""), b"") == b"secret"
        for key in keys
        for its in [found.get(key.id)]
    )


def test_a_key_is_made_once_and_every_process_has_it(keyring: Keyring, another: Open) -> None:
    other = another()
    ann = keyring.persons([b"ann", b"bob"])[b"ann"]
    assert other.persons([b"ann"])[b"ann"].id == ann.id
    assert opens(other, ann)
    assert keyring.topic("usage").id == other.topic("usage").id
    assert keyring.token("person", b"ann") == other.token("person", b"ann") != keyring.token("person", b"bob")


def test_processes_that_begin_at_once_agree(another: Open) -> None:
    rings = [another() for _ in range(4)]
    found: list[tuple[str, int, int]] = []

    def begin(ring: Keyring) -> None:
        token = ring.token("person", b"ann")
        found.append((token, ring.persons([b"ann"])[b"ann"].id, ring.topic("usage").id))

    threads = [threading.Thread(target=begin, args=(ring,)) for ring in rings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


def test_a_key_that_has_had_its_time_gets_a_successor_and_stays_readable(another: Open) -> None:
    before = another().persons([b"ann"])[b"ann"]
    hurried = another(renew=0.0)
    after = hurried.persons([b"ann"])[b"ann"]
    assert after.id != before.id
    assert opens(hurried, before)
    assert opens(hurried, after)


def test_who_was_erased_is_told_from_who_is_not_known(keyring: Keyring) -> None:
    ann, bob = (keyring.persons([name])[name] for name in (b"ann", b"bob"))
    assert keyring.knows(b"ann")
    assert keyring.erase(b"ann") == 1
    assert keyring.erase(b"ann") == 0
    assert not keyring.knows(b"ann")
    found = keyring.find([ann.id, bob.id, 10_000])
    assert found[ann.id] is None
    assert found[bob.id] is not None
    assert 10_000 not in found


def test_an_erased_key_is_nowhere_in_the_files(tmp_path: Path) -> None:
    table = KeyTable(f"sqlite://{tmp_path / 'keys.db'}")
    with closing(Keyring(lambda: FileKek(tmp_path / "kek.json"), lambda: table)) as keyring:
        keyring.persons([b"ann", b"bob"])
        token = keyring.token("person", b"ann")
        wrapped = table.newest("person", [token])[token].wrapped
        keyring.erase(b"ann")
        files = b"".join(file.read_bytes() for file in tmp_path.glob("keys.db*"))
    assert wrapped not in files
    assert token.encode() not in files


def test_a_rotation_wraps_all_anew_and_what_was_copied_before_opens_no_more(
    keyring: Keyring, another: Open, url: str, tmp_path: Path
) -> None:
    reader, key, topic = another(), keyring.persons([b"ann"])[b"ann"], keyring.topic("usage")
    table = KeyTable(url)
    copied = table.masters()
    keyring.rotate()
    assert opens(another(), key)
    assert opens(reader, key)
    assert another().topic("usage").id != topic.id
    assert opens(another(), topic)
    assert not table.masters().keys() & copied.keys()
    table.close()
    with pytest.raises(KeysError):
        FileKek(tmp_path / "kek.json").unwrap(next(iter(copied.values())))


def test_others_work_on_while_keys_are_rotated(another: Open) -> None:
    stop, failed, made = threading.Event(), [], []

    def work(number: int) -> None:
        ring = another()
        try:
            while not stop.wait(0.005):  # so that the one who rotates gets the table too
                name = b"%d-%d" % (number, len(made))
                made.append(ring.persons([name])[name])
                assert opens(ring, made[-1])
        except Exception as error:
            failed.append(error)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for worker in workers:
        worker.start()
    rotating = another()
    for _ in range(4):
        rotating.rotate()
    stop.set()
    for worker in workers:
        worker.join()
    assert not failed
    assert made
    assert opens(another(), *made)


ROTATE = """
import sys
from pathlib import Path
from trunkline.security.keys.file import FileKek
from trunkline.security.keys.keyring import Keyring
from trunkline.security.keys.table import KeyTable
keyring = Keyring(lambda: FileKek(Path(sys.argv[1])), lambda: KeyTable(sys.argv[2]))
keyring.summaries()
print("ready", flush=True)
while True:
    keyring.rotate()
"""


def test_a_rotation_that_is_killed_loses_no_key_and_can_be_run_again(another: Open, url: str, tmp_path: Path) -> None:
    keys = another().persons([b"%d" % number for number in range(1_500)]).values()
    for moment in (0.02, 0.05, 0.15):
        command = [sys.executable, "-c", ROTATE, str(tmp_path / "kek.json"), url]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            process.stdout.readline()
            threading.Event().wait(moment)
            process.kill()
        ring = another()
        assert opens(ring, *keys)
    another().rotate()
    ring = another()
    assert opens(ring, *keys)


def test_two_rotations_at_once_lose_no_key(another: Open) -> None:
    keys = another().persons([b"%d" % number for number in range(100)]).values()
    rings, failed = [another() for _ in range(3)], []

    def rotate(ring: Keyring) -> None:
        try:
            for _ in range(3):
                ring.rotate()
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=rotate, args=(ring,)) for ring in rings]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed
    ring = another()
    assert opens(ring, *keys)


def test_what_is_remembered_is_bounded(another: Open) -> None:
    ring = another(most=10)
    keys = ring.persons([b"%d" % number for number in range(50)])
    assert opens(ring, *keys.values())
    assert len(ring._by_id) <= 10
    assert len(ring._persons) <= 10


def test_the_key_file_is_its_owners_alone(tmp_path: Path) -> None:
    file = tmp_path / "kek.json"
    kek = FileKek(file)
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o640)
    with pytest.raises(KeysError, match="chmod 600"):
        kek.wrap(os.urandom(32))


def test_another_key_file_opens_nothing(keyring: Keyring, url: str, tmp_path: Path) -> None:
    keyring.topic("usage")
    wrong = Keyring(lambda: FileKek(tmp_path / "other.json"), lambda: KeyTable(url))
    with closing(wrong), pytest.raises(KeysError, match="another file"):
        wrong.topic("usage")


def test_a_key_that_was_put_in_anothers_place_is_refused(tmp_path: Path) -> None:
    import apsw

    with closing(
        Keyring(lambda: FileKek(tmp_path / "kek.json"), lambda: KeyTable(f"sqlite://{tmp_path}/k.db"))
    ) as ring:
        key = ring.topic("usage")
        ring.persons([b"ann"])
    with closing(apsw.Connection(f"{tmp_path}/k.db")) as db:
        db.execute("UPDATE data_key SET wrapped = zeroblob(40) WHERE id = ?", (key.id,))
    ring = Keyring(lambda: FileKek(tmp_path / "kek.json"), lambda: KeyTable(f"sqlite://{tmp_path}/k.db"))
    with closing(ring), pytest.raises(KeysError, match=f"the key {key.id} "):
        ring.topic("usage")
