"""State by key in columns: one row a key, one numpy array a value.

Whoever has got the rows of keys may change them: what they held is kept until the commit. Packed, some rows are their
keys and the bytes of each column.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, cast

import msgspec
import numpy as np
from numpy.typing import DTypeLike, NDArray

from trunkline.streams.instance import CHUNK
from trunkline.streams.state import pack

Array = NDArray[Any]
Rows = NDArray[np.int64]
FIRST = 1_024  # rows to begin with
MOST = 10_000  # removed keys in a record


class Keyless(Exception):
    """There is no key at `index`."""

    def __init__(self, index: int) -> None:
        super().__init__("it has no key, by which its state would be found")
        self.index = index


class Packed(msgspec.Struct, gc=False):
    """Some rows: their keys, and each column's dtype and bytes, the first of every value, then the second of every one,
    and so on: numbers that are alike compress in half the time like that. `removed` are keys that are no more."""

    keys: list[bytes] = []
    columns: dict[str, tuple[str, bytes]] = {}
    removed: list[bytes] = []

    @classmethod
    def of(cls, keys: list[bytes], columns: Mapping[str, Array]) -> Packed:
        """One row for each key."""
        packed = {
            name: (values.dtype.str, values.view(np.uint8).reshape(len(keys), -1).T.tobytes())
            for name, values in columns.items()
        }
        return cls(keys, packed)

    def arrays(self) -> dict[str, Array]:
        """The columns."""
        return {name: self._array(np.dtype(dtype), data) for name, (dtype, data) in self.columns.items()}

    def _array(self, dtype: np.dtype[Any], data: bytes) -> Array:
        columns = np.frombuffer(data, np.uint8).reshape(dtype.itemsize, len(self.keys))
        return np.ascontiguousarray(columns.T).view(dtype).reshape(-1)


_decode = msgspec.msgpack.Decoder(Packed).decode


class Grouping(NamedTuple):
    """Places sorted by their row: those of one row lie together, in order."""

    rows: Rows
    """What was grouped: the row of each place."""
    order: Rows
    """The places, sorted."""
    each: Rows
    """Each row once."""
    firsts: Rows
    lasts: Rows
    """Where in `order` the places of each row begin and end."""

    @classmethod
    def of(cls, rows: Rows) -> Grouping:
        bits = len(rows).bit_length()
        ordered = np.sort((rows << bits) | np.arange(len(rows)))  # much faster than a stable argsort
        order, row = ordered & ((1 << bits) - 1), ordered >> bits
        firsts = np.flatnonzero(np.diff(row, prepend=-1))
        lasts = np.append(firsts[1:], len(row)) - 1 if len(row) else firsts
        return cls(rows, order, row[firsts], firsts, lasts)


class Index(dict[bytes, int]):
    """The row of each key. A key that is looked up and has none gets one."""

    def __init__(self) -> None:
        self.keys_by_row: list[bytes | None] = []
        self.free: list[int] = []
        self.new: dict[bytes, int] = {}
        """Those that have got one since the last commit."""

    def __missing__(self, key: bytes) -> int:
        if not isinstance(key, bytes):
            raise TypeError(f"a key must be bytes, and is {key!r}")
        row = self.free.pop() if self.free else len(self.keys_by_row)
        if row == len(self.keys_by_row):
            self.keys_by_row.append(key)
        self.keys_by_row[row] = key
        self[key] = self.new[key] = row
        return row


class Columns:
    """The state of a columnar processor. A new key has zeros."""

    def __init__(self, types: Mapping[str, DTypeLike]) -> None:
        self._columns: dict[str, Array] = {name: np.zeros(FIRST, dtype) for name, dtype in types.items()}
        self._index = Index()
        self._commit = 1
        self._touched_by = np.zeros(FIRST, np.int64)  # the commit that touched a row last
        self._before: list[tuple[Rows, dict[str, Array]]] = []
        self._removed: dict[bytes, int] = {}
        self._grouping = Grouping.of(np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self._index)

    def __getitem__(self, name: str) -> Array:
        """A column. Take it after `rows`, which may replace it by a larger one, and change no rows but those."""
        return self._columns[name]

    def rows(self, keys: Sequence[bytes | None]) -> Rows:
        """The row of each key; a key that had none gets one. Raises `Keyless`."""
        look = self._index.__getitem__
        try:
            rows: Rows = np.fromiter(map(look, keys), np.int64, len(keys))  # type: ignore[arg-type]  # None raises
        except TypeError:
            if None in keys:
                raise Keyless(keys.index(None)) from None
            raise
        finally:
            self._grow()
        rows.flags.writeable = False  # their grouping is kept
        self._grouping = Grouping.of(rows)
        self._remember(self._grouping.each)
        return rows

    def add(self, name: str, rows: Rows, values: Array | int | float) -> Array:
        """Add a value to the row of each place, in order, and return what each sum was then: the running totals.

        For columns of np.int64 and np.float64. Raises `OverflowError` where a sum does not fit.
        """
        column = self._columns[name]
        added = np.broadcast_to(np.asarray(values, column.dtype), rows.shape)
        if column.dtype == np.int64:
            grouping = self._grouping if rows is self._grouping.rows else Grouping.of(rows)
            return _add_integers(column, grouping, added)
        if column.dtype == np.float64:
            return _add_floats(column, rows, added)
        raise TypeError(f"the column {name!r} is {column.dtype}: sums are kept in np.int64 or np.float64")

    def remove(self, keys: Sequence[bytes]) -> None:
        """Forget keys. Their rows are not theirs any more."""
        for key in keys:
            row = self._index.pop(key, None)
            if row is None:
                continue
            if self._index.new.pop(key, None) is None:
                self._removed[key] = row
            else:
                self._let_go(row)

    # What the engine does with it

    def load(self, packed: bytes) -> None:
        """Take back what was packed."""
        its = _decode(packed)
        index = self._index
        fresh = [key for key in its.keys if key not in index]
        index.update(zip(fresh, range(len(index.keys_by_row), len(index.keys_by_row) + len(fresh)), strict=True))
        index.keys_by_row += fresh
        self._grow()
        rows = np.fromiter(map(index.__getitem__, its.keys), np.int64, len(its.keys))
        for name, values in its.arrays().items():
            if name in self._columns:
                self._columns[name][rows] = values
        for key in its.removed:
            row = index.pop(key, None)
            if row is not None:
                self._let_go(row)

    def changes(self) -> list[bytes]:
        """What has changed since the last `done`, packed."""
        touched = [rows for rows, _ in self._before]
        packed = list(self._pack(np.concatenate(touched))) if touched else []
        gone = iter([key for key in self._removed if key not in self._index])
        while keys := list(islice(gone, MOST)):
            packed.append(pack(Packed(removed=keys)))
        return packed

    def done(self) -> None:
        """The changes are committed."""
        for row in self._removed.values():
            self._let_go(row)
        self._next_commit()

    def undo(self) -> None:
        """Go back to what is committed."""
        for rows, before in self._before:
            for name, values in before.items():
                self._columns[name][rows] = values
        for key, row in self._index.new.items():
            del self._index[key]
            self._let_go(row)
        self._index.update(self._removed)
        self._next_commit()

    def chunks(self) -> Iterator[bytes]:
        """All state, packed; see `Instance.chunks`."""
        rows = np.fromiter(self._index.values(), np.int64, len(self._index))
        first, count = 0, FIRST
        while first < len(rows):
            chunks = list(self._pack(rows[first : first + count]))
            yield from chunks
            first += count
            count = max(1, min(8 * count, count * CHUNK // max(1, sum(map(len, chunks)))))

    def _pack(self, rows: Rows) -> Iterator[bytes]:
        """Rows in records of about `CHUNK` bytes; those that are nobody's are left out."""
        places, owners, index = rows.tolist(), self._index.keys_by_row, self._index
        keys = [owners[row] for row in places]
        if self._removed or index.free:
            mine = [key is not None and index.get(key) == row for key, row in zip(keys, places, strict=True)]
            rows, keys = rows[mine], [key for key, its in zip(keys, mine, strict=True) if its]
        if not keys:
            return
        columns = {name: column[rows] for name, column in self._columns.items()}
        packed = pack(Packed.of(cast(list[bytes], keys), columns))
        if len(packed) <= CHUNK or len(keys) == 1:
            yield packed
            return
        for part in np.array_split(rows, len(packed) // CHUNK + 1):
            yield from self._pack(part)

    def _remember(self, once: Rows) -> None:
        """Keep what those of the rows hold that this commit has not touched before."""
        fresh = once[self._touched_by[once] != self._commit]
        if len(fresh):
            self._touched_by[fresh] = self._commit
            self._before.append((fresh, {name: column[fresh] for name, column in self._columns.items()}))

    def _grow(self) -> None:
        needed, size = len(self._index.keys_by_row), len(self._touched_by)
        if needed <= size:
            return
        size = max(needed, 2 * size)
        self._touched_by = _longer(self._touched_by, size)
        self._columns = {name: _longer(column, size) for name, column in self._columns.items()}

    def _let_go(self, row: int) -> None:
        """The row is free for another key."""
        for column in self._columns.values():
            column[row] = 0
        self._index.keys_by_row[row] = None
        self._index.free.append(row)

    def _next_commit(self) -> None:
        self._before.clear()
        self._removed.clear()
        self._index.new.clear()
        self._commit += 1


def _longer(column: Array, size: int) -> Array:
    longer = np.zeros(size, column.dtype)
    longer[: len(column)] = column
    return longer


def _add_integers(column: Array, grouping: Grouping, added: Array) -> Array:
    """One running sum over all places sorted by row, less what it was where the row began. What does not fit wraps in
    between, and cancels out; a row's own sum that does not fit is found by its sign."""
    _, order, each, firsts, lasts = grouping
    values = added[order]
    sums = np.cumsum(values)
    begin = column[each] - (sums[firsts] - values[firsts])
    sums += np.repeat(begin, lasts - firsts + 1)
    before = sums - values
    if (((before ^ sums) & (values ^ sums)) < 0).any():
        raise OverflowError("a sum does not fit into 64 bits")
    column[each] = sums[lasts]
    running = np.empty_like(sums)
    running[order] = sums
    return running


def _add_floats(column: Array, rows: Rows, added: Array) -> Array:
    """One after the other: sums of floats depend on their order, and must not on how events are cut into batches."""
    places = rows.tolist()
    sums = dict(zip(places, column[rows].tolist(), strict=True))
    running = []
    for row, value in zip(places, added.tolist(), strict=True):
        sums[row] = total = sums[row] + value
        running.append(total)
    column[rows] = [sums[row] for row in places]
    return np.array(running, column.dtype)
