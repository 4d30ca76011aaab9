"""RADIUS accounting of fibre lines: records of a detail file (RFC 2866, RFC 2869), as FreeRADIUS writes them.

Counters go on from the session's beginning and around at 2^32; Gigawords count how often they did.
"""

from __future__ import annotations

from belgicom.simulator.usage.records.session import Part
from belgicom.simulator.usage.subscribers import line


def radius_record(part: Part) -> bytes:
    """One record of the detail file, with the empty line behind it."""
    use, ended = part.use, part.ended
    seconds = part.seconds + round((part.began - use.started).total_seconds())
    up, down = part.before[0] + part.uplink, part.before[1] + part.downlink
    status = "Stop" if part.last else "Interim-Update"
    lines = [
        f"{ended:%a %b} {ended.day:2} {ended:%H:%M:%S %Y}",
        f"\tAcct-Status-Type = {status}",
        f'\tAcct-Session-Id = "{session_id(part)}"',
        f'\tUser-Name = "fibre-{use.subscriber.index // 10:06}@belgicom.be"',
        f"\tNAS-IP-Address = {part.node.address}",
        f'\tNAS-Port-Id = "lag-1:{use.subscriber.index // 10 % 4000}"',
        "\tNAS-Port-Type = Virtual",
        f'\tCalling-Station-Id = "{line(use.subscriber.index)}"',
        f"\tAcct-Session-Time = {seconds}",
        f"\tAcct-Input-Octets = {up % 2**32}",
        f"\tAcct-Input-Gigawords = {up >> 32}",
        f"\tAcct-Output-Octets = {down % 2**32}",
        f"\tAcct-Output-Gigawords = {down >> 32}",
        *(("\tAcct-Terminate-Cause = User-Request",) if part.last else ()),
        f'\tEvent-Timestamp = "{ended:%b} {ended.day:2} {ended:%Y %H:%M:%S %Z}"',
        "\n",
    ]
    return "\n".join(lines).encode()


def session_id(part: Part) -> str:
    return f"{part.session:08x}"


def record_id(part: Part) -> str:
    """How the platform tells this record from others."""
    seconds = part.seconds + round((part.began - part.use.started).total_seconds())
    status = "Stop" if part.last else "Interim-Update"
    return f"radius/{part.node.address}/{session_id(part)}/{status}/{seconds}"
