"""Whole applications under paths of the platform's listener."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext

import httpx
import pytest
from fastapi import APIRouter
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from trunkline.http import Api, create_app


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse(f"{scope['method']} {scope['path']}")(scope, receive, send)


def asked(method: str, path: str, **more: object) -> httpx.Response:
    app = create_app([Api(APIRouter(), (), nullcontext, "One that looks after itself.", {"/own/v1": echo})])

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
            return await client.request(method, path, **more)  # type: ignore[arg-type]

    return asyncio.run(ask())


@pytest.mark.parametrize("path", ["/own/v1", "/own/v1/", "/own/v1/things/1"])
def test_an_application_answers_everything_under_its_path(path: str) -> None:
    answer = asked("TRACE", path)
    assert answer.text == f"TRACE {path}"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/own", "/own/v11", "/own/v2/things"])
def test_it_answers_nothing_beside_it(path: str) -> None:
    assert asked("GET", path).status_code == 404


def test_it_takes_the_bodies_that_it_will() -> None:
    assert asked("PATCH", "/own/v1/a", content=b"x" * 100_000, headers={"content-type": "text/x"}).status_code == 200
    assert asked("PATCH", "/other", content=b"x" * 100_000, headers={"content-type": "text/x"}).status_code == 413


def test_a_foreign_host_does_not_reach_it() -> None:
    assert asked("GET", "/own/v1", headers={"host": "evil.example"}).status_code == 421


def test_the_platforms_own_document_does_not_grow_by_it() -> None:
    document = asked("GET", "/openapi.json").json()
    assert document["paths"] == {}
    assert "looks after itself" in document["info"]["description"]
