"""Who comes to the cluster, and how both sides know each other: the options of the URL that say so.

| option | means |
|---|---|
| security | `plain` (the default), `tls`, `sasl_plain` (for a network that is trusted) or `sasl_tls` |
| ca | file with the certificates that the brokers' must come from (PEM); without it, those of the system |
| certificate, key, key_password | file with the client's certificate (PEM); its private key (PEM), with a password |
| mechanism | `SCRAM-SHA-512` (the default), `SCRAM-SHA-256`, `PLAIN` or `OAUTHBEARER` |
| user, password | for SCRAM and PLAIN |
| token_url, client, client_secret, scope, token_ca | for OAUTHBEARER: client credentials (RFC 6749, clause 4.4) |

`key`, `key_password`, `password` and `client_secret` are secrets: the URL refers to them by `${env:NAME}` or
`${file:/path}` and never holds them.
"""

from __future__ import annotations

from pathlib import Path

from trunkline import credentials
from trunkline.log.port import LogError

PROTOCOLS = {"plain": "plaintext", "tls": "ssl", "sasl_plain": "sasl_plaintext", "sasl_tls": "sasl_ssl"}
MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN", "OAUTHBEARER")
TLS = {
    "ca": "ssl.ca.location",
    "certificate": "ssl.certificate.location",
    "key": "ssl.key.pem",
    "key_password": "ssl.key.password",
}
LOGIN = {"user": "sasl.username", "password": "sasl.password"}
TOKEN = {
    "token_url": "sasl.oauthbearer.token.endpoint.url",
    "client": "sasl.oauthbearer.client.id",
    "client_secret": "sasl.oauthbearer.client.secret",
    "scope": "sasl.oauthbearer.scope",
    "token_ca": "https.ca.location",
}
SECRETS = ("key", "key_password", "password", "client_secret")
NEEDED = {"user", "password", "token_url", "client", "client_secret"}


def settings(brokers: str, options: dict[str, str]) -> dict[str, str]:
    """librdkafka's settings; takes from `options` what belongs to them. Raises `LogError` where one is missing."""
    protocol = options.pop("security", "plain")
    if protocol not in PROTOCOLS:
        raise LogError(f"kafka://{brokers}?security={protocol}: expected one of {', '.join(PROTOCOLS)}")
    found = {"security.protocol": PROTOCOLS[protocol]}
    if protocol.endswith("tls"):
        found |= _taken(brokers, options, TLS)
    if protocol.startswith("sasl"):
        mechanism = options.pop("mechanism", MECHANISMS[0])
        if mechanism not in MECHANISMS:
            raise LogError(f"kafka://{brokers}?mechanism={mechanism}: expected one of {', '.join(MECHANISMS)}")
        found["sasl.mechanism"] = mechanism
        if mechanism == "OAUTHBEARER":
            found["sasl.oauthbearer.method"] = "oidc"
        found |= _taken(brokers, options, TOKEN if mechanism == "OAUTHBEARER" else LOGIN)
    return found


def _taken(brokers: str, options: dict[str, str], names: dict[str, str]) -> dict[str, str]:
    found = {}
    for name, setting in names.items():
        value = options.pop(name, "")
        if value:
            found[setting] = _revealed(brokers, name, value) if name in SECRETS else value
        elif name in NEEDED:
            raise LogError(f"kafka://{brokers}: the option {name} is missing, by which the brokers know who comes")
    return found


def _revealed(brokers: str, name: str, reference: str) -> str:
    try:
        return credentials.reveal(reference, Path(), Path())
    except ValueError as error:
        raise LogError(f"kafka://{brokers}: the option {name}: {error}") from None
