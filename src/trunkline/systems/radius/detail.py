"""RADIUS accounting in the detail files of FreeRADIUS: usage reports out.

A record is the time at which it was written, then an attribute a line, indented, then an empty line. Octets count
modulo 2^32 and Gigawords how often that went round. All counters are those since the session began, so every report is
`cumulative`: Start is its first part, each Interim-Update and at last Stop a later one. Source: RFC 2866, RFC 2869,
3GPP TS 29.061 clause 16.4.7; the file's shape is that of FreeRADIUS's module rlm_detail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO, NamedTuple

from trunkline.quarantine import Rejected
from trunkline.systems.radius.options import Options, epoch
from trunkline.systems.system import Origin, Reader
from trunkline.telco.model import Service, UsageReport

LARGEST_RECORD = 64 * 1024  # bytes
LONGEST_LINE = 8 * 1024
LONGEST_NAME = 200  # characters of a NAS, a session or a user

STATUS = {"1": "Start", "2": "Stop", "3": "Interim-Update", "7": "Accounting-On", "8": "Accounting-Off",
          "Alive": "Interim-Update"}  # fmt: skip
OF_NO_SESSION = ("Accounting-On", "Accounting-Off")
WITHOUT_NUMBER = ("Ethernet", "Wireless-802.11")  # NAS-Port-Type where Calling-Station-Id is a MAC address

_HEADER = re.compile(rb"[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d (?:[A-Z]{2,5} )?\d{4}")
_ATTRIBUTE = re.compile(r"\s+([A-Za-z0-9][\w.:-]{0,99}) *[:+]?= ?(.*)", re.ASCII)
_ESCAPE = re.compile(r'\\([0-7]{3}|["\\nrt])')
_NUMBER = re.compile(r"\+?([1-9][0-9]{7,14})")


class _Record(NamedTuple):
    offset: int
    line: int
    lines: list[bytes]
    whole: bool
    """Whether the empty line behind it is there, and it is not too large."""


def matches(head: bytes) -> bool:
    """Whether a file's first bytes are a detail file."""
    return _HEADER.match(head.lstrip()) is not None and b"Acct-Status-Type" in head


def reader(options: Options) -> Reader:
    """A reader of detail files, which yields one report for each Start, Interim-Update and Stop.

    A record of which anything cannot be read is yielded as `Rejected`, because a part of it could be what counts.
    """

    def read(stream: BinaryIO, origin: Origin) -> Iterator[UsageReport | Rejected]:
        for record in _records(stream):
            try:
                report = _report(record, origin, options)
            except (ValueError, OverflowError) as fault:
                raw = b"".join(record.lines)
                reason = "radius.unreadable" if record.whole else "radius.truncated"
                yield origin.rejected(
                    reason, str(fault), offset=record.offset, length=len(raw), line=record.line, part=raw,
                    target=UsageReport.topic,
                )  # fmt: skip
            else:
                if report is not None:
                    yield report

    return read


def _records(stream: BinaryIO) -> Iterator[_Record]:
    """The records in order, in constant memory. A new time begins a record, also where the empty line is lost."""
    held, begin, first, size, at, number = list[bytes](), 0, 1, 0, 0, 0
    continued = False  # whether the line is the rest of one that was too long
    while line := stream.readline(LONGEST_LINE):
        number += not continued
        blank = line in (b"\n", b"\r\n") and not continued
        header = not continued and _HEADER.match(line) is not None
        if (blank or header) and held:
            yield _Record(begin, first, held, blank and size <= LARGEST_RECORD)
            held, size = [], 0
        if not blank:
            if not held:
                begin, first = at, number
            size += len(line)
            if size <= LARGEST_RECORD + LONGEST_LINE:
                held.append(line)
        at += len(line)
        continued = not line.endswith(b"\n")
    if held:
        yield _Record(begin, first, held, False)


