"""How far each connection has read its system's own log: the topic `connect.position`, one key a connection.

A position is written in one transaction with what was brought from before it, so that a database's changes are taken
once, whatever dies on the way. What is in it is the reach's own matter.
"""

from __future__ import annotations

from trunkline.log import Event, Log, Topic

TOPIC = Topic(name="connect.position", compacted=True)


def last_position(log: Log, connection: str) -> bytes | None:
    """What the connection committed last; None where it never did. Waits for transactions that are being committed."""
    log.create(TOPIC)
    found, key = None, connection.encode()
    offset, end = log.start(TOPIC.name, 0), log.settled(TOPIC.name, 0)
    while offset < end and (records := log.read(TOPIC.name, 0, offset)):
        for record in records:
            if record.key == key:
                found = record.value
        offset = records[-1].offset + 1
    return found


def position_event(connection: str, position: bytes) -> Event:
    """That the connection has come so far."""
    return Event(position, connection.encode())
