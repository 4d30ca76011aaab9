"""SNMPv3 informs, authenticated and encrypted: how NetAct reports, confirmed by the receiver one after the other."""

from __future__ import annotations

import asyncio
import logging
import time

from pysnmp.hlapi.v3arch.asyncio import (
    USM_AUTH_HMAC192_SHA256,
    USM_PRIV_CFB128_AES,
    ContextData,
    ObjectIdentity,
    ObjectType,
    SnmpEngine,
    UdpTransportTarget,
    UsmUserData,
    send_notification,
)
from pysnmp.proto import rfc1902

from belgicom.simulator import ber
from belgicom.simulator.traps import Notification

WAITING = 500  # informs; while the receiver is away the next ones are lost, and it will notice by their numbers
TIMEOUT, RETRIES = 1.0, 2

logger = logging.getLogger(__name__)


class Informs:
    """Sends informs to `host:port` as a user with an authentication and a privacy password (SHA-256, AES-128)."""

    def __init__(self, address: tuple[str, int], user: str, auth: str, priv: str) -> None:
        self._address = address
        self._user = UsmUserData(
            user, auth, priv, authProtocol=USM_AUTH_HMAC192_SHA256, privProtocol=USM_PRIV_CFB128_AES
        )
        self._queue: asyncio.Queue[Notification] = asyncio.Queue(WAITING)
        self._began = time.monotonic()
        self.confirmed = self.lost = 0

    def put(self, notification: Notification) -> None:
        """Send it after those that wait; lose it where too many do."""
        try:
            self._queue.put_nowait(notification)
        except asyncio.QueueFull:
            self.lost += 1

    async def run(self) -> None:
        """Send until cancelled. What is not confirmed after three tries is lost."""
        engine = SnmpEngine()
        target = await UdpTransportTarget.create(self._address, TIMEOUT, RETRIES)
        try:
            while True:
                notification = await self._queue.get()
                error, *_ = await send_notification(
                    engine, self._user, target, ContextData(), "inform", *self._varbinds(notification), lookupMib=False
                )
                if error is None:
                    self.confirmed += 1
                else:
                    self.lost += 1
                    logger.info("inform %s was not confirmed: %s", notification.oid, error)
        finally:
            engine.close_dispatcher()

    def _varbinds(self, notification: Notification) -> list[ObjectType]:
        uptime = int((time.monotonic() - self._began) * 100)
        head: list[ber.VarBind] = [
            (ber.SYS_UP_TIME, ber.Ticks(uptime)),
            (ber.SNMP_TRAP_OID, ber.Oid(notification.oid)),
        ]
        return [ObjectType(ObjectIdentity(name), _typed(value)) for name, value in (*head, *notification.varbinds)]


def _typed(value: ber.Value) -> object:
    match value:
        case ber.Ticks():
            return rfc1902.TimeTicks(int(value))
        case int():
            return rfc1902.Integer32(value)
        case ber.Oid():
            return rfc1902.ObjectIdentifier(str(value))
        case str():
            return rfc1902.OctetString(value.encode())
        case bytes():
            return rfc1902.OctetString(value)
        case _:
            return rfc1902.Null("")
