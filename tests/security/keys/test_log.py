"""What lies in the log is unreadable without the keys, and a person's events without that person's."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.security.keys.conftest import NAMED, PERSONAL, OpenKeyring, sealer
from tests.servers.kafka import shared_kafka
from trunkline.log import Event, Log, LogError, Record, Topic, TopicPartition, open_log
from trunkline.security.keys import KeysError
from trunkline.security.keys.keyring import Keyring

OpenSealed = Callable[[Keyring | None], Log]
SECRET = b'{"number":"32470123456"}'


@pytest.fixture(params=["embedded", "kafka"])
def open_sealed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenSealed]:
    """Opens the test's log with these keys, or without any."""
    url = f"sqlite://{tmp_path}/log.db"
    if request.param == "kafka":
        url = shared_kafka().url(prefix=f"{uuid.uuid4().hex}.")
    with ExitStack() as stack:

        def opened(keyring: Keyring | None) -> Log:
            log = open_log(url, sealer=sealer(keyring) if keyring else None)
            stack.callback(log.close)
            for topic in (PERSONAL, NAMED, "kpi", "book"):
                log.create(Topic(name=topic, compacted=topic == "book"))
            return log

        yield opened


@pytest.fixture
def log(open_sealed: OpenSealed, keyring: Keyring) -> Log:
    return open_sealed(keyring)


def everything(log: Log, topic: str) -> list[Record]:
    log.settled(topic, 0)
    return log.read(topic, 0, 0)


def values(log: Log, topic: str) -> list[bytes | None]:
    return [record.value for record in everything(log, topic)]


def as_told(log: Log, topic: str) -> bytes:
    """What is read, or why it is not."""
    try:
        return b"".join(value or b"" for value in values(log, topic))
    except LogError as error:
        return str(error).encode()


PERSONS = [b"ann", b"bob", *(b"%d" % number for number in range(12))]
events = st.lists(
    st.builds(
        Event,
        value=st.none() | st.binary(max_size=300) | st.sampled_from(PERSONS).map(b'{"msisdn":"%s"}'.__mod__),
        key=st.none() | st.sampled_from(PERSONS),
    ),
    min_size=1,
    max_size=40,
)


def test_an_event_may_name_its_person_in_a_field(
    log: Log, keyring: Keyring, open_sealed: OpenSealed, open_keyring: OpenKeyring
) -> None:
    ann = [b'{"msisdn":"ann","n":%d}' % number for number in range(12)]
    others = [b'{"msisdn":"","imsi":"206"}', b'{"msisdn":"bob"}', b'{"n":1}', b"no JSON", None]
    written = [*ann, *others]
    log.append(NAMED, [Event(value, b"session") for value in written])
    assert values(open_sealed(open_keyring()), NAMED) == written
    keyring.erase(b"ann")
    keyring.erase(b"imsi:206")
    for each in (log, open_sealed(open_keyring())):
        assert values(each, NAMED) == [*[None] * 13, *others[1:]]


@pytest.mark.parametrize("open_sealed", ["embedded"], indirect=True)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=events, topic=st.sampled_from([PERSONAL, NAMED, "kpi"]))
def test_whatever_is_written_is_read_again_also_when_somebody_else_was_erased(
    log: Log, keyring: Keyring, events: list[Event], topic: str
) -> None:
    [(_, first), *_] = log.append(topic, events)
    for _ in range(2):
        found = log.read(topic, 0, first)
        assert [(record.key, record.value) for record in found] == [(event.key, event.value) for event in events]
        keyring.erase(b"somebody else")


def test_another_process_reads_what_was_written(log: Log, open_sealed: OpenSealed, open_keyring: OpenKeyring) -> None:
    log.append(PERSONAL, [Event(SECRET, b"ann"), Event(b"{}", None)])
    log.append("kpi", [Event(b"1", b"cell")])
    other = open_sealed(open_keyring())
    assert values(other, PERSONAL) == [SECRET, b"{}"]
    assert values(other, "kpi") == [b"1"]


def test_transactions_are_sealed_too(log: Log) -> None:
    with log.transactional("writer").transaction() as transaction:
        transaction.append(PERSONAL, [Event(SECRET, b"ann")])
        transaction.append_columns("kpi", [b"a", b"b"], [b"1", None])
    assert values(log, PERSONAL) == [SECRET]
    assert values(log, "kpi") == [b"1", None]


def test_without_keys_nothing_of_it_can_be_read(log: Log, open_sealed: OpenSealed, tmp_path: Path) -> None:
    log.append(PERSONAL, [Event(SECRET, b"ann")])
    log.append("kpi", [Event(SECRET, b"cell")])
    bare = open_sealed(None)
    for topic in (PERSONAL, "kpi"):
        told = as_told(bare, topic)
        assert b"32470123456" not in told
        assert told.startswith(b"\xc1") or b"put the [keys] back" in told
    for file in tmp_path.glob("log.db*"):
        assert b"32470123456" not in file.read_bytes()


