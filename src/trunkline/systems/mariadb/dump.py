"""The binary log as the server sends it to a replica.

The Python packages that do this ask again from the old place when the line breaks, so that changes come twice, and give
up some values; so the protocol's few steps are here. Source: MariaDB documentation, "COM_BINLOG_DUMP", "Replica
Registration".
"""

from __future__ import annotations

import struct
from typing import Any

import pymysql
from pymysql.connections import Connection
from pymysql.constants import COMMAND

from trunkline.systems.changes.cursor import Malformed
from trunkline.systems.mariadb.binlog import BinlogEvent, Format, read

HEARTBEAT = 0.1  # seconds of silence after which the server says that it lives
CAPABILITY = 4  # of a replica that knows GTIDs


class Dump:
    """The conversation on a connection of its own; it reads what comes behind the GTID position `at`."""

    def __init__(self, connection: Connection[Any], server_id: int, at: str) -> None:
        self._connection, self._checksums = connection, False
        with connection.cursor() as cursor:
            cursor.execute("SET @mariadb_slave_capability = %s", (CAPABILITY,))
            cursor.execute("SET @master_binlog_checksum = @@GLOBAL.binlog_checksum")
            cursor.execute("SET @master_heartbeat_period = %s", (int(HEARTBEAT * 1e9),))
            cursor.execute("SET @slave_connect_state = %s", (at,))
            cursor.execute("SET @slave_gtid_strict_mode = 1")
            cursor.execute("SET @slave_gtid_ignore_duplicates = 0")
        # The place, flags and file are of no account, since a GTID position was given.
        connection._execute_command(COMMAND.COM_BINLOG_DUMP, struct.pack("<IHI", 4, 0, server_id))

    def next(self) -> BinlogEvent:
        """The next event; a heartbeat where none comes.

        Raises `pymysql.MySQLError` where the server breaks off, and `Malformed` on what is no event.
        """
        packet = self._connection._read_packet()
        if packet.is_eof_packet():
            raise pymysql.OperationalError(0, "the server has ended its binary log")
        data = packet.get_all_data()
        if not data.startswith(b"\0"):
            raise Malformed(0, f"the server sends {data[:1]!r}, which begins no event")
        event = read(data[1:], checksums=self._checksums)
        if isinstance(event.body, Format):
            self._checksums = event.body.checksums
        return event
