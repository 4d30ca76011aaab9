"""Serve open APIs over a store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from functools import cache
from typing import Any

import msgspec
from fastapi import APIRouter
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware

from trunkline.http import Api
from trunkline.store import Store
from trunkline.tmf.declaration import OpenApi, Owner, Version
from trunkline.tmf.serving.application import DOCUMENT, Application
from trunkline.tmf.serving.openapi import document
from trunkline.tmf.serving.served import Served

Hub = Callable[[OpenApi, Version], APIRouter]
"""The routes of `/hub`, their paths behind the API's own."""


def serve(
    apis: Sequence[OpenApi],
    store: Store,
    *,
    owners: Mapping[str, Owner] | None = None,
    hub: Hub | None = None,
    root: str = "",
    strict: bool = False,
) -> list[Api]:
    """Serve every version of `apis` on the documents in `store`, whose kinds are declared here.

    `owners` keep the resources of their names, and what has none is kept by the store alone. A task is performed by
    the owner of its name, or by that of its API's first resource that has one. `root` is the URL that hrefs begin with;
    "" takes the one that a request came to. `strict` holds documents against all that the official schemas say.
    """
    owners = owners or {}
    served = [one for api in apis for version in api.versions for one in _served(api, version, store, owners, strict)]
    store.declare(list({one.of.name: one.of.kind for one in served}.values()))
    return [
        _api(api, version, [one for one in served if one.api is api and one.version is version], hub, root)
        for api in apis
        for version in api.versions
    ]


def _served(
    api: OpenApi, version: Version, store: Store, owners: Mapping[str, Owner], strict: bool
) -> Iterator[Served]:
    for resource in api.resources:
        yield Served(api, version, resource, store, owners.get(resource.name), None, strict)
    of_the_api = next((owners[resource.name] for resource in api.resources if resource.name in owners), None)
    for task in api.tasks:
        yield Served(api, version, task.resource, store, owners.get(task.name, of_the_api), task, strict)


def _api(api: OpenApi, version: Version, served: list[Served], hub: Hub | None, root: str) -> Api:
    path = api.path(version)
    routes = hub(api, version) if hub is not None else None

    def described() -> dict[str, Any]:
        return document(api, version, served, root=root, hub=routes)

    @cache
    def told() -> bytes:
        return msgspec.json.encode(described())

    application = Application(path, version, served, told, AsyncExitStackMiddleware(routes) if routes else None, root)
    description = f"**TMF{api.number} {api.title} {version}**: `{path}/{DOCUMENT}`"
    return Api(APIRouter(), (), nullcontext, description, {path: application}, {path: described})
