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


@dataclass(frozen=True)
class Api:
    """One API: its name is its folder's."""

    name: str
    openapi: OpenApi
    policies: ApiPolicies
    openapi_file: Document
    policies_file: Document

    @property
    def upstream(self) -> str:
        return self.policies.upstream


@dataclass(frozen=True)
class Apis:
    """All that is declared, with the files that it stands in."""

    gateway: Gateway
    gateway_file: Document
    apis: tuple[Api, ...]


def is_declared(folder: Path) -> bool:
    """Whether the operator has a gateway."""
    return (folder / GATEWAY).exists()


def load(folder: Path) -> Apis:
    """Everything of the folder `apis/`. Raises `Invalid` naming all that is wrong in the files by themselves; what
    does not fit together is found by `checks`."""
    problems: list[Problem] = []
    gateway = _file(folder / GATEWAY, Gateway, problems)
    apis = [api for path in sorted(folder.iterdir()) if path.is_dir() and (api := _api(path, problems))]
    if problems or gateway is None:
        raise Invalid(problems)
    return Apis(gateway[1], gateway[0], tuple(apis))


def read_gateway(folder: Path) -> Gateway:
    """`gateway.yaml` alone. Raises `Invalid`."""
    return Document.load(folder / GATEWAY).into(Gateway)


def _api(path: Path, problems: list[Problem]) -> Api | None:
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
    return Api(path.name, openapi.read(document), said[1], document, said[0])


def _file(path: Path, kind: type[T], problems: list[Problem]) -> tuple[Document, T] | None:
    try:
        document = Document.load(path)
        return document, document.into(kind)
    except Invalid as error:
        problems += error.problems
        return None
