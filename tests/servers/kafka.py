"""A real Apache Kafka on loopback: one node, broker and controller at once (KRaft).

`shared_kafka()` is the one of a whole test run; let each test use topics of its own (`Kafka.url` with a prefix).
`Kafka(folder)` is one of a test's own, that it may kill, or that asks who comes.
"""

from __future__ import annotations

import atexit
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from tests.components import need
from tests.servers.maven import fetch_jars
from tests.servers.process import ServerProcess, answers, free_ports
from trunkline.doctor import KAFKA

ARTEFACTS = (
    f"org.apache.kafka:kafka_2.13:{KAFKA.name.removeprefix('kafka-')}",
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.5",
)
JARS, CLASSES, LOGGING = KAFKA / "jars", KAFKA / "classes.jsa", KAFKA / "log4j2.properties"
CLUSTER = "trunkline-test-cluster"

SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "auto.create.topics.enable": "false",
    "num.partitions": "1",
    # one broker
    "offsets.topic.replication.factor": "1",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # quick: groups settle, a killed broker is let back in, transactions that hang end, what is due to go goes
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "group.consumer.min.heartbeat.interval.ms": "100",
    "group.consumer.heartbeat.interval.ms": "200",
    "group.consumer.min.session.timeout.ms": "1000",
    "group.consumer.session.timeout.ms": "6000",
    "broker.session.timeout.ms": "4000",  # less, and a busy machine's broker is taken for dead: see `shared_kafka`
    "broker.heartbeat.interval.ms": "100",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "500",
    "log.initial.task.delay.ms": "500",
    "log.retention.check.interval.ms": "200",
    "log.cleaner.backoff.ms": "200",
    "log.segment.delete.delay.ms": "1000",
    # small
    "log.cleaner.dedupe.buffer.size": "8388608",
    "log.cleaner.io.buffer.size": "131072",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "log.index.size.max.bytes": "1048576",
}
LOG4J = """
rootLogger.level = WARN
rootLogger.appenderRef.stdout.ref = stdout
appender.stdout.type = Console
appender.stdout.name = stdout
appender.stdout.layout.type = PatternLayout
appender.stdout.layout.pattern = %d %p %c{1} %m%n
"""


class Kafka:
    """A broker whose topics lie in `folder`; it comes up again on them after `stop` or `kill`, on the same port.

    `settings` are added to the server's properties; `format_options` are those of `kafka-storage format`. With
    `secure`, a security protocol (SSL, SASL_SSL, …), it has a second listener, of the name SECURE.
    """

    def __init__(
        self,
        folder: Path,
        settings: Mapping[str, str] | None = None,
        *,
        secure: str | None = None,
        format_options: Sequence[str] = (),
        jvm_options: Sequence[str] = (),
    ) -> None:
        self._java = need("Apache Kafka")
        self._folder, self._settings, self._secure = folder, settings or {}, secure
        self._format_options, self._jvm_options = format_options, jvm_options
        self.port, self.secure_port, self._controller = free_ports(3)
        self._process: ServerProcess | None = None

    @property
    def bootstrap(self) -> str:
        """The address of the listener that asks nobody who he is."""
        return f"127.0.0.1:{self.port}"

    def url(self, prefix: str) -> str:
        """The log on it whose topics, groups and producers have this prefix."""
        return f"kafka://{self.bootstrap}/?prefix={prefix}"

    def start(self) -> None:
        """Come up and wait until it lets clients in."""
        properties = self._folder / "server.properties"
        if not properties.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            properties.write_text("".join(f"{name}={value}\n" for name, value in self._all_settings().items()))
            format = ("format", f"--cluster-id={CLUSTER}", "-c", str(properties), *self._format_options)
            subprocess.run(_java("kafka.tools.StorageTool", *format), check=True, capture_output=True, timeout=60)
        self._process = ServerProcess(
            _java("kafka.Kafka", str(properties), jvm_options=self._jvm_options), self._folder / "output.log"
        )
        self._process.wait_until(self._ready)

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()

    def kill(self) -> None:
        """Die as a machine that loses its power."""
        if self._process is not None:
            self._process.kill()

    def _ready(self) -> bool:
        if not answers(self.port):
            return False
        try:
            client = AdminClient({"bootstrap.servers": self.bootstrap, "log_level": 0})
            return bool(client.list_topics(timeout=1).brokers)
        except KafkaException:
            return False

    def _all_settings(self) -> dict[str, str]:
        protocols = {"PLAINTEXT": "PLAINTEXT", "CONTROLLER": "PLAINTEXT"}
        listeners = {"PLAINTEXT": self.port, "CONTROLLER": self._controller}
        if self._secure:
            protocols["SECURE"], listeners["SECURE"] = self._secure, self.secure_port
        return {
            **SETTINGS,
            "listeners": ",".join(f"{name}://127.0.0.1:{port}" for name, port in listeners.items()),
            "listener.security.protocol.map": ",".join(f"{name}:{protocol}" for name, protocol in protocols.items()),
            "controller.quorum.voters": f"1@127.0.0.1:{self._controller}",
            "log.dirs": str(self._folder / "data"),
            **self._settings,
        }


@cache
def shared_kafka() -> Kafka:
    """The broker of this test run, started when it is first asked for and stopped when the run ends."""
    need("Apache Kafka")
    folder = Path(tempfile.mkdtemp(prefix="trunkline-kafka-"))
    # Nobody kills this one; but on a busy machine it may be silent for a second. Then its controller takes it for dead,
    # and a transactional client that asks at that moment is told of no broker at all, and ends.
    server = Kafka(folder, {"broker.session.timeout.ms": "30000"})
    server.start()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(server.kill)
    return server


def fetch() -> None:
    """The jars, and an archive of loaded classes with which a start takes half the time (JEP 350)."""
    fetch_jars(ARTEFACTS, JARS)
    LOGGING.write_text(LOG4J)
    if not CLASSES.exists():
        with tempfile.TemporaryDirectory() as folder:
            server = Kafka(Path(folder), jvm_options=(f"-XX:ArchiveClassesAtExit={CLASSES}",))
            server.start()
            server.stop()


def _java(program: str, *arguments: str, jvm_options: Sequence[str] = ()) -> list[str]:
    classpath = ":".join(map(str, sorted(JARS.glob("*.jar"))))
    archive = [f"-XX:SharedArchiveFile={CLASSES}"] if CLASSES.exists() else []
    return [
        "java", "-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xshare:auto",
        *archive, *jvm_options, f"-Dlog4j2.configurationFile={LOGGING}", "-cp", classpath, program, *arguments,
    ]  # fmt: skip
