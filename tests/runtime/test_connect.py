"""The role `connect` as a whole, in this process: how its listeners answer, and who is told what was refused."""

from __future__ import annotations

import base64
import http.client
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest
from cryptography import x509

from tests.runtime.operator import free_ports, until
from trunkline import starter
from trunkline.project import Project
from trunkline.runtime import certificates, connect
from trunkline.security.audit import TOPIC, Entry
from trunkline.security.audit.entry import decode

VES = """\
name: radios
reach: ves
listen: 127.0.0.1:{port}
names: [ves.acme.example]
users: [{{name: radio, password: "${{file:password}}"}}]
"""


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Project, int]]:
    folder = tmp_path_factory.mktemp("acme")
    (port,) = free_ports(1)
    starter.create(folder / "acme", "acme")
    project = Project(folder / "acme")
    (project.folder / "systems" / "ves.yaml").write_text(VES.format(port=port))
    (project.folder / "password").touch(mode=0o600)
    (project.folder / "password").write_text("acme-secret")
    stop = threading.Event()
    role = threading.Thread(target=connect.run, args=(project, stop))
    role.start()
    try:
        yield project, port
    finally:
        stop.set()
        role.join()


def post(project: Project, port: int, password: str) -> int:
    """What the collector answers to an event that is none; 0 while it is not there."""
    trust = ssl.create_default_context(cafile=str(certificates.folder(project) / "authorities.pem"))
    login = base64.b64encode(f"radio:{password}".encode()).decode()
    with closing(http.client.HTTPSConnection("localhost", port, timeout=10, context=trust)) as connection:
        headers = {"Content-Type": "application/json", "Authorization": f"Basic {login}"}
        connection.request("POST", "/eventListener/v7", json.dumps({}), headers)
        return connection.getresponse().status


def entries(project: Project) -> list[Entry]:
    with closing(project.open_log()) as log:
        return [decode(record.value or b"") for record in log.read(TOPIC.name, 0, 0, 100)]


def is_there(project: Project, port: int) -> bool:
    try:
        return post(project, port, "acme-secret") == 400
    except OSError:
        return False


def test_a_listener_answers_by_the_internal_authority_for_the_names_it_is_declared_with(acme: tuple[Project, int]):
    project, port = acme
    until(lambda: is_there(project, port), "the collector answers")
    file = certificates.folder(project) / "connect" / "certificate.pem"
    shown = x509.load_pem_x509_certificate(file.read_bytes())
    names = shown.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert "ves.acme.example" in names.get_values_for_type(x509.DNSName)


def test_a_wrong_login_is_in_the_audit_trail(acme: tuple[Project, int]):
    project, port = acme
    until(lambda: is_there(project, port), "the collector answers")
    assert post(project, port, "guessed") == 401
    until(lambda: entries(project), "the trail has it")
    (entry,) = entries(project)
    assert (entry.action, entry.outcome, entry.rule) == ("signIn", "refused", "wrong-login")
    assert (entry.who.subject, entry.resource.kind, entry.resource.id) == ("radio", "connection", "radios")
    assert entry.origin.address == "127.0.0.1"
