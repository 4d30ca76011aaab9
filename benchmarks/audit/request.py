"""What the audit trail adds to a request: the processor's time of all threads, the log's commits among it.

Beside the same application without it; both answer 2,000 reads of one record, and changes of it 16 at a time.
"""

from __future__ import annotations

import asyncio
import secrets
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from benchmarks.headline import Headline
from trunkline import contracts
from trunkline.log import open_log
from trunkline.security.audit import Recorder
from trunkline.security.audit.pseudonym import Pseudonyms
from trunkline.security.audit.requests import AuditedRequests

READS, CHANGES, TOGETHER, RUNS = 2_000, 400, 16, 5
CONTRACTS = Path(__file__).parents[2] / "belgicom" / "contracts"
PATH = "/tmf-api/usageManagement/v4/usage/"
BODY = b'{"id":"msc/1/7","usageDate":"2026-03-09T12:00:04Z","relatedParty":[{"id":"C-1042"}],"status":"rated"}'
HEADERS = [(b"content-type", b"application/json")]


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """The least that an application does."""
    await receive()
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


async def ask(app: ASGIApp, method: str, number: int) -> None:
    path = f"{PATH}{number}"
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"x-reason", b"TT-4711"), *HEADERS],
        "client": ("10.1.2.3", 4711),
    }

    async def receive() -> Message:
        return {"type": "http.request", "body": BODY}

    async def send(message: Message) -> None:
        pass

    await app(scope, receive, send)


def processor_time(app: ASGIApp, method: str, count: int, settle: Callable[[], None]) -> float:
    """Microseconds a request, also what other threads do for it."""

    async def all_of_them() -> None:
        for first in range(0, count, TOGETHER):
            await asyncio.gather(*(ask(app, method, first + each) for each in range(TOGETHER)))

    begin = time.process_time()
    asyncio.run(all_of_them())
    settle()
    return (time.process_time() - begin) / count * 1e6


def main() -> list[Headline]:
    validators = contracts.load(CONTRACTS).validators()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        log = stack.enter_context(closing(open_log(f"sqlite://{folder}/log.db", validators)))

        def added(method: str, count: int) -> float:
            """The median of what it adds."""
            figures = []
            for _ in range(RUNS):
                recorder = Recorder(log)
                audited = AuditedRequests(answer, recorder, Pseudonyms(secrets.token_bytes(32)))
                with_it = processor_time(audited, method, count, recorder.close)
                figures.append(with_it - processor_time(answer, method, count, lambda: None))
            return statistics.median(figures)

        read, change = added("GET", READS), added("PATCH", CHANGES)
    return [
        Headline("audit: added to a read, CPU", "µs", read, lower_is_better=True),
        Headline(
            f"audit: added to a change, durable first, {TOGETHER} at a time, CPU", "µs", change, lower_is_better=True
        ),
    ]
