"""The JSON objects of a stream, and what stands between them."""

from __future__ import annotations

import io

import pytest

from trunkline.quarantine import Rejected
from trunkline.systems import Origin, json_stream


@pytest.mark.parametrize("chunk", [1, 2, 7, 1000])
def test_objects_and_what_is_none_are_told_with_their_places(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "CHUNK", chunk)
    data = b'x\n{"a": "}"}\n  y y\n[{"b": {}},\n{"c": 1}] z\n{"d"'
    found = list(json_stream.objects(io.BytesIO(data), Origin("s", "file:///x")))
    objects = [(p.raw, p.line) for p in found if isinstance(p, json_stream.Part)]
    between = [(r.part.strip(), r.reason) for r in found if isinstance(r, Rejected)]
    assert objects == [(b'{"a": "}"}', 2), (b'{"b": {}}', 4), (b'{"c": 1}', 5)]
    assert between == [(b"x", "json.not-an-object"), (b"y y\n[", "json.not-an-object"),
                       (b"] z", "json.not-an-object"), (b'{"d"', "json.truncated")]  # fmt: skip
    for one in found:
        part = one.part if isinstance(one, Rejected) else one.raw
        assert data[one.offset :].startswith(part)
        assert one.line == data.count(b"\n", 0, one.offset) + 1
