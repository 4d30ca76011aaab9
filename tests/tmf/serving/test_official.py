"""What is served is what TM Forum's official files say: every operation, and every answer by an independent validator.

Over a store without the live network, whose records have tests of their own (tests/telco/network/records).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.tmf.documents import documents
from tests.tmf.official import INVALID_EXAMPLES, official
from tests.tmf.serving.lamps import Client
from trunkline.http import create_app
from trunkline.store.opening import open_store
from trunkline.tmf.apis import APIS
from trunkline.tmf.declaration import V4, V5, Document, OpenApi, Operation, Resource, Version
from trunkline.tmf.description import described
from trunkline.tmf.serving import serve

VERSIONS = [(api, version) for api in APIS for version in api.versions]
MADE = [
    (api, version, of)
    for api, version in VERSIONS
    for of in (*api.resources, *(task.resource for task in api.tasks))
    if Operation.CREATE in of.operations
]
NOT_OFFERED = {620: ("importJob", "exportJob")}
"""Optional by the API's conformance profile."""


PartnerOf = Callable[[OpenApi, Version], "Partner"]


def name(value: object) -> str:
    return f"TMF{value.number}" if isinstance(value, OpenApi) else getattr(value, "name", str(value))


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FastAPI]:
    store = open_store(f"sqlite:///{tmp_path_factory.mktemp('official')}/store.db")
    yield create_app(serve(APIS, store))
    store.close()


class Partner:
    """Asks one version of an API, and holds every answer against the official file."""

    def __init__(self, app: FastAPI, api: OpenApi, version: Version) -> None:
        self.file, self._client = official(api.number, version), Client(app, api.path(version))
        self._paths: Document = self._client.get("/openapi.json").json()["paths"]
        self._operations = {(method, path): operation for method, path, operation in self.file.operations}

    @property
    def offered(self) -> set[tuple[str, str]]:
        return {(method.upper(), path) for path, operations in self._paths.items() for method in operations}

    def example(self, path: str) -> Document:
        """The operator's own, of a new document."""
        example: Document = self._paths[path]["post"]["requestBody"]["content"]["application/json"]["example"]
        return example

    def ask(self, method: str, path: str, template: str = "", body: Document | None = None) -> httpx.Response:
        """Ask at `path`, which the official file has as `template`."""
        answer = self._client.ask(method, path, **({} if body is None else {"json": body}))
        if answer.status_code == 204:
            assert answer.content == b""
        elif answer.status_code >= 400:
            assert self.file.errors("Error", answer.json()) == []
        else:
            told = answer.json()
            for document in told if isinstance(told, list) else [told]:
                assert self.file.errors(self._schema(method, template), document) == [], document
        return answer

    def _schema(self, method: str, template: str) -> str:
        """What an operation answers with where all is well; that of GET where a file has no more than the bodies."""
        operation = self._operations.get((method, template)) or self._operations["GET", template]
        answers = operation["responses"]
        answer = answers.get("200") or answers["201"]
        if "$ref" in answer:
            answer = self.file.content["components"]["responses"][answer["$ref"].rsplit("/", 1)[-1]]
        schema = answer["schema"] if self.file.version is V4 else answer["content"]["application/json"]["schema"]
        schema = schema.get("items", schema)
        return str(schema["$ref"].rsplit("/", 1)[-1])


@pytest.fixture(scope="module")
def partner_of(app: FastAPI) -> PartnerOf:
    known: dict[str, Partner] = {}

    def partner_of(api: OpenApi, version: Version) -> Partner:
        path = api.path(version)
        if path not in known:
            known[path] = Partner(app, api, version)
        return known[path]

    return partner_of


@pytest.mark.parametrize(("api", "version"), VERSIONS, ids=name)
def test_every_operation_of_the_official_file_is_offered(partner_of: PartnerOf, api: OpenApi, version: Version) -> None:
    partner = partner_of(api, version)
    wanted = {
        (method, path)
        for method, path, _ in partner.file.operations
        if path.split("/")[1] not in ("hub", *NOT_OFFERED.get(api.number, ()))
    }
    assert wanted - partner.offered == set()


