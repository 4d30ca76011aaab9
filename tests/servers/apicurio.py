"""A real schema registry on loopback: Apicurio Registry, which speaks Confluent's API under `/apis/ccompat/v7`.

`shared_apicurio()` is the one of a whole test run; let each test use subjects of its own. It keeps all in memory.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
import urllib.error
import urllib.request
from functools import cache
from pathlib import Path

from tests.components import need
from tests.servers.maven import fetch_archive
from tests.servers.process import ServerProcess, answers, free_ports
from trunkline.doctor import APICURIO

VERSION = APICURIO.name.removeprefix("apicurio-registry-")
ARTEFACT = f"io.apicurio:apicurio-registry-app:{VERSION}:tar.gz:all"


class Apicurio:
    """A registry with its output in `folder`; it comes up again on the same port after `stop`, having forgotten all."""

    def __init__(self, folder: Path) -> None:
        need("Apicurio registry")
        self._folder = folder
        self.port, self._management = free_ports(2)
        self._process: ServerProcess | None = None

    @property
    def url(self) -> str:
        """Where clients of Confluent's API find it."""
        return f"http://127.0.0.1:{self.port}/apis/ccompat/v7"

    def start(self) -> None:
        """Come up and wait until it answers."""
        environment = {
            "QUARKUS_HTTP_HOST": "127.0.0.1",
            "QUARKUS_HTTP_PORT": str(self.port),
            "QUARKUS_MANAGEMENT_HOST": "127.0.0.1",
            "QUARKUS_MANAGEMENT_PORT": str(self._management),
            "APICURIO_REST_DELETION_ARTIFACT_ENABLED": "true",
        }
        program = APICURIO / f"apicurio-registry-app-{VERSION}-runner.jar"
        options = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto")
        self._process = ServerProcess(
            ["java", *options, "-jar", str(program)], self._folder / "apicurio.log", environment
        )
        self._process.wait_until(self._ready)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()

    def _ready(self) -> bool:
        if not answers(self.port):
            return False
        try:
            with urllib.request.urlopen(f"{self.url}/subjects", timeout=5) as response:
                return bool(response.status == 200)
        except urllib.error.URLError:
            return False


@cache
def shared_apicurio() -> Apicurio:
    """The registry of this test run, started when it is first asked for and stopped when the run ends."""
    need("Apicurio registry")
    folder = Path(tempfile.mkdtemp(prefix="trunkline-apicurio-"))
    server = Apicurio(folder)
    server.start()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.stop)
    return server


def fetch() -> None:
    """The registry with all that it runs on."""
    fetch_archive(ARTEFACT, APICURIO)
