"""What a service is called: SPIFFE ids, such as `spiffe://belgicom/api/host-1`, and who of them may call.

Source: SPIFFE-ID, clause 2; X.509-SVID, clause 2 (one URI in a certificate, which is the id).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

LONGEST: Final = 2_048  # bytes of an id
_DOMAIN = re.compile(r"[a-z0-9._-]{1,255}")
_SEGMENT = re.compile(r"[A-Za-z0-9._-]+")


class SpiffeId(NamedTuple):
    """A trust domain, and a path in it without its first slash."""

    domain: str
    path: str

    @classmethod
    def parse(cls, text: str) -> SpiffeId:
        """Raises `ValueError` where it is no id of a service."""
        scheme, separator, rest = text.partition("://")
        domain, _, path = rest.partition("/")
        if scheme != "spiffe" or not separator or not _DOMAIN.fullmatch(domain) or len(text) > LONGEST:
            raise ValueError(f"{text[:100]!r} is no SPIFFE id: it is like spiffe://domain/role/instance")
        for segment in path.split("/"):
            if not _SEGMENT.fullmatch(segment) or segment in (".", ".."):
                raise ValueError(
                    f"{text[:100]!r} is no SPIFFE id: its path has letters, digits, '.', '_' and '-' between slashes"
                )
        return cls(domain, path)

    @classmethod
    def service(cls, domain: str, role: str, instance: str) -> SpiffeId:
        """The id of one process of a role. Raises `ValueError` where one of these cannot be in an id."""
        return cls.parse(f"spiffe://{domain}/{role}/{instance}")

    def __str__(self) -> str:
        return f"spiffe://{self.domain}/{self.path}"


def trust_domain(name: str) -> str:
    """The trust domain of an operator that has set none: its name in small letters."""
    return re.sub(r"[^a-z0-9._-]+", "-", name.lower())[:255] or "operator"


def id_of(certificate: Mapping[str, Any] | None) -> SpiffeId | None:
    """The id in a peer's certificate, as `ssl` tells of it (`getpeercert`); None where there is not just one."""
    names = (certificate or {}).get("subjectAltName", ())
    ids = [value for kind, value in names if kind == "URI"]
    try:
        return SpiffeId.parse(ids[0]) if len(ids) == 1 else None
    except ValueError:
        return None


class Peers:
    """Who is meant: whole ids, or all under a path, `spiffe://belgicom/gateway/*`."""

    def __init__(self, ids: Iterable[str]) -> None:
        """Raises `ValueError` where one of them is neither."""
        listed = [(id.removesuffix("/*"), id.endswith("/*")) for id in ids]
        self._ids = frozenset(SpiffeId.parse(id) for id, under in listed if not under)
        self._paths = frozenset(SpiffeId.parse(id) for id, under in listed if under)

    def __contains__(self, id: object) -> bool:
        if not isinstance(id, SpiffeId):
            return False
        above = id.path.split("/")
        parents = (SpiffeId(id.domain, "/".join(above[:length])) for length in range(1, len(above)))
        return id in self._ids or any(parent in self._paths for parent in parents)
