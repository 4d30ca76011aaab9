"""The receiver of traps and informs, on real UDP sockets and with senders that are not ours."""

from __future__ import annotations

import asyncio
import random
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests import components
from tests.systems import traps
from tests.systems.reached import Kept, Told, context, until
from trunkline.systems.reach import Context
from trunkline.systems.snmp import message, receiver
from trunkline.systems.snmp.message import Message, Pdu
from trunkline.systems.snmp.receiver import Receiver
from trunkline.systems.snmp.settings import AgentSettings, SnmpSettings, User
from trunkline.telco.model import Report

pytestmark = pytest.mark.anyio
SECRETS = {"${env:PUBLIC}": "public", "${env:AUTH}": "authpass1", "${env:PRIV}": "privpass1"}
ENGINE = "8000000001020304"
USER = User(name="ops", auth_password="${env:AUTH}", priv_password="${env:PRIV}")


@asynccontextmanager
async def receiving(folder: Path, **settings: Any) -> AsyncIterator[tuple[Receiver, Kept, Told]]:
    given = {"name": "traps", "reach": "snmp", "listen": "127.0.0.1:0", "communities": ("${env:PUBLIC}",)} | settings
    where: Context = context(folder, SECRETS)
    running = Receiver(SnmpSettings(**given), where)
    task = asyncio.create_task(running.run())
    try:
        yield running, where.intake, where.status  # type: ignore[misc]
    finally:
        where.intake.refuse = where.intake.gate = None  # type: ignore[attr-defined]
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


class Sender:
    """A socket of the test's own."""

    def __init__(self, to: tuple[str, int]) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.connect(to)
        self._socket.setblocking(False)

    def __del__(self) -> None:
        self._socket.close()

    def trap(self, made: tuple[str, dict[str, Any]], *, community: bytes = b"public", **more: Any) -> bytes:
        datagram = message.notification(community, made[0], made[1].items(), request_id=77, **more)
        self._socket.send(datagram)
        return datagram

    def send(self, datagram: bytes) -> None:
        self._socket.send(datagram)

    async def answer(self, seconds: float = 5.0) -> bytes:
        return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(self._socket, 65_535), seconds)


async def test_a_trap_becomes_a_report_of_the_vendor_that_its_oid_names(tmp_path: Path):
    async with receiving(tmp_path) as (running, intake, _):
        sender = Sender(running.address)
        for made in (traps.eri(), traps.nbi(), traps.imap()):
            sender.trap(made)
        await until(lambda: len(intake.all) == 3, "three reports")
        assert [(report.vendor, report.problem, report.agent) for report in intake.reports] == [
            ("Ericsson", "Service Unavailable", "127.0.0.1"),
            ("Nokia", "7653", "127.0.0.1"),
            ("Huawei", "29240", "127.0.0.1"),
        ]
        assert intake.reports[0].source.uri.startswith("snmp://127.0.0.1:")


async def test_reports_bear_the_name_that_the_operator_gave_their_agents(tmp_path: Path):
    agents = (AgentSettings(system="nokia", address="127.0.0.0/8", name="netact-west"),)
    async with receiving(tmp_path, agents=agents) as (running, intake, _):
        sender = Sender(running.address)
        sender.trap(traps.nbi())
        sender.trap(traps.imap())
        await until(lambda: len(intake.all) == 2, "two reports")
        assert [report.system for report in intake.reports] == ["netact-west", "huawei"]


async def test_what_arrives_together_is_appended_together(tmp_path: Path):
    async with receiving(tmp_path) as (running, intake, _):
        sender = Sender(running.address)
        for number in range(300):
            sender.trap(traps.eri(sequence=number))
        await until(lambda: len(intake.all) == 300, "300 reports")
        assert [report.sequence for report in intake.reports] == list(range(300))
        assert len(intake.batches) < 100


async def test_an_inform_is_answered_when_its_report_is_durable_and_not_before(tmp_path: Path):
    async with receiving(tmp_path) as (running, intake, _):
        intake.gate = asyncio.Event()
        sender = Sender(running.address)
        sender.trap(traps.eri(), inform=True)
        with pytest.raises(TimeoutError):
            await sender.answer(0.2)
        intake.gate.set()
        answer = message.decode(await sender.answer())
        assert (answer.pdu, answer.request_id, answer.error_status) == (Pdu.RESPONSE, 77, 0)
        assert len(intake.reports) == 1


