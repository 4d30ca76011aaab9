"""What processors remember lies sealed, and what they have forgotten does not lie in an old snapshot for long."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from tests.security.keys.conftest import PERSONAL, OpenKeyring, sealer
from trunkline.log import Event, Topic, open_log
from trunkline.streams import Out, Worker, processor


class Known(msgspec.Struct, frozen=True):
    """The state of a key."""

    number: str = ""


class Told(msgspec.Struct, frozen=True):
    """What an event says."""

    number: str


@processor(reads=PERSONAL, state=Known, name="book")
def book(known: Known, told: Told | None, out: Out) -> Known | None:
    return None if told is None else Known(told.number)


def work(folder: Path, open_keyring: OpenKeyring, *events: Event) -> None:
    """Be a worker for as long as there is something to do."""
    with closing(open_log(f"sqlite://{folder}/log.db", sealer=sealer(open_keyring()))) as log:
        log.create(Topic(name=PERSONAL, compacted=True))
        log.append(PERSONAL, events)
        with closing(Worker(log, [book], "worker")) as worker:
            while worker.run_once() or not worker.caught_up():
                pass


def state(folder: Path, open_keyring: OpenKeyring) -> bytes:
    """All that lies in the topics of the state, opened."""
    with closing(open_log(f"sqlite://{folder}/log.db", sealer=sealer(open_keyring()))) as log:
        topics = ("state.book", "state.book.snapshot")
        return b"".join(record.value or b"" for topic in topics for record in log.read(topic, 0, 0))


def test_state_is_read_again_by_who_has_the_keys_and_by_nobody_else(tmp_path: Path, open_keyring: OpenKeyring) -> None:
    work(tmp_path, open_keyring, Event(b'{"number":"32470123456"}', b"ann"))
    assert b"32470123456" in state(tmp_path, open_keyring)
    assert b"32470123456" not in b"".join(file.read_bytes() for file in tmp_path.glob("log.db*"))
    work(tmp_path, open_keyring, Event(b'{"number":"1"}', b"bob"))
    assert b"32470123456" in state(tmp_path, open_keyring)


def test_what_a_processor_has_forgotten_is_gone_with_the_snapshot_of_the_day_after(
    tmp_path: Path, open_keyring: OpenKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    work(tmp_path, open_keyring, Event(b'{"number":"32470123456"}', b"ann"), Event(b'{"number":"1"}', b"bob"))
    work(tmp_path, open_keyring, Event(None, b"ann"))
    assert b"32470123456" in state(tmp_path, open_keyring)
    monkeypatch.setattr("trunkline.streams.changelog.LINEAGE", 0.0)
    work(tmp_path, open_keyring, Event(b'{"number":"2"}', b"bob"))
    work(tmp_path, open_keyring, Event(b'{"number":"3"}', b"bob"))
    assert b"32470123456" not in state(tmp_path, open_keyring)
    assert b"bob" in state(tmp_path, open_keyring)
