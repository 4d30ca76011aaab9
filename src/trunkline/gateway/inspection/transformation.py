"""Changes of JSON bodies, said by what is done where: nothing in them is a program.

A place is a JSON pointer (RFC 6901); the step `*` in it is each element of a list. What is not there is passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from trunkline.gateway.inspection.finding import steps

Place = Annotated[str, Meta(pattern=r"^(/([^/~]|~[01])*)+$", max_length=500)]
EACH: Final = "*"


class Step(msgspec.Struct, frozen=True, kw_only=True, tag_field="do", forbid_unknown_fields=True):
    """One thing that is done."""

    def apply(self, body: Any) -> None:
        raise NotImplementedError

    def reads(self) -> str:
        """The place that it looks at; "" where it looks at none."""
        return ""

    def writes(self) -> str:
        """The place that there is something at afterwards; "" where it takes away only."""
        return ""

    def is_sound(self) -> bool:
        """Whether it can be done."""
        return True


class Set(Step, frozen=True, kw_only=True, tag="set"):
    """Put `value` at `at`, whether or not something is there."""

    at: Place
    value: Any

    def apply(self, body: Any) -> None:
        for holder, name in _holders(body, steps(self.at), make=True):
            holder[name] = deepcopy(self.value)

    def writes(self) -> str:
        return self.at


class Default(Step, frozen=True, kw_only=True, tag="default"):
    """Put `value` at `at` where nothing is there."""

    at: Place
    value: Any

    def apply(self, body: Any) -> None:
        for holder, name in _holders(body, steps(self.at), make=True):
            if isinstance(holder, dict) and name not in holder:
                holder[name] = deepcopy(self.value)

    def writes(self) -> str:
        return self.at


class Remove(Step, frozen=True, kw_only=True, tag="remove"):
    """Take away what is at `at`."""

    at: Place

    def apply(self, body: Any) -> None:
        for holder, name in reversed(list(_holders(body, steps(self.at)))):
            if isinstance(holder, list) or name in holder:
                del holder[name]

    def reads(self) -> str:
        return self.at


class Rename(Step, frozen=True, kw_only=True, tag="rename"):
    """Call the member at `at` by the name `to`; it takes the place of a member that is called so."""

    at: Place
    to: Annotated[str, Meta(min_length=1, max_length=200)]

    def apply(self, body: Any) -> None:
        for holder, name in list(_holders(body, steps(self.at))):
            if isinstance(holder, dict) and name in holder:
                holder[self.to] = holder.pop(name)

    def reads(self) -> str:
        return self.at

    def writes(self) -> str:
        holder, _, _ = self.at.rpartition("/")
        return f"{holder}/{self.to.replace('~', '~0').replace('/', '~1')}"


class Move(Step, frozen=True, kw_only=True, tag="move", rename={"from_": "from"}):
    """Take what is at `from_` (in files: `from`) and put it at `to`."""

    from_: Place
    to: Place

    def apply(self, body: Any) -> None:
        for holder, name in list(_holders(body, steps(self.from_))):
            if isinstance(holder, dict) and name in holder:
                value = holder.pop(name)
                for target, last in _holders(body, steps(self.to), make=True):
                    target[last] = value

    def reads(self) -> str:
        return self.from_

    def writes(self) -> str:
        return self.to

    def is_sound(self) -> bool:
        """One value goes to one place, and not into itself."""
        return EACH not in (*steps(self.from_), *steps(self.to)) and not f"{self.to}/".startswith(f"{self.from_}/")


Steps = Annotated[tuple[Set | Default | Remove | Rename | Move, ...], Meta(max_length=100)]


def transform(body: Any, changes: Sequence[Step]) -> None:
    """Do one step after the other, in the body itself."""
    for change in changes:
        change.apply(body)


def _holders(body: Any, path: Sequence[str], *, make: bool = False) -> Iterator[tuple[Any, Any]]:
    """The objects and lists that hold what a place leads to, with its name or number in them. With `make`, objects on
    the way that are not there are made."""
    *way, last = path
    here = [body]
    for step in way:
        further = []
        for holder in here:
            for name in _names(holder, step):
                if make and isinstance(holder, dict) and name not in holder:
                    holder[name] = {}
                if isinstance(holder, list) or name in holder:
                    further.append(holder[name])
        here = further
    for holder in here:
        for name in _names(holder, last):
            yield holder, name


def _names(holder: Any, step: str) -> Sequence[Any]:
    """What a step leads to in an object (there or not) or a list (there)."""
    if isinstance(holder, dict):
        return (step,)
    if not isinstance(holder, list):
        return ()
    if step == EACH:
        return range(len(holder))
    return (int(step),) if step.isdecimal() and int(step) < len(holder) else ()