async def test_an_inform_without_an_alarm_is_answered_too(tmp_path: Path):
    async with receiving(tmp_path) as (running, intake, _):
        sender = Sender(running.address)
        sender.trap(traps.eri(20), inform=True)
        assert message.decode(await sender.answer()).pdu is Pdu.RESPONSE
        assert intake.all == []
        assert running.counts.silent == 1


async def test_while_the_log_takes_nothing_reports_wait_and_informs_are_not_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(receiver, "RETRY", 0.01)
    async with receiving(tmp_path) as (running, intake, status):
        intake.refuse = OSError("disk full")
        sender = Sender(running.address)
        sender.trap(traps.eri(sequence=1), inform=True)
        await until(lambda: status.problems, "a problem")
        assert "disk full" in status.problems[0]
        with pytest.raises(TimeoutError):
            await sender.answer(0.1)
        intake.refuse = None
        assert message.decode(await sender.answer()).pdu is Pdu.RESPONSE
        assert [report.sequence for report in intake.reports] == [1]


async def test_when_too_much_waits_the_socket_is_not_read_and_later_read_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(receiver, "MOST", 50)
    async with receiving(tmp_path) as (running, intake, _):
        intake.gate = asyncio.Event()
        sender = Sender(running.address)
        for number in range(200):
            sender.trap(traps.eri(sequence=number))
        await asyncio.sleep(0.2)
        held = running.counts.datagrams
        assert held < 150
        await asyncio.sleep(0.1)
        assert running.counts.datagrams == held
        intake.gate.set()
        await until(lambda: len(intake.all) == 200, "200 reports")


async def test_what_was_received_is_appended_before_the_receiver_ends(tmp_path: Path):
    async with receiving(tmp_path) as (running, intake, _):
        Sender(running.address).trap(traps.eri())
        await until(lambda: running.counts.datagrams, "a datagram")
    assert len(intake.reports) == 1


def unknown(community: bytes) -> bytes:
    return message.notification(community, "1.3.6.1.4.1.9.1", [], request_id=1)


def request(pdu: Pdu, *varbinds: Any, community: bytes = b"public") -> bytes:
    return message.encode(Message(community, pdu, 1, tuple(varbinds)))


@pytest.mark.parametrize(
    ("datagram", "reason", "offset", "says"),
    [
        (b"", "snmp.ber", 0, "truncated"),
        (b"\x16\x03\x01\x02\x00", "snmp.ber", 0, "tag 0x16"),
        (
            unknown(b"public"),
            "snmp.unknown-trap",
            0,
            "1.3.6.1.4.1.9.1",
        ),
        (
            unknown(b"publik"),
            "snmp.unknown-community",
            0,
            "community",
        ),
        (request(Pdu.GET, ("1.3.6.1.2.1.1.1.0", None)), "snmp.not-a-notification", 0, "GET"),
        (request(Pdu.TRAP, ("1.3.6.1.2.1.1.3.0", 5)), "snmp.no-trap-oid", 0, "snmpTrapOID.0"),
        (b"\x30\x05\x02\x01\x00\x04\x00", "snmp.version", 0, "version 1 is not taken"),
        (b"\x30\x05\x02\x01\x03\x04\x00", "snmp.version", 0, "version 3 is not taken"),
        (request(Pdu.TRAP)[:-1], "snmp.ber", 1, "bytes where"),
    ],
    ids=["empty", "tls", "unknown", "community", "get", "no-oid", "v1", "v3", "cut"],
)
async def test_what_is_not_taken_is_counted_and_kept_with_sender_and_byte(
    tmp_path: Path, datagram: bytes, reason: str, offset: int, says: str
):
    async with receiving(tmp_path) as (running, intake, _):
        sender = Sender(running.address)
        sender.send(datagram)
        await until(lambda: intake.all, "a rejected part")
        (rejected,) = intake.rejected
        assert (rejected.reason, rejected.offset, rejected.part) == (reason, offset, datagram)
        assert says in rejected.message
        assert rejected.uri.startswith("snmp://127.0.0.1:")
        assert (rejected.system, rejected.target) == ("traps", "network.alarm.reported")
        assert rejected.time is not None
        assert running.counts.rejected == 1


async def test_a_trap_that_its_vendor_cannot_read_is_kept_whole(tmp_path: Path):
    async with receiving(tmp_path) as (running, intake, _):
        datagram = Sender(running.address).trap(traps.eri(time=b"?"))
        await until(lambda: intake.all, "a rejected part")
        (rejected,) = intake.rejected
        assert (rejected.reason, rejected.part, rejected.length) == ("alarm.unreadable", datagram, len(datagram))


