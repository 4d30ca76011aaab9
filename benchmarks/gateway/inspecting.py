"""What it adds to a call that its body of 1 KB is looked into: Envoy asks the companion, which reads it within bounds
and holds it against its schema. Beside it, the same call whose body is passed on unread."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.gateway.companion import best, companion
from benchmarks.gateway.origin import origin
from benchmarks.gateway.ours import gateway
from benchmarks.gateway.wrk import Missing
from benchmarks.headline import Headline
from trunkline.gateway.policies.inspecting import COMPANION

OPEN = {"kind": "open", "reason": "what is measured is the looking alone"}
INTO = [{"kind": "json-threats"}, {"kind": "validate"}]
PART = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "value": {"type": "number"}}}
SCHEMA = {"type": "object", "required": ["parts"], "properties": {"parts": {"type": "array", "items": PART}}}
BODY = json.dumps({"parts": [{"id": f"part-{number:04}", "value": number / 4} for number in range(28)]})
MANY, ONE = 32, 1  # connections


def main() -> Iterator[Headline | str]:
    with tempfile.TemporaryDirectory() as folder:
        try:
            yield from _headlines(Path(folder))
        except Missing as missing:
            yield f"a call whose body is looked into: {missing}"


def _headlines(folder: Path) -> Iterator[Headline]:
    script = folder / "post.lua"
    script.write_text(f"wrk.method = 'POST'\nwrk.body = [[{BODY}]]\nwrk.headers['content-type'] = 'application/json'\n")
    with origin(folder) as behind:
        read_in, unread_in = folder / "read", folder / "unread"
        for one in (read_in, unread_in):
            one.mkdir()
        with (
            gateway(read_in, behind, [OPEN, *INTO], SCHEMA) as read,
            gateway(unread_in, behind, [OPEN], SCHEMA) as unread,
        ):
            asked = companion(read, COMPANION)
            ours, peer = (best(one, MANY, asked, script=script) for one in (read, unread))
            ours_alone, peer_alone = (best(one, ONE, asked, script=script) for one in (read, unread))
    said, name = "gateway: a body of 1 KB looked into", "unread"
    yield Headline(f"{said}, one core", "requests/s", ours.per_second, peer.per_second, name)
    yield Headline(f"{said}, CPU, the companion's with it", "µs", ours.cpu, peer.cpu, name, lower_is_better=True)
    yield Headline(f"{said}, median", "ms", ours_alone.median, peer_alone.median, name, lower_is_better=True)
