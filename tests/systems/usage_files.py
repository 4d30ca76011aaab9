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
