"""The lamps, served over a store in a temporary folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI

from tests.tmf.serving.lamps import LAMPS, V4_PATH, V5_PATH, Client, Janitor, Outbox
from trunkline.http import create_app
from trunkline.store import Store
from trunkline.store.opening import open_store
from trunkline.tmf.serving import serve


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    yield store
    store.close()


@pytest.fixture
def app(store: Store) -> FastAPI:
    return create_app(serve([LAMPS], store, owners={"lamp": Janitor()}))


@pytest.fixture
def v4(app: FastAPI) -> Client:
    return Client(app, V4_PATH)


@pytest.fixture
def v5(app: FastAPI) -> Client:
    return Client(app, V5_PATH)


@pytest.fixture
def outbox(store: Store) -> Outbox:
    return Outbox(store)
