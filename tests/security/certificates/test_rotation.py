"""Certificates and authorities are rotated under load, on both sides of mutual TLS, and no request fails."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from tests.security.certificates.house import Clock, ask, authorities, service, serving
from trunkline.http import Tls
from trunkline.http.tls import client_context
from trunkline.security.certificates.spiffe import Peers

CLIENTS = 4
EACH = 10
"""Requests between two rotations."""

BEFORE = timedelta(seconds=3)
"""How long a new authority is trusted before it signs, on a clock that goes on when no handshake from before is left.
"""


class Load:
    """Clients that ask without a pause, each request by a handshake of its own."""

    def __init__(self, folder: Path, port: int, context: object) -> None:
        self.port, self.context = port, context
        self.answered, self.failed = 0, Counter[str]()
        self.serials: set[str] = set()
        self._lock, self._end = threading.Lock(), threading.Event()
        self._done_by = [0] * CLIENTS
        self._threads = [threading.Thread(target=self._ask, args=(number,)) for number in range(CLIENTS)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        for thread in self._threads:
            thread.join()

    def wait_for(self, more: int) -> None:
        """Until so many more requests have been answered, or failed."""
        goal = self.done + more
        while self.done < goal:
            assert any(thread.is_alive() for thread in self._threads)
            time.sleep(0.01)

    def wait_for_each(self) -> None:
        """Until each client has begun a request, and ended it, after this was asked for."""
        goals = [done + 2 for done in self._done_by]
        while any(done < goal for done, goal in zip(self._done_by, goals, strict=True)):
            assert all(thread.is_alive() for thread in self._threads)
            time.sleep(0.01)

    @property
    def done(self) -> int:
        return self.answered + self.failed.total()

    def _ask(self, number: int) -> None:
        while not self._end.is_set():
            try:
                answer = ask(self.port, self.context)  # type: ignore[arg-type]
                fault = "" if answer.status == 200 else f"{answer.status} {answer.body}"
            except Exception as error:
                answer, fault = None, repr(error)
            with self._lock:
                self._done_by[number] += 1
                if fault:
                    self.failed[fault] += 1
                elif answer is not None:
                    self.answered += 1
                    self.serials.add(answer.serial)


def rotations_under_load(folder: Path, count: int) -> Load:
    """Rotate so often, every fourth time the authority as well; what became of the requests."""
    clock = Clock()
    of = authorities(folder, clock)
    api, gateway = service(of, "api"), service(of, "gateway")
    tls = Tls(api.files, Peers(["spiffe://acme/gateway/*"]))
    with (
        serving(tls) as running,
        Load(folder, running.port, client_context(gateway.files, Peers(["spiffe://acme/api/*"]))) as load,
    ):
        for number in range(count):
            load.wait_for(EACH)
            if number % 4 == 3:
                before = of.signing().certificate
                of.rotate(BEFORE)
                load.wait_for_each()
                clock.pass_by(BEFORE)
                assert of.signing().certificate != before
            api.renew(anyway=True)
            load.wait_for(EACH)
            gateway.renew(anyway=True)
        load.wait_for(EACH)
    return load


def test_no_request_fails_while_certificates_and_the_authority_are_rotated(tmp_path: Path) -> None:
    load = rotations_under_load(tmp_path, 4)
    assert not load.failed
    assert len(load.serials) == 5


@pytest.mark.prove
def test_no_request_fails_in_forty_rotations(tmp_path: Path) -> None:
    load = rotations_under_load(tmp_path, 40)
    assert not load.failed
    assert len(load.serials) == 41
