"""For how long what is handed out holds, and in whose name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from trunkline.security.identity.keys import KeyTerms

CODE: Final = 60  # seconds that an authorization code holds (RFC 6749, clause 4.1.2, asks for at most 600)
LONGEST_ACCESS: Final = 3_600  # seconds that an access token holds, whatever the operator says
SKEW: Final = 60  # seconds that the clocks of those who check tokens may be behind
DEVICE: Final = 600  # seconds that a device waits for its user
POLL: Final = 5  # seconds between two polls of a device (RFC 8628, clause 3.5)
ID_TOKEN: Final = 300  # seconds

COMMAND_LINE: Final = "trunkline"
"""The client that the command `trunkline login` is."""

OPENID: Final = ("openid", "profile", "email", "offline_access")
"""The scopes that everybody has."""
SCIM: Final = "identity.people"
"""The scope of who keeps people by SCIM."""
REGISTER: Final = "identity.clients"
"""The scope of who registers clients."""
INTROSPECT: Final = "identity.introspect"
"""The scope of a client that may look at the tokens of others."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What the provider is set to. Times are in seconds."""

    issuer: str
    """Its URL, without a slash at the end."""
    audience: str
    """Whom access tokens are for: the platform's APIs."""
    roles: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """What each role may ask for: scopes by the names of roles."""
    access: int = 300
    refresh: int = 30 * 86_400
    """How long a grant lasts from when the person signed in, however often it is refreshed."""
    session: int = 8 * 3_600
    keys: KeyTerms = field(default_factory=KeyTerms)
    rate: float = 50.0
    """How many requests a second an address, and a client at the token endpoints, may make; 0 is no limit."""

    @property
    def secure(self) -> bool:
        """Whether browsers come by https, so that cookies are sent by nothing else."""
        return self.issuer.startswith("https:")

    @property
    def scopes(self) -> frozenset[str]:
        """All scopes that can be asked for."""
        return frozenset({*OPENID, SCIM, REGISTER, INTROSPECT}).union(*self.roles.values())

    def scopes_of(self, roles: Iterable[str]) -> frozenset[str]:
        """What somebody with these roles may ask for."""
        return frozenset(OPENID).union(*(self.roles.get(role, frozenset()) for role in roles))

    def url(self, path: str) -> str:
        return f"{self.issuer}{path}"
