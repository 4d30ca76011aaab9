"""A real OpenBao, which answers Vault's API, in memory, on loopback, for as long as the tests run."""

from __future__ import annotations

import os
import stat
import uuid
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx2

from tests.components import need
from tests.servers.process import ServerProcess, answers, free_ports

TOKEN = uuid.uuid4().hex


class OpenBao:
    """One server with a transit engine at `transit`."""

    def __init__(self) -> None:
        program = Path(need("OpenBao"))
        if not os.access(program, os.X_OK):  # the package's installer drops it
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
        [self.port] = free_ports(1)
        folder = Path(mkdtemp(prefix="openbao"))
        listen = f"127.0.0.1:{self.port}"
        options = [f"-dev-listen-address={listen}", f"-dev-root-token-id={TOKEN}", "-dev-no-store-token"]
        command = [str(program), "server", "-dev", *options]
        self._process = ServerProcess(command, folder / "output", {"HOME": str(folder)})
        self._process.wait_until(lambda: answers(self.port) and self._healthy())
        self.ask("sys/mounts/transit", {"type": "transit"})

    def key(self) -> str:
        """The URL of a new key."""
        name = uuid.uuid4().hex
        self.ask(f"transit/keys/{name}", {})
        return f"vault+http://127.0.0.1:{self.port}/transit/{name}"

    def ask(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"X-Vault-Token": TOKEN}
        answer = httpx2.post(f"http://127.0.0.1:{self.port}/v1/{path}", json=body, headers=headers, timeout=10)
        answer.raise_for_status()
        return dict(answer.json()) if answer.content else {}

    def _healthy(self) -> bool:
        try:
            return httpx2.get(f"http://127.0.0.1:{self.port}/v1/sys/health", timeout=2).status_code == 200
        except httpx2.HTTPError:
            return False


@cache
def shared_openbao() -> OpenBao:
    """One for all tests of this process."""
    return OpenBao()
