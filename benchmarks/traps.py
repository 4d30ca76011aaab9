"""Traps from the socket to the canonical topic, beside a bare pysnmp receiver that only decodes them.

A sender process of its own sends real traps of three vendors at a bounded rate over loopback. Ours decodes them,
translates them, holds them against the data contract and has them durable in the embedded log; every one must arrive.
The peer takes the same datagrams from a socket and decodes them with pysnmp, nothing else.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import socket
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from pyasn1.codec.ber import decoder  # type: ignore[import-untyped]
from pysnmp.proto.api import v2c

from benchmarks.headline import Headline, alternate
from trunkline.connect.archive import Archive
from trunkline.connect.intake import Intake
from trunkline.connect.progress import TOPIC as PROGRESS
from trunkline.contracts import load
from trunkline.log import Log, open_log
from trunkline.systems import installed_systems
from trunkline.systems.reach import Context
from trunkline.systems.snmp import message
from trunkline.systems.snmp.receiver import Receiver
from trunkline.systems.snmp.settings import SnmpSettings
from trunkline.telco.model import AlarmReport

REPOSITORY = Path(__file__).parents[1]
TRAPS = 20_000
PEER_TRAPS = 1_000  # fewer, for the peer is slow; they fit the socket's buffer
RATE = 6_000  # a second, sent in even steps
TARGET = 3_000
PATIENCE = 30  # seconds

ERI, NBI, IMAP = "1.3.6.1.4.1.193.183.4", "1.3.6.1.4.1.28458.1.26", "1.3.6.1.4.1.2011.2.15.2.4.3.3"


def main() -> list[Headline]:
    ours, peer = alternate(take, decode, runs=3)
    return [
        Headline("traps, socket to canonical topic, durable", "traps/s", ours, peer, "pysnmp, decoding only", TARGET)
    ]


def take() -> float:
    """Traps a second until the last is durable. Raises `AssertionError` where one of them was lost."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_take(Path(folder)))


async def _take(folder: Path) -> float:
    contracts = load(REPOSITORY / "belgicom/contracts")
    log = open_log(f"sqlite:///{folder}/log.db", contracts.validators())
    for topic in (*contracts.topics(), PROGRESS):
        log.create(topic)
    systems = installed_systems()
    intake = Intake("traps", log, Archive(folder / "archive"), systems)
    context = Context(
        name="traps", system=None, systems=systems, intake=intake, status=intake.status, folder=folder, project=folder,
        secret=lambda name: "public", certificate=None, refused=lambda *_: None,
    )  # fmt: skip
    settings = SnmpSettings(name="traps", reach="snmp", listen="127.0.0.1:0", communities=("${env:COMMUNITY}",))
    receiver = Receiver(settings, context)
    running = asyncio.create_task(receiver.run())
    sending = _sender(receiver.address, TRAPS, RATE)
    began = last = time.perf_counter()
    arrived = 0
    while arrived < TRAPS and time.perf_counter() - last < PATIENCE:
        await asyncio.sleep(0.005)
        if not arrived and not receiver.counts.datagrams:
            began = time.perf_counter()
        if (durable := _reports(log)) > arrived:
            arrived, last = durable, time.perf_counter()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    sending.join()
    intake.close()
    log.close()
    if arrived != TRAPS:
        raise AssertionError(f"{arrived} of {TRAPS} traps arrived: {receiver.counts}")
    return arrived / (last - began)


def _reports(log: Log) -> int:
    partitions = next(topic.partitions for topic in log.topics() if topic.name == AlarmReport.topic)
    return sum(log.end(AlarmReport.topic, partition) for partition in range(partitions))


