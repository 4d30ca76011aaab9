"""What the provider offers, for applications to find (OpenID Connect Discovery, clause 3; RFC 8414)."""

from __future__ import annotations

from typing import Any

from trunkline.security.identity import dpop
from trunkline.security.identity.clients import CONFIDENTIAL, DEVICE, METHODS, SIGNING
from trunkline.security.identity.keys import ALGORITHM
from trunkline.security.identity.terms import Terms


def metadata(terms: Terms) -> dict[str, Any]:
    """The discovery document."""
    return {
        "issuer": terms.issuer,
        "authorization_endpoint": terms.url("/oauth2/authorize"),
        "token_endpoint": terms.url("/oauth2/token"),
        "device_authorization_endpoint": terms.url("/oauth2/device_authorization"),
        "userinfo_endpoint": terms.url("/oauth2/userinfo"),
        "jwks_uri": terms.url("/oauth2/keys"),
        "pushed_authorization_request_endpoint": terms.url("/oauth2/par"),
        "require_pushed_authorization_requests": False,
        "end_session_endpoint": terms.url("/oauth2/logout"),
        "registration_endpoint": terms.url("/oauth2/register"),
        "revocation_endpoint": terms.url("/oauth2/revoke"),
        "introspection_endpoint": terms.url("/oauth2/introspect"),
        "scopes_supported": sorted(terms.scopes),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials", DEVICE],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
        "token_endpoint_auth_methods_supported": METHODS,
        "token_endpoint_auth_signing_alg_values_supported": list(SIGNING),
        "revocation_endpoint_auth_methods_supported": METHODS,
        "introspection_endpoint_auth_methods_supported": CONFIDENTIAL,
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": list(dpop.ALGORITHMS),
        "authorization_response_iss_parameter_supported": True,
        "claims_supported": [
            "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "amr", "name", "preferred_username", "email",
        ],
        "prompt_values_supported": ["none", "login", "consent"],
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }  # fmt: skip
