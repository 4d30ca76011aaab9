"""PostgreSQL's streaming replication protocol: the server sends its log, and is told what of it is safe.

psycopg 3 speaks libpq's COPY BOTH and leaves the messages in it to us. psycopg 2 has a layer of its own above them,
which tells the server that all up to a keepalive is flushed as soon as the last message seemed to be: a transaction
that waits to be committed here would be lost with a crash.
Source: PostgreSQL 15 documentation, clause 55.4 "Streaming Replication Protocol".
"""

from __future__ import annotations

import select
import struct
import time
from typing import Any, NamedTuple

import psycopg
from psycopg import pq
from psycopg.sql import SQL, Composable, Identifier, Literal

from trunkline.systems.postgresql.pgoutput import EPOCH

SILENCE = 60.0  # seconds after which a server that says nothing is taken for gone
STATUS = 10.0  # seconds between two words of ours at most; the server is asked to answer each
NEWS = 1.0  # the same when there is something to tell

_WAL, _KEEPALIVE, _REPORT = struct.Struct(">cQQq"), struct.Struct(">cQqB"), struct.Struct(">cQQQqB")


class Slot(NamedTuple):
    """A new place in the server's log: `at` is where it begins, `snapshot` the database as it was there."""

    at: int
    snapshot: str


class Wal(NamedTuple):
    """A message of the plugin."""

    payload: bytes


class Replication:
    """The conversation on a connection that was opened for replication."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        self._line = connection.pgconn
        self._heard = self._reported = time.monotonic()
        self._flushed = self._told = 0

    def system(self) -> str:
        """The server's own number, which its copies have too."""
        return self._ask(SQL("IDENTIFY_SYSTEM"))[0]

    def make_slot(self, name: str, *, temporary: bool) -> Slot:
        """Keep a place in the log; a `temporary` one ends with the connection, a snapshot with the next call."""
        kind = SQL("TEMPORARY ") if temporary else SQL("")
        statement = SQL("CREATE_REPLICATION_SLOT {} {}LOGICAL pgoutput EXPORT_SNAPSHOT").format(Identifier(name), kind)
        _, at, snapshot, _ = self._ask(statement)
        return Slot(read_lsn(at), snapshot)

    def start(self, slot: str, at: int, publication: str) -> None:
        """Have the log sent from `at` on."""
        statement = SQL("START_REPLICATION SLOT {} LOGICAL {} (proto_version '1', publication_names {})").format(
            Identifier(slot), SQL(write_lsn(at)), Literal(Identifier(publication).as_string(self._connection))
        )
        result = self._line.exec_(statement.as_bytes(self._connection))
        if result.status != pq.ExecStatus.COPY_BOTH:
            raise _error(result)
        self._flushed = self._told = at

    def next(self, timeout: float) -> Wal | int | None:
        """The next message of the plugin; None when none has come for `timeout` seconds.

        An LSN says that the server has sent everything that was committed before it.
        Raises `psycopg.Error` when the server ends the conversation or has not been heard of for long.
        """
        if (got := self._take()) is None:
            select.select([self._line.socket], [], [], timeout)
            self._line.consume_input()
            got = self._take()
        now = time.monotonic()
        if got is not None:
            self._heard = now
        elif now - self._heard > SILENCE:
            raise psycopg.OperationalError(f"the server has said nothing for {SILENCE:.0f} s")
        if now - self._reported > (NEWS if self._flushed > self._told else STATUS):
            self.report()
        return got

    def confirm(self, lsn: int) -> None:
        """All before `lsn` is safe here: the server need not keep it. It is told soon."""
        self._flushed = max(self._flushed, lsn)

    def report(self) -> None:
        """Tell the server what is safe."""
        self._reported, self._told = time.monotonic(), self._flushed
        now = time.time_ns() // 1000 - EPOCH
        self._line.put_copy_data(_REPORT.pack(b"r", self._flushed, self._flushed, self._flushed, now, 1))
        self._line.flush()

    def _take(self) -> Wal | int | None:
        size, data = self._line.get_copy_data(1)
        if size == 0:
            return None
        if size < 0:
            raise _error(self._line.get_result())
        kind = bytes(data[:1])
        if kind == b"w":
            return Wal(bytes(data[_WAL.size :]))
        if kind != b"k" or len(data) < _KEEPALIVE.size:
            raise psycopg.OperationalError(f"the server sends {kind!r}, no message of the replication protocol")
        _, end, _, answer = _KEEPALIVE.unpack_from(data)
        if answer:
            self.report()
        return int(end)

    def _ask(self, statement: Composable) -> list[str]:
        result = self._line.exec_(statement.as_bytes(self._connection))
        if result.status != pq.ExecStatus.TUPLES_OK:
            raise _error(result)
        return [(result.get_value(0, column) or b"").decode() for column in range(result.nfields)]


def read_lsn(text: str) -> int:
    """A place in the server's log, `16/B374D848`, as a number of bytes."""
    high, _, low = text.partition("/")
    return int(high, 16) << 32 | int(low, 16)


def write_lsn(lsn: int) -> str:
    return f"{lsn >> 32:X}/{lsn & 0xFFFF_FFFF:X}"


def _error(result: Any) -> psycopg.Error:
    if result is None:
        return psycopg.OperationalError("the server has ended the replication")
    return psycopg.errors.error_from_result(result)
