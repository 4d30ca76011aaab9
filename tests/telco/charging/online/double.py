"""A double of the processor `charge`: a thread that reads requests and answers, with octets for each account.

Like the real one it works on an id once, and answers one that comes again as it did before.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import msgspec
from msgspec.structs import replace

from trunkline.log.envelope import cloud_event
from trunkline.log.port import Log, TopicPartition
from trunkline.telco.model import ChargingAnswer, ChargingRequest, Granted

USUAL = 10_000_000  # octets
VALID = timedelta(minutes=30)


class Double:
    """What each account has left, and what has been used and answered; `silent` while it answers nothing."""

    def __init__(self, log: Log, octets: int = 10**12) -> None:
        self.left: dict[str, int] = defaultdict(lambda: octets)
        self.usage: dict[str, int] = {}
        self.requests: list[ChargingRequest] = []
        self.problems: dict[str, str] = {}
        """What requests of an account are refused with."""
        self.silent = False
        self._log = log
        self._answers: dict[str, ChargingAnswer] = {}
        self._reserved: dict[str, dict[int, int]] = defaultdict(dict)
        self._stop = threading.Event()

    @contextmanager
    def working(self) -> Iterator[Double]:
        """It works while the block runs."""
        thread = threading.Thread(target=self._run, name="double of charge")
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join()

    def _run(self) -> None:
        [count] = [topic.partitions for topic in self._log.topics() if topic.name == ChargingRequest.topic]
        reader = self._log.reader()
        reader.assign({TopicPartition(ChargingRequest.topic, number): 0 for number in range(count)})
        while not self._stop.is_set():
            for batch in [] if self.silent and not self._stop.wait(0.01) else reader.take(timeout=0.1):
                requests = [msgspec.json.decode(value or b"", type=ChargingRequest) for value in batch.values]
                answers = [self._answered(request) for request in requests]
                self._log.append(
                    ChargingAnswer.topic,
                    [
                        cloud_event(
                            type=ChargingAnswer.topic, source="/double", id=answer.id,
                            value=msgspec.json.encode(answer), key=answer.key,
                        )
                        for answer in answers
                    ],
                )  # fmt: skip

    def _answered(self, request: ChargingRequest) -> ChargingAnswer:
        self.requests.append(request)
        if request.id not in self._answers:
            self._answers[request.id] = self._work(request)
        return self._answers[request.id]

    def _work(self, request: ChargingRequest) -> ChargingAnswer:
        answer = ChargingAnswer(id=request.id, account=request.account, time=request.time)
        if problem := self.problems.get(request.account):
            return replace(answer, problem=problem, detail="the double was told so")
        for usage in request.used:
            if usage.id not in self.usage:
                self.usage[usage.id] = usage.quantity
                self.left[request.account] -= usage.quantity
        reserved = self._reserved[request.session]
        for usage in request.used:
            self.left[request.account] += reserved.pop(usage.rating_group, 0)
        if request.final:
            self.left[request.account] += sum(reserved.values())
            reserved.clear()
            return answer
        return replace(answer, granted=tuple(self._grant(request, *want) for want in request.wanted.items()))

    def _grant(self, request: ChargingRequest, group: int, wanted: int) -> Granted:
        reserved = self._reserved[request.session]
        left = self.left[request.account] + reserved.pop(group, 0)
        units = min(wanted or USUAL, left)
        self.left[request.account] = left - units
        if not units:
            return Granted(rating_group=group, units=0, result="QUOTA_LIMIT_REACHED")
        reserved[group] = units
        return Granted(
            rating_group=group, units=units, result="SUCCESS", last=left <= units, valid_until=request.time + VALID
        )
