"""The ids of records that have been taken, so that none is taken twice; for as long as the horizon is.

They lie in the hours in which their records ended. A record that ended longer ago than the horizon is not taken any
more: so an hour can be forgotten when the horizon has passed it, and nothing is taken twice for all that. Of an id 64
bits of BLAKE2b are kept: among a million records of an hour, one in 10^13 is taken for another.

In memory an id costs about 90 bytes in the hours that records mostly come from, 8 in those that have passed; in the
changelog and in snapshots it costs 8.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from trunkline.streams.instance import CHUNK

HOUR = 3_600_000_000  # microseconds
FRESH = 6 * HOUR  # for as long after it ended an hour's ids are held for quick changes
MARK = b"\x81\xa4seen"
"""How a packed record of ids begins; see `streams.timers.MARK`."""

Ids = npt.NDArray[np.uint64]
NONE: Ids = np.empty(0, "<u8")


Place = tuple[int, int]
"""Where an id is kept: the hour (since the epoch) in which its record ended, and its hash."""


class Kept(msgspec.Struct):
    """A packed record: ids by hour, 8 bytes each (little-endian)."""

    seen: dict[int, bytes]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Kept).decode


class Hour:
    """The ids of one hour: those that came of late, and the others in order."""

    def __init__(self) -> None:
        self.fresh: set[int] = set()
        self.packed = NONE

    def __len__(self) -> int:
        return len(self.fresh) + len(self.packed)

    def has_packed(self, id: int) -> bool:
        """Whether the id is among the others."""
        wanted = np.uint64(id)
        place = int(self.packed.searchsorted(wanted))
        return place < len(self.packed) and bool(self.packed[place] == wanted)

    def pack(self) -> None:
        """Hold all of them in order."""
        self.packed = np.union1d(self.packed, _array(self.fresh))
        self.fresh = set()


class Seen:
    """The ids of an instance. Like its state, they can be gone back to the last commit."""

    def __init__(self, horizon: int) -> None:
        """`horizon` in microseconds."""
        self.horizon = horizon
        self._hours: dict[int, Hour] = {}
        self._added: list[Place] = []
        self._gone: dict[int, Hour] = {}  # forgotten since the last commit
        self._look_at = 0  # when to look for what can be forgotten or packed: once an hour
        self._looked = False

    def __len__(self) -> int:
        return sum(map(len, self._hours.values()))

    def __contains__(self, place: Place) -> bool:
        number, id = place
        hour = self._hours.get(number)
        return hour is not None and (id in hour.fresh or (hour.packed is not NONE and hour.has_packed(id)))

    def add(self, place: Place) -> None:
        """Remember an id that is not there yet."""
        number, id = place
        hour = self._hours.get(number)
        if hour is None:
            hour = self._hours[number] = Hour()
        hour.fresh.add(id)
        self._added.append(place)

    def forget(self, now: int) -> None:
        """Forget the hours that the horizon has passed when stream time is `now` (microseconds)."""
        if now < self._look_at:
            return
        self._look_at, self._looked = now - now % HOUR + HOUR, True
        for number in [each for each in self._hours if (each + 1) * HOUR + self.horizon <= now]:
            self._gone[number] = self._hours.pop(number)

    def load(self, packed: bytes) -> None:
        """Take back one of `changes` or `chunks`."""
        for number, ids in _decode(packed).seen.items():
            self._hours.setdefault(number, Hour()).fresh.update(np.frombuffer(ids, "<u8").tolist())

    def changes(self) -> list[bytes]:
        """The ids added since the last `done`, packed."""
        added: dict[int, list[int]] = {}
        for number, id in self._added:
            added.setdefault(number, []).append(id)
        return [_encode(Kept({number: _array(ids).tobytes() for number, ids in added.items()}))] if added else []

    def done(self) -> None:
        """The changes are committed. What has become old is packed now, where nothing can go back any more."""
        self._added.clear()
        self._gone.clear()
        if self._looked:
            for number, hour in self._hours.items():
                if hour.fresh and (number + 1) * HOUR + FRESH < self._look_at:
                    hour.pack()
            self._looked = False

    def undo(self) -> None:
        """Go back to what is committed."""
        self._hours.update(self._gone)
        self._look_at = 0  # what was forgotten is here again, and must be once more
        for number, id in self._added:
            self._hours[number].fresh.discard(id)
        self._added.clear()
        self._gone.clear()

    def chunks(self) -> Iterator[bytes]:
        """All of them, packed; see `Instance.chunks`."""
        for number in list(self._hours):
            hour = self._hours.get(number)
            if hour is None:
                continue
            ids = np.union1d(hour.packed, _array(hour.fresh)).astype("<u8")
            for first in range(0, len(ids), CHUNK // 8):
                yield _encode(Kept({number: ids[first : first + CHUNK // 8].tobytes()}))


def place(id: str, ended: int) -> Place:
    """Where the id of a record is kept that ended then (microseconds)."""
    return ended // HOUR, int.from_bytes(blake2b(id.encode(), digest_size=8).digest(), "little")


def _array(ids: Iterable[int]) -> npt.NDArray[Any]:
    return np.fromiter(ids, "<u8")
