"""SNMP messages: what is written is read again, by others too, and no bytes do harm."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trunkline.systems.snmp import ber, message
from trunkline.systems.snmp.ber import BerError, Missing, Tagged
from trunkline.systems.snmp.date_and_time import date_and_time
from trunkline.systems.snmp.message import Message, Pdu

oids = st.builds(
    lambda first, second, rest: ".".join(map(str, (first, second, *rest))),
    st.integers(0, 2), st.integers(0, 39), st.lists(st.integers(0, 2**32 - 1), max_size=20),
)  # fmt: skip
values = st.one_of(st.integers(-(2**63), 2**63 - 1), st.binary(max_size=300), oids, st.none(), st.sampled_from(Missing))
messages = st.builds(
    Message, st.binary(max_size=40), st.sampled_from(Pdu), st.integers(-(2**31), 2**31 - 1),
    st.lists(st.tuples(oids, values), max_size=20).map(tuple), st.integers(0, 18), st.integers(0, 100),
)  # fmt: skip

TRAP = message.notification(
    b"public",
    "1.3.6.1.4.1.193.183.4.2.0.5",
    [("1.3.6.1.4.1.193.183.4.1.3.3.0", 7), ("1.3.6.1", b"x" * 200)],
    request_id=9,
)
SHORT = ber.encode("1.3.6.1")


@given(messages)
def test_what_is_written_is_read_again(written: Message):
    assert message.decode(message.encode(written)) == written


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (Tagged(ber.COUNTER64, 2**64 - 1), 2**64 - 1),
        (Tagged(ber.COUNTER32, 2**32 - 1), 2**32 - 1),
        (Tagged(ber.TIME_TICKS, 475_081_494), 475_081_494),
        (Tagged(ber.IP_ADDRESS, b"\x7f\0\0\1"), b"\x7f\0\0\1"),
        (Tagged(ber.OPAQUE, b"\x9f\x78\x04"), b"\x9f\x78\x04"),
    ],
)
def test_the_types_of_smi_are_plain_values(value: Tagged, plain: object):
    written = message.encode(Message(b"", Pdu.TRAP, 1, ()), [("1.3", value)])
    assert message.decode(written).varbinds == (("1.3", plain),)


def test_a_counter_without_its_leading_zero_is_not_negative():
    assert ber.unsigned(b"\xff\xff\xff\xff", 0, 4) == 2**32 - 1


@pytest.mark.parametrize("oid", ["0.0", "1.39", "2.999.1", "2.100.3", "1.3.6.1.4.1.4294967295"])
def test_object_identifiers_keep_their_first_two_numbers(oid: str):
    raw = ber.encode(oid)
    assert ber.object_identifier(raw, 2, len(raw)) == oid


@given(messages)
def test_a_message_that_breaks_off_is_refused_with_the_place(written: Message):
    whole = message.encode(written)
    for cut in {0, 1, len(whole) // 3, len(whole) // 2, len(whole) - 1}:
        with pytest.raises(BerError) as refused:
            message.decode(whole[:cut])
        assert 0 <= refused.value.offset <= cut


def replaced(at: int, byte: int) -> bytes:
    return TRAP[:at] + bytes([byte]) + TRAP[at + 1 :]


@pytest.mark.parametrize(
    ("datagram", "offset", "says"),
    [
        (b"", 0, "truncated"),
        (b"GET / HTTP/1.1\r\n\r\n", 0, "tag 0x47 where 0x30"),
        (TRAP + b"\0", len(TRAP), "1 bytes after the message"),
        (b"\x30\x80\x02\x01\x01\0\0", 1, "indefinite"),
        (b"\x30\x84\xff\xff\xff\xff", 1, "4294967295 bytes where 0 are left"),
        (b"\x30\x89" + b"\xff" * 9, 1, "more than four bytes"),
        (replaced(15, 0xA9), 15, "no PDU of SNMPv2"),
        (
            TRAP.replace(SHORT, SHORT[:-1] + b"\x81"),
            TRAP.index(SHORT) + 2,
            "breaks off",
        ),
    ],
    ids=["nothing", "http", "more", "indefinite", "giant", "giant-length", "pdu", "oid"],
)
def test_the_fault_is_told_with_its_byte(datagram: bytes, offset: int, says: str):
    with pytest.raises(BerError, match=says) as refused:
        message.decode(datagram)
    assert refused.value.offset == offset


def read_anything(datagram: bytes) -> None:
    try:
        found = message.decode(datagram)
    except BerError as fault:
        assert 0 <= fault.offset <= len(datagram)  # noqa: PT017
    else:
        assert len(found.varbinds) <= len(datagram)


mutations = st.lists(st.tuples(st.integers(0, len(TRAP) - 1), st.integers(0, 255)), min_size=1, max_size=8)


def mutated(changes: list[tuple[int, int]]) -> bytes:
    datagram = bytearray(TRAP)
    for at, byte in changes:
        datagram[at] = byte
    return bytes(datagram)


@given(st.binary(max_size=500))
@example(b"\x30" * 500)
@example(b"\x30\x82" * 250)
def test_no_bytes_make_reading_fail(datagram: bytes):
    read_anything(datagram)


@given(mutations)
def test_no_change_of_a_trap_makes_reading_fail(changes: list[tuple[int, int]]):
    read_anything(mutated(changes))


@pytest.mark.prove
@settings(max_examples=50_000, deadline=None)
@given(st.binary(max_size=1500))
def test_fifty_thousand_times_no_bytes_make_reading_fail(datagram: bytes):
    read_anything(datagram)


@pytest.mark.prove
@settings(max_examples=50_000, deadline=None)
@given(mutations)
def test_fifty_thousand_times_no_change_makes_reading_fail(changes: list[tuple[int, int]]):
    read_anything(mutated(changes))


@given(st.binary(max_size=40))
def test_a_date_is_a_moment_or_refused(raw: bytes):
    try:
        assert date_and_time(raw).tzinfo is not None
    except ValueError as refused:
        assert str(refused)  # noqa: PT017


def test_pysnmp_reads_what_is_written():
    from pyasn1.codec.ber import decoder
    from pysnmp.proto.api import v2c

    found, rest = decoder.decode(TRAP, asn1Spec=v2c.Message())
    varbinds = v2c.apiTrapPDU.get_varbinds(v2c.apiMessage.get_pdu(found))
    assert not rest
    assert [str(oid) for oid, _ in varbinds[2:]] == ["1.3.6.1.4.1.193.183.4.1.3.3.0", "1.3.6.1"]
    assert (int(varbinds[2][1]), bytes(varbinds[3][1])) == (7, b"x" * 200)
