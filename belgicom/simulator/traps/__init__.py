"""Alarms as each vendor's SNMP notifications, as bytes on the wire.

`encode_trap` gives the datagram of one alarm; managers.py sends them.
"""

from __future__ import annotations

from belgicom.simulator.alarms import Alarm
from belgicom.simulator.traps import ericsson, huawei, nokia
from belgicom.simulator.traps.notification import Notification, encode

__all__ = ["Notification", "encode", "encode_trap", "notification"]

_NOTIFICATION = {
    "Ericsson": ericsson.notification,
    "Nokia": nokia.notification,
    "Huawei": huawei.notification,
}


def notification(alarm: Alarm, sequence: int) -> Notification:
    """The notification by which the alarm's vendor reports it. `sequence` is the number that its manager gives it."""
    return _NOTIFICATION[alarm.site.vendor](alarm, sequence)


def encode_trap(alarm: Alarm, sequence: int, community: bytes, *, request_id: int = 1, uptime: int = 0) -> bytes:
    """The SNMPv2c datagram of one alarm that was raised, changed or cleared."""
    return encode(notification(alarm, sequence), community, request_id, uptime)
