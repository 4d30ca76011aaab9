"""Envoy's files, each replaced in one step: a reader sees the old one or the new one, whole."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec

Json = dict[str, Any]


def resources(found: Iterable[Json | msgspec.Raw]) -> bytes:
    """A file as Envoy reads it: a DiscoveryResponse with the resources."""
    return msgspec.json.encode({"resources": list(found)})


def replace(path: Path, content: bytes, *, durable: bool = True) -> bool:
    """Put `content` in the place of `path`, readable by its owner alone. False where it is there already."""
    if path.exists() and path.read_bytes() == content:
        return False
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:  # noqa: PTH123
        file.write(content)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    beside.replace(path)
    return True


def read(path: Path) -> list[Json]:
    """The resources of a file; [] where there is none."""
    try:
        found: list[Json] = msgspec.json.decode(path.read_bytes())["resources"]
    except FileNotFoundError:
        return []
    return found
