"""Over HTTP: by id, by the ten commonest filters with paging, and whole pages of 100, from one process that has one
core; its peer is a plain FastAPI and SQLAlchemy CRUD of the same alarms on the same database.

One client asks, one request after the other, on a connection that stays open. Rates are by the server's own CPU time;
PostgreSQL works in processes of its own.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

from benchmarks.headline import Headline, alternate
from benchmarks.live import free_port
from benchmarks.streams.process import cpu_seconds, running
from benchmarks.tmf import crud, documents
from tests.servers.postgresql import PostgreSQL
from tests.servers.process import ServerProcess
from trunkline.doctor import COMPONENTS
from trunkline.store.opening import open_store
from trunkline.tmf.apis import alarm, product_inventory
from trunkline.tmf.serving.serve import serve

COUNT = int(os.environ.get("TMF_DOCUMENTS", "1000000"))
HERE = Path(__file__).parent
UNIT = 2_000  # documents that are added together
GETS, PAGES, QUESTIONS = 3_000, 500, 300
PAGING = (0, 20, 100)  # offsets of the pages of 20 that are asked for
PATHS = {
    "alarm": f"{alarm.API.path(alarm.API.versions[-1])}/alarm",
    "product": f"{product_inventory.API.path(product_inventory.API.versions[-1])}/product",
}


class Asked(NamedTuple):
    """How long answers took (seconds, sorted), and how many a second of the server's CPU time."""

    times: list[float]
    per_cpu_second: float

    def percentile(self, share: float) -> float:
        """Milliseconds."""
        return 1e3 * self.times[min(len(self.times) - 1, int(share * len(self.times)))]


class Client:
    """Asks a server, and refuses what is no success."""

    def __init__(self, process: ServerProcess, port: int) -> None:
        self._process, self._port = process, port

    def ask(self, paths: Sequence[str]) -> Asked:
        """Ask for all of them, one after the other. Raises `RuntimeError`."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        times, cpu = [], cpu_seconds(self._process.pid)
        for path in paths:
            start = time.perf_counter()
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            times.append(time.perf_counter() - start)
            if answer.status not in (200, 206):
                raise RuntimeError(f"GET {path} gave {answer.status}: {body[:500]!r}")
        connection.close()
        return Asked(sorted(times), len(paths) / (cpu_seconds(self._process.pid) - cpu))


def main() -> Iterator[Headline | str]:
    with tempfile.TemporaryDirectory() as folder:
        url, peer = f"sqlite:///{folder}/store.db", f"sqlite:///{folder}/peer.db"
        fill(url)
        crud.fill(peer, map(documents.alarm, range(COUNT)))
        yield from measure("SQLite", url, peer, Path(folder))
    postgresql = next(known for known in COMPONENTS if known.name == "PostgreSQL")
    if postgresql.find() is None:
        yield f"open APIs on PostgreSQL: it is not on this machine ({postgresql.install})"
        return
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # the server runs as another user
        server = PostgreSQL(Path(folder), {"shared_buffers": "512MB"})
        server.start()
        try:
            with server.database() as name:
                url = f"postgresql://postgres@127.0.0.1:{server.port}/{name}"
                peer = url.replace("postgresql:", "postgresql+psycopg:")
                fill(url)
                crud.fill(peer, map(documents.alarm, range(COUNT)))
                with server.connect(name) as administrator:
                    administrator.execute("VACUUM ANALYZE")  # as autovacuum does in time
                yield from measure("PostgreSQL", url, peer, Path(folder))
        finally:
            server.stop()


def measure(what: str, url: str, peer_url: str, folder: Path) -> Iterator[Headline]:
    """Ask a store that has the documents, and the peer that has the alarms."""
    with ExitStack() as stack:
        ours = stack.enter_context(client("ours.py", url, PATHS["alarm"], folder))
        peer = stack.enter_context(client("crud.py", peer_url, "/alarm", folder))
        chance = random.Random(1)
        ids = [f"alarm-{chance.randrange(COUNT)}" for _ in range(GETS)]
        by_id = ours.ask([f"{PATHS['alarm']}/{id}" for id in ids])
        name = f"open API on {what}, {COUNT:,} alarms and products"
        yield limit(f"{name}: by id, p99", by_id.percentile(0.99), 10)
        gets = alternate(rate(ours, PATHS["alarm"], ids), rate(peer, "/alarm", ids))
        yield Headline(f"{name}: by id", "answers/CPU s", *gets, "FastAPI and SQLAlchemy", ratio_target=0.8)
        pages = [f"{PATHS['alarm']}?limit=100&offset={chance.randrange(1_000)}" for _ in range(PAGES)]
        found = ours.ask(pages)
        yield Headline(f"{name}: a page of 100", "answers/CPU s", found.per_cpu_second, target=500)
        for title, times in questions(ours).items():
            yield limit(f"{name}: {title}, p99", times.percentile(0.99), 50)


def limit(name: str, milliseconds: float, target: float) -> Headline:
    return Headline(name, "ms", milliseconds, target=target, lower_is_better=True)


def rate(client: Client, path: str, ids: Sequence[str]) -> Callable[[], float]:
    return lambda: client.ask([f"{path}/{id}" for id in ids]).per_cpu_second


def questions(client: Client) -> dict[str, Asked]:
    """Each of the filters, with other values every time, by pages of 20."""
    chance = random.Random(2)
    asked: dict[str, list[str]] = {}
    for number in range(QUESTIONS):
        for title, (resource, parameters) in documents.filters(COUNT, chance).items():
            page = [("offset", str(PAGING[number % len(PAGING)])), ("limit", "20")]
            asked.setdefault(title, []).append(f"{PATHS[resource]}?{urlencode([*parameters, *page])}")
    return {title: client.ask(paths) for title, paths in asked.items()}


def fill(url: str) -> None:
    """Put the documents into our store."""
    store = open_store(url)
    serve([alarm.API, product_inventory.API], store)  # which declares their kinds
    for kind, make in (("alarm", documents.alarm), ("product", documents.product)):
        for first in range(0, COUNT, UNIT):
            with store.unit() as unit:
                for number in range(first, min(first + UNIT, COUNT)):
                    document = make(number)
                    unit.add(kind, document["id"], json.dumps(document, separators=(",", ":")).encode())
    store.close()


@contextmanager
def client(script: str, url: str, path: str, folder: Path) -> Iterator[Client]:
    """A client of the process that a script is, which has one core of its own."""
    port = free_port()
    command = [sys.executable, str(HERE / script), url, str(port)]
    with running(command, folder / f"{script}.output") as process:
        os.sched_setaffinity(process.pid, {max(os.sched_getaffinity(0))})
        process.wait_until(lambda: answers(port, path), 60)
        yield Client(process, port)


def answers(port: int, path: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", f"{path}?limit=1")
        return connection.getresponse().status in (200, 206)
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    for headline in main():
        print(headline)
