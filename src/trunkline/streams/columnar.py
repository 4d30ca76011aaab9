"""A processor that is a function over a batch in columns, where a call for each event would cost too much.

    @columnar(reads="usage", event=Usage, state={"events": np.int64, "octets": np.int64}, writes=("usage.total",))
    def totals(state: Columns, batch: Batch, out: Outputs) -> None:
        rows = state.rows(batch.keys)
        state.add("events", rows, 1)
        running = state.add("octets", rows, batch["octets"])
        out.send_columns("usage.total", batch.keys, [b'{"octets":%d}' % total for total in running.tolist()])

What it makes must not depend on how the events are cut into batches: `Columns.add` gives the sum right after each
event, also where a key comes several times in a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, groupby
from operator import attrgetter
from typing import Any, NamedTuple, NoReturn

import msgspec
import numpy as np
from msgspec import inspect
from numpy.typing import DTypeLike

from trunkline.log.port import LogError, RecordBatch
from trunkline.streams.columns import Array, Columns, Keyless
from trunkline.streams.handlers import decode_reason
from trunkline.streams.instance import Poison
from trunkline.streams.keyed import topics
from trunkline.streams.outputs import Outputs

Function = Callable[[Columns, "Batch", Outputs], None]
DTYPES = {inspect.IntType: np.int64, inspect.FloatType: np.float64, inspect.BoolType: np.bool_}


class Refused(Exception):
    """The event at `index` of a batch cannot be taken (see `Batch.refuse`)."""

    def __init__(self, index: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.index, self.reason = index, reason


def columnar(
    *,
    reads: str | Sequence[str],
    state: Mapping[str, DTypeLike],
    event: type[msgspec.Struct] | None = None,
    writes: Sequence[str] = (),
    name: str = "",
    whole: bool = False,
) -> Callable[[Function], Columnar]:
    """Make a processor of a function `(state, batch, out)` that is called with events of one topic, some thousands.

    `state` names the columns of the state and what their values are; a new key has zeros. `event` is what events are
    decoded to from JSON: give it the fields that are used and no others. An event that cannot be decoded goes to the
    quarantine, a tombstone is passed over; without `event` the batch has the values as they are, tombstones too.
    Raises `TypeError` where a column would hold objects.
    """
    for column, dtype in state.items():
        if np.dtype(dtype).hasobject:
            raise TypeError(f"the column {column!r} would hold objects, which cannot be kept: give it a number's dtype")

    def make(function: Function) -> Columnar:
        return Columnar(function, topics(reads), dict(state), event, tuple(writes), name or function.__name__, whole)

    return make


class Columnar(NamedTuple):
    """The definition that `columnar` makes."""

    function: Function
    reads: tuple[str, ...]
    state: Mapping[str, DTypeLike]
    event: type[msgspec.Struct] | None
    writes: tuple[str, ...]
    name: str
    whole: bool

    def instance(self) -> ColumnarInstance:
        """A new instance, without state."""
        return ColumnarInstance(self)


class Event:
    """What events are decoded to, and of what dtype the arrays of its fields are."""

    def __init__(self, type: type[msgspec.Struct]) -> None:
        self.decode = msgspec.json.Decoder(type).decode
        info = inspect.type_info(type)
        self.dtypes = {field.name: DTYPES.get(field.type.__class__) for field in getattr(info, "fields", ())}


class Batch:
    """Events of one topic, in order, as columns."""

    def __init__(self, runs: Sequence[RecordBatch], event: Event | None) -> None:
        self.topic = runs[0].topic
        self._runs = runs
        self._places: list[int] | None = None  # where the events stand among the records, if some are left out
        self._dtypes = event.dtypes if event else {}
        self._fields: dict[str, Array | list[Any]] = {}
        self.wrong: tuple[int, Exception] | None = None
        """Where among the records one could not be decoded, and why; the batch ends before it."""
        self.events: list[Any] = self._decoded(event) if event else []
        """As they were decoded; nothing where the processor has no `event`."""
        self.keys: list[bytes | None] = self._column("keys")
        """The records' keys."""

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, field: str) -> Any:
        """A field of the events: an array of np.int64, np.float64 or np.bool_ where it is a number or a bool, otherwise
        a list."""
        found = self._fields.get(field)
        if found is None:
            values, dtype = map(attrgetter(field), self.events), self._dtypes[field]
            found = self._fields[field] = list(values) if dtype is None else self._array(field, values, dtype)
        return found

    @property
    def values(self) -> list[bytes | None]:
        """The records' values, as they are."""
        return self._column("values")

    @property
    def times(self) -> Array:
        """The records' times, in microseconds."""
        return np.array(self._column("times"), np.int64)

    def refuse(self, index: int, reason: str, message: str) -> NoReturn:
        """Put the event at `index` into the quarantine, with a short code and a sentence. The batch is worked on again
        without it."""
        raise Refused(index, reason, message)

    def place(self, index: int) -> int:
        """Where an event stands among the records."""
        return index if self._places is None else self._places[index]

    def _decoded(self, event: Event) -> list[Any]:
        try:
            return list(map(event.decode, self._column("values")))
        except Exception:  # of a tombstone, or of an event that is found here
            events, places = [], []
            for index, value in enumerate(self._column("values")):
                if value is None:
                    continue
                try:
                    events.append(event.decode(value))
                except Exception as error:
                    self.wrong = index, error
                    break
                places.append(index)
            self._places = places
            return events

    def _column(self, name: str) -> list[Any]:
        runs = self._runs
        every = (
            getattr(runs[0], name) if len(runs) == 1 else list(chain.from_iterable(getattr(run, name) for run in runs))
        )
        return every if self._places is None else [every[place] for place in self._places]

    def _array(self, field: str, values: Iterator[Any], dtype: DTypeLike) -> Array:
        try:
            return np.fromiter(values, dtype, len(self.events))
        except OverflowError:
            every = enumerate(map(attrgetter(field), self.events))
            index, value = next((index, value) for index, value in every if not -(1 << 63) <= value < 1 << 63)
            self.refuse(index, "event.range", f"{field} is {value}, which does not fit into 64 bits")


