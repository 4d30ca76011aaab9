"""The keyring of a process: data keys ready to use, each looked up once and remembered for a while.

A key of the purpose `topic` is for the batches of one topic or the records of one kind, one of `person` for what is one
person's, `together` for what is many persons' in one topic until one of them is erased, `day` for the files of a day,
`index` for the blind index. A topic's or person's key that is older than `renew` gets a successor when it is next used:
nothing that it has sealed is touched. What is remembered is bounded in number and in time, and forgotten within a
second when some process takes keys away.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import threading
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from itertools import islice
from typing import Final, Literal, NamedTuple, TypeVar

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap, aes_key_wrap

from trunkline.security.keys.port import Kek, KeysError
from trunkline.security.keys.table import KeyTable, Summary, Wrapped
from trunkline.store.port import StoreError

Purpose = Literal["topic", "person", "together", "day", "index"]
K = TypeVar("K")

MOST: Final = 100_000  # keys that are remembered
REMEMBERED: Final = 600.0  # seconds
LOOK: Final = 1.0  # seconds between looks at whether keys were taken away
USES: Final = 1 << 28  # of one key by one process: 16 processes stay below 2**32 random nonces (NIST SP 800-38D, 8.3)
RENEW: Final = 30 * 86_400.0  # seconds

logger = logging.getLogger(__name__)


class Key(NamedTuple):
    """A data key, ready to use."""

    id: int
    purpose: str
    name: str
    """Of a person's key, the blind token of who it is."""
    cipher: AESGCM
    made: int


