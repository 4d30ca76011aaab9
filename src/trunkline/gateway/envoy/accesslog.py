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
    **{f"would_refuse_{kind.kind()}": kind.reports() for kind in KINDS if kind.reports()},
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
