"""The operator's folder `apis/`: `gateway.yaml`, and for each API a folder with `openapi.yaml` and `policies.yaml`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from trunkline.document import Document, Invalid, Problem
from trunkline.gateway import openapi
from trunkline.gateway.declaration import NAME, ApiPolicies, Gateway
from trunkline.gateway.lint import lint
from trunkline.gateway.openapi import OpenApi

FOLDER: Final = "apis"
GATEWAY: Final = "gateway.yaml"
OPENAPI: Final = "openapi.yaml"
POLICIES: Final = "policies.yaml"
T = TypeVar("T")
Stamp = tuple[tuple[int, int, int], ...]
"""Changes with files, and costs less than to read them."""


@dataclass(frozen=True)
class Api:
    """One API: its name is its folder's."""

    name: str
    openapi: OpenApi
    policies: ApiPolicies
    openapi_file: Document
    policies_file: Document
    stamp: Stamp

    @property
    def upstream(self) -> str:
        return self.policies.upstream


@dataclass(frozen=True)
class Apis:
    """All that is declared, with the files that it stands in."""

    gateway: Gateway
    gateway_file: Document
    apis: tuple[Api, ...]
    stamp: Stamp


def is_declared(folder: Path) -> bool:
    """Whether the operator has a gateway."""
    return (folder / GATEWAY).exists()


def load(folder: Path, before: Apis | None = None) -> Apis:
    """Everything of the folder `apis/`. What has not changed since `before` is not read again. Raises `Invalid` naming
    all that is wrong in the files by themselves; what does not fit together is found by `checks`."""
    problems: list[Problem] = []
    known = {api.name: api for api in before.apis} if before else {}
    now = stamp(folder / GATEWAY)
    gateway = (
        (before.gateway_file, before.gateway)
        if before and before.stamp == now
        else _file(folder / GATEWAY, Gateway, problems)
    )
    folders = sorted(path for path in folder.iterdir() if path.is_dir())
    apis = [api for path in folders if (api := _api(path, known.get(path.name), problems))]
    if problems or gateway is None:
        raise Invalid(problems)
    return Apis(gateway[1], gateway[0], tuple(apis), now)


def stamp(*paths: Path) -> Stamp:
    """The stamp of files, whether or not they are there."""
    found = []
    for path in paths:
        try:
            seen = path.stat()
        except OSError:
            found.append((0, 0, 0))
        else:
            found.append((seen.st_mtime_ns, seen.st_size, seen.st_ino))
    return tuple(found)


def read_gateway(folder: Path) -> Gateway:
    """`gateway.yaml` alone. Raises `Invalid`."""
    return Document.load(folder / GATEWAY).into(Gateway)


def _api(path: Path, known: Api | None, problems: list[Problem]) -> Api | None:
    now = stamp(path / POLICIES, path / OPENAPI)
    if known and known.stamp == now:
        return known
    if not re.fullmatch(NAME, path.name):
        problems.append(Problem(str(path), 1, "the folder's name is the API's: small letters, digits and hyphens"))
    said = _file(path / POLICIES, ApiPolicies, problems)
    try:
        document = Document.load(path / OPENAPI)
    except Invalid as error:
        problems += error.problems
        return None
    found = lint(document)
    problems += found
    if found or said is None:
        return None
    return Api(path.name, openapi.read(document), said[1], document, said[0], now)


def _file(path: Path, kind: type[T], problems: list[Problem]) -> tuple[Document, T] | None:
    try:
        document = Document.load(path)
        return document, document.into(kind)
    except Invalid as error:
        problems += error.problems
        return None
