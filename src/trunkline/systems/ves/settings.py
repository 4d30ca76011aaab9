"""What an operator declares of a VES connection in `systems/<name>.yaml`; README.md has an example."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated

import msgspec

from trunkline.loopback import address, is_loopback
from trunkline.protection import Unprotected
from trunkline.systems.reach import Secret, Settings

HostName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9.:-]{1,253}$")]


class VesUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sender that logs in with HTTP basic authentication."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[^:]{1,64}$")]
    password: Secret


class VesSettings(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A VES event listener at `listen` (`host:port`), by TLS 1.3.

    `certificate` and `key` are PEM files; without them the platform's own authority issues one for this machine, the
    host of `listen` and `names`. With `client_ca`, a PEM file, every sender must show a certificate that it signed.
    Senders log in as one of `users`; without any, `client_ca` must be there. Without `tls`, `listen` must be a loopback
    address. `tls12_because` is the reason why senders of TLS 1.2 are taken as well. `max_body` bounds a request in
    bytes, and `max_requests` how many are worked on at a time.
    """

    listen: str = "127.0.0.1:8443"
    names: tuple[HostName, ...] = ()
    users: tuple[VesUser, ...] = ()
    certificate: str = ""
    key: str = ""
    client_ca: str = ""
    tls: bool = True
    tls12_because: Annotated[str, msgspec.Meta(max_length=200)] = ""
    max_body: Annotated[int, msgspec.Meta(ge=1_000, le=100_000_000)] = 2_000_000
    max_requests: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 64

    def __post_init__(self) -> None:
        if not self.users and not self.client_ca:
            raise ValueError("anyone could post events: declare `users`, or a `client_ca`")
        if bool(self.certificate) != bool(self.key):
            raise ValueError("`certificate` and `key` belong together: give both, or neither")
        if (self.client_ca or self.tls12_because) and not self.tls:
            raise ValueError("`client_ca` and `tls12_because` need TLS")
        if self.names and self.certificate:
            raise ValueError("`names` are those of a certificate of the platform's own: `certificate` has its own")
        host, _ = address(self.listen)
        if not self.tls and not is_loopback(host):
            raise ValueError(f"`listen` must be a loopback address without `tls`, and {host!r} is not loopback")

    def unprotected(self) -> Iterable[Unprotected]:
        if self.tls12_because:
            yield Unprotected(("tls12_because",), self.listen, "TLS 1.2 is spoken", self.tls12_because)

    @property
    def answers_as(self) -> Sequence[str]:
        return () if self.certificate or not self.tls else (*self.names, address(self.listen)[0])