async def test_garbage_between_traps_costs_no_trap(tmp_path: Path):
    noise = random.Random(7)
    async with receiving(tmp_path, users=(USER,)) as (running, intake, _):
        sender = Sender(running.address)
        whole = sender.trap(traps.eri(sequence=0))
        for number in range(1, 200):
            broken = bytearray(whole)
            for _ in range(noise.randrange(1, 9)):
                broken[noise.randrange(len(broken))] = noise.randrange(256)
            sender.send(bytes(broken[: noise.randrange(1, len(broken))]))
            sender.send(noise.randbytes(noise.randrange(300)))
            sender.trap(traps.eri(sequence=number))
        await until(lambda: running.counts.datagrams == 598, "598 datagrams")
        await until(lambda: len(intake.all) == 598, "a record for each")
        assert [r.sequence for r in intake.reports] == list(range(200))


async def test_a_reader_that_fails_is_told_of_and_does_not_stop_the_receiver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    async with receiving(tmp_path) as (running, intake, _):
        monkeypatch.setattr("trunkline.systems.nokia.alarms.objects.canonical", lambda native: 1 / 0)
        sender = Sender(running.address)
        sender.trap(traps.nbi())
        sender.trap(traps.eri())
        await until(lambda: len(intake.all) == 2, "two records")
        assert intake.rejected[0].reason == "reader.failed"
        assert "ZeroDivisionError" in intake.rejected[0].message


# Senders that are not ours


def net_snmp(program: str, *options: str, to: tuple[str, int], made: tuple[str, dict[str, Any]]) -> Any:
    oid, variables = made
    arguments = []
    for name, value in variables.items():
        kind, text = ("x", value.hex()) if isinstance(value, bytes) else ("i", str(value))
        arguments += [name, kind, text]
    command = [program, *options, f"{to[0]}:{to[1]}", "", oid, *arguments]
    return asyncio.to_thread(subprocess.run, command, capture_output=True, timeout=20)


V2C = ("-v2c", "-c", "public")
V3 = ("-v3", "-u", "ops", "-l", "authPriv", "-a", "SHA-256", "-A", "authpass1", "-x", "AES", "-X", "privpass1")


@pytest.mark.parametrize(
    ("program", "options"),
    [
        ("snmptrap", V2C), ("snmpinform", V2C), ("snmptrap", (*V3, "-e", f"0x{ENGINE}")), ("snmpinform", V3),
    ],
    ids=["v2c-trap", "v2c-inform", "v3-trap", "v3-inform"],
)  # fmt: skip
async def test_net_snmp_is_understood(tmp_path: Path, program: str, options: tuple[str, ...]):
    components.need("net-snmp")
    async with receiving(tmp_path, users=(USER,)) as (running, intake, _):
        done = await net_snmp(program, *options, to=running.address, made=traps.nbi())
        await until(lambda: intake.all, "a report")
        assert done.returncode == 0, done.stderr
        assert [report.kind for report in intake.all] == [Report.RAISE]
        assert intake.reports[0].native_id == "65182239"
        assert running.counts.informs == (program == "snmpinform")


