"""Records of every kind, made for tests: `pgw(…)`, `mo_call(…)`; what is given replaces or adds a field by its tag."""

from __future__ import annotations

from collections.abc import Mapping

from tests.systems.cdr.encoding import constructed, primitive, sequence, whole

Changes = Mapping[int, bytes | None]
"""By tag: the encoded field to have instead, or None to leave it out."""

MORNING = bytes.fromhex("260309081853") + b"+" + bytes.fromhex("0100")
"""2026-03-09 08:18:53 in Brussels."""
LATER = bytes.fromhex("260309082445") + b"+" + bytes.fromhex("0100")
IMSI = "206990000000017"
MSISDN = "32450000017"
HOME, FRENCH = b"\x02\xf6\x99", b"\x02\xf8\x10"
IMEI = "3530850302479024"


def tbcd(digits: str) -> bytes:
    digits += "f" * (len(digits) % 2)
    return bytes(int(digits[at + 1] + digits[at], 16) for at in range(0, len(digits), 2))


def seven_bits(name: str) -> bytes:
    """A name in seven bits a letter (TS 23.038)."""
    bits = sum(ord(letter) << 7 * at for at, letter in enumerate(name))
    return bits.to_bytes((7 * len(name) + 7) // 8, "little")


def address(number: str, kind: int = 0x91) -> bytes:
    return bytes((kind,)) + tbcd(number)


def ip(tag: int, *octets: int) -> bytes:
    return constructed(tag, primitive(0, bytes(octets)))


def number(tag: int, value: int) -> bytes:
    return primitive(tag, whole(value))


def record(tag: int, fields: Mapping[int, bytes | None], *, indefinite: bool = False) -> bytes:
    return constructed(tag, *(field for field in fields.values() if field is not None), indefinite=indefinite)


def service(group: int, uplink: int, downlink: int, *, seconds: int = 0, first: bytes = MORNING) -> bytes:
    """A container of one service data flow."""
    return sequence(
        number(1, group),
        primitive(5, first),
        number(7, seconds),
        primitive(8, b"\x00\x04"),
        constructed(9, number(1, 9)),
        number(12, uplink),
        number(13, downlink),
        primitive(14, LATER),
    )


def pgw(changes: Changes | None = None, *services: bytes, indefinite: bool = False) -> bytes:
    fields: dict[int, bytes | None] = {
        0: number(0, 85),
        3: primitive(3, tbcd(IMSI)),
        4: ip(4, 192, 0, 2, 1),
        5: number(5, 4711),
        6: constructed(6, primitive(0, b"\x0a\x1e\x01\x01")),
        7: primitive(7, b"internet"),
        8: primitive(8, b"\xf1\x21"),
        9: constructed(9, ip(0, 100, 64, 0, 17)),
        11: primitive(11, b"\xff"),
        13: primitive(13, MORNING),
        14: number(14, 352),
        15: number(15, 0),
        18: primitive(18, b"PGW01"),
        20: number(20, 1000),
        22: primitive(22, address(MSISDN)),
        23: primitive(23, b"\x08\x00"),
        27: primitive(27, FRENCH),
        29: primitive(29, tbcd(IMEI)),
        31: primitive(31, b"\x80\x01"),
        32: primitive(32, b"\x18" + FRENCH + b"\x00\x10" + FRENCH + b"\x05\xea\xc1\x11"),
        34: constructed(34, *(services or (service(10, 100, 2000),))),
        35: constructed(35, primitive(10, b"\x02", 0x00)),
    }
    return record(79, {**fields, **(changes or {})}, indefinite=indefinite)


def sgw(changes: Changes | None = None) -> bytes:
    condition = sequence(number(3, 100), number(4, 2000), number(5, 2), primitive(6, LATER))
    fields: dict[int, bytes | None] = {
        0: number(0, 84),
        3: primitive(3, tbcd(IMSI)),
        4: ip(4, 192, 0, 2, 9),
        5: number(5, 4711),
        12: constructed(12, condition, condition),
        13: primitive(13, MORNING),
        14: number(14, 352),
        15: number(15, 0),
        18: primitive(18, b"SGW01"),
        20: number(20, 7),
        36: ip(36, 192, 0, 2, 1),
    }
    return record(78, {**fields, **(changes or {})})


def location(tag: int) -> bytes:
    return constructed(tag, primitive(0, b"\x00\x10"), primitive(1, b"\x01\x02"), primitive(2, HOME))


def mo_call(changes: Changes | None = None, *, indefinite: bool = False) -> bytes:
    fields: dict[int, bytes | None] = {
        0: number(0, 0),
        1: primitive(1, tbcd(IMSI)),
        2: primitive(2, tbcd(IMEI)),
        3: primitive(3, address(MSISDN)),
        5: primitive(5, address("0475123456", 0x81)),
        9: primitive(9, address("32450900001")),
        12: location(12),
        14: constructed(14, primitive(3, b"\x11")),
        23: primitive(23, MORNING),
        24: primitive(24, LATER),
        25: number(25, 352),
        30: number(30, 0),
        32: primitive(32, b"\x00\x00\x12\x34"),
    }
    return record(0, {**fields, **(changes or {})}, indefinite=indefinite)


def mt_call(changes: Changes | None = None) -> bytes:
    fields: dict[int, bytes | None] = {
        0: number(0, 1),
        1: primitive(1, tbcd(IMSI)),
        3: primitive(3, address(MSISDN)),
        4: primitive(4, b"\x21\x83" + tbcd("475123456")),
        6: primitive(6, address("32450900001")),
        9: location(9),
        20: primitive(20, MORNING),
        22: number(22, 61),
        27: number(27, 0),
        29: primitive(29, b"\x12\x35"),
    }
    return record(1, {**fields, **(changes or {})})


def mo_sms(changes: Changes | None = None) -> bytes:
    fields: dict[int, bytes | None] = {
        0: number(0, 6),
        1: primitive(1, tbcd(IMSI)),
        3: primitive(3, address(MSISDN)),
        4: primitive(4, b"\x33\x19\xa2"),
        5: primitive(5, address("32450900100")),
        6: primitive(6, address("32450900001")),
        7: location(7),
        8: primitive(8, b"\x2a"),
        9: primitive(9, MORNING),
        12: primitive(12, b"\x0b" + address("33612345678")),
    }
    return record(6, {**fields, **(changes or {})})


def mt_sms(changes: Changes | None = None) -> bytes:
    fields: dict[int, bytes | None] = {
        0: number(0, 7),
        1: primitive(1, address("32450900100")),
        2: primitive(2, tbcd(IMSI)),
        4: primitive(4, address(MSISDN)),
        5: primitive(5, b"\x33\x19\xa2"),
        6: primitive(6, address("32450900001")),
        8: primitive(8, MORNING),
    }
    return record(7, {**fields, **(changes or {})})


def sgsn_smo(changes: Changes | None = None) -> bytes:
    fields: dict[int, bytes | None] = {
        0: number(0, 21),
        1: primitive(1, tbcd(IMSI)),
        10: primitive(10, b"\x07"),
        11: primitive(11, MORNING),
        14: primitive(14, b"MME01"),
        15: number(15, 12),
        16: primitive(16, b"\x08\x00"),
        18: primitive(18, address("33612345678")),
        21: number(21, 5),
        28: primitive(28, FRENCH),
    }
    return record(23, {**fields, **(changes or {})})


def sgsn_smt(changes: Changes | None = None) -> bytes:
    fields: dict[int, bytes | None] = {
        0: number(0, 22),
        1: primitive(1, tbcd(IMSI)),
        10: primitive(10, MORNING),
        13: primitive(13, b"MME01"),
        14: number(14, 13),
        19: primitive(19, b"\xd0" + seven_bits("BelgiCom")),
    }
    return record(24, {**fields, **(changes or {})})


def recipient(number_: str) -> bytes:
    return sequence(primitive(1, address(number_)))


def sc_smo(changes: Changes | None = None, *recipients: bytes) -> bytes:
    fields: dict[int, bytes | None] = {
        0: number(0, 93),
        1: primitive(1, address("32450900100")),
        2: constructed(2, primitive(0, tbcd(IMSI)), primitive(1, address(MSISDN))),
        3: constructed(3, *(recipients or (recipient("33612345678"),))),
        5: primitive(5, MORNING),
        6: primitive(6, b"\x01"),
        22: number(22, 99),
    }
    return record(93, {**fields, **(changes or {})})


def sc_smt(changes: Changes | None = None) -> bytes:
    shop = constructed(2, number(0, 5), primitive(1, b"SHOP"))
    fields: dict[int, bytes | None] = {
        0: number(0, 94),
        1: primitive(1, address("32450900100")),
        2: constructed(2, primitive(0, tbcd(IMSI))),
        3: constructed(3, shop),
        6: primitive(6, MORNING),
        26: number(26, 100),
    }
    return record(94, {**fields, **(changes or {})})


def used(uplink: int, downlink: int, *, total: int = 0, seconds: int = 0) -> bytes:
    return sequence(
        number(1, seconds),
        number(4, total or uplink + downlink),
        number(5, uplink),
        number(6, downlink),
        constructed(11, primitive(2, MORNING), primitive(3, LATER)),
    )


def usage(group: int, *containers: bytes) -> bytes:
    return sequence(number(0, group), constructed(1, *containers))


def chf(changes: Changes | None = None, *usages: bytes) -> bytes:
    fields: dict[int, bytes | None] = {
        0: number(0, 200),
        1: primitive(1, b"CHF01"),
        2: constructed(2, number(0, 1), primitive(1, b"imsi-" + IMSI.encode())),
        3: constructed(3, number(0, 1), primitive(1, b"SMF01"), primitive(3, HOME)),
        5: constructed(5, *(usages or (usage(10, used(100, 2000)),))),
        6: primitive(6, MORNING),
        7: number(7, 352),
        9: number(9, 0),
        11: number(11, 31),
        13: constructed(
            13,
            number(0, 77),
            constructed(1, primitive(3, MSISDN.encode())),
            number(6, 5),
            constructed(7, number(0, 1), primitive(1, b"\x00\x00\x01")),
            number(12, 51),
            primitive(13, b"internet"),
            primitive(16, b"\x80\x01"),
            primitive(27, FRENCH),
        ),
    }
    return record(200, {**fields, **(changes or {})})


EVERY_KIND = (
    pgw(), pgw({17: number(17, 2)}, service(10, 1, 2), service(20, 3, 4)), pgw(indefinite=True), sgw(), mo_call(),
    mo_call(indefinite=True), mt_call(), mo_sms(), mt_sms(), sgsn_smo(), sgsn_smt(), sc_smo(), sc_smt(), chf(),
)  # fmt: skip


def with_headers(*records: bytes, counted: int | None = None, lost: int = 0, extension: bytes = b"") -> bytes:
    """A file of TS 32.297."""
    body = b"".join(headed(each) for each in records)
    size = 54 + len(extension)
    count = len(records) if counted is None else counted
    return b"".join((
        (size + len(body)).to_bytes(4, "big"), size.to_bytes(4, "big"), b"\xe0\xe0", bytes(8),
        count.to_bytes(4, "big"), bytes(4), b"\x00", bytes(20), bytes((lost,)), b"\x00\x00",
        len(extension).to_bytes(2, "big"), extension, b"\x07\x07", body,
    ))  # fmt: skip


def headed(record_: bytes, *, length: int | None = None, encoding: int = 1) -> bytes:
    """A record with the header that stands before it."""
    said = len(record_) if length is None else length
    return said.to_bytes(2, "big") + bytes((0xE0, encoding << 5 | 7, 7)) + record_
