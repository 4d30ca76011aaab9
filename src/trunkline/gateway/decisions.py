"""Why a request was refused: the line of the access log with its id, and the rule that decided.

The log says what Envoy's filter said; the revision of the API's rules that was in force says which rule that was, in
which file and line. So the answer holds even when the files have changed since.
"""

from __future__ import annotations

import mmap
import re
from pathlib import Path
from typing import Any, Final

import msgspec

from trunkline.gateway import revisions
from trunkline.gateway.envoy.accesslog import would_have_refused
from trunkline.gateway.places import Places
from trunkline.gateway.policies import KINDS, Policy
from trunkline.gateway.revisions import Written

LONGEST_ID: Final = 64
_ID: Final = re.compile(f"[0-9a-f-]{{8,{LONGEST_ID}}}")
_NOT_RULES: Final = {
    "route_not_found": "no API has an operation at this path",
    "direct_response": "the path has no such method, has an encoded slash, or its API takes no calls from that page",
    "path_normalization_failed": "the path has an encoded slash or cannot be read",
    "request_headers_failed_strict_check": "the request's headers are not as HTTP wants them",
    "http1.unexpected_underscore": "a header's name has an underscore",
    "http2.unexpected_underscore": "a header's name has an underscore",
    "request_headers_too_large": "the request's headers are too large",
    "request_header_timeout": "the request's headers did not come in time",
    "request_overall_timeout": "the request did not come in time",
    "ext_proc": "the companion that looks into bodies did not answer",
    "response_payload_too_large": "the upstream's answer is larger than can be looked into",
    "no_healthy_upstream": "none of the upstream's servers is well",
    "upstream_reset_before_response_started": "the upstream broke off, or could not be reached",
}
"""What Envoy refuses by itself, by the beginning of what it says."""


class Unknown(LookupError):
    """The access log has no such request (any more)."""


class Decision(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of one request. `rule` decided, if one did; the rules in `shadows` would have refused it, too, for
    what is in `found` by kind, where they say it."""

    id: str
    time: str
    request: str
    status: int
    caller: str
    refused: bool
    because: str
    details: str
    route: str = ""
    rule: Written | None = None
    shadows: list[Written] = []
    found: dict[str, str] = {}


def why(places: Places, id: str) -> Decision:
    """Show the decision on the request `id` again. Raises `Unknown`."""
    if not _ID.fullmatch(id):
        raise Unknown(f"{id!r} is no id of a request: it is in the header x-request-id and in the body of a refusal")
    entry = _find(places, id)
    details = entry.get("details", "")
    route = entry.get("route", "")
    rules, reported = _rules(places, entry), would_have_refused(entry)
    refused = entry.get("status", 0) >= 400 and not details.startswith("via_upstream")
    kind = _kind(f"{details} {entry['limit']}" if "limit" in entry else details) if refused else None
    rule = next((rule for rule in rules if kind and rule.kind == kind.kind() and not rule.shadow), None)
    return Decision(
        id=id,
        time=entry.get("time", ""),
        request=f"{entry.get('method', '?')} {entry.get('path', '?')}",
        status=entry.get("status", 0),
        caller=_caller(entry),
        refused=refused,
        because=_because(kind, details) if refused else "",
        details=details,
        route=route,
        rule=rule,
        shadows=[rule for rule in rules if rule.kind in reported or _would_limit(rule, entry)],
        found={kind: text for kind, text in reported.items() if text != kind and kind in {rule.kind for rule in rules}},
    )


def _kind(details: str) -> type[Policy] | None:
    """The kind of policy that says this when it refuses."""
    return next((kind for kind in KINDS if details.startswith(kind.refusals or ("\0",))), None)


def _because(kind: type[Policy] | None, details: str) -> str:
    if kind:
        return next((why for begins, why in kind.nearer.items() if details.startswith(begins)), kind.because)
    return next(
        (reason for begins, reason in _NOT_RULES.items() if details.startswith(begins)), "Envoy could not do it"
    )


def _would_limit(rule: Written, entry: dict[str, Any]) -> bool:
    limited = entry.get("would_limit", "").split(",")
    return rule.kind in limited or f"{rule.kind}-limit" in limited


def _rules(places: Places, entry: dict[str, Any]) -> list[Written]:
    route = entry.get("route", "")
    api = route.partition(".")[0]
    revision = revisions.load(api, entry["revision"], places) if "revision" in entry else None
    return revision.routes.get(route, []) if revision else []


def _caller(entry: dict[str, Any]) -> str:
    names = [f"{name} {entry[name]}" for name in ("application", "client", "subject", "certificate") if name in entry]
    return ", ".join([*names, f"from {entry.get('address', '?')}"])


def _find(places: Places, id: str) -> dict[str, Any]:
    log = places.access_log
    for file in (log, *sorted(log.parent.glob(f"{log.name}.*"))):
        for name in ("id", "unnamed"):
            if line := _last_line_with(file, f'"{name}":"{id}"'.encode()):
                entry: dict[str, Any] = msgspec.json.decode(line)
                return entry
    raise Unknown(f"the access log has no request {id}: it may be older than what is kept, or of a moment ago")


def _last_line_with(file: Path, text: bytes) -> bytes:
    if not file.exists() or not file.stat().st_size:
        return b""
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as content:
        at = content.rfind(text)
        if at < 0:
            return b""
        end = content.find(b"\n", at)
        return bytes(content[content.rfind(b"\n", 0, at) + 1 : end if end >= 0 else len(content)])
