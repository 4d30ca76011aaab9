"""A real Keycloak on loopback, with a realm made by its own administration API. It keeps all in memory."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.components import need
from tests.servers.maven import fetch_archive
from tests.servers.process import ServerProcess, answers, free_ports
from trunkline.doctor import KEYCLOAK

VERSION = KEYCLOAK.name.removeprefix("keycloak-")
ARTEFACT = f"org.keycloak:keycloak-quarkus-dist:{VERSION}:tar.gz"
PROGRAM = KEYCLOAK / f"keycloak-{VERSION}" / "bin" / "kc.sh"
BUILT = KEYCLOAK / "built"
ADMINISTRATOR = {"KC_BOOTSTRAP_ADMIN_USERNAME": "admin", "KC_BOOTSTRAP_ADMIN_PASSWORD": "admin"}
QUICK = "-Xms64m -Xmx512m -XX:TieredStopAtLevel=1 -XX:+UseSerialGC"


class Keycloak:
    """A server with its output in `folder`."""

    def __init__(self, folder: Path) -> None:
        need("Keycloak")
        self.port, management = free_ports(2)
        self.url = f"http://127.0.0.1:{self.port}"
        options = [
            "--optimized", "--http-enabled=true", "--hostname-strict=false", "--http-host=127.0.0.1",
            f"--http-port={self.port}", f"--http-management-port={management}",
        ]  # fmt: skip
        environment = {**ADMINISTRATOR, "JAVA_OPTS": QUICK}
        self._process = ServerProcess([str(PROGRAM), "start", *options], folder / "keycloak.log", environment)
        self._process.wait_until(self._ready, 120)
        asked = {"grant_type": "password", "client_id": "admin-cli", "username": "admin", "password": "admin"}
        self._token = self.token("master", asked)["access_token"]

    def stop(self) -> None:
        self._process.kill()

    def token(self, realm: str, fields: dict[str, str]) -> dict[str, Any]:
        """What its token endpoint answers."""
        asked = urlencode(fields).encode()
        with urllib.request.urlopen(f"{self.url}/realms/{realm}/protocol/openid-connect/token", asked) as answer:
            told: dict[str, Any] = json.load(answer)
        return told

    def make(self, realm: dict[str, Any]) -> None:
        """Make a realm of Keycloak's own export format."""
        headers = {"authorization": f"Bearer {self._token}", "content-type": "application/json"}
        asked = urllib.request.Request(f"{self.url}/admin/realms", json.dumps(realm).encode(), headers)
        with urllib.request.urlopen(asked) as answer:
            assert answer.status == 201

    def _ready(self) -> bool:
        if not answers(self.port):
            return False
        try:
            with urllib.request.urlopen(f"{self.url}/realms/master", timeout=5) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, ConnectionError):
            return False


def fetch() -> None:
    """The server, built once for the database that it keeps in memory."""
    fetch_archive(ARTEFACT, KEYCLOAK)
    if not BUILT.exists() and shutil.which("java"):
        options = ["--db=dev-mem", "--cache=local", "--health-enabled=true"]
        done = subprocess.run([str(PROGRAM), "build", *options], capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"kc.sh build failed:\n{done.stdout[-2000:]}{done.stderr[-1000:]}")
        BUILT.touch()
