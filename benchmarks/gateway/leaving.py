"""How soon a token is refused whose grant is revoked, with ten thousand others revoked: from the provider's call to the
first 401. And what so long a list costs a call that is let through."""

from __future__ import annotations

import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.gateway.origin import origin
from benchmarks.gateway.ours import Ours, gateway, until
from benchmarks.gateway.wrk import Missing, load
from benchmarks.headline import Headline
from trunkline.runtime.gateway import keep_refusing
from trunkline.security.identity.grants import SignedIn
from trunkline.security.identity.identity import Identity, open_identity
from trunkline.security.identity.terms import COMMAND_LINE, Terms

OTHERS, REVOKED = 10_000, 20
MANY = 32  # connections


def main() -> Iterator[Headline | str]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        identity = open_identity(f"sqlite://{folder / 'store.db'}", folder, Terms("http://localhost", "apis"))
        stop = threading.Event()
        with origin(folder) as behind, gateway(folder, behind, [{"kind": "jwt", "issuer": "ours"}]) as ours:
            refusing = threading.Thread(target=keep_refusing, args=(identity, ours.places, stop))
            refusing.start()
            try:
                yield from _headlines(identity, ours)
            finally:
                stop.set()
                refusing.join()
                identity.close()


def _headlines(identity: Identity, ours: Ours) -> Iterator[Headline | str]:
    said = f"gateway: a revoked token is refused, of {OTHERS:,}"
    token = {"authorization": f"Bearer {ours.token}"}
    try:
        alone = load(ours.url, ours.pid, MANY, token).cpu
    except Missing as missing:
        yield f"{said}: {missing}"
        return
    _revoke(identity, _begin(identity, OTHERS - REVOKED))
    taken = []
    for grant in _begin(identity, REVOKED):
        answer = ours.sign(grant=grant)
        until(ours, {"authorization": f"Bearer {answer}"}, 200)
        began = time.perf_counter()
        _revoke(identity, [grant])
        until(ours, {"authorization": f"Bearer {answer}"}, 401)
        taken.append((time.perf_counter() - began) * 1_000)
    yield Headline(f"{said}, median", "ms", statistics.median(taken), target=500, lower_is_better=True)
    yield Headline(f"{said}, longest of {REVOKED}", "ms", max(taken), lower_is_better=True)
    listed = load(ours.url, ours.pid, MANY, token).cpu
    yield Headline(f"gateway: JWT, {OTHERS:,} revoked, CPU", "µs", listed, alone, "none revoked", lower_is_better=True)


def _begin(identity: Identity, count: int) -> list[str]:
    with identity.unit() as unit:
        return [unit.grants.begin(COMMAND_LINE, "", "", SignedIn(), lasts=3_600).id for _ in range(count)]


def _revoke(identity: Identity, grants: list[str]) -> None:
    with identity.unit() as unit:
        for grant in grants:
            unit.grants.revoke(grant)
