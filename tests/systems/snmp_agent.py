"""A small SNMP agent on a UDP socket of its own: it answers GETBULK and SET, and sends traps."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from trunkline.systems.snmp import message
from trunkline.systems.snmp.ber import Missing
from trunkline.systems.snmp.message import Message, Pdu

TOO_BIG, NOT_WRITABLE = 1, 17


class SnmpAgent:
    """`variables` are the table; `on_set` is called with what is set. `most` is how many variables an answer holds."""

    def __init__(self, variables: Mapping[str, Any], community: bytes = b"tables", *, most: int = 100) -> None:
        self.variables = dict(variables)
        self.asked: list[Message] = []
        self.silent = self.circling = False
        self.slow = 0.0
        self.on_set: Callable[[str, Any], None] | None = None
        self._community, self._most = community, most
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> SnmpAgent:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def trap(self, made: tuple[str, Mapping[str, Any]], to: tuple[str, int], community: bytes = b"public") -> None:
        oid, variables = made
        self._socket.sendto(message.notification(community, oid, variables.items(), request_id=1), to)

    def _serve(self) -> None:
        while datagram := self._socket.recvfrom(65_535):
            if not datagram[0]:
                return
            request = message.decode(datagram[0])
            self.asked.append(request)
            if self.silent or request.community != self._community:
                continue
            time.sleep(self.slow)
            self._socket.sendto(self._answer(request), datagram[1])

    def _answer(self, request: Message) -> bytes:
        oid, value = request.varbinds[0]
        if request.pdu is Pdu.SET:
            if self.on_set is None:
                return message.response(request, error=NOT_WRITABLE)
            self.on_set(oid, value)
            return message.response(request)
        if request.error_index > self._most:
            return message.response(request, error=TOO_BIG)
        known = sorted(self.variables, key=numbers)
        after = known if self.circling else [one for one in known if numbers(one) > numbers(oid)]
        found: list[tuple[str, Any]] = [(one, self.variables[one]) for one in after[: request.error_index]]
        return message.response(request, found or [(oid, Missing.END)])


def numbers(oid: str) -> tuple[int, ...]:
    return tuple(map(int, oid.split(".")))
