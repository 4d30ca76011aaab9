"""What the platform serves, as the role `api` would serve it: each API's OpenAPI document, without serving it.

It is what `trunkline gateway publish` writes into `apis/`, and what `trunkline check` holds the files there against.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, get_args

import msgspec

from trunkline import contracts
from trunkline.connect.archive import Archive
from trunkline.contracts.field import Classification
from trunkline.document import Problem
from trunkline.gateway import published
from trunkline.gateway.folder import FOLDER
from trunkline.gateway.openapi import each
from trunkline.gateway.published import Served
from trunkline.http import Api, create_app
from trunkline.log import open_log
from trunkline.project import Project
from trunkline.runtime.access import is_controlled
from trunkline.runtime.api import of_the_platform
from trunkline.security.identity.scim import openapi as scim
from trunkline.store import open_store

_OWN: Final = re.compile(r"(/[a-z-]+/v[0-9]+)(/.*)")
_CLASSES: Final = get_args(Classification)


def served(project: Project) -> dict[str, Served]:
    """The APIs of a project by their base paths. Nothing of the project is opened, or changed. Raises `Invalid`."""
    with _apis(project) as apis:
        documents: dict[str, Mapping[str, Any]] = _own(create_app(apis).openapi())
        documents |= {base: document() for api in apis for base, document in api.documents.items()}
    if project.settings.trust is not None:
        documents[scim.PATH] = scim.document()
    highest = _highest_class(project)
    found: dict[str, Served] = {}
    for base, document in sorted(documents.items()):
        name = _name(base, {one.name for one in found.values()})
        classes = {said["operationId"]: its for path, _, said, _ in each(document) if (its := highest(base + path))}
        found[base] = Served(name, base, _as_json(document), classes)
    return found


def _as_json(document: Mapping[str, Any]) -> dict[str, Any]:
    """A document as whoever reads its JSON has it."""
    told: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(document))
    return told


def check(project: Project) -> list[Problem]:
    """Where the files in `apis/` are not what the platform serves. Raises `Invalid`."""
    return published.check(project.folder / FOLDER, served(project))


@contextmanager
def _apis(project: Project) -> Iterator[list[Api]]:
    """What the role `api` serves, over a log and a store of nothing."""
    with ExitStack() as stack:
        place = Path(stack.enter_context(TemporaryDirectory()))
        log = stack.enter_context(closing(open_log(f"sqlite://{place / 'log.db'}")))
        store = stack.enter_context(closing(open_store(f"sqlite://{place / 'store.db'}")))
        contracts.accept(log, project.contracts)
        yield of_the_platform(project, Archive(place / "archive"), log, store, threading.Event())


def _own(document: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The platform's own APIs, each with a document of its own."""
    paths: dict[str, dict[str, Any]] = {}
    for path, item in document["paths"].items():
        if matched := _OWN.fullmatch(path):
            paths.setdefault(matched[1], {})[matched[2]] = item
    return {
        base: {"info": _info(base), "paths": found, "components": document["components"]}
        for base, found in paths.items()
    }


def _info(base: str) -> dict[str, str]:
    name, version = base[1:].split("/")
    return {"title": name.replace("-", " ").title(), "version": f"{version[1:]}.0.0"}


def _name(base: str, taken: Collection[str]) -> str:
    """What an API is called, after its path; further versions of one have theirs behind the name."""
    *_, name, version = base.split("/")
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name.removesuffix("Management")).lower()
    return f"{words}-{version}" if words in taken else words


def _highest_class(project: Project) -> Callable[[str], str]:
    """The highest class of what is told at a path, "" where the operator has not classified it."""
    if not is_controlled(project):
        return lambda path: ""
    from trunkline.security.access.opening import open_access
    from trunkline.security.audit.resource import place_of

    _, kinds = open_access(project.folder, project.contracts)

    def highest(path: str) -> str:
        plain = re.sub(r"\{[^}]*\}", "1", path)
        place = place_of(plain, plain.encode())
        kind = kinds.at(place).kind if place is not None else None
        return max(kind.classes, key=_CLASSES.index) if kind is not None else ""

    return highest
