"""Envoy's listener (LDS): one, the same whatever policies are attached, so that changing them loses no connection."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from trunkline.gateway.declaration import Gateway, split
from trunkline.gateway.envoy import vouching
from trunkline.gateway.envoy.accesslog import access_log
from trunkline.gateway.envoy.replies import local_replies
from trunkline.gateway.envoy.scopes import Scope, from_file, within
from trunkline.gateway.envoy.tls import listener_tls, whole_listener_tls
from trunkline.gateway.places import Places
from trunkline.gateway.policies import KINDS
from trunkline.gateway.policies.api_key import ApiKey
from trunkline.gateway.policies.jwt import Jwt
from trunkline.gateway.policies.policy import TYPE
from trunkline.gateway.policies.revoked import REVOKED
from trunkline.gateway.policies.size import BodySize
from trunkline.gateway.quantities import envoy_duration

Json = dict[str, Any]
STATISTICS: Final = "gateway"
APART: Final = (ApiKey.kind(), Jwt.kind(), REVOKED)
"""Filters with a file of their own: keys change much more often than anything else."""
ALWAYS_ON: Final = (BodySize.kind(),)
_HTTP: Final = f"{TYPE}extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"


def listener(gateway: Gateway, places: Places) -> Json:
    """The listener with its routes and its filters' keys in files of their own."""
    routes = from_file(file_source(str(places.routes)))
    log = access_log(places.access_log)
    tls = listener_tls(gateway.tls, places) if gateway.tls else None
    return _listener(gateway, _http(gateway, log) | routes | {"http_filters": filters(gateway, places)}, tls)


def whole_listener(gateway: Gateway, places: Places, scopes: Iterable[Scope]) -> Json:
    """The listener with everything in itself, for Envoy to say whether it is sound."""
    everything = within(scopes) | {"http_filters": filters(gateway, None)}
    tls = whole_listener_tls(gateway.tls, places) if gateway.tls else None
    return _listener(gateway, _http(gateway, access_log(Path(os.devnull))) | everything, tls)


def filters(gateway: Gateway, places: Places | None) -> list[Json]:
    """Every kind's filters, switched off; a route switches on what it needs. Keys are read from `places`, if given."""
    found: list[Json] = [{"name": vouching.NAME, "disabled": True, "typed_config": vouching.settings(places)}]
    for kind in KINDS:
        for name, settings in kind.filters(gateway).items():
            said: Json = {"name": name, "disabled": name not in ALWAYS_ON}
            if places is not None and name in APART:
                source = file_source(str(places.filter(name)))
                said["config_discovery"] = {"config_source": source, "type_urls": [settings["@type"]]}
            else:
                said["typed_config"] = settings
            found.append(said)
    router = {"@type": f"{TYPE}extensions.filters.http.router.v3.Router"}
    return [*found, {"name": "envoy.filters.http.router", "typed_config": router}]


def file_source(path: str) -> Json:
    """Where Envoy reads a part of its configuration anew when the file is replaced."""
    return {"resource_api_version": "V3", "path_config_source": {"path": path}}


def _listener(gateway: Gateway, http: Json, tls: Json | None) -> Json:
    host, port = split(gateway.listen)
    chain: Json = {"filters": [{"name": "http", "typed_config": http}]}
    if tls:
        chain |= {"transport_socket": tls, "transport_socket_connect_timeout": "10s"}
    address = "127.0.0.1" if host == "localhost" else host
    return {
        "@type": f"{TYPE}config.listener.v3.Listener",
        "name": "apis",
        "address": {"socket_address": {"address": address, "port_value": port}},
        "per_connection_buffer_limit_bytes": 1 << 20,
        "filter_chains": [chain],
    }


def _http(gateway: Gateway, log: Json) -> Json:
    """How requests are read. What a path or a header could trick a server with is refused, not repaired."""
    return {
        "@type": _HTTP,
        "stat_prefix": STATISTICS,
        "use_remote_address": True,
        "xff_num_trusted_hops": gateway.trusted_hops,
        "skip_xff_append": False,
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "KEEP_UNCHANGED",
        "strip_any_host_port": False,
        "generate_request_id": True,
        "always_set_request_id_in_response": True,
        "server_header_transformation": "PASS_THROUGH",
        "max_request_headers_kb": 32,
        "request_headers_timeout": envoy_duration(gateway.timeouts.head),
        "request_timeout": envoy_duration(gateway.timeouts.request),
        "stream_idle_timeout": "60s",
        "common_http_protocol_options": {
            "idle_timeout": envoy_duration(gateway.timeouts.idle),
            "max_headers_count": 100,
            "headers_with_underscores_action": "REJECT_REQUEST",
        },
        "http2_protocol_options": {
            "max_concurrent_streams": 100,
            "initial_stream_window_size": 65_536,
            "initial_connection_window_size": 1 << 20,
        },
        "early_header_mutation_extensions": [_nobody_sets_ours()],
        "local_reply_config": local_replies(),
        "access_log": [log],
    }


def _nobody_sets_ours() -> Json:
    """`x-trunkline-*` says who calls; what comes in under that name is not from us."""
    return {
        "name": "envoy.http.early_header_mutation.header_mutation",
        "typed_config": {
            "@type": f"{TYPE}extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
            "mutations": [{"remove_on_match": {"key_matcher": {"prefix": "x-trunkline-", "ignore_case": True}}}],
        },
    }
