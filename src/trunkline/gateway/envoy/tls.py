"""TLS of the listener and to upstreams, 1.3 as a rule.

The listener's certificate and key reach Envoy as one secret (SDS): both change in the same instant, and no connection
is lost. The secret's file is readable by its owner alone.
"""

from __future__ import annotations

from typing import Any, Final

from trunkline.gateway.declaration import Tls, UpstreamTls
from trunkline.gateway.places import Places
from trunkline.gateway.policies.policy import TYPE

Json = dict[str, Any]
CERTIFICATE: Final = "listener-certificate"
AUTHORITY: Final = "client-authority"
_TLS: Final = f"{TYPE}extensions.transport_sockets.tls.v3."


def listener_tls(tls: Tls, places: Places) -> Json:
    """The listener's transport socket; a client's certificate is held against the authority where one is shown."""
    found: Json = {"tls_certificate_sds_secret_configs": [_secret(CERTIFICATE, places)]}
    if tls.client_authority:
        found["validation_context_sds_secret_config"] = _secret(AUTHORITY, places)
    return _downstream(found)


def whole_listener_tls(tls: Tls, places: Places) -> Json:
    """The same with the operator's own files, for Envoy to say whether they are sound."""
    found: Json = {"tls_certificates": [_pair(tls.certificate, tls.key, places)]}
    if tls.client_authority:
        found["validation_context"] = {"trusted_ca": {"filename": str(places.path(tls.client_authority))}}
    return _downstream(found)


def _downstream(certificates: Json) -> Json:
    common = {
        "tls_params": {"tls_minimum_protocol_version": "TLSv1_3", "tls_maximum_protocol_version": "TLSv1_3"},
        "alpn_protocols": ["h2", "http/1.1"],
        **certificates,
    }
    context = {
        "@type": f"{_TLS}DownstreamTlsContext",
        "common_tls_context": common,
        "disable_stateless_session_resumption": True,
        "disable_stateful_session_resumption": True,
    }
    return {"name": "tls", "typed_config": context}


def _pair(certificate: str, key: str, places: Places) -> Json:
    files = {"certificate_chain": certificate, "private_key": key}
    return {name: {"filename": str(places.path(file))} for name, file in files.items()}


def secrets(tls: Tls, places: Places) -> dict[str, Json]:
    """The listener's secrets by name. Raises `OSError` where a file of them cannot be read."""
    pair = {
        "certificate_chain": {"inline_string": places.path(tls.certificate).read_text()},
        "private_key": {"inline_string": places.path(tls.key).read_text()},
    }
    found: dict[str, Json] = {CERTIFICATE: {"@type": f"{_TLS}Secret", "name": CERTIFICATE, "tls_certificate": pair}}
    if tls.client_authority:
        trusted = {"trusted_ca": {"inline_string": places.path(tls.client_authority).read_text()}}
        found[AUTHORITY] = {"@type": f"{_TLS}Secret", "name": AUTHORITY, "validation_context": trusted}
    return found


def upstream_tls(tls: UpstreamTls, places: Places) -> Json:
    """The transport socket to an upstream. Without the versions, Envoy would go no further than TLS 1.2 as a client.

    Certificates stand in it, not their files' names, so that Envoy takes up new ones.
    """
    common: Json = {
        "tls_params": {"tls_minimum_protocol_version": "TLSv1_2", "tls_maximum_protocol_version": "TLSv1_3"},
        "validation_context": {
            "trusted_ca": _content(tls.authority, places),
            "match_typed_subject_alt_names": [{"san_type": "DNS", "matcher": {"exact": tls.name}}],
        },
    }
    if tls.certificate and tls.key:
        own = {"certificate_chain": tls.certificate, "private_key": tls.key}
        common["tls_certificates"] = [{name: _content(file, places) for name, file in own.items()}]
    context = {"@type": f"{_TLS}UpstreamTlsContext", "sni": tls.name, "common_tls_context": common}
    return {"name": "tls", "typed_config": context}


def _content(file: str, places: Places) -> Json:
    path = places.path(file)
    try:
        return {"inline_string": path.read_text()}
    except OSError:
        return {"filename": str(path)}  # which Envoy refuses, with its reason


def _secret(name: str, places: Places) -> Json:
    file = str(places.secret(name))
    return {"name": name, "sds_config": {"resource_api_version": "V3", "path_config_source": {"path": file}}}
