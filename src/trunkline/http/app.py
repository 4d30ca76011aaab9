"""The application: the platform's APIs under one roof, with one way to describe, to refuse and to protect."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.types import ASGIApp

from trunkline.http.docs import serve_docs
from trunkline.http.errors import answer_errors
from trunkline.http.guard import Guard
from trunkline.http.metrics import serve_metrics
from trunkline.http.mounts import Mounts
from trunkline.http.responses import Json, component_schemas


@dataclass(frozen=True, slots=True)
class Api:
    """One API: its routes, the records that its answers are made of, and what must run while it is served.

    `mounts` are whole applications by their paths, which describe and refuse in their own way (see `mounts.Mounts`);
    `documents` are their OpenAPI documents, by the path that the document's paths are behind.
    """

    router: APIRouter
    records: tuple[Any, ...]
    running: Callable[[], AbstractAsyncContextManager[None]]
    description: str = ""
    mounts: Mapping[str, ASGIApp] = field(default_factory=dict)
    documents: Mapping[str, Callable[[], Mapping[str, Any]]] = field(default_factory=dict)


def create_app(
    apis: Sequence[Api], *, title: str = "Trunkline", version: str = "1", hosts: Sequence[str] = ()
) -> FastAPI:
    """An application that serves `apis`, `/openapi.json` (OpenAPI 3.1), `/docs`, `/metrics` and `/healthz`.

    It answers to `hosts` beside this machine's own names.
    """

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for api in apis:
                await stack.enter_async_context(api.running())
            yield

    app = FastAPI(
        title=title,
        version=version,
        description="\n\n".join(api.description for api in apis if api.description),
        lifespan=running,
        generate_unique_id_function=lambda route: route.name,
        docs_url=None,
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
    )
    for api in apis:
        app.include_router(api.router)

    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> Json:
        """Whether the process answers."""
        return Json({"status": "ok"})

    records = tuple(record for api in apis for record in api.records)
    app.openapi = lambda: _openapi(app, records)  # type: ignore[method-assign]
    answer_errors(app)
    serve_docs(app)
    serve_metrics(app)
    mounts = {path: mounted for api in apis for path, mounted in api.mounts.items()}
    app.add_middleware(Mounts, mounts=mounts)
    app.add_middleware(Guard, own_bodies=tuple(mounts), hosts=hosts)
    return app


def _openapi(app: FastAPI, records: tuple[Any, ...]) -> dict[str, Any]:
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            routes=app.routes,
            openapi_version="3.1.0",
        )
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas.update(component_schemas(records))
        # FastAPI's own error body is never sent: every refusal is a problem.
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        for path in document["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)
        app.openapi_schema = document
    return app.openapi_schema
