"""The list of alarms is read by SNMPv3, authenticated and encrypted, from the real agent of net-snmp."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests import components
from tests.systems.reached import until
from tests.systems.test_snmp_receiver import SECRETS, receiving
from trunkline.systems.snmp.client import AgentFault
from trunkline.systems.snmp.settings import AgentSettings, SnmpSettings, User
from trunkline.systems.snmp.user_client import UserClient
from trunkline.telco.model import Report

SYSTEM = "1.3.6.1.2.1.1"
CONTACT = f"{SYSTEM}.4.0"
PASSWORDS = {
    "${env:AGENT_AUTH}": "authentic-words",
    "${env:AGENT_PRIV}": "private-words",
    "${env:OTHER}": "other-words",
}
KEPT = """\
createUser reader SHA-256 "authentic-words" AES "private-words"
createUser plain SHA-256 "authentic-words"
rwuser reader priv
rouser plain auth
sysName alpha
"""
SECRETS.update(PASSWORDS)


def user(**changed: Any) -> User:
    return User(
        **{"name": "reader", "auth_password": "${env:AGENT_AUTH}", "priv_password": "${env:AGENT_PRIV}"} | changed
    )


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of an agent that `reader` may ask with authPriv alone."""
    program = components.need("snmpd")
    folder = tmp_path_factory.mktemp("snmpd")
    (folder / "snmpd.conf").write_text(KEPT)
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            [program, "-f", "-Le", "-C", "-c", folder / "snmpd.conf", "-I", "-smux", f"udp:127.0.0.1:{port}"],
            env={"SNMP_PERSISTENT_DIR": str(folder / "kept"), "MIBS": ""},
            stdout=output,
            stderr=output,
        )
    try:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                next(asking(port, timeout=0.5, retries=0).walk(SYSTEM))
                break
            except TimeoutError:
                continue
        yield port
    finally:
        process.terminate()
        process.wait(10)


def asking(port: int, by: User | None = None, **options: Any) -> UserClient:
    secret: Callable[[str], str] = PASSWORDS.__getitem__
    return UserClient("127.0.0.1", port, by or user(), secret, **options)


def test_a_table_is_walked_to_its_end_and_a_variable_is_set(agent: int) -> None:
    with closing(asking(agent)) as client:
        client.set(CONTACT, b"the NOC")
        found = dict(client.walk(SYSTEM))
        assert (found[CONTACT], found[f"{SYSTEM}.5.0"]) == (b"the NOC", b"alpha")
        assert all(oid.startswith(f"{SYSTEM}.") for oid in found)
        assert isinstance(found[f"{SYSTEM}.3.0"], int)
        assert isinstance(found[f"{SYSTEM}.2.0"], str)
        assert list(client.walk("1.3.6.1.4.1.99999")) == []
        with pytest.raises(AgentFault, match="error-status"):
            client.set("1.3.6.1.4.1.99999.1.0", 1)


@pytest.mark.parametrize(
    "changed",
    [{"auth_password": "${env:OTHER}"}, {"priv_password": "${env:OTHER}"}, {"name": "nobody"}, {"auth": "SHA512"}],
)
def test_who_is_another_is_told_nothing(agent: int, changed: dict[str, str]) -> None:
    with (
        closing(asking(agent, user(**changed), timeout=0.5, retries=0)) as client,
        pytest.raises((AgentFault, TimeoutError)),
    ):
        next(client.walk(SYSTEM))


def test_a_client_that_asked_nothing_can_be_closed_more_than_once() -> None:
    client = asking(9)
    client.close()
    client.close()


def test_who_is_not_there_is_asked_a_few_times() -> None:
    with closing(asking(9, timeout=0.1, retries=1)) as client, pytest.raises(TimeoutError, match="in 2 tries"):
        next(client.walk(SYSTEM))


def test_what_waits_for_an_answer_ends_when_the_client_is_closed() -> None:
    client, ended = asking(9, timeout=30, retries=0), threading.Event()

    def ask() -> None:
        with pytest.raises(AgentFault, match="no more is wanted"):
            next(client.walk(SYSTEM))
        ended.set()

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.2)
    client.close()
    assert ended.wait(10)
    thread.join()
    with pytest.raises(AgentFault, match="no more is wanted"):
        next(client.walk(SYSTEM))


@pytest.mark.anyio
async def test_a_receiver_reads_an_agents_list_by_its_user(agent: int, tmp_path: Path) -> None:
    one = AgentSettings(system="ericsson", address="127.0.0.1", name="enm", port=agent, user="reader")
    async with receiving(tmp_path, users=(user(),), agents=(one,)) as (_, intake, status):
        await until(lambda: intake.reports or status.problems, "the list is read")
        [report] = intake.reports
        assert (report.kind, report.system, report.active) == (Report.SYNCHRONISED, "enm", ())
        assert status.problems == []


@pytest.mark.parametrize(
    ("agent_says", "says"),
    [
        ({"user": "reader", "community": "${env:TABLES}"}, "not both"),
        ({"user": "stranger"}, "none of `users`"),
    ],
)
def test_an_agent_is_asked_in_one_way_by_a_user_that_is_declared(agent_says: dict[str, str], says: str) -> None:
    one = AgentSettings(system="nokia", address="127.0.0.1", **agent_says)
    with pytest.raises(ValueError, match=says):
        SnmpSettings(name="traps", reach="snmp", users=(user(),), agents=(one,))
