"""SNMPv3 with the user-based security model (RFC 3414): traps and informs, authenticated and encrypted.

Cryptography and the exchange by which a sender of informs finds our engine are pysnmp's. Three things it leaves to its
caller are done here, before it sees a message and after: only authPriv is taken from users that are declared; keys are
made for an agent's engine when it is first heard; and an old message is no news (replay, RFC 3414 clause 3.2.7b).
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from pyasn1.type import univ  # type: ignore[import-untyped]
from pysnmp.carrier.asyncio.dgram.udp import DOMAIN_NAME, UdpTransportAddress
from pysnmp.carrier.base import AbstractTransportDispatcher
from pysnmp.entity import config
from pysnmp.entity.engine import SnmpEngine
from pysnmp.entity.rfc3413.ntfrcv import NotificationReceiver
from pysnmp.proto import rfc1902

from trunkline.systems.snmp import ber
from trunkline.systems.snmp.ber import BerError
from trunkline.systems.snmp.message import V3, Refused, VarBind
from trunkline.systems.snmp.settings import User

AUTH = {
    "SHA": config.USM_AUTH_HMAC96_SHA,
    "SHA224": config.USM_AUTH_HMAC128_SHA224,
    "SHA256": config.USM_AUTH_HMAC192_SHA256,
    "SHA384": config.USM_AUTH_HMAC256_SHA384,
    "SHA512": config.USM_AUTH_HMAC384_SHA512,
}
PRIV = {
    "AES128": config.USM_PRIV_CFB128_AES,
    "AES192": config.USM_PRIV_CFB192_AES_BLUMENTHAL,
    "AES256": config.USM_PRIV_CFB256_AES_BLUMENTHAL,
}
USM = 3  # the security model's number
AUTH_PRIV = 0b011  # of msgFlags
TIME_WINDOW = 150  # seconds (RFC 3414 clause 2.2.3)
MOST_ENGINES = 10_000


class Header(NamedTuple):
    """What a message says of itself in the clear; the digest vouches for it only when pysnmp has checked it."""

    flags: int
    engine: bytes
    boots: int
    time: int
    user: str


class Taken(NamedTuple):
    """What came of a message: its variables if it is a notification, and what is to be sent back, if anything."""

    varbinds: tuple[VarBind, ...] | None
    reply: bytes | None


def header(data: bytes) -> Header:
    """Read the clear part of an SNMPv3 message (RFC 3412 clause 6, RFC 3414 clause 2.4).

    Raises `BerError`, or `Refused` where the message names another security model.
    """
    at, end = ber.header(data, 0, len(data), ber.SEQUENCE)
    start, at = ber.header(data, at, end, ber.INTEGER)
    if ber.integer(data, start, at) != V3:
        raise BerError("not an SNMPv3 message", start)
    start, after = ber.header(data, at, end, ber.SEQUENCE)
    for _ in ("msgID", "msgMaxSize"):
        _, start = ber.header(data, start, after, ber.INTEGER)
    flags, start = ber.header(data, start, after, ber.OCTET_STRING)
    if start - flags != 1:
        raise BerError("msgFlags is not one byte", flags)
    model, stop = ber.header(data, start, after, ber.INTEGER)
    if ber.integer(data, model, stop) != USM:
        raise Refused("snmp.security-model", "only the user-based security model (3) is taken", model)
    at, end = ber.header(data, after, end, ber.OCTET_STRING)
    at, end = ber.header(data, at, end, ber.SEQUENCE)
    engine = ber.header(data, at, end, ber.OCTET_STRING)
    boots = ber.header(data, engine[1], end, ber.INTEGER)
    seconds = ber.header(data, boots[1], end, ber.INTEGER)
    user = ber.header(data, seconds[1], end, ber.OCTET_STRING)
    return Header(
        data[flags],
        data[slice(*engine)],
        ber.integer(data, *boots),
        ber.integer(data, *seconds),
        data[slice(*user)].decode("utf-8", "replace"),
    )


class Usm:
    """The receiving SNMPv3 engine. Its id and the count of its starts are kept in `folder`, for informs need both."""

    def __init__(
        self,
        users: tuple[User, ...],
        secret: Callable[[str], str],
        folder: Path,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._users = {user.name: _User(user, secret) for user in users}
        self._clock = clock
        self._engine = SnmpEngine()
        self._id = _identify(self._engine, folder)
        self._transport = _Transport()
        self._engine.register_transport_dispatcher(self._transport)
        self._received: list[tuple[VarBind, ...]] = []
        NotificationReceiver(self._engine, self._notified)
        self._failures: list[str] = []
        self._engine.observer.register_observer(self._failed, "rfc3412.prepareDataElements:sm-failure")
        self._known: dict[tuple[bytes, str], None] = {}
        self._times: dict[bytes, tuple[int, int, float]] = {}
        for user in self._users.values():
            self._learn(self._id, user)

    def receive(self, datagram: bytes, sender: tuple[str, int]) -> Taken:
        """Take one message. Raises `BerError` or `Refused` on what is no message or is not believed."""
        found = header(datagram)
        new = self._user_at_new_engine(found) if found.engine else None
        if new is not None:
            self._learn(found.engine, new)
        try:
            taken = self._receive(datagram, sender, found)
        except Refused:
            if new is not None:
                self._forget(found.engine, new.name)
            raise
        if taken.varbinds is not None and found.engine != self._id:
            self._refuse_replay(found)
        return taken

    def _receive(self, datagram: bytes, sender: tuple[str, int], found: Header) -> Taken:
        self._received.clear()
        self._failures.clear()
        self._transport.sent.clear()
        self._transport.handle_timer_tick(time.time())
        try:
            self._engine.message_dispatcher.receive_message(
                self._engine, DOMAIN_NAME, UdpTransportAddress(sender), datagram
            )
        except Exception as fault:
            # pysnmp lets what its decoders make of garbage through in many kinds.
            raise Refused("snmp.v3", f"no SNMPv3 message that can be read ({type(fault).__name__})") from None
        reply = self._transport.sent[0] if self._transport.sent else None
        if self._received:
            return Taken(self._received[0], reply)
        if reply is not None and self._failures and self._failures[0] in SYNCHRONISING:
            return Taken(None, reply)
        why = self._failures[0] if self._failures else "it holds no notification"
        raise Refused("snmp.not-authenticated", f"a message of user {found.user!r} is not taken: {why}")

    def _user_at_new_engine(self, found: Header) -> _User | None:
        """Refuse what is not a declared user's; give the user if the agent's engine is new."""
        user = self._users.get(found.user)
        if user is None:
            raise Refused("snmp.unknown-user", f"no SNMPv3 user {found.user!r} is declared")
        if found.flags & AUTH_PRIV != AUTH_PRIV:
            raise Refused("snmp.security-level", f"user {found.user!r} does not send with authPriv")
        if (found.engine, found.user) in self._known:
            return None
        if user.engines and found.engine not in user.engines:
            raise Refused("snmp.unknown-engine", f"user {found.user!r} may not send as engine {found.engine.hex()}")
        return user

    def _learn(self, engine: bytes, user: _User) -> None:
        """Make the user's keys for an engine; the one known longest, after our own, makes room."""
        if len(self._known) >= MOST_ENGINES:
            self._forget(*next(known for known in self._known if known[0] != self._id))
        config.add_v3_user(
            self._engine,
            user.name,
            user.auth,
            user.auth_key,
            user.priv,
            user.priv_key,
            securityEngineId=rfc1902.OctetString(engine),
            authKeyType=config.USM_KEY_TYPE_MASTER,
            privKeyType=config.USM_KEY_TYPE_MASTER,
        )
        self._known[engine, user.name] = None

    def _forget(self, engine: bytes, name: str) -> None:
        config.delete_v3_user(self._engine, name, rfc1902.OctetString(engine))
        del self._known[engine, name]
        self._times.pop(engine, None)

    def _refuse_replay(self, found: Header) -> None:
        """Refuse a message that is older than what its engine has sent already, by more than the time window."""
        now = self._clock()
        boots, seconds, at = self._times.setdefault(found.engine, (found.boots, found.time, now))
        if found.boots < boots or (found.boots == boots and found.time < seconds + (now - at) - TIME_WINDOW):
            raise Refused("snmp.replayed", f"a message of engine {found.engine.hex()} from before its time window")
        if (found.boots, found.time) > (boots, seconds):
            self._times[found.engine] = (found.boots, found.time, now)

    def _notified(self, engine: Any, reference: Any, context: Any, name: Any, varbinds: Any, _: Any) -> None:
        self._received.append(tuple((str(oid), plain(value)) for oid, value in varbinds))

    def _failed(self, engine: Any, point: str, variables: dict[str, Any], _: Any) -> None:
        self._failures.append(type(variables["statusInformation"].get("errorIndication")).__name__)


