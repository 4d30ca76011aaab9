"""A small API served on a free port."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import httpx
import msgspec
import pytest
from fastapi import APIRouter
from pydantic import BaseModel, Field

from tests.listening import listening
from trunkline.http import Api, Problem, create_app
from trunkline.http.responses import Json, returns
from trunkline.http.strict import StrictRoute


class Thing(msgspec.Struct, frozen=True):
    """What this API is about."""

    name: str


class NewThing(BaseModel):
    """What it takes."""

    name: str = Field(max_length=10)


def things() -> Api:
    router = APIRouter(prefix="/things", route_class=StrictRoute)

    @router.get("", summary="Things", responses=returns(list[Thing], "The things."))
    async def listed(limit: int = 10) -> Json:
        return Json([Thing(name="one")][:limit])

    @router.post("", summary="A new thing", responses=returns(Thing, "The thing."))
    async def added(thing: NewThing) -> Json:
        return Json(Thing(name=thing.name))

    @router.get("/missing", summary="None", responses=returns(Thing, "Never.", 404))
    async def missing() -> Json:
        raise Problem(404, "there is no such thing")

    @router.get("/broken", summary="Fails", responses=returns(Thing, "Never."))
    async def broken() -> Json:
        raise RuntimeError("secret")

    @asynccontextmanager
    async def running() -> AsyncIterator[None]:
        yield

    return Api(router, (Thing,), running, "**Things**: an API of a test.")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with listening(create_app([things()], title="Test")) as url:
        yield url


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url) as client:
        yield client
