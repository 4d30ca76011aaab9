"""An operator's own processors: the files `processors/*.py` of the project folder.

A file is a Python module. Each definition in it (`@processor`, `@columnar`, a window, a join) runs, and each class that
is a `Processor`; names that begin with an underscore are the file's own.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import cast

from trunkline.document import Invalid, Problem
from trunkline.offered import load as load_module
from trunkline.streams.instance import Definition
from trunkline.streams.recorded import Processor, Recorded


def load(folder: Path) -> list[Definition]:
    """The definitions in the files of `folder`. Raises `Invalid` with every file that cannot be imported, and where two
    have the same name."""
    found: list[Definition] = []
    problems: list[Problem] = []
    for file in sorted(folder.glob("*.py")):
        try:
            found += load_file(file)
        except Invalid as invalid:
            problems += invalid.problems
    names = [definition.name for definition in found]
    problems += [
        Problem(str(folder), 1, f"two processors are named {name!r}") for name in set(names) if names.count(name) > 1
    ]
    if problems:
        raise Invalid(problems)
    return found


def load_file(file: Path) -> list[Definition]:
    """The definitions in one file. Raises `Invalid`."""
    return list(_definitions(_module(file)))


def check(folder: Path, topics: set[str]) -> list[Problem]:
    """What is wrong with the operator's own processors; `topics` are those that have a contract."""
    try:
        found = load(folder)
    except Invalid as invalid:
        return invalid.problems
    return [
        Problem(str(folder), 1, f"the processor {definition.name} reads {topic!r}, which has no contract")
        for definition in found
        for topic in definition.reads
        if topic not in topics
    ]


def _definitions(module: ModuleType) -> Iterator[Definition]:
    for name, value in vars(module).items():
        if name.startswith("_"):
            continue
        if inspect.isclass(value):
            if value.__module__ == module.__name__ and hasattr(value, "process") and hasattr(value, "restore"):
                yield Recorded(cast(type[Processor], value))
        elif isinstance(value, Definition):
            yield value


def _module(file: Path) -> ModuleType:
    try:
        return load_module(file, f"trunkline_project_processors_{file.stem}")
    except Exception as error:
        here = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        line = (here[-1].lineno if here else getattr(error, "lineno", None)) or 1
        raise Invalid([Problem(str(file), line, f"{type(error).__name__}: {error}")]) from error
