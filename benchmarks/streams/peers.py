"""The processors beside which ours is measured on Kafka: how each is got, and run.

What is got from a registry lies beside the servers of the tests (`doctor.SERVERS`) and is got once.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple, Protocol

from tests.servers import kafka
from tests.servers.maven import fetch_jars
from trunkline.doctor import SERVERS

HERE = Path(__file__).parent
KAFKA_STREAMS = "4.3.1"
QUIX_STREAMS = ("quixstreams==3.28.1",)
BYTEWAX = ("bytewax==0.21.1", "confluent-kafka", "orjson")


class Missing(Exception):
    """A peer cannot be had on this machine; the message says why."""


class Job(NamedTuple):
    """The topics of a run on the broker at `bootstrap`; `folder` is its own, and is there."""

    bootstrap: str
    input: str
    output: str
    folder: Path


class Peer(Protocol):
    """A processor. `begin` and `end` are the numbers of outputs between which it is measured."""

    name: str
    begin: int
    end: int

    def command(self, job: Job) -> list[str]:
        """How it is run, for the job, until it is killed. Raises `Missing`."""


class Ours:
    """A Python function called for each event."""

    name, begin, end = "ours", 1_000_000, 2_500_000

    def command(self, job: Job) -> list[str]:
        url, name = f"kafka://{job.bootstrap}/", job.output.rpartition(".")[2]
        return [sys.executable, "-P", str(HERE / "ours.py"), url, name, "events", name]


class KafkaStreams:
    """Exactly once (exactly_once_v2), its store in memory. The first million events, which its JIT compiler takes to
    warm up, are left out; of ours and of Kafka Streams alike."""

    begin, end = Ours.begin, Ours.end

    def __init__(self, kind: str, *options: str) -> None:
        """`kind` is one that `UsageTotals.java` knows, `options` those of the JVM."""
        self.name, self._kind, self._options = f"Kafka Streams {KAFKA_STREAMS}, {kind}", kind, options

    def command(self, job: Job) -> list[str]:
        classpath = f"{self._classes()}:{self._jars()}/*"
        logging = f"-Dlog4j2.configurationFile={kafka.LOGGING}"
        topics = (job.bootstrap, job.input, job.output, str(job.folder))
        return ["java", *self._options, logging, "-cp", classpath, "UsageTotals", *topics, self._kind]

    @staticmethod
    def _jars() -> Path:
        jars = SERVERS / f"kafka-streams-{KAFKA_STREAMS}"
        logging = next(artefact for artefact in kafka.ARTEFACTS if "log4j" in artefact)
        fetch_jars((f"org.apache.kafka:kafka-streams:{KAFKA_STREAMS}", logging), jars)
        return jars

    def _classes(self) -> Path:
        if shutil.which("javac") is None:
            raise Missing("Kafka Streams: javac is missing (apt install openjdk-17-jdk-headless)")
        source, classes = HERE / "kafka_streams" / "UsageTotals.java", SERVERS / "usage-totals"
        compiled = classes / "UsageTotals.class"
        if not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime:
            command = ["javac", "-cp", f"{self._jars()}/*", "-d", str(classes), str(source)]
            subprocess.run(command, check=True)
        return classes


class QuixStreams:
    """Exactly once, its state in RocksDB; over fewer events, since it is slow and nothing of it need warm up."""

    name, begin, end = f"{QUIX_STREAMS[0].replace('==', ' ')}, exactly once", 100_000, 500_000

    def command(self, job: Job) -> list[str]:
        topics = (job.bootstrap, job.input, job.output, str(job.folder))
        return [python_with(*QUIX_STREAMS), "-P", str(HERE / "quix_streams.py"), *topics]


class Bytewax:
    """At least once, which is all that it offers on Kafka; over fewer events, as above."""

    name, begin, end = f"{BYTEWAX[0].replace('==', ' ')}, at least once", 100_000, 500_000

    def command(self, job: Job) -> list[str]:
        python = python_with(*BYTEWAX)
        subprocess.run([python, "-m", "bytewax.recovery", str(job.folder), "1"], check=True)
        flow = f'{HERE / "bytewax_flow.py"}:flow("{job.bootstrap}","{job.input}","{job.output}")'
        return [python, "-m", "bytewax.run", "-r", str(job.folder), "-s", "10", "-b", "0", flow]


def python_with(*packages: str) -> str:
    """The Python of a virtual environment that has these. Raises `Missing`."""
    folder = SERVERS / packages[0].replace("==", "-")
    python, done = folder / "bin" / "python", folder / "installed"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:"]
        installed = subprocess.run([*pip, *packages], capture_output=True, text=True, check=False)
        if installed.returncode:
            reason = (installed.stderr.strip().splitlines() or ["pip failed"])[-1]
            raise Missing(f"{packages[0]} cannot be installed on Python {sys.version.split()[0]}: {reason}")
        done.touch()
    return str(python)
