"""The keys and passwords of the simulated equipment, made at the first start and kept with mode 0600.

The platform's `systems/*.yaml` refer to these files; nothing of them is ever in the repository.
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import asyncssh

SFTP_USER = "trunkline"
SNMPV3_USER = "netact"
VES_USER = "oran"


@dataclass(frozen=True)
class Keys:
    """`host_key` and `client_key` are OpenSSH private keys; beside each lies its `.pub`. `community` is SNMPv2c's,
    `snmpv3_auth` and `snmpv3_priv` are the passwords of the SNMPv3 user, `ves` that of the VES user."""

    host_key: Path
    client_key: Path
    known_hosts: Path
    community: str
    snmpv3_auth: str
    snmpv3_priv: str
    ves: str


def prepare(folder: Path, sftp_port: int) -> Keys:
    """The keys in `folder`; what is missing is made, what is there stays."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    host_key = _key(folder / "host_key", "belgicom-simulator")
    client_key = _key(folder / "client_key", SFTP_USER)
    known_hosts = folder / "known_hosts"
    public = asyncssh.read_public_key(f"{host_key}.pub")
    _write(known_hosts, f"[127.0.0.1]:{sftp_port} {public.export_public_key().decode()}")
    _write(folder / "host_key.fingerprint", public.get_fingerprint("sha256") + "\n")
    return Keys(
        host_key,
        client_key,
        known_hosts,
        community=secret(folder / "community"),
        snmpv3_auth=secret(folder / "snmpv3_auth"),
        snmpv3_priv=secret(folder / "snmpv3_priv"),
        ves=secret(folder / "ves_password"),
    )


def _key(path: Path, comment: str) -> Path:
    if not path.exists():
        key = asyncssh.generate_private_key("ssh-ed25519", comment=comment)
        _write(Path(f"{path}.pub"), key.export_public_key().decode())
        _write(path, key.export_private_key().decode())
    return path


def secret(path: Path, length: int = 24) -> str:
    """The secret in this file, made up where there is none."""
    if not path.exists():
        _write(path, secrets.token_urlsafe(length))
    return path.read_text().strip()


def _write(path: Path, text: str) -> None:
    """Write all of it or nothing, readable by the owner only."""
    part = path.with_name(f".{path.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    part.replace(path)
