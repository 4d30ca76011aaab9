"""Charging a 5G core in real time: from a request to its answer, and requests a second, of one server over the embedded
log. Charging is the platform's own processor, and a double that only counts octets, which shows what the way takes.

The peer is the log without the server: the same requests put into it, and their answers waited for, by the client
itself. What the server adds lies between the two.
"""

from __future__ import annotations

import asyncio
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
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
from trunkline.telco.model import Account, Assignment, Member, Number

SUBSCRIBERS = 1_000
TOGETHER, EACH = 64, 4  # sessions at once, and one after the other
ALONE = 20  # sessions one after the other
WARM_UP = 4
REFERENCE = Path(__file__).parents[2] / "belgicom"
PLAN = Assignment(tariff="mobile-80", since=datetime(2025, 1, 1, tzinfo=UTC))


class Served(NamedTuple):
    """The server and charging, the server's port, and the log that both work on."""

    process: ServerProcess
    charging: ServerProcess
    port: int
    log: Log


def main() -> Iterator[Headline]:
    with served(["benchmarks.charging.double"]) as here:
        yield from headlines(here, "a double that counts")
    with served(["trunkline", "worker"]) as here:
        yield from headlines(here, "charging itself")


@contextmanager
def served(charging: Sequence[str]) -> Iterator[Served]:
    """The role `api` of a new operator with `SUBSCRIBERS`, and charging at work: a module with its arguments."""
    with tempfile.TemporaryDirectory() as folder:
        project, port = operator(Path(folder)), free_port()
        shutil.copytree(REFERENCE / "tariffs", project.folder / "tariffs", dirs_exist_ok=True)
        shutil.copy(REFERENCE / "charging.yaml", project.folder)
        settings = project.folder / "trunkline.toml"
        settings.write_text(settings.read_text().replace("port = 8080", f"port = {port}"))
        with closing(project.open_log()) as log:
            put(log, [account(which) for which in range(SUBSCRIBERS)])
            if "worker" not in charging:
                put(log, [number for which in range(SUBSCRIBERS) for number in numbers(which)])
            python = [sys.executable, "-m"]
            at = ["--project", str(project.folder)]
            worker = running([*python, *charging, *at], Path(folder) / "charging.log")
            api = running([*python, "trunkline", "api", *at], Path(folder) / "api.log")
            with worker as behind, api as process:
                process.wait_until(lambda: answers(port) and directory_is_there(log))
                yield Served(process, behind, port, log)


def account(which: int) -> Account:
    member = Member(msisdn=msisdn(which), imsi=imsi(which), tariffs=(PLAN,))
    return Account(id=f"A-{which}", customer=f"C-{which}", kind="postpaid", currency="EUR", members=(member,))


def numbers(which: int) -> list[Number]:
    """What the directory says of a subscriber."""
    return [Number(id=id, account=f"A-{which}", msisdn=msisdn(which)) for id in (msisdn(which), f"imsi:{imsi(which)}")]


def directory_is_there(log: Log) -> bool:
    [count] = [topic.partitions for topic in log.topics() if topic.name == Number.topic]
    return sum(log.end(Number.topic, partition) for partition in range(count)) >= 2 * SUBSCRIBERS


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
    before = [cpu_seconds(process.pid) for process in (here.process, here.charging)]
    many = asyncio.run(sessions(lambda: http(here.port), 100, TOGETHER, EACH))
    after = [cpu_seconds(process.pid) for process in (here.process, here.charging)]
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
    for process, begun, ended in zip(("the server", "charging"), before, after, strict=True):
        name = f"online charging by {charging}: answers by {process}'s CPU"
        yield Headline(name, "/CPU s", len(many.times) / (ended - begun))


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
