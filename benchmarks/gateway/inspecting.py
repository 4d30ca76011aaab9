"""What it adds to a call that its body of 1 KB is looked into: Envoy asks the companion, which reads it within bounds
and holds it against its schema. Beside it, the same call whose body is passed on unread."""

from __future__ import annotations

import json
from collections.abc import Iterator

from benchmarks.gateway.companion import best, companion, headlines
from benchmarks.gateway.ours import both
from benchmarks.gateway.wrk import Missing
from benchmarks.headline import Headline
from trunkline.gateway.policies.inspecting import COMPANION

OPEN = {"kind": "open", "reason": "what is measured is the looking alone"}
INTO = [{"kind": "json-threats"}, {"kind": "validate"}]
PART = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}, "value": {"type": "number"}}}
SCHEMA = {"type": "object", "required": ["parts"], "properties": {"parts": {"type": "array", "items": PART}}}
BODY = json.dumps({"parts": [{"id": f"part-{number:04}", "value": number / 4} for number in range(28)]})
POST = f"wrk.method = 'POST'\nwrk.body = [[{BODY}]]\nwrk.headers['content-type'] = 'application/json'\n"
MANY, ONE = 32, 1  # connections


def main() -> Iterator[Headline | str]:
    try:
        with both([OPEN, *INTO], [OPEN], SCHEMA) as pair:
            script = pair[0].places.project / "post.lua"
            script.write_text(POST)
            asked = companion(pair[0], COMPANION)
            ours, peer = (best(one, MANY, asked, script=script) for one in pair)
            ours_alone, peer_alone = (best(one, ONE, asked, script=script) for one in pair)
    except Missing as missing:
        yield f"a call whose body is looked into: {missing}"
        return
    yield from headlines("gateway: a body of 1 KB looked into", "unread", (ours, peer), (ours_alone, peer_alone))
