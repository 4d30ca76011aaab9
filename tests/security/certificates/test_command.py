"""`trunkline certificates`, `trunkline check`, and the role `api` that answers by TLS."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner, Result

from tests.security.certificates.house import authorities as made
from tests.security.certificates.house import service, trusting
from trunkline import starter
from trunkline.cli import app
from trunkline.cli.output import Refused
from trunkline.document import Invalid
from trunkline.http import RefusedBind
from trunkline.project import Project, check
from trunkline.runtime import api, certificates
from trunkline.security.certificates.ending import ending


def project(folder: Path, settings: str = "") -> Project:
    folder.mkdir(exist_ok=True)
    (folder / "contracts").mkdir(exist_ok=True)
    (folder / "trunkline.toml").write_text(f'name = "Acme Telecom"\n{settings}')
    return Project(folder)


def run(folder: Path, *words: str) -> Result:
    return CliRunner().invoke(app, [*words, "--project", str(folder)])


def listed(folder: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in run(folder, "certificates", "list", "--json").stdout.splitlines()]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as there:
        return int(there.getsockname()[1])


@contextmanager
def answering(operator: Project) -> Iterator[str]:
    """The role `api` in this process; yields its URL."""
    stop, raised = threading.Event(), []

    def serve() -> None:
        try:
            api.run(operator, stop)
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=serve)
    thread.start()
    port = operator.settings.http.port
    try:
        while True:
            if raised:
                raise raised[0]
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"https://localhost:{port}"
    finally:
        stop.set()
        thread.join()


def test_the_api_answers_by_a_certificate_of_its_own_and_takes_up_a_new_one(tmp_path: Path) -> None:
    operator = project(tmp_path / "acme", f"[http]\nport = {free_port()}\nnames = ['api.acme.example']\n[tls]\n")
    with answering(operator) as url:
        trusted = trusting(certificates.folder(operator) / "authorities.pem")
        assert httpx.get(f"{url}/healthz", verify=trusted).json() == {"status": "ok"}
        named = {"Host": "api.acme.example"}
        assert httpx.get(f"{url}/healthz", verify=trusted, headers=named).status_code == 200
        assert httpx.get(f"{url}/healthz", verify=trusted, headers={"Host": "other.example"}).status_code == 421
        first = {row["serial"] for row in listed(operator.folder)}
        done = run(operator.folder, "certificates", "rotate")
        assert done.stdout == "renewed: api\n"
        second = [row for row in listed(operator.folder) if row["kind"] == "service"]
        assert [row["id"] for row in second] == [f"spiffe://acme-telecom/api/{certificates.instance()}"]
        assert second[0]["serial"] not in first
        with httpx.Client(verify=trusted) as client, client.stream("GET", f"{url}/healthz") as answer:
            shown = answer.extensions["network_stream"].get_extra_info("ssl_object").getpeercert()
        assert shown["serialNumber"].lower().lstrip("0") == second[0]["serial"]


def test_who_may_call_is_a_list_and_the_supervisor_is_on_it(tmp_path: Path) -> None:
    settings = f"[http]\nport = {free_port()}\n[tls]\ncallers = ['spiffe://acme-telecom/gateway/*']\n"
    operator = project(tmp_path / "acme", settings)
    with answering(operator) as url, certificates.calling(operator) as context:
        assert context is not None
        assert httpx.get(f"{url}/healthz", verify=context).status_code == 200
        with certificates.kept(operator, "worker") as files:
            assert files is not None
            from trunkline.http.tls import client_context

            assert httpx.get(f"{url}/healthz", verify=client_context(files)).status_code == 403


def test_the_operators_own_certificate_is_served_and_known_to_the_supervisor(tmp_path: Path) -> None:
    of = made(tmp_path / "ca")
    own = service(of, "own", "api.acme.example").files
    settings = f'[http]\nport = {free_port()}\n[tls]\ncertificate = "{own.certificate}"\nkey = "{own.key}"\n'
    operator = project(tmp_path / "acme", settings)
    with answering(operator) as url, certificates.calling(operator) as context:
        assert context is not None
        assert httpx.get(f"{url}/healthz", verify=context).status_code == 200


def test_off_loopback_is_refused_without_known_callers(tmp_path: Path) -> None:
    operator = project(tmp_path / "acme", '[http]\nhost = "0.0.0.0"\n[tls]\n')
    with pytest.raises(RefusedBind, match=r"`required = true` under \[trust\]"):
        api.run(operator, threading.Event())


def test_off_loopback_is_served_by_tls_to_known_callers(tmp_path: Path) -> None:
    settings = f'[http]\nhost = "0.0.0.0"\nport = {free_port()}\n[tls]\n[trust]\nrequired = true\n'
    operator = project(tmp_path / "acme", settings)
    with answering(operator) as url:
        trusted = trusting(certificates.folder(operator) / "authorities.pem")
        path = "/tmf-api/alarmManagement/v4/alarm"
        assert httpx.get(f"{url}{path}", verify=trusted).status_code == 401
        assert httpx.get(f"{url}/.well-known/openid-configuration", verify=trusted).json()["issuer"] == url


def test_a_certificate_for_a_service_elsewhere_is_issued_once_and_listed(tmp_path: Path) -> None:
    operator = project(tmp_path / "acme")
    into = tmp_path / "out"
    words = ("certificates", "issue", "gateway", "edge-1", "--into", str(into), "--name", "edge-1.acme.example")
    done = run(operator.folder, *words)
    assert done.stdout.startswith("issued spiffe://acme-telecom/gateway/edge-1 for 30 days")
    assert (into / "key.pem").stat().st_mode & 0o777 == 0o600
    assert "authorities.pem" in {file.name for file in into.iterdir()}
    assert [(row["kind"], row["state"]) for row in listed(operator.folder)] == [
        ("authority", "signs"),
        ("service", "issued by hand"),
    ]
    refused = run(operator.folder, "certificates", "issue", "gate/../way", "x", "--into", str(into))
    assert isinstance(refused.exception, Refused)
    assert "is no SPIFFE id" in str(refused.exception)


def test_a_new_authority_is_trusted_beside_the_old_one(tmp_path: Path) -> None:
    operator = project(tmp_path / "acme")
    assert isinstance(run(operator.folder, "certificates", "rotate").exception, Refused)  # there is none
    assert run(operator.folder, "certificates", "rotate", "--authority").exit_code == 0
    states = [row["state"] for row in listed(operator.folder)]
    assert states[0] == "signs"
    assert states[1].startswith("signs from ")


def test_check_tells_what_ends_within_14_days_and_refuses_what_cannot_be_used(tmp_path: Path) -> None:
    own = service(made(tmp_path / "ca"), "own", lasting=timedelta(days=20)).files
    settings = f'[tls]\ncertificate = "{own.certificate}"\nkey = "{own.key}"\n'
    starter.create(tmp_path / "acme", "Acme Telecom")
    operator = project(tmp_path / "acme", settings)
    days = datetime.now(UTC) + timedelta(days=5)
    assert list(ending(operator.settings, operator.folder, days)) == []
    soon = list(ending(operator.settings, operator.folder, days + timedelta(days=2)))
    assert [str(problem).partition(" at ")[0] for problem in soon] == [f"{own.certificate}:1: this certificate ends"]
    run(operator.folder, "certificates", "issue", "gateway", "edge-1", "--into", str(tmp_path / "out"), "--days", "7")
    told = run(operator.folder, "check")
    assert told.exit_code == 0, told.output
    assert "gateway.edge-1.pem:1: this certificate ends at" in told.stderr
    own.key.unlink()
    assert [(problem.line, "cannot be read" in problem.reason) for problem in check(operator)] == [(2, True)]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ('certificate = "a.pem"', "belong together"),
        ('callers = ["gateway"]', "no SPIFFE id"),
        ("hours = 0", "greater than or equal to 1"),
        ('trust_domain = "Acme"', "pattern"),
    ],
)
def test_settings_that_are_wrong_are_refused_with_their_line(tmp_path: Path, wrong: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason):
        _ = project(tmp_path / "acme", f"[tls]\n{wrong}\n").settings
