"""An SNMPv3 manager: one agent, asked by a user, authenticated and encrypted (RFC 3414, authPriv). The protocol is
pysnmp's, which this module alone loads with `usm.py`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from pyasn1.type import univ  # type: ignore[import-untyped]
from pysnmp.hlapi.v3arch import asyncio as hlapi
from pysnmp.proto import errind, rfc1902, rfc1905

from trunkline.systems.snmp.ber import Missing, Value
from trunkline.systems.snmp.client import AgentFault, Client
from trunkline.systems.snmp.message import Message, Pdu, VarBind
from trunkline.systems.snmp.settings import User
from trunkline.systems.snmp.usm import AUTH, PRIV, plain

MISSING = (
    (rfc1905.EndOfMibView, Missing.END),
    (rfc1905.NoSuchObject, Missing.OBJECT),
    (rfc1905.NoSuchInstance, Missing.INSTANCE),
)


class UserClient(Client):
    """Asks as `user`, with the passwords that `secret` reveals. The agent's engine is found by itself."""

    def __init__(
        self,
        address: str,
        port: int,
        user: User,
        secret: Callable[[str], str],
        *,
        timeout: float = 2.0,
        retries: int = 3,
        silence: float = 60.0,
    ) -> None:
        super().__init__(address, silence)
        self._to, self._timeout, self._retries = (address, port), timeout, retries
        self._engine = hlapi.SnmpEngine()
        self._user = hlapi.UsmUserData(
            user.name,
            secret(user.auth_password),
            secret(user.priv_password),
            authProtocol=AUTH[user.auth],
            privProtocol=PRIV[user.priv],
        )
        self._loop = asyncio.new_event_loop()
        self._lock = threading.Lock()
        self._asking: asyncio.Task[Message] | None = None
        self._closed = False

    def close(self) -> None:
        super().close()
        with self._lock:
            self._closed = True
            if self._asking is not None:
                self._loop.call_soon_threadsafe(self._asking.cancel)
            elif not self._loop.is_closed():  # in a thread of its own, for this one may run another loop
                ending = threading.Thread(target=self._end)
                ending.start()
                ending.join()

    def _request(self, pdu: Pdu, varbinds: tuple[tuple[str, Value], ...], error_index: int = 0) -> Message:
        with self._lock:
            if self._closed:
                raise AgentFault(f"no more is wanted of {self.address}")
            self._asking = self._loop.create_task(self._ask(pdu, varbinds, error_index))
        try:
            return self._loop.run_until_complete(self._asking)
        except asyncio.CancelledError:
            raise AgentFault(f"no more is wanted of {self.address}") from None
        finally:
            with self._lock:
                self._asking = None
            if self._closed:
                self.close()

    def _end(self) -> None:
        """Let what pysnmp has begun come to its end."""
        self._engine.close_dispatcher()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        if tasks:
            self._loop.run_until_complete(asyncio.wait(tasks))
        self._loop.close()

    async def _ask(self, pdu: Pdu, varbinds: tuple[tuple[str, Value], ...], repetitions: int) -> Message:
        kind = hlapi.Udp6TransportTarget if ":" in self.address else hlapi.UdpTransportTarget
        to = await kind.create(self._to, timeout=self._timeout, retries=self._retries)
        given = [hlapi.ObjectType(hlapi.ObjectIdentity(oid), _typed(value)) for oid, value in varbinds]
        common = (self._engine, self._user, to, hlapi.ContextData())
        if pdu is Pdu.GET_BULK:
            asked: Awaitable[Any] = hlapi.bulk_cmd(*common, 0, repetitions, *given, lookupMib=False)
        else:
            asked = hlapi.set_cmd(*common, *given, lookupMib=False)
        said, status, index, found = await asked
        if isinstance(said, errind.RequestTimedOut):
            raise TimeoutError(f"{self.address} did not answer {pdu.name} in {self._retries + 1} tries")
        if said:
            raise AgentFault(f"{self.address} does not take {pdu.name} of user {self._user.userName!r}: {said}")
        return Message(b"", Pdu.RESPONSE, 0, tuple(map(_read, found)), int(status), int(index))


def _typed(value: Value) -> Any:
    """A value as pysnmp has it."""
    if isinstance(value, bytes):
        return rfc1902.OctetString(value)
    return univ.Null("") if value is None else rfc1902.Integer32(value)


def _read(varbind: Any) -> VarBind:
    oid, value = varbind
    missing = next((ours for kind, ours in MISSING if isinstance(value, kind)), None)
    return str(oid), missing if missing is not None else plain(value)