@pytest.mark.parametrize(
    ("auth", "priv"), [("SHA", "AES128"), ("SHA512", "AES192"), ("SHA384", "AES256"), ("SHA224", "AES256")]
)
async def test_pysnmp_is_understood_with_other_algorithms(tmp_path: Path, auth: Any, priv: Any):
    from pysnmp.hlapi.v3arch.asyncio import (
        ContextData,
        Integer32,
        NotificationType,
        ObjectIdentity,
        OctetString,
        SnmpEngine,
        UdpTransportTarget,
        UsmUserData,
        send_notification,
    )  # fmt: skip

    from trunkline.systems.snmp.usm import AUTH, PRIV

    user = User(name="ops", auth=auth, auth_password="${env:AUTH}", priv=priv, priv_password="${env:PRIV}")
    async with receiving(tmp_path, users=(user,)) as (running, intake, _):
        engine = SnmpEngine()
        oid, variables = traps.nbi()
        note = NotificationType(ObjectIdentity(oid)).add_varbinds(
            *(
                (name, Integer32(value) if isinstance(value, int) else OctetString(value))
                for name, value in variables.items()
            )
        )
        who = UsmUserData("ops", "authpass1", "privpass1", authProtocol=AUTH[auth], privProtocol=PRIV[priv])
        to = await UdpTransportTarget.create(running.address)
        for kind in ("trap", "inform"):
            fault, *_ = await send_notification(engine, who, to, ContextData(), kind, note)
            assert not fault
        await until(lambda: len(intake.reports) == 2, "two reports")
        engine.close_dispatcher()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("-v3", "-u", "ops", "-l", "noAuthNoPriv"), "snmp.security-level"),
        (("-v3", "-u", "ops", "-l", "authNoPriv", "-a", "SHA-256", "-A", "authpass1"), "snmp.security-level"),
        (("-v3", "-u", "eve", *V3[3:]), "snmp.unknown-user"),
        ((*V3[:8], "wrongpass", *V3[9:]), "snmp.not-authenticated"),
        ((*V3[:-1], "wrongpass"), "snmp.not-authenticated"),
    ],
    ids=["no-auth", "no-priv", "user", "auth", "priv"],
)
async def test_version_3_is_taken_from_declared_users_with_authpriv_only(
    tmp_path: Path, options: tuple[str, ...], reason: str
):
    components.need("net-snmp")
    async with receiving(tmp_path, users=(USER,)) as (running, intake, _):
        await net_snmp("snmptrap", *options, "-e", f"0x{ENGINE}", to=running.address, made=traps.nbi())
        await until(lambda: intake.all, "a rejected part")
        assert [rejected.reason for rejected in intake.rejected] == [reason]
        # The right one is taken after it: a failure leaves nothing behind.
        await net_snmp("snmptrap", *V3, "-e", f"0x{ENGINE}", to=running.address, made=traps.nbi())
        await until(lambda: intake.reports, "a report")


async def test_a_user_may_be_bound_to_the_engines_of_its_agents(tmp_path: Path):
    components.need("net-snmp")
    bound = User(name="ops", auth_password="${env:AUTH}", priv_password="${env:PRIV}", engines=(ENGINE,))
    async with receiving(tmp_path, users=(bound,)) as (running, intake, _):
        for engine in ("0x8000000009090909", f"0x{ENGINE}"):
            await net_snmp("snmptrap", *V3, "-e", engine, to=running.address, made=traps.nbi())
        await until(lambda: len(intake.all) == 2, "two records")
        assert [rejected.reason for rejected in intake.rejected] == ["snmp.unknown-engine"]
        assert len(intake.reports) == 1


async def test_our_engine_keeps_its_id_and_counts_its_starts(tmp_path: Path):
    import msgspec

    seen = []
    for _ in range(2):
        async with receiving(tmp_path, users=(USER,)):
            seen.append(msgspec.json.decode((tmp_path / "engine.json").read_bytes()))
    assert seen[0]["engine"] == seen[1]["engine"]
    assert [one["boots"] for one in seen] == [1, 2]
    assert (tmp_path / "engine.json").stat().st_mode & 0o077 == 0


def test_an_old_message_of_version_3_is_refused_when_it_is_sent_again(tmp_path: Path):
    from trunkline.systems.snmp.message import Refused
    from trunkline.systems.snmp.usm import Usm

    components.need("net-snmp")
    caught = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    caught.bind(("127.0.0.1", 0))
    caught.settimeout(5)
    host, port = caught.getsockname()
    oid, _ = traps.nbi()
    subprocess.run(["snmptrap", *V3, "-e", f"0x{ENGINE}", f"{host}:{port}", "", oid], check=True, timeout=20)
    datagram = caught.recv(65_535)
    caught.close()
    now = [1000.0]
    engine = Usm((USER,), SECRETS.__getitem__, tmp_path, clock=lambda: now[0])
    assert engine.receive(datagram, ("127.0.0.1", 1)).varbinds
    now[0] += 149
    assert engine.receive(datagram, ("127.0.0.1", 1)).varbinds
    now[0] += 2
    with pytest.raises(Refused, match="before its time window"):
        engine.receive(datagram, ("127.0.0.1", 1))


def test_a_short_password_is_refused(tmp_path: Path):
    short = context(tmp_path, SECRETS | {"${env:AUTH}": "short"})
    with pytest.raises(ValueError, match="less than 8 characters"):
        Receiver(SnmpSettings(name="traps", reach="snmp", listen="127.0.0.1:0", users=(USER,)), short)


@pytest.mark.parametrize("listen", ["127.0.0.1", "127.0.0.1:70000", ":162"])
def test_it_listens_at_a_host_and_a_port(listen: str) -> None:
    with pytest.raises(ValueError, match="`listen` must be"):
        SnmpSettings(name="traps", reach="snmp", listen=listen)
