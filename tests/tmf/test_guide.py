"""docs/tmf.md: every request in it is answered as it says, and its Python runs."""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from fastapi.testclient import TestClient

from trunkline.http import create_app
from trunkline.store import Store, open_store
from trunkline.tmf import catalogue
from trunkline.tmf.apis import APIS, product_catalog, product_inventory
from trunkline.tmf.declaration import V4, V5, OpenApi
from trunkline.tmf.serving import serve

HERE = Path(__file__).parents[2]
TEXT = (HERE / "docs" / "tmf.md").read_text()
URL = "http://127.0.0.1:8080"


class Example(NamedTuple):
    """A request of the guide, and the status that it says."""

    method: str
    path: str
    headers: dict[str, str]
    body: str
    status: int


def requests(text: str) -> Iterator[Example]:
    for block in re.findall(r"^```\n((?:GET|POST|PATCH|DELETE) .*?)\n```$", text, re.DOTALL | re.MULTILINE):
        *lines, status = block.splitlines()
        method, path = lines[0].split(" ", 1)
        head, _, body = "\n".join(lines[1:]).partition("\n\n")
        headers = dict(line.split(": ", 1) for line in head.splitlines() if line)
        yield Example(method, path, headers, body.strip(), int(status))


def python(title: str = "") -> str:
    """The guide's Python of a title."""
    wanted = f'python title="{title}"' if title else "python"
    [code] = re.findall(rf"^```{re.escape(wanted)}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    return str(code)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite://{tmp_path}/store.db")
    catalogue.load(store, catalogue.read(HERE / "belgicom" / "catalogue"))
    yield store
    store.close()


def client(store: Store, *apis: OpenApi) -> TestClient:
    return TestClient(create_app(serve(apis, store)), base_url=URL)


def answered(http: TestClient, example: Example) -> Any:
    """The body of the answer to an example, whose status is the one that the guide says."""
    answer = http.request(example.method, example.path, headers=example.headers, content=example.body.encode() or None)
    assert answer.status_code == example.status, f"{example.method} {example.path}: {answer.text}"
    return answer.json() if answer.content else None


def test_every_request_is_answered_as_the_guide_says(store: Store) -> None:
    with client(store, product_catalog.API, product_inventory.API) as http:
        examples = [example for example in requests(TEXT) if "troubleTicket" not in example.path]
        assert len(examples) > 10
        for example in examples:
            found = answered(http, example)
            if example.method == "GET" and example.status < 300:
                assert found, f"{example.path} finds nothing"


def test_every_filter_of_the_table_finds_something_and_not_everything(store: Store) -> None:
    table = TEXT[TEXT.index("| to ask for | write |") : TEXT.index("Two conditions may be met")]
    filters = [each for line in table.splitlines()[2:] for each in re.findall(r"`([^`]*[a-z]=?[^`]*)`", line)]
    filters = [each for each in filters if re.search(r"=|%3", each)]
    assert len(filters) >= 9
    with client(store, product_catalog.API) as http:
        path = "/tmf-api/productCatalogManagement/v5/productOffering"
        everything = len(http.get(path).json())
        for each in filters:
            answer = http.get(f"{path}?{each}")
            assert answer.status_code == 200, f"{each}: {answer.text}"
            found = len(answer.json())
            assert 0 < found <= everything, each
            assert found < everything or "lastUpdate" in each, each


def test_the_first_call_runs(store: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    http = client(store, product_catalog.API, product_inventory.API)

    def connect(base_url: str, headers: dict[str, str]) -> TestClient:
        assert (base_url, headers["Authorization"]) == (URL, "Bearer a-token")
        return http

    monkeypatch.setenv("TOKEN", "a-token")
    monkeypatch.setattr(httpx, "Client", connect)
    exec(compile(python(), "docs/tmf.md", "exec"), {"__name__": "first_call"})  # our own guide
    said = capsys.readouterr().out.splitlines()
    assert "Smart home Basic 4.99 EUR a month" in said
    assert "Smart home camera" in said
    assert said[-1] == "active"


def test_one_more_api_is_served_as_it_is_written(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for file in ("model/trouble_ticket.py", "apis/trouble_ticket.py"):
        name = f"trunkline.tmf.{file.removesuffix('.py').replace('/', '.')}"
        module = types.ModuleType(name)
        monkeypatch.setitem(sys.modules, name, module)
        exec(compile(python(file), f"docs/tmf.md: {file}", "exec"), module.__dict__)  # our own guide
    api: OpenApi = sys.modules["trunkline.tmf.apis.trouble_ticket"].API
    with client(store, api) as http:
        made, found = (answered(http, example) for example in requests(TEXT) if "troubleTicket" in example.path)
        assert [ticket["id"] for ticket in found] == [made["id"]]
        assert found[0]["relatedParty"][0]["partyOrPartyRole"]["id"] == "1042"
        assert http.get("/tmf-api/troubleTicket/v5/openapi.json").status_code == 200


def test_the_first_table_names_what_is_served() -> None:
    rows = re.findall(r"^\| TMF(\d+) [^|]*\| `([^`]+)` \| ([^|]*)\| ([^|]*)\|", TEXT, re.MULTILINE)
    served = {
        (str(api.number), api.path(api.versions[0]).rpartition("/")[0], V4 in api.versions, V5 in api.versions)
        for api in APIS
    }
    assert {(number, path, bool(v4.strip()), bool(v5.strip())) for number, path, v4, v5 in rows} == served


def test_every_link_leads_to_a_file() -> None:
    for link in re.findall(r"\]\((?!https?:|#)([^)]+)\)", TEXT):
        if link != "conformance.md":
            assert (HERE / "docs" / link).exists(), link
