"""A real Kafka Connect on loopback, one worker of its own (standalone), with Debezium for PostgreSQL and Apache's file
connectors, to write to a broker of `kafka.py` what operators' workers write.

Avro is written by Apicurio's converter in Confluent's wire format, since Confluent's own is not on Maven Central.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen
from zipfile import ZipFile

from tests.components import need
from tests.servers.kafka import LOGGING
from tests.servers.kafka import fetch as fetch_kafka
from tests.servers.maven import fetch_archive, fetch_jars
from tests.servers.process import ServerProcess, free_ports
from trunkline.doctor import KAFKA_CONNECT

VERSION = KAFKA_CONNECT.name.removeprefix("kafka-connect-")
ARTEFACTS = (
    f"org.apache.kafka:connect-runtime:{VERSION}",
    f"org.apache.kafka:connect-json:{VERSION}",
    f"org.apache.kafka:connect-file:{VERSION}",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.5",
)
DEBEZIUM = "io.debezium:debezium-connector-postgres:3.6.3.Final:tar.gz:plugin"
AVRO = ("io.apicurio:apicurio-registry-utils-converter:2.6.8.Final",)
JARS, PLUGINS = KAFKA_CONNECT / "jars", KAFKA_CONNECT / "plugins"
SERVICES = PLUGINS / "avro" / "services.jar"
"""Names the Avro converter, which its own jars do not, so that the worker need not look through all classes."""

JSON = "org.apache.kafka.connect.json.JsonConverter"
AVRO_CONVERTER = "io.apicurio.registry.utils.converter.AvroConverter"


class KafkaConnect:
    """A worker on the broker at `bootstrap`; its offsets and output lie in `folder`."""

    def __init__(self, folder: Path, bootstrap: str) -> None:
        need("Kafka Connect")
        self._folder, self._bootstrap = folder, bootstrap
        [self._port] = free_ports(1)
        self._process: ServerProcess | None = None

    def start(self) -> None:
        """Come up and wait until connectors can be declared."""
        self._folder.mkdir(parents=True, exist_ok=True)
        properties = self._folder / "worker.properties"
        settings = {
            "bootstrap.servers": self._bootstrap,
            "listeners": f"http://127.0.0.1:{self._port}",
            "plugin.path": str(PLUGINS),
            "plugin.discovery": "service_load",
            "offset.storage.file.filename": str(self._folder / "offsets"),
            "offset.flush.interval.ms": "500",
            "key.converter": JSON,
            "value.converter": JSON,
        }
        properties.write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
        classpath = ":".join(map(str, sorted(JARS.glob("*.jar"))))
        command = [
            "java", "-Xms64m", "-Xmx384m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1",
            f"-Dlog4j2.configurationFile={LOGGING}", "-cp", classpath,
            "org.apache.kafka.connect.cli.ConnectStandalone", str(properties),
        ]  # fmt: skip
        self._process = ServerProcess(command, self._folder / "output.log")
        self._process.wait_until(self._ready)

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def declare(self, name: str, settings: Mapping[str, Any]) -> None:
        """Start a connector."""
        self._ask("POST", "/connectors", {"name": name, "config": {k: str(v) for k, v in settings.items()}})

    def remove(self, name: str) -> None:
        """Stop a connector."""
        self._ask("DELETE", f"/connectors/{name}")

    def failure(self, name: str) -> str:
        """Why the connector has failed; "" where it has not."""
        status = self._ask("GET", f"/connectors/{name}/status")
        states = [status["connector"], *status["tasks"]]
        return "\n".join(state.get("trace", "failed") for state in states if state["state"] == "FAILED")

    def _ready(self) -> bool:
        try:
            return isinstance(self._ask("GET", "/connectors"), list)
        except (HTTPError, URLError, OSError):
            return False

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        request = Request(
            f"http://127.0.0.1:{self._port}{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        try:
            with urlopen(request, timeout=60) as answer:
                text = answer.read()
        except HTTPError as error:
            error.msg = f"{error.msg}: {error.read(2_000).decode(errors='replace')}"
            raise
        return json.loads(text) if text else None


def fetch() -> None:
    """The worker, and its plugins."""
    fetch_jars(ARTEFACTS, JARS)
    fetch_archive(DEBEZIUM, PLUGINS / "debezium")
    fetch_jars(AVRO, PLUGINS / "avro")
    if not SERVICES.exists():
        with ZipFile(SERVICES, "w") as jar:
            jar.writestr("META-INF/services/org.apache.kafka.connect.storage.Converter", AVRO_CONVERTER)
    if not LOGGING.exists():
        fetch_kafka()
