"""What an SFTP connection is declared with."""

from __future__ import annotations

from typing import Annotated

import msgspec

from trunkline.systems.polling import PollSettings
from trunkline.systems.reach import Secret

Fingerprint = Annotated[str, msgspec.Meta(pattern=r"^(SHA256:[A-Za-z0-9+/]{43}|\$\{(env|file|data):[^}]+\})$")]


class SftpSettings(PollSettings, frozen=True, kw_only=True):
    """A folder on an SFTP server.

    `fingerprints` are those of the server's host keys, as `ssh-keygen -lf` prints them: a server with another key is
    refused. Each may also be a reference to a file that holds it. The login is by `key` (a private key, with
    `passphrase` where it has one) or by `password`.
    """

    host: str
    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = 22
    user: str
    fingerprints: Annotated[tuple[Fingerprint, ...], msgspec.Meta(min_length=1)]
    key: Secret | None = None
    passphrase: Secret | None = None
    password: Secret | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.key is None) == (self.password is None):
            raise ValueError("`key` or `password` says how to log in: give one of them")
        if self.passphrase is not None and self.key is None:
            raise ValueError("`passphrase` belongs to a `key`, and there is none")
