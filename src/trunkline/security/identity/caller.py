"""Who calls: what a verified token says, or why it was refused."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """Whom an access token speaks for. `subject` is a person at `issuer`, or the client itself; `region` is "" where
    the issuer says none."""

    subject: str
    client: str
    roles: frozenset[str]
    scopes: frozenset[str]
    region: str
    issuer: str


class Refused(Exception):
    """A request whose token is not good. `error` is RFC 6750's or RFC 9449's word for it, the text is for people."""

    def __init__(self, reason: str, error: str = "invalid_token", status: int = 401) -> None:
        super().__init__(reason)
        self.reason, self.error, self.status = reason, error, status

    def challenges(self, algorithms: tuple[str, ...]) -> str:
        """The header `WWW-Authenticate` (RFC 9110, clause 11.6.1)."""
        text = self.reason.replace("\\", "").replace('"', "'")
        said = f', error="{self.error}", error_description="{text}"' if self.error else ""
        return f'Bearer realm="trunkline"{said}, DPoP algs="{" ".join(algorithms)}"{said}'
