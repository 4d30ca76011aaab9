"""An SNMP agent over one vendor's table of active alarms: what a manager walks after it has lost traps."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Mapping

from belgicom.simulator import ber

MAX_REPETITIONS = 50  # an answer stays below the 64 kB of a datagram

Mib = Callable[[], Mapping[str, ber.Value]]
"""All objects of the agent, as they are now; the same mapping again while nothing has changed."""
Setter = Callable[[str, ber.Value], bool]
"""Take a value that a manager sets; False where the object cannot be set."""


def oid_key(dotted: str) -> tuple[int, ...]:
    """OIDs in the order of a walk."""
    return tuple(map(int, dotted.split(".")))


class Agent(asyncio.DatagramProtocol):
    """Answers GET, GETNEXT, GETBULK and SET for those who know the community; others get no answer (RFC 3584)."""

    def __init__(self, community: bytes, mib: Mib, set_value: Setter = lambda oid, value: False) -> None:
        self._community, self._mib, self._set = community, mib, set_value
        self._objects: Mapping[str, ber.Value] = {}
        self._order: list[tuple[tuple[int, ...], str]] = []
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        try:
            request = ber.read_request(data)
        except ValueError:
            return
        if request.community == self._community and self._transport is not None:
            answer = self.answer(request)
            if answer is not None:
                self._transport.sendto(answer, addr)

    def answer(self, request: ber.Request) -> bytes | None:
        """The answer to a request, None to what asks for none."""
        if request.pdu == ber.SET:
            taken = all(self._set(name, value) for name, value in request.varbinds)
            return self._respond(request, request.varbinds, error=0 if taken else NOT_WRITABLE)
        self._refresh()
        if request.pdu == ber.GET:
            absent = ber.Absent(ber.NO_SUCH_OBJECT)
            return self._respond(request, [(name, self._objects.get(name, absent)) for name, _ in request.varbinds])
        if request.pdu == ber.GET_NEXT:
            return self._respond(request, [self._after(name, 1)[0] for name, _ in request.varbinds])
        if request.pdu == ber.GET_BULK:
            names = [name for name, _ in request.varbinds]
            single = [self._after(name, 1)[0] for name in names[: request.first]]
            count = max(1, min(request.second, MAX_REPETITIONS))
            return self._respond(
                request, [*single, *(each for name in names[request.first :] for each in self._after(name, count))]
            )
        return None

    def _refresh(self) -> None:
        objects = self._mib()
        if objects is not self._objects:
            self._objects, self._order = objects, sorted((oid_key(name), name) for name in objects)

    def _after(self, name: str, count: int) -> list[ber.VarBind]:
        """The `count` objects after `name` in the order of OIDs, and that the MIB ends where it does."""
        at = bisect_right(self._order, oid_key(name), key=lambda each: each[0])
        found: list[ber.VarBind] = [(each, self._objects[each]) for _, each in self._order[at : at + count]]
        if len(found) == count:
            return found
        return [*found, (found[-1][0] if found else name, ber.Absent(ber.END_OF_MIB_VIEW))]

    @staticmethod
    def _respond(request: ber.Request, varbinds: list[ber.VarBind], error: int = 0) -> bytes:
        return ber.message(request.community, ber.RESPONSE, request.request_id, varbinds, error)


NOT_WRITABLE = 17  # error status of RFC 3416
