"""The npm package openid-client, certified by the OpenID Foundation, drives every flow of the provider."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.listening import listening
from tests.npm import installed
from tests.security.identity.world import PASSWORD, World, store_url
from tests.servers.process import free_ports

CLIENT = "openid-client@6.9.0"
SCRIPT = Path(__file__).with_name("openid_client.mjs")


@pytest.fixture(scope="session")
def openid_client() -> Path:
    """A folder with openid-client in node_modules."""
    return installed("openid-client", CLIENT)


def test_it_drives_every_flow(openid_client: Path, tmp_path: Path, set_up: Path) -> None:
    shutil.copyfile(set_up, tmp_path / "store.db")
    [port] = free_ports(1)
    world = World(store_url(tmp_path), issuer=f"http://localhost:{port}")
    try:
        with listening(world.app, port) as url:
            assert url == f"http://127.0.0.1:{port}"
            registrar = world.admin_token("identity.clients network.read")
            issuer = world.identity.terms.issuer
            command = ["node", str(SCRIPT), str(openid_client), issuer, "boss@acme.example", PASSWORD, registrar]
            ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, ran.stderr[-3_000:]
        assert len(json.loads(ran.stdout)) == 23
    finally:
        world.identity.close()
