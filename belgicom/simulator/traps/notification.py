"""An SNMP notification before it is encoded, and the forms in which the vendors write a time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from belgicom.simulator import ber
from belgicom.simulator.traffic import BELGIUM


class Notification(NamedTuple):
    """Its snmpTrapOID and its own variables, without sysUpTime and snmpTrapOID."""

    oid: str
    varbinds: Sequence[ber.VarBind]


def encode(notification: Notification, community: bytes, request_id: int, uptime: int) -> bytes:
    """The SNMPv2c trap of a notification; `uptime` is in hundredths of a second."""
    varbinds: list[ber.VarBind] = [
        (ber.SYS_UP_TIME, ber.Ticks(uptime)),
        (ber.SNMP_TRAP_OID, ber.Oid(notification.oid)),
        *notification.varbinds,
    ]
    return ber.message(community, ber.TRAP, request_id, varbinds)


def date_and_time(moment: datetime) -> bytes:
    """RFC 2579 DateAndTime with the zone, eleven octets."""
    local = moment.astimezone(BELGIUM)
    octets = (local.month, local.day, local.hour, local.minute, local.second, local.microsecond // 100_000)
    sign, hours, minutes = _zone(local)
    return local.year.to_bytes(2, "big") + bytes(octets) + sign.encode() + bytes((hours, minutes))


def date_and_time_text(moment: datetime) -> str:
    """The same as NetAct writes it, its numbers not padded: `2026-3-9,15:54:8.0,+1:0`."""
    local = moment.astimezone(BELGIUM)
    sign, hours, minutes = _zone(local)
    return (
        f"{local.year}-{local.month}-{local.day},{local.hour}:{local.minute}:{local.second}"
        f".{local.microsecond // 100_000},{sign}{hours}:{minutes}"
    )


def _zone(local: datetime) -> tuple[str, int, int]:
    """The sign, hours and minutes by which the clock is east or west of UTC."""
    zone = f"{local:%z}"
    return zone[0], int(zone[1:3]), int(zone[3:5])