def template_of(of: Resource, version: Version) -> str:
    return f"/{of.within}/{{{of.parent}}}/{of.called(version)}" if of.parent else f"/{of.called(version)}"


def live(partner: Partner, of: Resource, template: str, document: Document, change: Document) -> None:
    """A document's whole life, each answer held against the official file."""
    path = template
    if of.parent:
        within = partner.ask("POST", f"/{of.within}", f"/{of.within}", {"name": "one"}).json()["id"]
        path = template.replace(f"{{{of.parent}}}", within)
    made = partner.ask("POST", path, template, document)
    assert made.status_code == 201, made.text
    one = f"{path}/{made.json()['id']}"
    assert partner.ask("GET", one, f"{template}/{{id}}").json() == made.json()
    assert made.json() in partner.ask("GET", f"{path}?limit=1000", template).json()
    if Operation.PATCH in of.operations:
        assert partner.ask("PATCH", one, f"{template}/{{id}}", change).status_code == 200
    if Operation.DELETE in of.operations:
        assert partner.ask("DELETE", one, f"{template}/{{id}}").status_code == 204
        assert partner.ask("GET", one, f"{template}/{{id}}").status_code == 404


@pytest.mark.parametrize(("api", "version", "of"), MADE, ids=name)
def test_every_answer_is_valid_by_the_official_file(
    partner_of: PartnerOf, api: OpenApi, version: Version, of: Resource
) -> None:
    partner, template = partner_of(api, version), template_of(of, version)
    live(partner, of, template, partner.example(template), {"x-note": [1]})


@pytest.mark.prove
@pytest.mark.parametrize(("api", "version", "of"), MADE, ids=name)
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_every_answer_about_a_generated_document_that_is_valid_is_valid(
    partner_of: PartnerOf, api: OpenApi, version: Version, of: Resource, data: st.DataObject
) -> None:
    partner, template = partner_of(api, version), template_of(of, version)
    given = {"id", "href", "@type", *of.required, *of.immutable, *([of.lifecycle.attribute] if of.lifecycle else [])}

    def drawn() -> Document:
        document = data.draw(documents(of, version))
        return {name: value for name, value in document.items() if name not in given}

    example = partner.example(template)
    made, change = drawn() | example, drawn()
    new = described(of, version, creating=True).__name__
    wrong = partner.file.errors(new, example)  # the files of v5 require what the conformance profiles do not
    assume(partner.file.errors(new, made) == partner.file.errors(new, made | change) == wrong)
    live(partner, of, template, made, change)


@pytest.mark.parametrize(("api", "version"), VERSIONS, ids=name)
def test_every_refusal_is_an_official_error(partner_of: PartnerOf, api: OpenApi, version: Version) -> None:
    partner = partner_of(api, version)
    name = next(of.called(version) for of in api.resources if Operation.CREATE in of.operations)
    assert partner.ask("GET", f"/{name}/none").status_code == 404
    assert partner.ask("GET", f"/{name}?no.such=1").status_code == 400
    assert partner.ask("POST", f"/{name}", body={"id": 7}).status_code == 400
    assert partner.ask("PUT", f"/{name}").status_code == 405
    assert partner.ask("GET", "/nothing").status_code == 404


@pytest.mark.parametrize("api", [api for api in APIS if V5 in api.versions], ids=name)
def test_official_examples_that_are_valid_are_taken_and_come_back_equal(app: FastAPI, api: OpenApi) -> None:
    file, client = official(api.number, V5), Client(app, api.path(V5))
    taken = 0
    for of in (*api.resources, *(task.resource for task in api.tasks)):
        for place, schema, document in file.examples:
            if schema == f"{of.type}_FVO" and not file.errors(schema, document):
                client.delete(f"/{of.name}/{document.get('id')}")  # several have the same id
                answer = client.post(f"/{of.name}", document)
                assert answer.status_code == 201, f"{place}: {answer.text}"
                given = {name: value for name, value in document.items() if name != "href"}
                assert {**answer.json(), **given} == answer.json()
                assert client.get(answer.json()["href"]).json() == answer.json()
                taken += 1
    assert taken or api.number in INVALID_EXAMPLES
