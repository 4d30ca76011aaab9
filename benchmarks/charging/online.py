"""Charging a 5G core in real time: from a request to its answer, and requests a second, of one server over the embedded
log. Charging is the platform's own processor, and a double that only counts octets, which shows what the way takes.

The peer is the log without the server: the same requests put into it, and their answers waited for, by the client
itself. What the server adds lies between the two.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from benchmarks.charging.core import Asked, Send, http, imsi, msisdn, sessions
from benchmarks.headline import Headline
from benchmarks.live import free_port, operator
from benchmarks.streams.process import cpu_seconds, running
from tests.servers.process import ServerProcess, answers
from trunkline.log.envelope import cloud_event
from trunkline.log.port import Log
from trunkline.telco.charging.online.charging_request import decoded, following, opening
from trunkline.telco.charging.online.exchange import Exchange
from trunkline.telco.charging.online.session import session_of
from trunkline.telco.model import Number

SUBSCRIBERS = 1_000
TOGETHER, EACH = 64, 8  # sessions at once, and one after the other
ALONE = 40  # sessions one after the other
WARM_UP = 4


class Served(NamedTuple):
    """The server, its port, and the log that it works on."""

    process: ServerProcess
    port: int
    log: Log


def main() -> Iterator[Headline]:
    with served() as here:
        yield from headlines(here, "a double that counts")


@contextmanager
def served() -> Iterator[Served]:
    """The role `api` of a new operator with `SUBSCRIBERS`, and the double at work."""
    with tempfile.TemporaryDirectory() as folder:
        project, port = operator(Path(folder)), free_port()
        settings = project.folder / "trunkline.toml"
        settings.write_text(settings.read_text().replace("port = 8080", f"port = {port}"))
        log = project.open_log()
        numbers = [
            Number(id=id, account=f"A-{which}", msisdn=msisdn(which))
            for which in range(SUBSCRIBERS)
            for id in (msisdn(which), f"imsi:{imsi(which)}")
        ]
        put(log, numbers)
        api = [sys.executable, "-m", "trunkline", "api", "--project", str(project.folder)]
        double = [sys.executable, "-m", "benchmarks.charging.double", project.log_url]
        with running(double, Path(folder) / "double.log"), running(api, Path(folder) / "api.log") as process:
            process.wait_until(lambda: answers(port))
            yield Served(process, port, log)
        log.close()


def put(log: Log, records: list[Any]) -> None:
    """Append records of one kind."""
    topic = records[0].topic
    log.append(
        topic,
        [
            cloud_event(type=topic, source="/benchmark", id=r.key, value=msgspec.json.encode(r), key=r.key)
            for r in records
        ],
    )


def headlines(here: Served, charging: str) -> Iterator[Headline]:
    """One request at a time, then many."""
    asyncio.run(sessions(lambda: http(here.port), 0, WARM_UP, 1))
    alone = asyncio.run(sessions(lambda: http(here.port), 10, 1, ALONE))
    before = cpu_seconds(here.process.pid)
    many = asyncio.run(sessions(lambda: http(here.port), 100, TOGETHER, EACH))
    cpu = cpu_seconds(here.process.pid) - before
    alone_without, many_without = asyncio.run(without_server(here.log))
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        what = f"online charging by {charging}: an answer, one request at a time, {name}"
        yield Headline(
            what, "ms", alone.percentile(share), alone_without.percentile(share), "the log alone", lower_is_better=True
        )
    count = f"{TOGETHER} sessions at once"
    yield Headline(
        f"online charging by {charging}: answers, {count}",
        "/s",
        many.per_second,
        many_without.per_second,
        "the log alone",
    )
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        what = f"online charging by {charging}: an answer, {count}, {name}"
        yield Headline(
            what, "ms", many.percentile(share), many_without.percentile(share), "the log alone", lower_is_better=True
        )
    yield Headline(f"online charging by {charging}: answers by the server's CPU", "/CPU s", len(many.times) / cpu)


async def without_server(log: Log) -> tuple[Asked, Asked]:
    """The same, one at a time and many, without HTTP between."""
    exchange = Exchange(log, "/benchmark", threading.Event(), patience=30.0)

    async def direct() -> Send:
        async def send(path: str, body: dict[str, Any]) -> str:
            told, now = decoded(msgspec.json.encode(body)), datetime.now(UTC)
            *_, ref, operation = ("", *path.split("/"))
            if operation == "chargingdata":
                session, request = opening(told, exchange.directory, now)
                location = f"{path}/{session.ref}"
            else:
                request, location = following(told, session_of(ref), now, final=operation == "release"), ""
            if problem := (await exchange.ask(request)).problem:
                raise RuntimeError(f"{path} was refused: {problem}")
            return location

        return send

    async with exchange.running():
        await sessions(direct, 300, WARM_UP, 1)
        return await sessions(direct, 310, 1, ALONE), await sessions(direct, 400, TOGETHER, EACH)


if __name__ == "__main__":
    for headline in main():
        print(headline)
