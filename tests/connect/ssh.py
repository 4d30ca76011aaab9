"""A real OpenSSH server on loopback, for one test."""

from __future__ import annotations

import getpass
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncssh

from tests.components import need


class Sshd:
    """An OpenSSH server that lets this user in with `key`; it can be stopped and started again."""

    def __init__(self, folder: Path) -> None:
        self.sshd = need("OpenSSH sshd")
        self.folder = folder
        self.user = getpass.getuser()
        self.key = folder / "client_key"
        folder.mkdir(parents=True)
        if os.geteuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        host, client = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
        _private(folder / "host_key", host.export_private_key())
        _private(self.key, client.export_private_key())
        (folder / "authorized_keys").write_bytes(client.export_public_key())
        self.fingerprint = host.get_fingerprint("sha256")
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Come up and wait until the port answers."""
        (self.folder / "sshd_config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nPidFile none\nStrictModes no\nUsePAM no\n"
            f"HostKey {self.folder}/host_key\nAuthorizedKeysFile {self.folder}/authorized_keys\n"
            "PermitRootLogin prohibit-password\nPasswordAuthentication no\nSubsystem sftp internal-sftp\n"
            "MaxStartups 100\n"
        )
        log = (self.folder / "sshd.log").open("ab")
        command = [self.sshd, "-D", "-e", "-f", str(self.folder / "sshd_config")]
        self._process = subprocess.Popen(command, stderr=log, start_new_session=True)
        log.close()
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise RuntimeError((self.folder / "sshd.log").read_text())

    def stop(self) -> None:
        """Go down with every session, as a server that loses its power."""
        if self._process is not None:
            for child in self._sessions():
                _kill(child)
            self._process.kill()
            self._process.wait()
            self._process = None

    def _sessions(self) -> list[int]:
        """The processes of the server's sessions, below it."""
        assert self._process is not None
        found, look = [], [self._process.pid]
        while look:
            children = Path(f"/proc/{(at := look.pop())}/task/{at}/children")
            below = [int(pid) for pid in children.read_text().split()] if children.exists() else []
            found += below
            look += below
        return found


@contextmanager
def sshd(folder: Path) -> Iterator[Sshd]:
    server = Sshd(folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _private(path: Path, content: bytes) -> None:
    path.touch(mode=0o600)
    path.write_bytes(content)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
