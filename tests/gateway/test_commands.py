"""`trunkline gateway …` and `trunkline why`, as an operator types them, with the role as a process of its own."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest

from tests.components import need
from tests.gateway.running import eventually, free_port, openapi, write
from tests.gateway.upstream import serving
from trunkline.cli import main
from trunkline.gateway.envoy.admin import Admin
from trunkline.gateway.places import Places
from trunkline.project import Project


class Operator:
    """A project folder with a running gateway, and commands typed in it."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url

    def type(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command, in this process: to start one for each takes seconds on a busy machine."""
        said, wrong = (io.TextIOWrapper(io.BytesIO(), write_through=True) for _ in range(2))
        command = ["trunkline", *words, "--project", str(self.folder)]
        with patch.object(sys, "argv", command), redirect_stdout(said), redirect_stderr(wrong):
            try:
                main()
                code = 0
            except SystemExit as ended:
                code = int(ended.code or 0)
        printed = [stream.buffer.getvalue().decode() for stream in (said, wrong)]  # type: ignore[attr-defined]
        return subprocess.CompletedProcess(command, code, *printed)


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    need("Envoy")
    folder = tmp_path_factory.mktemp("operator")
    (folder / "trunkline.toml").write_text('name = "acme"\n[trust]\n')
    (folder / "contracts").mkdir()
    address = f"127.0.0.1:{free_port()}"
    places = Places(folder, folder / ".trunkline")
    with serving() as upstream:
        files = {
            "gateway.yaml": {
                "listen": address,
                "upstreams": {"things": {"addresses": [f"127.0.0.1:{upstream.port}"]}},
                "tiers": {"gold": "100 per second"},
                "policies": [{"kind": "api-key"}, {"kind": "ip", "deny": ["10.0.0.0/8"], "shadow": True}],
            },
            "things/openapi.yaml": openapi("/things/v1", {"list": "GET /thing"}),
            "things/policies.yaml": {"upstream": "things"},
        }
        write(folder, files)
        command = [sys.executable, "-m", "trunkline", "gateway", "--project", str(folder)]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as role:
            try:
                eventually(lambda: role.poll() is not None or Admin(places.admin).is_live())
                assert role.poll() is None, role.stderr and role.stderr.read()
                yield Operator(folder, f"http://{address}")
            finally:
                role.terminate()
                role.wait()
    assert not Admin(places.admin).is_live()  # Envoy ends with its role


def test_a_key_is_issued_listed_rotated_and_revoked(operator: Operator) -> None:
    issued = json.loads(operator.type("gateway", "keys", "issue", "shop", "--tier", "gold", "--json").stdout)

    def status(text: str) -> int:
        return httpx.get(f"{operator.url}/things/v1/thing", headers={"x-api-key": text}).status_code

    eventually(lambda: status(issued["key"]) == 200)
    new = json.loads(operator.type("gateway", "keys", "rotate", issued["id"], "--hours", "0", "--json").stdout)
    eventually(lambda: status(issued["key"]) == 401)
    assert status(new["key"]) == 200
    assert operator.type("gateway", "keys", "revoke", new["id"]).returncode == 0
    eventually(lambda: status(new["key"]) == 401)
    listed = [json.loads(line) for line in operator.type("gateway", "keys", "list", "--json").stdout.splitlines()]
    assert [key["state"] for key in listed] == ["expired", "revoked"]
    assert issued["key"] not in json.dumps(listed)


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("keys", "issue", "shop", "--tier", "lead"), "there is no tier lead: there are gold"),
        (("keys", "issue", "Shop!", "--tier", "gold"), "is no name of an application"),
        (("keys", "revoke", "none"), "there is no key none in use"),
        (("purge", "none"), "there is no API none: there are things"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_reason(operator: Operator, words: tuple[str, ...], reason: str) -> None:
    refused = operator.type("gateway", *words)
    assert (refused.returncode, reason in refused.stderr) == (1, True), refused.stderr


def test_why_shows_the_deciding_rule_with_its_file_and_line(operator: Operator) -> None:
    refused = httpx.get(f"{operator.url}/things/v1/thing")
    id = refused.headers["x-request-id"]
    eventually(lambda: operator.type("why", id).returncode == 0)
    said = operator.type("why", id).stdout
    assert "GET /things/v1/thing  401" in said
    assert "rule     api-key (as it is), for all, apis/gateway.yaml:9" in said
    assert json.loads(operator.type("why", id, "--json").stdout)["rule"]["kind"] == "api-key"


def test_why_of_what_never_was_is_refused(operator: Operator) -> None:
    refused = operator.type("why", "00000000-0000-0000-0000-000000000000")
    assert refused.returncode == 1
    assert "has no request" in refused.stderr


def test_the_plan_lists_policies_in_their_order_and_shadows_in_brackets(operator: Operator) -> None:
    listed = operator.type("gateway", "plan").stdout
    assert "things.list  GET     /things/v1/thing  [ip], api-key" in listed


def test_status_tells_what_envoy_has_taken_and_what_is_wrong(operator: Operator) -> None:
    said = operator.type("gateway", "status", "--json")
    found = json.loads(said.stdout)
    assert (said.returncode, found["problems"]) == (0, [])
    files = {one["file"]: one for one in found["files"]}
    assert {"listener", "routes", "clusters", "keys of applications"} <= set(files)
    assert all(one["taken"] >= 1 and one["rejected"] == 0 for one in files.values())
    write(operator.folder, {"things/policies.yaml": {"upstream": "nothing"}})
    eventually(lambda: operator.type("gateway", "status").returncode == 1)
    assert "there is no upstream nothing" in operator.type("gateway", "status").stderr
    write(operator.folder, {"things/policies.yaml": {"upstream": "things"}})
    eventually(lambda: operator.type("gateway", "status").returncode == 0)


def test_the_own_providers_keys_are_given_to_the_gateway(operator: Operator) -> None:
    identity = Project.find(operator.folder).open_identity()
    assert identity is not None
    with closing(identity):
        shown = json.loads((operator.folder / ".trunkline/identity/jwks.json").read_text())
        assert shown["keys"] == identity.public_keys()


def test_a_second_gateway_on_the_same_data_is_refused(operator: Operator) -> None:
    refused = operator.type("gateway")
    assert refused.returncode == 1
    assert "a gateway runs on" in refused.stderr
