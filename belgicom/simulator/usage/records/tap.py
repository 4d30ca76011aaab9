"""TAP files of roaming partners: calls, texts and data that left for the internet abroad (GSMA TD.57, TAP 3.12)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from belgicom.simulator.usage.ber import APPLICATION, constructed, indefinite, number, primitive, text
from belgicom.simulator.usage.life import Kind
from belgicom.simulator.usage.partners import HOME_TADIG, Partner
from belgicom.simulator.usage.records.session import Part

VERSION, RELEASE = 3, 12
DECIMALS = 5
"""Places behind the point of charges, which are in SDR."""
EXCHANGE, SUPPORT_NODE = 1, 2  # kinds of recording entities
TELEPHONY, TEXT_TERMINATING, TEXT_ORIGINATING = "11", "21", "22"
MINUTE, MEGABYTE, MESSAGE = 2_000, 150, 900
"""What the partner asks for them, in 10^-5 SDR."""
OFFSET_MONTHS = {0: 1, 1: 7}
"""The file's codes of UTC offsets: of winter and of summer, as the partner's country has them in January and July."""
RECORDING = {1: (EXCHANGE, "MSC1"), 2: (SUPPORT_NODE, "SGW1")}
"""Recording entities of the partner, by the file's code of them: type and name."""


def tap_record(part: Part) -> bytes:
    """One call event detail."""
    match part.use.kind:
        case Kind.DATA:
            return _gprs_call(part)
        case Kind.CALL | Kind.TEXT:
            return _originated(part)
        case _:
            return _terminated(part)


def record_id(part: Part) -> str:
    """How the platform tells this record from others."""
    data = part.use.kind is Kind.DATA
    _, entity = RECORDING[2 if data else 1]
    reference = str(part.session) if data else f"{part.sequence:08x}"
    return f"tap/{part.node.name}/{entity}/{reference}/{part.began:%Y%m%d%H%M%S}"


def charge(part: Part) -> int:
    """What the partner asks for it, in 10^-5 SDR."""
    match part.use.kind:
        case Kind.DATA:
            return MEGABYTE * (part.uplink + part.downlink) // 1_000_000
        case Kind.CALL:
            return MINUTE * part.seconds // 60
        case Kind.TEXT:
            return MESSAGE
        case _:
            return 0


def tap_file(partner: Partner, file_number: int, records: Sequence[tuple[bytes, int]], made: datetime) -> bytes:
    """A transfer batch of call event details with their charges; its length is not said beforehand."""
    zone = ZoneInfo(partner.zone)
    stamp = _text(16, made.astimezone(UTC).strftime("%Y%m%d%H%M%S")) + _text(231, "+0000")
    return indefinite(
        1,
        _group(
            4,
            _text(196, partner.tadig),
            _text(182, HOME_TADIG),
            _text(109, f"{file_number:05}"),
            _group(108, stamp),
            _group(227, stamp),
            _group(107, stamp),
            _number(201, VERSION),
            _number(189, RELEASE),
        ),
        _group(5, _text(135, "EUR"), _group(80, _group(106, _number(105, 0), _number(159, 5), _number(104, 118_250))),
               _number(244, DECIMALS)),
        _group(
            6,
            _group(234, *(
                _group(233, _number(232, code), _text(231, datetime(made.year, month, 1, tzinfo=zone).strftime("%z")))
                for code, month in OFFSET_MONTHS.items()
            )),
            _group(188, *(
                _group(183, _number(184, code), _number(186, kind), _text(400, name))
                for code, (kind, name) in RECORDING.items()
            )),
        ),
        indefinite(3, *(record for record, _ in records), cls=APPLICATION),
        _group(15, _number(415, sum(charge for _, charge in records)), _number(226, 0), _number(225, 0),
               _number(43, len(records))),
        cls=APPLICATION,
    )  # fmt: skip


def _originated(part: Part) -> bytes:
    """MobileOriginatedCall: a call or a text."""
    use, call = part.use, part.use.kind is Kind.CALL
    number = _bcd(407, use.other) if call else _text(419, use.other)
    basic = _group(147, _subscriber(part), _group(89, number), *_when(part))
    service = TELEPHONY if call else TEXT_ORIGINATING
    return _group(9, basic, _location(part), _service_used(part, service, "D" if call else "E"))


def _terminated(part: Part) -> bytes:
    """MobileTerminatedCall: a call or a text."""
    use, call = part.use, part.use.kind is Kind.CALLED
    number = _bcd(405, use.other) if call else _text(425, use.other)
    basic = _group(153, _subscriber(part), _group(41, number), *_when(part))
    service = TELEPHONY if call else TEXT_TERMINATING
    return _group(10, basic, _location(part), _service_used(part, service, "D" if call else "E"))


def _gprs_call(part: Part) -> bytes:
    """GprsCall: a data session. What is incoming is so for the subscriber."""
    use = part.use
    return _group(
        14,
        _group(114, _group(115, _subscriber(part)), _group(116, _text(261, "internet.belgicom.be")), *_when(part),
               _number(72, part.session)),
        _group(117, _group(118, _group(185, _number(184, 2)), _number(136, use.area), _number(59, use.cell))),
        _group(121, _number(250, part.downlink), _number(251, part.uplink), _group(70, _charged(part, "X"))),
    )  # fmt: skip


def _subscriber(part: Part) -> bytes:
    subscriber = part.use.subscriber
    return _group(427, _group(199, _bcd(129, subscriber.imsi), _bcd(152, subscriber.msisdn)))


def _when(part: Part) -> tuple[bytes, bytes]:
    """When it began, in the partner's time, and how long it lasted."""
    code = 1 if part.began.dst() else 0
    return (
        _group(44, _text(16, part.began.strftime("%Y%m%d%H%M%S")), _number(232, code)),
        _number(223, part.seconds),
    )


def _location(part: Part) -> bytes:
    use = part.use
    reference = primitive(45, part.sequence.to_bytes(4, "big"), APPLICATION)
    return _group(138, _group(156, _number(184, 1), reference, _number(136, use.area), _number(59, use.cell)))


def _service_used(part: Part, code: str, item: str) -> bytes:
    basic = _group(36, _group(426, _text(218, code)))
    return _group(38, _group(39, basic, _group(70, _charged(part, item))))


def _charged(part: Part, item: str) -> bytes:
    """ChargeInformation: `item` is what was counted, D the duration, E the event, X the octets."""
    units = {"D": part.seconds, "E": 1, "X": part.uplink + part.downlink}[item]
    detail = _group(63, _text(71, "00"), _number(62, charge(part)), _number(65, units), _number(68, units))
    return _group(69, _text(66, item), _number(105, 0), _group(64, detail))


def _group(tag: int, *members: bytes) -> bytes:
    return constructed(tag, *members, cls=APPLICATION)


def _number(tag: int, value: int) -> bytes:
    return number(tag, value, APPLICATION)


def _text(tag: int, value: str) -> bytes:
    return text(tag, value, APPLICATION)


def _bcd(tag: int, digits: str) -> bytes:
    """BCDString: two digits an octet, the first in the upper half; an odd number of them is filled with f."""
    return primitive(tag, bytes.fromhex(digits + "f" * (len(digits) % 2)), APPLICATION)
