"""The access log: a JSON object a line for every request, answered or refused.

It has what `trunkline why` needs, and nothing of what is in the request: no query, no body, no credentials.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from trunkline.gateway.envoy.replies import UNNAMED
from trunkline.gateway.policies import KINDS
from trunkline.gateway.policies.api_key import APPLICATION
from trunkline.gateway.policies.bucket import RULE, WOULD_REFUSE
from trunkline.gateway.policies.jwt import CLIENT, SUBJECT
from trunkline.gateway.policies.policy import TYPE

_REPORTING: Final = tuple(kind for kind in KINDS if kind.reports())
_BETWEEN: Final = "\n"  # what they report has no such character
FORMAT: Final = {
    "time": "%START_TIME(%Y-%m-%dT%H:%M:%E6SZ)%",
    "id": "%REQ(X-REQUEST-ID)%",
    "unnamed": UNNAMED,
    "method": "%REQ(:METHOD)%",
    "path": "%PATH(NQ)%",
    "host": "%REQ(:AUTHORITY)%",
    "address": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    "tls": "%DOWNSTREAM_TLS_VERSION%",
    "certificate": "%DOWNSTREAM_PEER_SUBJECT%",
    "route": "%ROUTE_NAME%",
    "revision": "%METADATA(ROUTE:trunkline:revision)%",
    "application": f"%REQ({APPLICATION})%",
    "client": f"%REQ({CLIENT})%",
    "subject": f"%REQ({SUBJECT})%",
    "status": "%RESPONSE_CODE%",
    "details": "%RESPONSE_CODE_DETAILS%",
    "flags": "%RESPONSE_FLAGS%",
    "limit": f"%RESP({RULE})%",
    "upstream": "%UPSTREAM_HOST%",
    "received": "%BYTES_RECEIVED%",
    "sent": "%BYTES_SENT%",
    "milliseconds": "%DURATION%",
    "upstream_milliseconds": "%RESPONSE_DURATION%",
    "would_limit": f"%REQ({WOULD_REFUSE})%",
    # As one value: Envoy takes a microsecond for each value that is there for few requests.
    "would_refuse": _BETWEEN.join(kind.reports() for kind in _REPORTING),
}


def access_log(file: Path) -> dict[str, Any]:
    """Envoy's access log into `file`."""
    return {
        "name": "envoy.access_loggers.file",
        "typed_config": {
            "@type": f"{TYPE}extensions.access_loggers.file.v3.FileAccessLog",
            "path": str(file),
            "log_format": {"json_format": FORMAT, "omit_empty_values": True},
        },
    }


def would_have_refused(entry: dict[str, Any]) -> dict[str, str]:
    """Of a line of the log: what the shadows of kinds would have refused it for, by kind."""
    reports = entry.get("would_refuse", "").split(_BETWEEN)
    return {kind.kind(): report for kind, report in zip(_REPORTING, reports, strict=False) if report}
