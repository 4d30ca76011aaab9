"""The socket for traps and informs: what arrives becomes alarm reports in the log, or goes to the quarantine.

The socket is drained whenever it is readable; what was read waits some milliseconds for company and is appended in one
go. Informs are answered when their report is durable, so that a sender that hears nothing sends again. When the log is
slower than the network, reading stops, the kernel's buffer fills, and what is lost then shows in the agents' numbers.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest

import msgspec

from trunkline.quarantine import EXCERPT, Rejected
from trunkline.systems.reach import Context
from trunkline.systems.snmp import message
from trunkline.systems.snmp.agents import Agents
from trunkline.systems.snmp.ber import BerError, Missing
from trunkline.systems.snmp.message import Pdu, Refused, VarBind
from trunkline.systems.snmp.resync import Resynchroniser
from trunkline.systems.snmp.settings import SnmpSettings
from trunkline.systems.system import CanonicalRecord, Origin, System, Trap, TrapMib
from trunkline.telco.model import AlarmReport

COMPANY = 0.005  # seconds that a trap waits for others
BATCH = 500  # records that do not wait any longer
MOST = 20_000  # records that may wait; then the socket is not read
SLICE = 0.02  # seconds of reading at one wake-up, before others have their turn
RECEIVE_BUFFER = 8 << 20  # bytes asked of the kernel, which may give less (net.core.rmem_max)
RETRY = 1.0  # seconds until an append that failed is tried again
MOST_TRAPS = 1_000  # trap OIDs whose MIB is remembered

logger = logging.getLogger(__name__)
Sender = tuple[str, int]
VarBinds = tuple[VarBind, ...]


@dataclass(slots=True)
class Counts:
    """What came of the datagrams since the start."""

    datagrams: int = 0
    reports: int = 0
    silent: int = 0
    """Notifications that report no alarm: heartbeats and the like."""
    rejected: int = 0
    informs: int = 0
    """Informs that were answered."""


class Receiver:
    """One socket and what came through it. `run` works until it is cancelled."""

    def __init__(self, settings: SnmpSettings, context: Context) -> None:
        self.counts = Counts()
        self._context = context
        self._communities = [context.secret(name).encode() for name in settings.communities]
        self._mibs = [(mib, system) for system in context.systems.values() for mib in system.traps]
        self._by_trap: dict[str, tuple[TrapMib, System] | None] = {}
        self._usm = None
        if settings.users:
            # pysnmp takes half a second to import: only who uses version 3 waits for it.
            from trunkline.systems.snmp.usm import Usm

            self._usm = Usm(settings.users, context.secret, context.folder)
        self._resync = Resynchroniser(self._take_list, context.status.failed)
        self._agents = Agents(settings.agents, settings.users, context, self._resync.watch)
        self._records: list[CanonicalRecord | Rejected] = []
        self._replies: list[tuple[bytes, Sender]] = []
        self._waiting = asyncio.Event()
        self._reading = self._stopping = False
        self._socket = _bind(settings.listen)

    @property
    def address(self) -> Sender:
        """Where it listens, with the port that the system gave where the settings say 0."""
        host, port, *_ = self._socket.getsockname()
        return host, port

    async def run(self) -> None:
        """Receive until cancelled; what was received by then is appended before it returns."""
        appending = asyncio.create_task(self._append_what_comes())
        self._read_on()
        self._agents.meet_declared()
        try:
            await asyncio.shield(appending)
        finally:
            self._read_no_more()
            await self._resync.close()
            self._stopping = True
            self._waiting.set()
            try:
                await appending
            finally:
                self._socket.close()
                logger.info("%s: %s", self._context.name, self.counts)

    async def _append_what_comes(self) -> None:
        while not self._stopping:
            await self._waiting.wait()
            if len(self._records) < BATCH and not self._stopping:
                await asyncio.sleep(COMPANY)
            self._waiting.clear()
            records, self._records = self._records, []
            replies, self._replies = self._replies, []
            await self._append(records)
            for reply, sender in replies:
                self._send(reply, sender)
            self.counts.informs += len(replies)
            self._read_on()

    async def _append(self, records: list[CanonicalRecord | Rejected]) -> None:
        """Return when the records are durable. While the log does not take them, try again; when stopping, give up."""
        while records:
            try:
                await self._context.intake.records(records)
            except Exception as fault:
                if self._stopping:
                    raise
                self._context.status.failed(f"{len(records)} records wait, for the log does not take them: {fault}")
                await asyncio.sleep(RETRY)
            else:
                self._context.status.succeeded()
                return

    def _read_on(self) -> None:
        if not self._reading and not self._stopping and len(self._records) < MOST:
            asyncio.get_running_loop().add_reader(self._socket, self._drain)
            self._reading = True

    def _read_no_more(self) -> None:
        if self._reading:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._reading = False

    def _drain(self) -> None:
        now = datetime.now(UTC)
        end = time.monotonic() + SLICE
        while time.monotonic() < end and len(self._records) < MOST:
            try:
                datagram, sender = self._socket.recvfrom(65_535)
            except BlockingIOError:
                break
            except OSError as fault:  # an ICMP error of an answer sent before
                logger.debug("%s: %s", self._context.name, fault)
                continue
            self.counts.datagrams += 1
            self._take(datagram, sender[:2], now)
        if len(self._records) >= MOST:
            self._read_no_more()
        self._waiting.set()

    def _take(self, datagram: bytes, sender: Sender, now: datetime) -> None:
        """One datagram: a report or a `Rejected` joins what waits, and an answer, if it wants one."""
        try:
            varbinds, reply = self._notification(datagram, sender)
            if varbinds is not None:
                self._trap(Trap(_trap_oid(varbinds), _own(varbinds), sender[0], now), datagram, sender)
        except BerError as fault:
            self._reject(datagram, sender, "snmp.ber", str(fault), fault.offset)
        except Refused as fault:
            self._reject(datagram, sender, fault.reason, str(fault), fault.offset)
        else:
            if reply is not None and varbinds is None:
                self._send(reply, sender)
            elif reply is not None:
                self._replies.append((reply, sender))

    def _notification(self, datagram: bytes, sender: Sender) -> tuple[VarBinds | None, bytes | None]:
        """The variables of a notification and the answer that it wants. Raises `BerError` or `Refused`."""
        version = message.version(datagram)
        if version == message.V3 and self._usm is not None:
            return self._usm.receive(datagram, sender)
        if version != message.V2C:
            number = {message.V1: "1", message.V3: "3"}.get(version, str(version))
            raise Refused("snmp.version", f"SNMP version {number} is not taken: send 2c, or 3 as a declared user")
        request = message.decode(datagram)
        # Every community is compared, so that the time taken tells nothing of how well one was guessed.
        known = [compare_digest(request.community, community) for community in self._communities]
        if not any(known):
            raise Refused("snmp.unknown-community", "the community is none of those declared")
        if request.pdu is Pdu.INFORM:
            return request.varbinds, message.response(request)
        if request.pdu is Pdu.TRAP:
            return request.varbinds, None
        raise Refused("snmp.not-a-notification", f"a {request.pdu.name} is no notification")

    def _trap(self, trap: Trap, datagram: bytes, sender: Sender) -> None:
        found = self._by_trap.get(trap.oid) or self._find(trap.oid)
        if found is None:
            raise Refused("snmp.unknown-trap", f"no installed system answers for the trap {trap.oid}")
        mib, system = found
        agent = self._agents.meet(mib, system, trap.agent)
        try:
            report = mib.read(trap, Origin(agent.origin.system, f"snmp://{sender[0]}:{sender[1]}"))
            self._resync.seen(agent, trap, report)
        except Exception as fault:
            logger.exception("the reader of %s failed on a trap %s", system.name, trap.oid)
            message = f"the reader of {system.name} failed ({type(fault).__name__}: {fault}): report this with the trap"
            raise Refused("reader.failed", message) from None
        if report is None:
            self.counts.silent += 1
        elif isinstance(report, Rejected):
            self.counts.rejected += 1
            part, length = datagram[:EXCERPT], len(datagram)
            self._records.append(msgspec.structs.replace(report, part=part, length=length, time=trap.received))
        else:
            self.counts.reports += 1
            self._records.append(report)

    def _find(self, oid: str) -> tuple[TrapMib, System] | None:
        matching = [(mib, system) for mib, system in self._mibs if oid.startswith(f"{mib.root}.")]
        found = max(matching, key=lambda one: len(one[0].root), default=None)
        if found is not None and len(self._by_trap) < MOST_TRAPS:
            self._by_trap[oid] = found
        return found

    def _reject(self, datagram: bytes, sender: Sender, reason: str, text: str, offset: int) -> None:
        self.counts.rejected += 1
        origin = Origin(self._context.name, f"snmp://{sender[0]}:{sender[1]}")
        rejected = origin.rejected(
            reason, text, offset=offset, length=len(datagram), part=datagram, target=AlarmReport.topic
        )
        self._records.append(msgspec.structs.replace(rejected, time=datetime.now(UTC)))

    def _take_list(self, reports: Sequence[AlarmReport | Rejected]) -> None:
        """The reports of a resynchronisation join what waits, in order with the traps."""
        self._records.extend(reports)
        self._waiting.set()

    def _send(self, reply: bytes, sender: Sender) -> None:
        try:
            self._socket.sendto(reply, sender)
        except OSError as fault:
            logger.debug("%s: the answer to %s was not sent: %s", self._context.name, sender, fault)


def _trap_oid(varbinds: VarBinds) -> str:
    """snmpTrapOID.0, the second variable of every notification (RFC 3416 clause 4.2.6)."""
    if len(varbinds) >= 2:
        name, value = varbinds[1]
        if name == message.TRAP_OID and isinstance(value, str):
            return value
    raise Refused("snmp.no-trap-oid", "the second variable of a notification must be snmpTrapOID.0")


def _own(varbinds: VarBinds) -> tuple[tuple[str, int | bytes | str | None], ...]:
    """The notification's own variables, after sysUpTime.0 and snmpTrapOID.0."""
    return tuple((name, None if isinstance(value, Missing) else value) for name, value in varbinds[2:])


def _bind(listen: str) -> socket.socket:
    """The UDP socket at `host:port` (`[::1]:162` for IPv6), with a large buffer for bursts."""
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        bound.bind((host, int(port)))
        bound.setblocking(False)
    except (OSError, ValueError):
        bound.close()
        raise
    return bound