def decode() -> float:
    """Traps a second that pysnmp decodes from a socket."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        bound.bind(("127.0.0.1", 0))
        bound.settimeout(PATIENCE)
        sending = _sender(bound.getsockname(), PEER_TRAPS, RATE)
        began = 0.0
        for _ in range(PEER_TRAPS):
            datagram = bound.recv(65_535)
            began = began or time.perf_counter()
            found, _rest = decoder.decode(datagram, asn1Spec=v2c.Message())
            varbinds = v2c.apiTrapPDU.get_varbinds(v2c.apiMessage.get_pdu(found))
            if len(varbinds) < 10:
                raise AssertionError(f"{len(varbinds)} variables were decoded")
        elapsed = time.perf_counter() - began
        sending.join()
    return PEER_TRAPS / elapsed


def _sender(to: tuple[str, int], count: int, rate: int) -> multiprocessing.process.BaseProcess:
    process = multiprocessing.get_context("spawn").Process(target=send, args=(to, count, rate), daemon=True)
    process.start()
    return process


def send(to: tuple[str, int], count: int, rate: int) -> None:
    """Send `count` traps of the three vendors in turn, `rate` a second in steps of a hundredth of a second."""
    datagrams = [_trap(number) for number in range(count)]
    step = max(1, rate // 100)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        out.connect(to)
        due, source = time.perf_counter(), iter(datagrams)
        while chunk := list(islice(source, step)):
            for datagram in chunk:
                out.send(datagram)
            due += step / rate
            time.sleep(max(0.0, due - time.perf_counter()))


def _trap(number: int) -> bytes:
    oid, variables = _VENDORS[number % 3](number // 3)
    filled = dict(zip((f"1.3.6.1.4.1.99999.{at}" for at in range(1, 18 - len(variables))), cycle([b"x" * 20])))
    return message.notification(b"public", oid, [*variables.items(), *filled.items()], request_id=number)


def _ericsson(number: int) -> tuple[str, dict[str, Any]]:
    entry = f"{ERI}.1.3.5.1"
    return f"{ERI}.2.0.5", {
        f"{entry}.5": b"ManagedElement=ANT_%03d,ENodeBFunction=1,EUtranCellFDD=%d" % (number % 600, number % 9),
        f"{entry}.2": 193, f"{entry}.3": 9_175_059, f"{entry}.4": b"Service Unavailable", f"{ERI}.1.3.3.0": number,
        f"{entry}.6": 2, f"{entry}.7": bytes.fromhex("07EA03090F3630002B0100"), f"{entry}.9": 14,
        f"{ERI}.1.2.1.0": b"S1 link lost to every MME of the pool",
    }  # fmt: skip


def _nokia(number: int) -> tuple[str, dict[str, Any]]:
    return f"{NBI}.3.0.1.1", {
        f"{NBI}.2.1.3.9.0": number + 1, f"{NBI}.3.1.1.5.0": b"%d" % number, f"{NBI}.3.1.1.7.0": 4,
        f"{NBI}.2.1.6.5.0": b"PLMN-PLMN/MRBTS-%d/LNBTS-1/LNCEL-%d" % (number % 600, number % 9),
        f"{NBI}.2.1.6.3.0": b"2026-03-09,15:54:59.5,+1:0", f"{NBI}.3.1.1.6.0": b"2026-03-09,15:54:46.0,+1:0",
        f"{NBI}.3.1.1.14.0": 8, f"{NBI}.3.1.1.16.0": b"7653|CELL FAULTY", f"{NBI}.3.1.1.13.0": 1,
        f"{NBI}.3.1.1.4.0": b"Unit not operating|FF FF FF||||",
    }  # fmt: skip


def _huawei(number: int) -> tuple[str, dict[str, Any]]:
    node = b"BRU_%03d" % (number % 600)
    columns = {
        1: b"%d" % number, 2: b"1", 3: b"2026/03/09 - 15:54:46Z", 5: 1, 6: b"BTS3900 LTE", 7: node, 9: 29_240, 10: 8,
        4: b"eNodeB Function Name=%s, Local Cell ID=%d, Cell Name=%s_L18" % (node, number % 9, node), 11: 2, 12: 2,
        13: 2, 28: b"Cell Unavailable", 30: b"Specific problem=Cell capability failure", 51: b"NE=7741",
    }  # fmt: skip
    return f"{IMAP}.0.1", {f"{IMAP}.{column}.0": value for column, value in columns.items()}


_VENDORS = (_ericsson, _nokia, _huawei)

if __name__ == "__main__":
    for headline in main():
        print(headline)
