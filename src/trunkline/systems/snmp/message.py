"""SNMPv2c messages (RFC 1901, RFC 3416): community, PDU and variable bindings, read and written.

Reading is the hot path of trap intake, so the loop over the variable bindings has the common short lengths inline.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

import msgspec

from trunkline.systems.snmp import ber
from trunkline.systems.snmp.ber import BerError, Tagged, Value

SYS_UPTIME = "1.3.6.1.2.1.1.3.0"
TRAP_OID = "1.3.6.1.6.3.1.1.4.1.0"
V1, V2C, V3 = 0, 1, 3

VarBind = tuple[str, Value]


class Refused(ValueError):
    """A message that can be read and is not taken: `reason` is a short stable code, `offset` where in the datagram."""

    def __init__(self, reason: str, text: str, offset: int = 0) -> None:
        super().__init__(text)
        self.reason, self.offset = reason, offset


class Pdu(IntEnum):
    """The PDU types of RFC 3416 by their tag."""

    GET = 0xA0
    GET_NEXT = 0xA1
    RESPONSE = 0xA2
    SET = 0xA3
    GET_BULK = 0xA5
    INFORM = 0xA6
    TRAP = 0xA7
    REPORT = 0xA8


_PDUS = {pdu.value: pdu for pdu in Pdu}


class Message(msgspec.Struct, frozen=True, gc=False):
    """One SNMPv2c message. For GET_BULK `error_status` is non-repeaters and `error_index` max-repetitions."""

    community: bytes
    pdu: Pdu
    request_id: int
    varbinds: tuple[VarBind, ...]
    error_status: int = 0
    error_index: int = 0


def version(datagram: bytes) -> int:
    """The version of a message of any version: V1, V2C or V3. Raises `BerError` on anything else."""
    at, end = ber.header(datagram, 0, len(datagram), ber.SEQUENCE)
    start, stop = ber.header(datagram, at, end, ber.INTEGER)
    return ber.integer(datagram, start, stop)


def decode(datagram: bytes) -> Message:
    """Read one SNMPv2c message. Raises `BerError` with the offset of the fault on everything that is none."""
    data, whole = datagram, len(datagram)
    at, end = ber.header(data, 0, whole, ber.SEQUENCE)
    if end != whole:
        raise BerError(f"{whole - end} bytes after the message", end)
    start, at = ber.header(data, at, end, ber.INTEGER)
    if ber.integer(data, start, at) != V2C:
        raise BerError("not an SNMPv2c message", start)
    start, at = ber.header(data, at, end, ber.OCTET_STRING)
    community = data[start:at]
    pdu = _PDUS.get(data[at]) if at < end else None
    if pdu is None:
        raise BerError("no PDU of SNMPv2", at)
    start, stop = ber.content(data, at, end)
    if stop != end:
        raise BerError(f"{end - stop} bytes after the PDU", stop)
    numbers = []
    for _ in range(3):
        begin, start = ber.header(data, start, stop, ber.INTEGER)
        numbers.append(ber.integer(data, begin, start))
    request_id, error_status, error_index = numbers
    start, last = ber.header(data, start, stop, ber.SEQUENCE)
    if last != stop:
        raise BerError(f"{stop - last} bytes after the variable bindings", last)
    return Message(community, pdu, request_id, _varbinds(data, start, last), error_status, error_index)


def _varbinds(data: bytes, at: int, end: int) -> tuple[VarBind, ...]:
    decoders, oid_text = ber.DECODERS, ber._oid_text
    found: list[VarBind] = []
    try:
        while at < end:
            if data[at] == ber.SEQUENCE and (length := data[at + 1]) < 0x80 and at + 2 + length <= end:
                start = at + 2
                at = start + length
            else:
                start, at = ber.header(data, at, end, ber.SEQUENCE)
            if data[start] == ber.OBJECT_IDENTIFIER and (length := data[start + 1]) < 0x80 and start + 2 + length < at:
                value = start + 2 + length
                name = oid_text(data[start + 2 : value])
            else:
                start, value = ber.header(data, start, at, ber.OBJECT_IDENTIFIER)
                name = ber.object_identifier(data, start, value)
            if (length := data[value + 1]) < 0x80 and value + 2 + length <= at:
                start, stop = value + 2, value + 2 + length
            else:
                start, stop = ber.content(data, value, at)
            if stop != at:
                raise BerError(f"{at - stop} bytes after the value of {name}", stop)
            decoder = decoders.get(data[value])
            if decoder is None:
                raise BerError(f"the value of {name} has the tag 0x{data[value]:02x}, which SNMP does not know", value)
            found.append((name, decoder(data, start, stop)))
    except BerError:
        raise
    except ValueError as fault:
        raise BerError(str(fault), start + 2) from None
    except IndexError:
        raise BerError("truncated in a variable binding", len(data)) from None
    return tuple(found)


def encode(message: Message, varbinds: Iterable[tuple[str, Value | Tagged]] | None = None) -> bytes:
    """Write one SNMPv2c message; `varbinds` replaces the message's own where values need a tag of their own."""
    bindings = b"".join(
        ber.element(ber.SEQUENCE, ber.encode(name) + ber.encode(value))
        for name, value in (message.varbinds if varbinds is None else varbinds)
    )
    numbers = (message.request_id, message.error_status, message.error_index)
    body = b"".join(map(ber.encode, numbers)) + ber.element(ber.SEQUENCE, bindings)
    return ber.element(ber.SEQUENCE, ber.encode(V2C) + ber.encode(message.community) + ber.element(message.pdu, body))


def notification(
    community: bytes,
    trap_oid: str,
    varbinds: Iterable[tuple[str, Value | Tagged]],
    *,
    request_id: int,
    uptime: int = 0,
    inform: bool = False,
) -> bytes:
    """Write a trap (or an inform): `uptime` in hundredths of a second, then the trap's OID, then its own variables."""
    own: list[tuple[str, Value | Tagged]] = [(SYS_UPTIME, Tagged(ber.TIME_TICKS, uptime)), (TRAP_OID, trap_oid)]
    return encode(Message(community, Pdu.INFORM if inform else Pdu.TRAP, request_id, ()), [*own, *varbinds])


def response(request: Message, varbinds: Iterable[tuple[str, Value | Tagged]] | None = None, error: int = 0) -> bytes:
    """Write the answer to a request or an inform: the same variables unless others are given."""
    answer = msgspec.structs.replace(request, pdu=Pdu.RESPONSE, error_status=error, error_index=0)
    return encode(answer, varbinds)
