"""The running part: each tick the nodes' files appear on the SFTP server, and the truth beside them is written."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

from belgicom.simulator import sftp
from belgicom.simulator.network import Network
from belgicom.simulator.state import State
from belgicom.simulator.usage.delivery import LOOK_BACK, Delivery
from belgicom.simulator.usage.fraudsters import Fraudsters
from belgicom.simulator.usage.life import TICK, Life
from belgicom.simulator.usage.payments import payments
from belgicom.simulator.usage.subscribers import Subscribers
from belgicom.simulator.usage.truth import Truth

FOLDERS = ("cdr/pgw", "cdr/chf", "cdr/msc", "tap", "radius", "corrections")
ACCOUNTS_TAKEN = 4000
"""Subscribers a second whose accounts the platform is given time to take before they use anything."""
KEEP = 3600
"""Seconds that a file of usage stays on the server."""


class Recording:
    """Writes below `root`, the SFTP server's folder, and keeps its state and the truth in `folder`.

    A surge, a match in the stadium, begins `surge_at` seconds after the start and lasts `surge_for` seconds. With
    other settings than those of the last run everything begins anew. Raises `ValueError` where the state is damaged.
    """

    def __init__(
        self,
        root: Path,
        folder: Path,
        network: Network,
        subscribers: Subscribers,
        *,
        uses: float,
        mishaps: bool,
        surge_at: float = 0.0,
        surge_for: float = 0.0,
        fraudsters: int = 0,
    ) -> None:
        self._root, self._subscribers = root, subscribers
        self._fraudsters = Fraudsters(subscribers, fraudsters)
        self._delivery = Delivery(Life(subscribers, network, uses, self._fraudsters), mishaps=mishaps)
        begin = time.time() + surge_at
        self._surge = (begin, begin + surge_for) if surge_at else (0.0, 0.0)
        self._truth = folder / "usage.db"
        self._state = State(folder / "usage.json")
        self._made_of = {
            "seed": subscribers.seed,
            "subscribers": subscribers.count,
            "uses": uses,
            "mishaps": mishaps,
            "fraudsters": fraudsters,
        }
        saved = self._state.load()
        same = {name: saved.get(name) for name in self._made_of} == self._made_of
        self._ticks: list[tuple[int, bool]] = [(tick, surge) for tick, surge in saved["ticks"]] if same else []
        self._began: int | None = saved["began"] if same else None

    def prepare(self) -> None:
        """Make the folders, write the CRM's export of accounts, and come back to where the last run was."""
        for folder in (*FOLDERS, "crm"):
            (self._root / folder).mkdir(parents=True, exist_ok=True)
        accounts = b"".join(json.dumps(account).encode() + b"\n" for account in self._subscribers.accounts())
        path = self._root / "crm" / "accounts.jsonl"
        if not path.exists() or path.read_bytes() != accounts:
            sftp.put(self._root, "crm/accounts.jsonl", accounts)
        truth = Truth(self._truth)
        truth.write_frauds(self._fraudsters.truth)
        truth.close()
        for tick, surge in self._ticks[:-1]:
            self._delivery.files(tick, surge=surge)
        if self._ticks:
            self._write(*self._ticks[-1])  # a kill may have come between the state and the files

    async def run(self) -> None:
        """Write each tick's files when it is over; until cancelled."""
        await asyncio.sleep(self._subscribers.count / ACCOUNTS_TAKEN)
        while True:
            await asyncio.sleep(TICK - time.time() % TICK)
            tick = round(time.time()) // TICK - 1
            begin, end = self._surge
            if not self._ticks or tick > self._ticks[-1][0]:
                surge = begin <= tick * TICK + TICK / 2 < end
                await asyncio.to_thread(self.advance, tick, surge=surge)  # the network's alarms go on meanwhile
            sftp.sweep(self._root, KEEP, FOLDERS)

    def advance(self, tick: int, *, surge: bool = False) -> None:
        """Write the files of a tick later than all before; that it was is remembered first."""
        self._ticks = [*self._ticks[-LOOK_BACK:], (tick, surge)]
        self._began = tick if self._began is None else self._began
        self._state.save({**self._made_of, "began": self._began, "ticks": self._ticks})
        self._write(tick, surge)

    def _write(self, tick: int, surge: bool) -> None:
        files = self._delivery.files(tick, surge=surge)
        truth = Truth(self._truth)
        truth.write((sent for file in files for sent in file.sent), now=tick * TICK)
        truth.close()
        for file in files:
            self._put(file.name, file.content)
        if paid := payments(self._subscribers, tick, sold=tick == self._began):
            self._put(f"crm/payments-{tick}.jsonl", paid)

    def _put(self, name: str, content: bytes) -> None:
        """Write a file, unless it was written before a restart."""
        if not (self._root / name).exists():
            sftp.put(self._root, name, content)