def test_what_was_written_before_there_were_keys_is_read_beside_what_came_after(
    open_sealed: OpenSealed, keyring: Keyring
) -> None:
    for topic in (PERSONAL, "kpi"):
        open_sealed(None).append(topic, [Event(b"old", b"ann")])
        open_sealed(keyring).append(topic, [Event(b"new", b"ann")])
        assert values(open_sealed(keyring), topic) == [b"old", b"new"]


def test_who_is_erased_reads_as_taken_back_and_nobody_else_does(
    log: Log, keyring: Keyring, open_sealed: OpenSealed, open_keyring: OpenKeyring
) -> None:
    log.append(PERSONAL, [Event(SECRET, b"ann"), Event(b"his", b"bob"), Event(SECRET, b"ann")])
    assert keyring.erase(b"ann") == 1
    for each in (log, open_sealed(open_keyring())):
        assert [(record.key, record.value) for record in everything(each, PERSONAL)] == [
            (b"ann", None),
            (b"bob", b"his"),
            (b"ann", None),
        ]


def test_of_a_batch_of_many_persons_one_is_erased_and_the_others_are_read(
    log: Log, keyring: Keyring, open_sealed: OpenSealed, open_keyring: OpenKeyring
) -> None:
    written = [Event(SECRET + person, person) for person in PERSONS * 2]
    log.append(PERSONAL, written)
    assert values(open_sealed(open_keyring()), PERSONAL) == [event.value for event in written]
    keyring.erase(b"ann")
    left = [None if event.key == b"ann" else event.value for event in written]
    for each in (log, open_sealed(open_keyring())):
        assert values(each, PERSONAL) == left
    log.append(PERSONAL, [Event(b"again", person) for person in PERSONS])
    assert values(open_sealed(open_keyring()), PERSONAL) == left + [b"again"] * len(PERSONS)


def test_a_batch_of_many_persons_is_opened_by_one_key_while_nobody_was_erased(
    keyring: Keyring, open_keyring: OpenKeyring
) -> None:
    keys, texts = [*PERSONS], [SECRET for _ in PERSONS]
    sealed = sealer(keyring).seal_values(PERSONAL, keys, [*texts])
    reader = open_keyring()
    assert sealer(reader).open_values(PERSONAL, keys, sealed) == texts
    assert len(reader._by_id) == 1


def test_a_persons_values_of_a_batch_that_were_given_to_another_are_refused(keyring: Keyring) -> None:
    its, keys = sealer(keyring), [b"ann", b"bob"]
    sealed = its.seal_values(PERSONAL, keys, [SECRET, b"his"])
    with pytest.raises(KeysError, match="usage, the event with the key b'bob'"):
        its.open_values(PERSONAL, keys[::-1], sealed)
    with pytest.raises(KeysError, match="kpi, the event with the key b'ann'"):
        its.open_values("kpi", keys, sealed)


def test_who_was_erased_may_come_again_and_what_was_before_stays_gone(log: Log, keyring: Keyring) -> None:
    log.append(PERSONAL, [Event(SECRET, b"ann")])
    keyring.erase(b"ann")
    log.append(PERSONAL, [Event(b"a new subscriber", b"ann")])
    assert values(log, PERSONAL) == [None, b"a new subscriber"]