# What pysnmp answers in the exchange by which a sender of informs learns our engine and its time.
SYNCHRONISING = {"UnknownEngineID", "NotInTimeWindow"}


class _User:
    """A declared user with the keys that its passwords give, before they are made an engine's own."""

    def __init__(self, user: User, secret: Callable[[str], str]) -> None:
        self.name = user.name
        self.auth, self.priv = AUTH[user.auth], PRIV[user.priv]
        passwords = [secret(user.auth_password), secret(user.priv_password)]
        if min(map(len, passwords)) < 8:
            raise ValueError(f"SNMPv3 user {user.name!r}: a password has less than 8 characters (RFC 3414 11.2)")
        self.auth_key = config.AUTH_SERVICES[self.auth].hash_passphrase(passwords[0].encode())
        self.priv_key = config.PRIV_SERVICES[self.priv].hash_passphrase(self.auth, passwords[1].encode())
        self.engines = {bytes.fromhex(engine) for engine in user.engines}


class _Transport(AbstractTransportDispatcher):  # type: ignore[misc]
    """Keeps what pysnmp would send, so that an inform is answered when it is durable and not before."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []

    def send_message(self, outgoingMessage: bytes, transportDomain: Any, transportAddress: Any) -> None:
        self.sent.append(bytes(outgoingMessage))


class _Identity(msgspec.Struct):
    """Our engine: its id in hexadecimal, and how often it was started."""

    engine: str
    boots: int = 0


def _identify(engine: SnmpEngine, folder: Path) -> bytes:
    """Give the engine its kept id and one more start (RFC 3414 clause 2.2.2), and return the id."""
    path = folder / "engine.json"
    if path.exists():
        identity = msgspec.json.decode(path.read_bytes(), type=_Identity)
    else:
        # Form 5 of RFC 3411's SnmpEngineID, octets; 0x80000000 + 8072 is the enterprise that net-snmp uses, too.
        identity = _Identity("80001f8805" + secrets.token_hex(12))
    identity.boots += 1
    beside = path.with_suffix(".new")
    beside.touch(mode=0o600)
    with beside.open("wb") as file:
        file.write(msgspec.json.encode(identity))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    names = ("snmpEngineID", "snmpEngineBoots")
    own_id, boots = engine.get_mib_builder().import_symbols("__SNMP-FRAMEWORK-MIB", *names)
    raw = bytes.fromhex(identity.engine)
    own_id.syntax = own_id.syntax.clone(raw)
    engine.snmpEngineID = own_id.syntax
    boots.syntax = boots.syntax.clone(identity.boots)
    return raw


def plain(value: Any) -> int | bytes | str | None:
    """A value of pysnmp as `system.Trap` has it."""
    match value:
        case univ.ObjectIdentifier():
            return str(value)
        case univ.OctetString():
            return bytes(value)
        case univ.Integer():
            return int(value)
    return None
