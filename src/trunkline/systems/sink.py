"""The shape of a way out (`directory`, `sql`, `http`): it hands what topics hold to an outside system.

A sink is a folder here, or in the operator's own `systems/`, whose `__init__.py` says
`SINK = Sink(name="sql", settings=SqlSettings, open=open_target)`. `connect` runs one for each declared one, reads the
topics in a group of its own, and commits there how far it has come once the system has the records.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, Protocol

import msgspec

from trunkline.log.port import Record, TopicPartition
from trunkline.protection import Unprotected
from trunkline.systems.reach import Status


class SinkSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every way out declares in `systems/<name>.yaml`; each sink adds its own fields in a subclass
    (`frozen=True, kw_only=True`).

    What has come is handed over as soon as it is `records` records or `bytes` bytes of one partition, or the first of
    it has waited for `seconds`. `begin` says where a new sink starts: with all that the topics hold, or with what comes
    from then on.
    """

    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    sink: str
    topics: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)]
    begin: Literal["oldest", "newest"] = "oldest"
    records: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1_000
    bytes: Annotated[int, msgspec.Meta(ge=1, le=256 << 20)] = 4 << 20
    seconds: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 0.2

    def __post_init__(self) -> None:
        if len(set(self.topics)) < len(self.topics):
            raise ValueError("`topics` names a topic twice")

    def unprotected(self) -> Iterable[Unprotected]:
        """As that of `reach.Settings`."""
        return ()


class Portion(NamedTuple):
    """Records of one partition, one after the other as they lie in it, at `offsets`.

    `first` is where the sink stood before: the first record's offset, or in a gap before it. A record that was put back
    from the quarantine names another place, where it lay at first.
    """

    place: TopicPartition
    first: int
    offsets: Sequence[int]
    records: Sequence[Record]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The system takes all before the record at `index` of a portion, and refuses this one for what it is.

    `reason` is a short stable code (`row.refused`), `message` the sentence for the person who must act.
    """

    index: int
    reason: str
    message: str


class Down(Exception):
    """The system cannot be reached, or takes nothing now: the sink waits and tries again; the text says why.

    `taken` records of the portion have got there all the same. `pause` is how long the system asks to be left alone, in
    seconds.
    """

    def __init__(self, reason: str, *, taken: int = 0, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.taken, self.pause = taken, pause


class Overtaken(Exception):
    """Another process of the same sink has written what this one was about to: this one must look where it stands."""


class Target(Protocol):
    """An open way into a system, used by one thread. After `Down` it is closed, and another is opened in its stead."""

    def hold(self, places: Set[TopicPartition]) -> Mapping[TopicPartition, int]:
        """These partitions are written from now on, and no others any more.

        Returns the next offset of each for which the system itself keeps one, with the data. Raises `Down`.
        """

    def write(self, portion: Portion) -> Refusal | None:
        """Hand records over; when it returns, the system has them (those before a refused one) durably.

        The same records may come again after a crash. Raises `Down`, or `Overtaken`.
        """

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class SinkContext:
    """What a sink is given. `project` is the operator's folder, to which relative paths in settings refer, and `data`
    the platform's own. `secret` turns a `Secret` setting into its value and raises `ValueError` with what to do where
    it is not there."""

    name: str
    status: Status
    project: Path
    data: Path
    secret: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Sink:
    """A way out. `open` reaches the system and checks that it can take what will come; it raises `Down`, or
    `ValueError` with what to put right."""

    name: str
    settings: type[SinkSettings]
    open: Callable[[Any, SinkContext], Target]
