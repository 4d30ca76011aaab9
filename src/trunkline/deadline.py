"""A time limit for a whole call: a socket's own timeout bounds each read alone, and a target may drip."""

from __future__ import annotations

import io
import socket
import time
from http.client import HTTPConnection
from typing import Any, cast


class Deadline:
    """`seconds` from now. What is not done by then raises `TimeoutError`."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self) -> float:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("it took too long")
        return left

    def connect(self, connection: HTTPConnection) -> None:
        """Connect, with TLS where the connection has it. Raises `OSError`."""
        connection.timeout = self.left()
        connection.connect()

    def bound(self, connection: HTTPConnection) -> None:
        """Put the connection, which is connected, under this deadline."""
        its = connection.sock
        connection.sock = cast(socket.socket, Bounded(its.its if isinstance(its, Bounded) else its, self))


class Bounded:
    """What `http.client` uses of a socket, each call with the time that is left."""

    def __init__(self, its: socket.socket, deadline: Deadline) -> None:
        self.its, self._deadline = its, deadline

    def sendall(self, data: Any) -> None:
        self.its.settimeout(self._deadline.left())
        self.its.sendall(data)

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(Incoming(self.its.makefile("rb", buffering=0), self.its, self._deadline))

    def close(self) -> None:
        self.its.close()


class Incoming(io.RawIOBase):
    """What comes in. The socket stays open until this is closed, as with a file of the socket's own."""

    def __init__(self, file: io.RawIOBase, its: socket.socket, deadline: Deadline) -> None:
        self._file, self._its, self._deadline = file, its, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._its.settimeout(self._deadline.left())
        return self._file.readinto(buffer)

    def close(self) -> None:
        self._file.close()
        super().close()
