"""The folder that manifests are written to: one YAML file for the gateway, one for the upstreams, one for each API."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

Json = dict[str, Any]
HEADER: Final = "# Written by `trunkline gateway manifests`: change apis/, not this.\n"


class _Plain(yaml.SafeDumper):
    """Writes out twice what is there twice."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def text(manifests: list[Json]) -> str:
    """The manifests as one YAML stream."""
    documents = yaml.dump_all(
        manifests, Dumper=_Plain, sort_keys=False, explicit_start=True, width=120, allow_unicode=True
    )
    return HEADER + str(documents)


def write(folder: Path, files: Mapping[str, list[Json]]) -> None:
    """Write the files, and remove those of before that are no more. Files of others are left alone, and in the way:
    raises `FileExistsError` naming the one that would be written over."""
    folder.mkdir(parents=True, exist_ok=True)
    ours = {path.name for path in folder.glob("*.yaml") if _is_ours(path)}
    for name in files:
        if (folder / name).exists() and name not in ours:
            raise FileExistsError(f"{folder / name} was not written by this command: name another folder")
    for name, manifests in files.items():
        beside = folder / f"{name}.new"
        beside.write_text(text(manifests), encoding="utf-8")
        beside.replace(folder / name)
    for name in ours - set(files):
        (folder / name).unlink()


def _is_ours(path: Path) -> bool:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.readline() == HEADER
