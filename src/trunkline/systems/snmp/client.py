"""An SNMP manager: walks a table with GETBULK and sets a variable, with bounds on time and size. It blocks."""

from __future__ import annotations

import contextlib
import queue
import random
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import UTC, datetime
from hmac import compare_digest

from trunkline.systems.snmp import message
from trunkline.systems.snmp.ber import BerError, Missing, Value
from trunkline.systems.snmp.message import Message, Pdu
from trunkline.systems.system import Trap

REPETITIONS = 50  # variables asked for at once: long strings and all, an answer should fit a datagram
MOST = 2_000_000  # variables of one walk
MOST_TRAPS = 200_000  # that wait to be read
TOO_BIG = 1  # error-status (RFC 3416 clause 3)


class AgentFault(OSError):
    """The agent answers, but not as it must; the message says what."""


class Client(ABC):
    """One SNMP agent during one resynchronisation (see `system.Agent`).

    A request is sent again where it is not answered, some times; then `TimeoutError`. `close` from another thread ends
    whatever waits.
    """

    def __init__(self, address: str, silence: float = 60.0) -> None:
        self.address = address
        self.began = datetime.now(UTC)
        self._silence = silence
        self._traps: queue.Queue[Trap | None] = queue.Queue(MOST_TRAPS)

    def walk(self, root: str) -> Iterator[tuple[str, int | bytes | str | None]]:
        """All variables below `root` in the order of their OIDs."""
        prefix, at, repetitions, count = root + ".", root, REPETITIONS, 0
        while True:
            answer = self._request(Pdu.GET_BULK, ((at, None),), error_index=repetitions)
            if answer.error_status == TOO_BIG and repetitions > 1:
                repetitions //= 2
                continue
            _check(answer, f"GETBULK {at}")
            if not answer.varbinds:
                raise AgentFault(f"{self.address} answered GETBULK {at} with nothing")
            for oid, value in answer.varbinds:
                if not oid.startswith(prefix) or value is Missing.END:
                    return
                if _number(oid) <= _number(at):
                    raise AgentFault(f"{self.address} gives {oid} after {at}: its table does not end")
                if isinstance(value, Missing):
                    raise AgentFault(f"{self.address} gives no value of {oid}")
                count += 1
                if count > MOST:
                    raise AgentFault(f"{self.address} has more than {MOST} variables below {root}")
                yield oid, value
                at = oid

    def set(self, oid: str, value: int | bytes) -> None:
        """Set one variable. Raises `AgentFault` where the agent refuses."""
        _check(self._request(Pdu.SET, ((oid, value),)), f"SET {oid}")

    def traps(self) -> Iterator[Trap]:
        """The agent's traps since this client was made, as they come; `TimeoutError` after `silence` seconds."""
        while True:
            try:
                trap = self._traps.get(timeout=self._silence)
            except queue.Empty:
                raise TimeoutError(f"{self.address} sent no trap for {self._silence:g} s") from None
            if trap is None:
                raise AgentFault(f"the traps of {self.address} were more than could be read, or no more are wanted")
            yield trap

    def put(self, trap: Trap) -> None:
        """Hand over a trap of this agent; never blocks."""
        try:
            self._traps.put_nowait(trap)
        except queue.Full:
            self.close()

    def close(self) -> None:
        while True:
            try:
                self._traps.put_nowait(None)
            except queue.Full:
                # Whoever reads must find the end at once, not behind what waits.
                self._traps.get_nowait()
            else:
                return

    @abstractmethod
    def _request(self, pdu: Pdu, varbinds: tuple[tuple[str, Value], ...], error_index: int = 0) -> Message:
        """The answer to a request: of version 2c or 3, in the shape of a message of version 2c."""


class CommunityClient(Client):
    """Asks by version 2c, with a community, in clear; again after `timeout` seconds, `retries` times."""

    def __init__(
        self,
        address: str,
        port: int,
        community: bytes,
        *,
        timeout: float = 2.0,
        retries: int = 3,
        silence: float = 60.0,
    ) -> None:
        super().__init__(address, silence)
        self._community, self._timeout, self._retries = community, timeout, retries
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        # Connected, so that the kernel drops what comes from anyone else.
        self._socket.connect((address, port))

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits for an answer; closing does not
        self._socket.close()
        super().close()

    def _request(self, pdu: Pdu, varbinds: tuple[tuple[str, Value], ...], error_index: int = 0) -> Message:
        request = Message(self._community, pdu, random.getrandbits(31), varbinds, 0, error_index)
        datagram = message.encode(request)
        for _ in range(self._retries + 1):
            deadline = time.monotonic() + self._timeout
            try:
                self._socket.send(datagram)
                while (left := deadline - time.monotonic()) > 0:
                    self._socket.settimeout(left)
                    answer = self._answer(request, self._socket.recv(65_535))
                    if answer is not None:
                        return answer
            except TimeoutError:
                continue
            except ConnectionRefusedError:
                # Nothing listens there just now; a refusal comes at once, so wait before the next try.
                time.sleep(max(0.0, min(0.2, deadline - time.monotonic())))
        raise TimeoutError(f"{self.address} did not answer {pdu.name} in {self._retries + 1} tries")

    def _answer(self, request: Message, datagram: bytes) -> Message | None:
        """The answer to `request`, or None where the datagram is another one's or none at all."""
        try:
            answer = message.decode(datagram)
        except BerError:
            return None
        ours = answer.pdu is Pdu.RESPONSE and answer.request_id == request.request_id
        return answer if ours and compare_digest(answer.community, self._community) else None


def _check(answer: Message, what: str) -> None:
    if answer.error_status:
        raise AgentFault(f"{what} was refused with error-status {answer.error_status} (RFC 3416)")


def _number(oid: str) -> tuple[int, ...]:
    return tuple(map(int, oid.split(".")))