class ColumnarInstance:
    """One partition's share of a `Columnar`."""

    def __init__(self, definition: Columnar) -> None:
        self._name, self._function, self._writes = definition.name, definition.function, definition.writes
        self._event = Event(definition.event) if definition.event else None
        self._columns = Columns(definition.state)
        self.load, self.changes, self.chunks = self._columns.load, self._columns.changes, self._columns.chunks
        self.done, self.undo = self._columns.done, self._columns.undo

    def __len__(self) -> int:
        return len(self._columns)

    def work(self, batches: Sequence[RecordBatch], out: Outputs) -> None:
        """See `Instance.work`. Batches of one topic that follow each other are one to the function."""
        first = 0
        for _, its in groupby(batches, key=attrgetter("topic")):
            runs = list(its)
            self._work_on(runs, first, out)
            first += len(runs)

    def tick(self, now: int, out: Outputs) -> None:
        """Time by the clock means nothing here."""

    def _work_on(self, runs: list[RecordBatch], first: int, out: Outputs) -> None:
        batch = Batch(runs, self._event)
        known = set(out.topics)
        try:
            if len(batch):
                self._function(self._columns, batch, out)
        except (Keyless, Refused) as error:
            reason = error.reason if isinstance(error, Refused) else "event.key"
            raise poison(runs, first, batch.place(error.index), "processor", reason, error) from error
        self._check(out, known)
        if batch.wrong is not None:
            # All before it has been worked on, it has left nothing: the work can go on right behind it.
            index, wrong = batch.wrong
            raise poison(runs, first, index, "decode", decode_reason(wrong), wrong, clean=True) from wrong

    def _check(self, out: Outputs, known: set[str]) -> None:
        """Raises `LogError`, which stops the processor, for what it must not send."""
        if undeclared := out.topics.keys() - known - set(self._writes):
            raise LogError(f"{self._name} sends to {', '.join(undeclared)}: add that to its writes")
        for topic in self._writes:
            if topic in out.topics and len(out.topics[topic].keys) != len(out.topics[topic].values):
                raise LogError(f"{self._name} sends columns of different lengths to {topic}")


def poison(
    runs: Sequence[RecordBatch], first: int, index: int, stage: str, reason: str, error: Exception, clean: bool = False
) -> Poison:
    """The record at `index` of all the runs is to blame; the first of them is number `first` in the work."""
    for number, run in enumerate(runs, first):
        if index < len(run):
            return Poison(number, index, stage=stage, reason=reason, message=str(error), clean=clean)
        index -= len(run)
    raise IndexError(f"there is no event {index} behind the end of the batch")
