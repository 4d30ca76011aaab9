"""What access costs: a decision that the engine makes, one that is remembered, the mask of a list of 100 records, and
what a request takes more that is decided upon and masked: `python -m benchmarks access`.

By BelgiCom's own rules. The peer of a mask is the same list decoded and encoded again, which is the least that whoever
changes an answer has to do.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from benchmarks.headline import Headline, alternate
from trunkline import contracts
from trunkline.log import open_log
from trunkline.security.access.decisions import Decisions, Who
from trunkline.security.access.kinds import Kind
from trunkline.security.access.log import DecisionLog
from trunkline.security.access.opening import open_access
from trunkline.security.access.requests import DecidedRequests
from trunkline.security.audit import Recorder
from trunkline.security.identity.caller import Caller
from trunkline.tmf.declaration import V4

BELGICOM = Path(__file__).parents[1] / "belgicom"
RECORDS, REQUESTS, PEOPLE, REPEATS = 100, 2_000, 1_000, 50
PATH = "/tmf-api/prepayBalanceManagement/v4/bucket"
BUCKET = {
    "id": "1042.data", "href": f"http://localhost{PATH}/1042.data", "@type": "Bucket", "name": "20 GB in the EU",
    "usageType": "data", "status": "active", "isShared": False, "remainingValueName": "1.9 GB",
    "remainingValue": {"amount": 1_900_000_000, "units": "octet"}, "allowance": "eu-20",
    "validFor": {"startDateTime": "2026-03-01T00:00:00Z", "endDateTime": "2026-04-01T00:00:00Z"},
    "partyAccount": {"id": "1042", "@type": "PartyAccountRef", "@referredType": "PartyAccount"},
    "logicalResource": [{"id": "32470123456", "value": "32470123456", "@type": "LogicalResourceRef"}],
}  # fmt: skip
BODY = msgspec.json.encode([BUCKET | {"id": f"{number}.data"} for number in range(RECORDS)])
HEADERS = [(b"content-type", b"application/json")]
ARCHITECT = Caller("nora", "console", frozenset({"integration-architect"}), frozenset(), "", "https://id.example")


def microseconds(work: Callable[[], Any], count: int) -> float:
    """The processor's time of one of `count`."""
    begin = time.process_time()
    work()
    return (time.process_time() - begin) / count * 1e6


def asked(decisions: Decisions, kind: Kind, subjects: list[str]) -> None:
    """A decision for each of these people."""
    for subject in subjects:
        who = Who(subject, "console", frozenset({"integration-architect"}))
        decisions.decide(who, "read", kind, "integration")


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    """The least that an application does."""
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": BODY})


def served(app: ASGIApp, count: int) -> float:
    """Microseconds a request for a list of 100, all threads together."""
    scope = {
        "type": "http", "method": "GET", "path": PATH, "raw_path": PATH.encode(), "query_string": b"limit=100",
        "headers": [(b"host", b"localhost"), (b"x-purpose", b"integration")], "client": ("10.1.2.3", 4711),
        "state": {"caller": ARCHITECT},
    }  # fmt: skip

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        pass

    async def all_of_them() -> None:
        for _ in range(count):
            await app(dict(scope), receive, send)

    return microseconds(lambda: asyncio.run(all_of_them()), count)


def main() -> list[Headline]:
    own = contracts.load(BELGICOM / "contracts")
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        log = stack.enter_context(closing(open_log(f"sqlite://{folder}/log.db", own.validators())))
        decisions, kinds = open_access(BELGICOM, own)
        [kind] = [each for each in kinds if each.name == "bucket"]
        names = iter(range(10**9))

        def new() -> float:
            people = [f"person-{next(names)}" for _ in range(PEOPLE)]
            return microseconds(lambda: asked(decisions, kind, people), PEOPLE)

        def known() -> float:
            return microseconds(lambda: asked(decisions, kind, ["nora"] * 20 * PEOPLE), 20 * PEOPLE)

        engine, remembered = alternate(new, known)
        mask = decisions.mask(ARCHITECT, kind, "integration")

        def masked() -> float:
            def work() -> None:
                for _ in range(REPEATS):
                    records = msgspec.json.decode(BODY)
                    msgspec.json.encode([mask.apply(record, V4) for record in records])

            return microseconds(work, REPEATS)

        def copied() -> float:
            def work() -> None:
                for _ in range(REPEATS):
                    msgspec.json.encode(msgspec.json.decode(BODY))

            return microseconds(work, REPEATS)

        with_mask, without = alternate(masked, copied)
        decided_log = stack.enter_context(closing(DecisionLog(stack.enter_context(closing(Recorder(log))))))
        decided = DecidedRequests(answer, decisions, kinds, decided_log, "https://id.belgicom.example")
        through, bare = alternate(lambda: served(decided, REQUESTS), lambda: served(answer, REQUESTS))
    less = partial(Headline, unit="µs CPU", lower_is_better=True)
    return [
        less("access: a decision by the engine", ours=engine),
        less("access: a decision that is remembered", ours=remembered),
        less(f"access: masking a list of {RECORDS}", ours=with_mask, peer=without, peer_name="decoded and encoded"),
        less(f"access: a request for {RECORDS}, decided and masked", ours=through - bare),
    ]
