"""What an operator declares of a VES connection in `systems/<name>.yaml`; README.md has an example."""

from __future__ import annotations

from typing import Annotated

import msgspec

from trunkline.loopback import loopback_address
from trunkline.systems.reach import Secret, Settings


class VesUser(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A sender that logs in with HTTP basic authentication."""

    name: Annotated[str, msgspec.Meta(pattern=r"^[^:]{1,64}$")]
    password: Secret


class VesSettings(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A VES event listener at `listen` (`host:port`).

    `certificate` and `key` are PEM files; without them a certificate for this machine alone is made and kept.
    With `client_ca`, a PEM file, every sender must show a certificate that it signed. Senders log in as one of
    `users`; without any, `client_ca` must be there. `listen` is a loopback address, until access is controlled.
    `max_body` bounds a request in bytes, and `max_requests` how many are worked on at a time.
    """

    listen: str = "127.0.0.1:8443"
    users: tuple[VesUser, ...] = ()
    certificate: str = ""
    key: str = ""
    client_ca: str = ""
    tls: bool = True
    max_body: Annotated[int, msgspec.Meta(ge=1_000, le=100_000_000)] = 2_000_000
    max_requests: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 64

    def __post_init__(self) -> None:
        if not self.users and not self.client_ca:
            raise ValueError("anyone could post events: declare `users`, or a `client_ca`")
        if bool(self.certificate) != bool(self.key):
            raise ValueError("`certificate` and `key` belong together: give both, or neither")
        if self.client_ca and not self.tls:
            raise ValueError("`client_ca` needs TLS")
        loopback_address(self.listen)

    @property
    def address(self) -> tuple[str, int]:
        return loopback_address(self.listen)
