"""The managers' SFTP server, and the folder behind it where nodes put their files."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import asyncssh

from belgicom.simulator.keys import SFTP_USER, Keys


class _OneUser(asyncssh.SSHServer):
    """Lets the platform's user in and nobody else; asyncssh then asks for the user's key."""

    def begin_auth(self, username: str) -> bool:
        if username != SFTP_USER:
            raise asyncssh.PermissionDenied("no such user")
        return True


async def serve(root: Path, port: int, keys: Keys) -> asyncssh.SSHAcceptor:
    """Serve the folder `root` on loopback to the one user by key. Raises `OSError` where the port is taken."""

    def factory(channel: asyncssh.SSHServerChannel[bytes]) -> asyncssh.SFTPServer:
        return asyncssh.SFTPServer(channel, chroot=str(root).encode())

    return await asyncssh.listen(
        "127.0.0.1",
        port,
        server_factory=_OneUser,
        server_host_keys=[str(keys.host_key)],
        authorized_client_keys=f"{keys.client_key}.pub",
        sftp_factory=factory,
        agent_forwarding=False,
        x11_forwarding=False,
    )


def put(root: Path, name: str, content: bytes) -> None:
    """Deliver a file as a node does: under a hidden name until it is whole."""
    target = root / name
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    part.write_bytes(content)
    part.replace(target)


def sweep(root: Path, older_than: float, folders: Iterable[str] = ("*/pm", "*/fm")) -> int:
    """Remove files of the folders (shell patterns; of measurements and alarms) that are older than so many seconds;
    say how many."""
    oldest, removed = time.time() - older_than, 0
    for folder in (folder for pattern in folders for folder in root.glob(pattern)):
        for path in folder.iterdir():
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)
                removed += 1
    return removed