def _report(record: _Record, origin: Origin, options: Options) -> UsageReport | None:
    """The report of a record; None where it is of no session. Raises `ValueError` with the reason."""
    if not record.whole:
        raise ValueError(f"the record is larger than {LARGEST_RECORD} bytes, or the empty line behind it is missing")
    written, values = _attributes(record)
    status = _text(values, "Acct-Status-Type", required=True)
    status = STATUS.get(status, status)
    if status in OF_NO_SESSION:
        return None
    if status not in ("Start", "Interim-Update", "Stop"):
        raise ValueError(f"Acct-Status-Type {status[:40]!r} is not known")
    nas = next(
        filter(None, (_text(values, f"NAS-{name}") for name in ("IP-Address", "IPv6-Address", "Identifier"))), ""
    )
    session = f"radius/{nas}/{_text(values, 'Acct-Session-Id', required=True)}"
    seconds = _count(values, "Acct-Session-Time")
    ended = _time(values, written, options)
    msisdn, imsi = _msisdn(values), _digits(values, "3GPP-IMSI", 5, 15)
    user = "" if msisdn or imsi else _text(values, "User-Name")
    if not (msisdn or imsi or user):
        raise ValueError("no 3GPP-IMSI, User-Name or Calling-Station-Id says who the subscriber is")
    return UsageReport(
        system=origin.system,
        id=f"{session}/{status}/{seconds}",
        session=session,
        partial=seconds + (2 if status == "Stop" else 1),  # an Interim-Update may come in the same second
        final=status == "Stop",
        cumulative=True,
        service=Service.DATA,
        msisdn=msisdn,
        imsi=imsi,
        user=user,
        imei=_digits(values, "3GPP-IMEISV", 14, 16),
        started=(ended - timedelta(seconds=seconds)).astimezone(UTC),
        duration=seconds,
        uplink=_octets(values, "Input"),
        downlink=_octets(values, "Output"),
        apn=_text(values, "Called-Station-Id") if imsi or msisdn else "",
        visited=_digits(values, "3GPP-SGSN-MCC-MNC", 5, 6),
        zone_offset=_zone_offset(values, ended),
        source=origin.source(record.offset, record.line),
    )


def _attributes(record: _Record) -> tuple[str, dict[str, str]]:
    """The time above a record, and its attributes; of those with several values the first."""
    written, values = "", dict[str, str]()
    for number, line in enumerate(record.lines, record.line):
        text = line.decode("utf-8", "replace").rstrip("\r\n")
        if number == record.line and _HEADER.match(line):
            written = text.strip()
            continue
        found = _ATTRIBUTE.fullmatch(text)
        if found is None:
            raise ValueError(f"line {number}: {text.strip()[:80]!r} is no attribute with a value")
        values.setdefault(found[1], _unquoted(found[2].strip()))
    return written, values


def _unquoted(value: str) -> str:
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    plain = {"n": "\n", "r": "\r", "t": "\t"}
    return _ESCAPE.sub(lambda e: chr(int(e[1], 8)) if len(e[1]) == 3 else plain.get(e[1], e[1]), value[1:-1])


def _text(values: dict[str, str], name: str, *, required: bool = False) -> str:
    value = values.get(name, "").strip()
    if required and not value:
        raise ValueError(f"{name} is missing")
    if len(value) > LONGEST_NAME:
        raise ValueError(f"{name} has {len(value)} characters; at most {LONGEST_NAME} are taken")
    return value


def _count(values: dict[str, str], name: str) -> int:
    """A counter of 32 bits, 0 where it is missing."""
    value = values.get(name, "0")
    if not re.fullmatch("[0-9]{1,10}", value) or int(value) >= 2**32:
        raise ValueError(f"{name} {value[:40]!r} is no number of 32 bits")
    return int(value)


def _octets(values: dict[str, str], direction: str) -> int:
    """What was counted in a direction, as the NAS sees it: its input is what the subscriber sent."""
    gigawords = _count(values, f"Acct-{direction}-Gigawords")
    if gigawords >= 2**30:
        raise ValueError(f"Acct-{direction}-Gigawords {gigawords} is more than a session can have")
    return (gigawords << 32) + _count(values, f"Acct-{direction}-Octets")


def _digits(values: dict[str, str], name: str, shortest: int, longest: int) -> str:
    value = values.get(name, "")
    if value and not re.fullmatch(f"[0-9]{{{shortest},{longest}}}", value):
        raise ValueError(f"{name} {value[:40]!r} is not {shortest} to {longest} digits")
    return value


def _msisdn(values: dict[str, str]) -> str:
    """Calling-Station-Id, where it is a number and not a MAC address or a line."""
    found = _NUMBER.fullmatch(values.get("Calling-Station-Id", ""))
    return found[1] if found and values.get("NAS-Port-Type", "") not in WITHOUT_NUMBER else ""


def _time(values: dict[str, str], written: str, options: Options) -> datetime:
    """When it happened: by the NAS's clock, else when the server had it, less what it waited to be sent."""
    if event := _text(values, "Event-Timestamp"):
        return epoch(int(event)) if event.isascii() and event.isdigit() else options.event(event)
    received = epoch(_count(values, "Timestamp")) if "Timestamp" in values else options.written(written)
    return received - timedelta(seconds=_count(values, "Acct-Delay-Time"))


def _zone_offset(values: dict[str, str], time: datetime) -> int:
    """Minutes ahead of UTC: 3GPP-MS-TimeZone (quarters of an hour as TS 23.040 writes them), or the event's own."""
    found = re.match("0x([0-9a-fA-F]{2})", values.get("3GPP-MS-TimeZone", ""))
    if found:
        octet = int(found[1], 16)
        minutes = 15 * ((octet & 0x07) * 10 + (octet >> 4))
        return -minutes if octet & 0x08 else minutes
    offset = time.utcoffset()
    return int(offset.total_seconds()) // 60 if offset else 0
