"""Files of usage for tests: what a reader makes of bytes, and bytes with damage."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from hypothesis import strategies as st

from trunkline.contracts import ContractValidator, load
from trunkline.log import Event
from trunkline.quarantine import Rejected
from trunkline.systems import Origin
from trunkline.telco.model import UsageReport

Read = Callable[[BinaryIO, Origin], Iterator[Any]]

ORIGIN = Origin("usage", "file:///lab/usage", "ab12")
CONTRACT = ContractValidator(load(Path(__file__).parents[2] / "belgicom" / "contracts")[UsageReport.topic])

MOBILE = {
    "Acct-Status-Type": "Interim-Update", "Acct-Session-Id": '"7f01"', "NAS-IP-Address": "192.0.2.20",
    "Calling-Station-Id": '"32470000001"', "Called-Station-Id": '"internet"', "3GPP-IMSI": '"206010000000001"',
    "3GPP-IMEISV": '"3534900698733190"', "3GPP-SGSN-MCC-MNC": '"20801"', "3GPP-MS-TimeZone": "0x8001",
    "Acct-Session-Time": "600", "Acct-Input-Octets": "5", "Acct-Input-Gigawords": "1", "Acct-Output-Octets": "7",
    "Event-Timestamp": '"Mar  9 2026 14:59:04 CET"',
}  # fmt: skip

MVNO: dict[str, Any] = {
    "delimiter": ";", "decimal": ",", "encoding": "latin-1", "time": "%d/%m/%Y %H:%M:%S", "zone": "Europe/Brussels",
    "country": "32",
    "columns": {
        "id": {"column": ["SWITCH", "RECORD"]},
        "service": {"column": "TYPE", "values": {"C": "voice", "S": "message", "D": "data", "P": "content"}},
        "started": "START", "msisdn": "CALLER", "otherParty": "CALLED",
        "duration": {"column": "MINUTES", "unit": "minute"}, "downlink": {"column": "VOLUME", "unit": "MB"},
        "price": {"column": "AMOUNT", "unit": "major"},
    },
    "constants": {"currency": "EUR", "visited": "20601"},
}  # fmt: skip
HEADER = "SWITCH;RECORD;TYPE;START;CALLER;CALLED;MINUTES;VOLUME;AMOUNT\n"
CALL = 'S1;17;C;19/07/2026 23:59:00;0470 00 00 01;"+32 470/00.00.02";1,5;;\n'
DATA = "S1;18;D;09/03/2026 14:59:04;0032470000001;;10;0,0000015;\n"
SOLD = "S1;19;P;09/03/2026 14:59:04;+32470000001;Météo;;;1,995\n"


def read_all(read: Read, data: bytes) -> tuple[list[UsageReport], list[Rejected]]:
    """The reports and the rejected parts of a file, each held against what every reader promises."""
    found = list(read(io.BytesIO(data), ORIGIN))
    reports = [one for one in found if isinstance(one, UsageReport)]
    rejected = [one for one in found if isinstance(one, Rejected)]
    assert len(reports) + len(rejected) == len(found)
    values = [Event(msgspec.json.encode(report), report.key.encode()) for report in reports]
    assert list(CONTRACT.failures(values)) == []
    for one in found:
        offset = one.source.offset if isinstance(one, UsageReport) else one.offset
        assert 0 <= offset <= len(data)
    for one in rejected:
        assert one.message
        assert one.reason
        assert one.target == UsageReport.topic
        assert one.offset + one.length <= len(data)
        assert data[one.offset :].startswith(one.part)
    return reports, rejected


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """The data with a few places of it replaced, doubled, or cut out."""
    for _ in range(draw(st.integers(1, 4))):
        begin = draw(st.integers(0, len(data)))
        end = min(len(data), begin + draw(st.sampled_from((0, 1, 1, 2, 10, 60))))
        instead = draw(st.one_of(st.binary(max_size=12), st.just(data[begin:end] * 2), st.just(b"")))
        data = data[:begin] + instead + data[end:]
    return data


def radius_record(values: dict[str, str] | None = None, **changes: str | None) -> bytes:
    """A record of the mobile session; a change of None takes the attribute away (`_` stands for `-`)."""
    given = dict(MOBILE if values is None else values)
    for name, value in changes.items():
        given.pop(name.replace("_", "-"), None)
        if value is not None:
            given[name.replace("_", "-")] = value
    lines = "".join(f"\t{name} = {value}\n" for name, value in given.items())
    return f"Mon Mar  9 14:59:05 2026\n{lines}\n".encode()
