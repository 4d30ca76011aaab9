"""YAML documents of the operator's folder, with the line of every value, so that each error says where it stands.

The YAML is 1.2's core schema (`yes`, `12:30` and `2026-01-01` are text), made smaller for safety: no anchors, aliases,
tags or repeated keys, one document a file, at most 1 MiB and 50 levels. Keys are always text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import msgspec
import yaml

from trunkline.faults import Fault, Place, faults

MAX_BYTES: Final = 1 << 20
MAX_DEPTH: Final = 50

T = TypeVar("T")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # only its event parser is used; C is 10 times as fast
_INTEGER = re.compile(r"[-+]?[0-9]{1,100}|0x[0-9a-fA-F]{1,100}|0o[0-7]{1,100}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_WORDS: Final[dict[str, bool | None]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to put right in the operator's folder. Its text is `file:line: reason`; lines count from 1."""

    file: str
    line: int
    reason: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.reason}"


class Invalid(Exception):
    """Files that cannot be used as they are; `problems` names everything found, not only the first."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems
        super().__init__("\n".join(map(str, problems)))


class Document:
    """A YAML file's content as plain Python in `data`, and the line of each value in it."""

    def __init__(self, path: Path | str, text: str) -> None:
        """Parse `text`, which stands (or stood) in the file `path`. Raises `Invalid` with the line of the error."""
        self.path = str(path)
        self.text = text
        self._lines: dict[Place, int] = {(): 1}
        self.data = self._parse(text)

    @classmethod
    def load(cls, path: Path | str) -> Document:
        """Read the file `path`. Raises `Invalid` where it cannot be read, is too large, or is not the YAML we take."""
        try:
            with Path(path).open("rb") as file:
                raw = file.read(MAX_BYTES + 1)
            text = raw.decode("utf-8")
        except OSError as error:
            raise Invalid([Problem(str(path), 1, f"cannot be read: {error.strerror}")]) from error
        except UnicodeDecodeError as error:
            line = raw.count(b"\n", 0, error.start) + 1
            raise Invalid([Problem(str(path), line, "is not UTF-8 text: save the file as UTF-8")]) from error
        return cls(path, text)

    def line(self, place: Place = ()) -> int:
        """The line of the value at `place` (of its key, in a mapping), or of the nearest place above it."""
        while place not in self._lines:
            place = place[:-1]
        return self._lines[place]

    def problem(self, place: Place, reason: str) -> Problem:
        """A problem with the value at `place`."""
        return Problem(self.path, self.line(place), reason)

    def into(self, kind: type[T], at: Place = ()) -> T:
        """The value at `at` as `kind`, a msgspec Struct as a rule.

        Raises `Invalid` naming every unknown key, missing key and wrong type with its line. Keys that a Struct does
        not declare are always refused, because a misspelt setting must not be ignored in silence.
        """
        value = self.data
        for step in at:
            value = value[step]
        if found := faults(kind, value, closed=True):
            located = [Fault((*at, *fault.place), fault.reason) for fault in found]
            raise Invalid([self.problem(fault.place, _sentence(fault)) for fault in located])
        return msgspec.convert(value, kind, str_keys=True)

    def _parse(self, text: str) -> Any:
        if len(text.encode()) > MAX_BYTES:
            raise Invalid([Problem(self.path, 1, f"is larger than {MAX_BYTES} bytes")])
        try:
            return self._build(yaml.parse(text, Loader=_Loader))
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            reason = ", ".join(part for part in (error.context, error.problem) if part)
            if "nesting depth" in reason:  # libyaml has a limit of its own, which it reaches before it gives an event
                raise self._refused(mark.line + 1 if mark else 1, f"is nested deeper than {MAX_DEPTH} levels") from None
            raise Invalid([Problem(self.path, mark.line + 1 if mark else 1, f"is not YAML: {reason}")]) from error
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            raise Invalid([Problem(self.path, line, f"is not YAML: {error.reason}")]) from error

    def _build(self, events: Any) -> Any:
        """Put the values together from the parser's events. A loop, not a recursion, so depth cannot hurt."""
        top: list[Any] = []
        open_: list[_Open] = [_Open(top, ())]
        for event in events:
            line = event.start_mark.line + 1
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise self._refused(line, "anchors and aliases are not taken: write the value out")
            if getattr(event, "tag", None):
                raise self._refused(line, f"the tag {event.tag} is not taken: quote the value if it is to be text")
            if isinstance(event, yaml.DocumentStartEvent) and top:
                raise self._refused(line, "a second document begins here: write one document a file")
            if isinstance(event, yaml.ScalarEvent):
                parent = open_[-1]
                if parent.awaits_key:
                    if event.value in parent.value:
                        raise self._refused(line, f"`{event.value}` is given twice")
                    parent.key = event.value
                    self._lines[(*parent.place, event.value)] = line
                else:
                    self._lines.setdefault(parent.next_place(), line)
                    parent.put(_scalar(event) if event.implicit[0] else event.value)
            elif isinstance(event, yaml.CollectionStartEvent):
                parent = open_[-1]
                if parent.awaits_key:
                    raise self._refused(line, "a key must be text")
                if len(open_) > MAX_DEPTH:
                    raise self._refused(line, f"is nested deeper than {MAX_DEPTH} levels")
                place = parent.next_place() if len(open_) > 1 else ()
                self._lines.setdefault(place, line)
                child = _Open({} if isinstance(event, yaml.MappingStartEvent) else [], place)
                parent.put(child.value)
                open_.append(child)
            elif isinstance(event, yaml.CollectionEndEvent):
                open_.pop()
        return top[0] if top else None

    def _refused(self, line: int, reason: str) -> Invalid:
        return Invalid([Problem(self.path, line, reason)])


class _Open:
    """A mapping or a sequence that is still being read."""

    def __init__(self, value: Any, place: Place) -> None:
        self.value, self.place = value, place
        self.key: str | None = None

    @property
    def awaits_key(self) -> bool:
        return self.key is None and isinstance(self.value, dict)

    def next_place(self) -> Place:
        return (*self.place, len(self.value) if self.key is None else self.key)

    def put(self, value: Any) -> None:
        if self.key is None:
            self.value.append(value)
        else:
            self.value[self.key] = value
            self.key = None


def _scalar(event: Any) -> Any:
    """The value of a plain (unquoted) scalar by YAML 1.2's core schema (clause 10.3.2), without .inf and .nan."""
    text: str = event.value
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0x", "0o") else int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _sentence(fault: Fault) -> str:
    if not fault.place:
        return fault.reason
    name = fault.place[-1]
    subject = f"item {name + 1}" if isinstance(name, int) else f"`{name}`"
    return f"{subject} {fault.reason}" if fault.reason.startswith("is ") else f"{subject}: {fault.reason}"