def test_another_process_that_remembers_the_key_forgets_it(
    log: Log, keyring: Keyring, open_sealed: OpenSealed, open_keyring: OpenKeyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trunkline.security.keys.keyring.LOOK", 0.0)
    log.append(PERSONAL, [Event(SECRET, b"ann")])
    other = open_sealed(open_keyring())
    assert values(other, PERSONAL) == [SECRET]
    keyring.erase(b"ann")
    assert values(other, PERSONAL) == [None]


def test_after_a_rotation_old_batches_are_read_and_new_ones_have_new_keys(
    log: Log, keyring: Keyring, open_sealed: OpenSealed, open_keyring: OpenKeyring
) -> None:
    log.append("kpi", [Event(b"1", b"cell")])
    log.append(PERSONAL, [Event(SECRET, b"ann")])
    before = keyring.topic("kpi").id
    open_keyring().rotate()
    restarted = open_keyring()
    assert restarted.topic("kpi").id != before
    again = open_sealed(restarted)
    again.append("kpi", [Event(b"2", b"cell")])
    assert values(again, "kpi") == [b"1", b"2"]
    assert values(again, PERSONAL) == [SECRET]
    assert values(log, "kpi") == [b"1", b"2"]


def test_a_table_of_other_keys_is_refused_and_nobody_is_taken_for_erased(
    log: Log, open_sealed: OpenSealed, tmp_path: Path
) -> None:
    from trunkline.security.keys.file import FileKek
    from trunkline.security.keys.table import KeyTable

    log.append("kpi", [Event(b"1", b"cell")])
    log.append(PERSONAL, [Event(SECRET, b"ann")])
    wrong = Keyring(lambda: FileKek(tmp_path / "other.json"), lambda: KeyTable(f"sqlite://{tmp_path}/other.db"))
    with closing(wrong), pytest.raises(KeysError, match="table of keys"):
        values(open_sealed(wrong), PERSONAL)


def test_compaction_keeps_what_is_sealed_readable_and_sealed(tmp_path: Path, keyring: Keyring) -> None:
    with closing(open_log(f"sqlite://{tmp_path}/log.db", sealer=sealer(keyring))) as log:
        log.create(Topic(name=PERSONAL, compacted=True, tombstones=0))
        for value in (b"1", b"2", SECRET):
            log.append(PERSONAL, [Event(value, b"ann"), Event(value, b"bob")])
        keyring.erase(b"bob")
        log.append(PERSONAL, [Event(b"last", b"eve")])
        log.maintain()
        assert {(record.key, record.value) for record in everything(log, PERSONAL)} == {
            (b"ann", SECRET),
            (b"eve", b"last"),
        }
    assert b"32470123456" not in b"".join(file.read_bytes() for file in tmp_path.glob("log.db*"))


class Tampered:
    """An embedded log, its rows changed by who can write to its file."""

    def __init__(self, folder: Path, keyring: Keyring) -> None:
        self.path, self.keyring = folder / "log.db", keyring
        with closing(self.open()) as log:
            for topic in ("one", "two"):
                log.create(Topic(name=topic, partitions=2))
                for number in (0, 1):
                    for value in (b"a", b"b"):
                        log.append(topic, [Event(value, b"key")], number)

    def open(self) -> Log:
        return open_log(f"sqlite://{self.path}", sealer=sealer(self.keyring))

    def run(self, statement: str) -> None:
        db = apsw.Connection(str(self.path))
        db.execute(statement)
        db.close()

    def refused(self, place: TopicPartition) -> str:
        with closing(self.open()) as log, pytest.raises(KeysError) as refused:
            log.read(*place, 0)
        return str(refused.value)


SWAP = """
UPDATE batch SET events = (
    SELECT other.events FROM batch AS other JOIN partition ON partition.id = other.partition
    WHERE topic = '{topic}' AND number = {number} AND base = {base}
) WHERE id = (
    SELECT batch.id FROM batch JOIN partition ON partition.id = batch.partition
    WHERE topic = 'one' AND number = 0 AND base = 0
)
"""


@pytest.mark.parametrize(("topic", "number", "base"), [("one", 0, 1), ("one", 1, 0), ("two", 0, 0)])
def test_a_batch_that_was_put_in_anothers_place_is_refused_with_its_place(
    tmp_path: Path, keyring: Keyring, topic: str, number: int, base: int
) -> None:
    tampered = Tampered(tmp_path, keyring)
    tampered.run(SWAP.format(topic=topic, number=number, base=base))
    assert "one/0, the events from offset 0 on" in tampered.refused(TopicPartition("one", 0))


@pytest.mark.parametrize("byte", [1, 5, 15, 25, -1])
def test_a_batch_in_which_a_bit_was_flipped_is_refused_with_its_place(
    tmp_path: Path, keyring: Keyring, byte: int
) -> None:
    tampered = Tampered(tmp_path, keyring)
    with closing(apsw.Connection(str(tampered.path))) as db:
        [(id, events)] = db.execute("SELECT id, events FROM batch ORDER BY id LIMIT 1")
        changed = bytearray(events)
        changed[byte] ^= 4
        db.execute("UPDATE batch SET events = ? WHERE id = ?", (bytes(changed), id))
    assert "one/0, the events from offset 0 on" in tampered.refused(TopicPartition("one", 0))


def test_a_value_that_was_moved_to_another_record_of_kafka_is_refused_and_the_others_are_read(
    keyring: Keyring,
) -> None:
    its = sealer(keyring)
    keys: list[bytes | None] = [b"ann", b"bob"]
    ann, bob = its.to_wire(PERSONAL, keys, [b"hers", b"his"])
    assert its.from_wire(PERSONAL, keys, [ann, bob]) == ([b"hers", b"his"], [])
    opened, [(place, reason)] = its.from_wire(PERSONAL, keys, [ann, ann])
    assert opened == [b"hers", ann]
    assert place == 1
    assert "usage, the event with the key b'bob'" in reason
    assert its.from_wire("kpi", keys, [ann, None])[1]
