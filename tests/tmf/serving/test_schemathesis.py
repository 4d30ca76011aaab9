"""Schemathesis asks for all that the documents allow, and for what they do not: nothing fails, and every answer is
declared."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS

from tests.listening import listening
from tests.tmf.serving.lamps import V4_PATH, V5_PATH, Client
from trunkline.http import create_app
from trunkline.log import open_log
from trunkline.runtime.api import tm_forum
from trunkline.settings import Hub, Tmf
from trunkline.store.opening import open_store
from trunkline.tmf.apis import APIS

CHECKED = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "unsupported_method",
    "allow_header_conformance",
]
OVER_SEVERAL = ["use_after_free", "ensure_resource_availability"]
PATHS = [api.path(version) for api in APIS for version in api.versions]


@pytest.mark.parametrize("path", [V4_PATH, V5_PATH])
def test_every_answer_is_one_that_the_document_declares(app: FastAPI, path: str) -> None:
    lamps = Client(app, V5_PATH)
    lamp = lamps.made(watts=7)
    task = lamps.post("/lightLamp", {"@type": "LightLamp", "lampId": "none"}).json()["id"]
    bulb = lamps.post(f"/lamp/{lamp}/bulb", {"@type": "Bulb", "colour": "warm"}).json()["id"]
    schema = schemathesis.openapi.from_asgi(f"{path}/openapi.json", app, headers={"host": "localhost"})
    asked = 0
    for found in schema.get_all_operations():
        operation = found.ok()

        @settings(max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(), known=st.booleans())
        def answered(case: schemathesis.Case, known: bool) -> None:
            if known and case.path_parameters:
                id = bulb if "bulb" in case.path else lamp if "/lamp" in case.path else task
                case.path_parameters.update({name: lamp if name == "lampId" else id for name in case.path_parameters})
                case.headers = {}
            answer = case.call(headers={"host": "localhost"})
            case.validate_response(answer, checks=CHECKS.get_by_names(CHECKED))

        answered()
        asked += 1
    assert asked == 13


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """All that the role `api` serves of TM Forum, over an empty network."""
    folder = tmp_path_factory.mktemp("served")
    store, log = open_store(f"sqlite:///{folder}/store.db"), open_log(f"sqlite://{folder}/log.db")
    with listening(create_app(tm_forum(log, store, Tmf(), Hub()))) as url:
        yield url
    log.close()
    store.close()


@pytest.mark.prove
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("path", PATHS)
def test_schemathesis_finds_nothing_in_any_api(url: str, path: str, tmp_path: Path) -> None:
    command = [Path(sys.executable).with_name("schemathesis"), "run", f"{url}{path}/openapi.json", "--no-color"]
    command += ["--checks", ",".join((*CHECKED, *OVER_SEVERAL)), "--max-examples", "20"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