class Keyring:
    """Safe for any number of threads. `open_kek` and `open_table` are called when the first key is needed."""

    def __init__(
        self, open_kek: Callable[[], Kek], open_table: Callable[[], KeyTable], renew: float = RENEW, most: int = MOST
    ) -> None:
        self._open_kek, self._open_table, self._renew, self._most = open_kek, open_table, int(renew * 1e6), most
        self._lock = threading.RLock()
        self._opened: tuple[Kek, KeyTable] | None = None
        self._masters: dict[int, bytes] = {}
        self._index: bytes = b""
        self._current_keys: dict[tuple[Purpose, str], Key] = {}
        self._persons: dict[bytes, Key] = {}
        self._by_id: dict[int, Key] = {}
        self._uses: dict[tuple[Purpose, str], int] = {}
        self._looked, self._since, self._changes = float("-inf"), float("-inf"), 0

    def topic(self, name: str, uses: int = 1) -> Key:
        """The key that seals now for a topic, or for a kind of the store, where it is to be used so often."""
        return self._current("topic", name, uses)

    def together(self, topic: str) -> Key:
        """The key that seals now what is several persons' of a topic; it is deleted when any person is erased."""
        return self._current("together", topic, 1)

    def day(self, name: str) -> Key:
        """The key of the files of a day."""
        return self._current("day", name, 1)

    def persons(self, subjects: Collection[bytes]) -> dict[bytes, Key]:
        """The key of each person; who has none gets one, durable when this returns."""
        self._look()
        known, due, wanted = self._persons, self._due(), set(subjects)
        found = {subject: known[subject] for subject in wanted & known.keys()}
        missing = [subject for subject in wanted if subject not in found or found[subject].made < due]
        if missing:
            with self._lock:
                names = {subject: self.token("person", subject) for subject in missing}
                made = self._made("person", list(names.values()))
                found |= {subject: made[name] for subject, name in names.items()}
                _remember(self._persons, {subject: found[subject] for subject in missing}, self._most)
        return found

    def find(self, ids: Iterable[int]) -> dict[int, Key | None]:
        """The keys with these numbers, None for one that was deleted; without those that the table does not know."""
        self._look()
        known, wanted = self._by_id, set(ids)
        found: dict[int, Key | None] = {id: known[id] for id in wanted & known.keys()}
        if len(found) < len(wanted):
            with self._lock:
                rows = self._table.of_ids(sorted(wanted - found.keys()))
                there = {row.id: self._unwrapped(row) for row in rows if row.wrapped}
                _remember(self._by_id, there, self._most)
            found |= {row.id: there.get(row.id) for row in rows}
        return found

    def find_all(self, ids: Sequence[int]) -> list[Key | None]:
        """The key of each number, in their order, None for one that was deleted or that the table does not know."""
        self._look()
        keys = list(map(self._by_id.get, ids))
        if None in keys:
            found = self.find(ids)
            keys = [found.get(id) for id in ids]
        return keys

    def token(self, purpose: str, value: bytes) -> str:
        """What stands for a value where it is found but not read (a blind index): HMAC-SHA-256, cut to 128 bits."""
        if not self._index:
            with self._lock:
                self._index = self._blind()
        return hmac.digest(self._index, purpose.encode() + b"\0" + value, "sha256")[:16].hex()

    def knows(self, subject: bytes) -> bool:
        """Whether a person has a key."""
        with self._lock:
            return bool(self._table.newest("person", [self.token("person", subject)]))

    def erase(self, subject: bytes) -> int:
        """Delete a person's keys, for good: nothing that they have sealed can be read any more, by this process at once
        and by others within a second. How many there were."""
        with self._lock:
            gone = self._table.erase(self.token("person", subject))
            self._forget()
            return gone

    def forget_days(self, needed: Collection[int], older: float) -> int:
        """Delete, for good, the keys of days that were made more than `older` seconds ago, but those with the numbers
        that are `needed`; how many there were."""
        with self._lock:
            gone = self._table.drop("day", needed, time.time_ns() // 1000 - int(older * 1e6))
            if gone:
                self._forget()
            return gone

    def rotate(self) -> None:
        """Have a new version of the key-encryption key, a new master key, all data keys wrapped by it, the older ones
        deleted, and a new key for every topic. Others go on meanwhile; when it was broken off, run it again."""
        kek, table = self._keepers()
        kek.rotate()
        with self._lock:
            table.add_master(lambda: kek.wrap(secrets.token_bytes(32)))
            table.rewrap_masters(lambda wrapped: kek.wrap(kek.unwrap(wrapped)))
            self._masters = {}
        while table.rewrap(lambda row, master: aes_key_wrap(self._master(master), self._bytes(row))):
            pass  # a part at a time, so that others get their turn
        table.drop_masters(kek.retire)
        now = time.time_ns() // 1000
        for summary in table.summaries():
            if summary.purpose == "topic":
                self._made("topic", [summary.name], now)
        self._forget()

    def summaries(self) -> list[Summary]:
        """What keys there are."""
        return self._table.summaries()

    def close(self) -> None:
        with self._lock:
            self._forget()
            if self._opened is not None:
                for keeper in self._opened:
                    keeper.close()
            self._opened = None

    @property
    def _table(self) -> KeyTable:
        return self._keepers()[1]

    def _keepers(self) -> tuple[Kek, KeyTable]:
        with self._lock:
            if self._opened is None:
                self._opened = self._open_kek(), self._open_table()
            return self._opened

    def _current(self, purpose: Purpose, name: str, uses: int) -> Key:
        self._look()
        whose = purpose, name
        key = self._current_keys.get(whose)
        used = self._uses[whose] = self._uses.get(whose, 0) + uses
        if key is None or used > USES or key.made < self._due():
            with self._lock:
                newer_than = key.made + 1 if key is not None and used > USES else 0
                key = self._current_keys[whose] = self._made(purpose, [name], newer_than)[name]
                self._uses[whose] = uses
        return key

    def _look(self) -> None:
        """Forget what is remembered when it was for long enough, or keys were taken away."""
        now = time.monotonic()
        if now - self._looked < LOOK:
            return
        with self._lock:
            self._looked = now
            try:
                changes = self._table.changes()
            except KeysError:
                raise
            except StoreError as error:
                # What is remembered serves until its time is over.
                logger.warning("the table of keys cannot be looked at: %s", error)
                changes = self._changes
            if changes != self._changes or now - self._since > REMEMBERED:
                self._forget()
                self._changes, self._since = changes, now

    def _forget(self) -> None:
        self._masters, self._current_keys, self._persons, self._by_id = {}, {}, {}, {}

    def _due(self) -> int:
        """When a key that has had its time was made, or before."""
        return time.time_ns() // 1000 - self._renew

    def _made(self, purpose: Purpose, names: list[str], newer_than: int = 0) -> dict[str, Key]:
        """The newest keys of these names, made where there is none, or none that is so new. The lock need be held."""
        due = max(self._due(), newer_than) if purpose != "index" else 0
        rows = self._table.newest(purpose, names)
        missing = [name for name in names if name not in rows or rows[name].made < due]
        while missing:
            masters = self._all_masters()
            newest = max(masters)
            new = {name: aes_key_wrap(masters[newest], AESGCM.generate_key(256)) for name in missing}
            added = self._table.add(purpose, new, newest, due)
            if added is not None:
                rows |= added
                break
            self._masters = {}  # another process has rotated meanwhile
        keys = {name: self._unwrapped(rows[name]) for name in names}
        _remember(self._by_id, {key.id: key for key in keys.values()}, self._most)
        return keys

    def _blind(self) -> bytes:
        """The key of the blind index, of which there is one, ever."""
        rows = self._table.newest("index", ["blind"])
        if not rows:
            self._made("index", ["blind"])
            rows = self._table.newest("index", ["blind"])
        return self._bytes(rows["blind"])

    def _unwrapped(self, row: Wrapped) -> Key:
        return Key(row.id, row.purpose, row.name, AESGCM(self._bytes(row)), row.made)

    def _bytes(self, row: Wrapped) -> bytes:
        for _ in range(2):
            master = self._master(row.master)
            if master:
                try:
                    return aes_key_unwrap(master, row.wrapped)
                except (InvalidUnwrap, ValueError):
                    raise KeysError(
                        f"the key {row.id} ({row.purpose}) is not what its master key {row.master} has wrapped: the "
                        "table of keys was changed, or copied together from two; put it back from its backup"
                    ) from None
            again = self._table.of_ids([row.id])  # the row was read before it was wrapped anew
            row = again[0] if again else row
        raise KeysError(
            f"the master key {row.master}, which has wrapped the key {row.id} ({row.purpose}), is gone: put the table "
            "of keys back from its backup"
        )

    def _master(self, id: int) -> bytes:
        """A master key, b"" where it is gone."""
        if id not in self._all_masters():
            self._masters = {}  # another process has rotated
        return self._all_masters().get(id, b"")

    def _all_masters(self) -> dict[int, bytes]:
        if not self._masters:
            kek, table = self._keepers()
            wrapped = table.masters()
            if not wrapped:
                table.add_master(lambda: kek.wrap(secrets.token_bytes(32)), first=True)
                wrapped = table.masters()
            self._masters = {id: kek.unwrap(each) for id, each in wrapped.items()}
        return self._masters


def _remember(kept: dict[K, Key], new: dict[K, Key], most: int) -> None:
    """Put keys among those that are remembered; the first that came go where there are too many."""
    kept |= new
    for name in list(islice(kept, max(0, len(kept) - most))):
        del kept[name]
