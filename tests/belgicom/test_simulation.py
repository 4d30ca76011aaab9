"""The whole simulator, against the platform's own connections: over SFTP, SNMP and HTTPS, and nothing else."""

import ast
import asyncio
import json
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncssh
import msgspec
import pytest

import belgicom.simulator
from belgicom.simulator import keys
from belgicom.simulator.managers import Manager
from belgicom.simulator.settings import Settings, load
from belgicom.simulator.simulation import Simulation
from belgicom.simulator.traps import Notification, nokia
from tests.security.certificates.house import authorities, service
from trunkline.connect import connection
from trunkline.connect.runner import Runner
from trunkline.log import Log, Topic, open_log
from trunkline.quarantine import Rejected
from trunkline.telco.model import AlarmReport, Measurement, NetworkResource

REPOSITORY = Path(__file__).parents[2]
TOPICS = {AlarmReport: 4, Measurement: 4, NetworkResource: 1, Rejected: 1}


PORTS = 7


def free_ports() -> int:
    """The first of seven ports in a row that are free, for TCP and for UDP; others look for theirs at the same time."""
    for first in random.sample(range(20_000, 30_000, PORTS), 1_000):
        probes = [socket.socket(socket.AF_INET, kind) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM) * PORTS]
        try:
            for number, probe in enumerate(probes):
                probe.bind(("127.0.0.1", first + number // 2))
        except OSError:
            continue
        else:
            return first
        finally:
            for probe in probes:
                probe.close()
    raise AssertionError("no free ports")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A small network with many faults; every listener on ports of its own."""
    first = free_ports()
    return load(
        {
            "data": tmp_path / "data", "seed": 28, "sites": 44, "rate": 480.0, "storm_at": 0.1,
            "agent_port": first, "sftp_port": first + 3, "traps_to": f"127.0.0.1:{first + 4}",
            "message_port": first + 6,
            "ves": f"https://127.0.0.1:{first + 5}/eventListener/v7",
        },
        environment={},
    )  # fmt: skip


def declare(folder: Path, settings: Settings) -> None:
    """The operator's connections to the simulated network, as `belgicom/systems` has them."""
    secrets = settings.folder.relative_to(folder)
    sftp = f"""
reach: sftp
host: 127.0.0.1
port: {settings.sftp_port}
user: {keys.SFTP_USER}
key: "${{file:{secrets}/client_key}}"
fingerprints: ["${{file:{secrets}/host_key.fingerprint}}"]
every: 0.1
settle: 0
"""
    declared = {
        "cm": f"{sftp}system: threegpp\ndirectory: /cm\n",
        "enm": f"{sftp}system: ericsson\ndirectory: /ericsson/fm\n",
        "ericsson": f"{sftp}system: ericsson\ndirectory: /ericsson/pm\n",
        "nokia": f"{sftp}system: nokia\ndirectory: /nokia/pm\n",
        "huawei": f"{sftp}system: huawei\ndirectory: /huawei/pm\n",
        "oran": f"""
reach: ves
listen: 127.0.0.1:{settings.ves.split(":")[2].split("/")[0]}
users: [{{name: {keys.VES_USER}, password: "${{file:{secrets}/ves_password}}"}}]
""",
        "traps": f"""
reach: snmp
listen: {settings.traps_to}
communities: ["${{file:{secrets}/community}}"]
users:
  - name: {keys.SNMPV3_USER}
    auth_password: "${{file:{secrets}/snmpv3_auth}}"
    priv_password: "${{file:{secrets}/snmpv3_priv}}"
agents:
"""
        + "".join(
            f'  - {{system: {vendor}, address: 127.0.0.1, port: {port}, community: "${{file:{secrets}/community}}"}}\n'
            for port, vendor in enumerate(("ericsson", "nokia", "huawei"), settings.agent_port)
        ),
    }
    (folder / "systems").mkdir()
    for name, text in declared.items():
        (folder / "systems" / f"{name}.yaml").write_text(f"name: {name}\n{text}")


class Platform:
    """What the platform's connections brought into its log."""

    def __init__(self, log: Log) -> None:
        self.log = log

    def all(self, kind: type[Any]) -> list[Any]:
        return [
            msgspec.json.decode(record.value or b"", type=kind)
            for partition in range(TOPICS[kind])
            for record in self.log.read(kind.topic, partition, 0, 1_000_000)
        ]

    def told(self) -> set[tuple[str, str]]:
        """Which vendor's alarms came over which connection."""
        return {(each.vendor, each.system) for each in self.all(AlarmReport)}

    def events(self) -> list[Measurement]:
        """What O-RAN radios measured."""
        return [each for each in self.all(Measurement) if each.system == "oran"]


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    log = open_log(f"sqlite://{tmp_path / 'log.db'}")
    for kind, partitions in TOPICS.items():
        log.create(Topic(name=kind.topic, partitions=partitions))
    yield Platform(log)
    log.close()


def run_both(folder: Path, simulation: Simulation, log: Log, enough: Callable[[], bool]) -> None:
    """The network and the platform's connections, side by side until there is enough, or fails after 40 s."""

    async def run() -> None:
        declare(folder, simulation.settings)
        data = simulation.settings.data
        certificate = service(authorities(data / "certificates"), "connect").files
        runner = Runner(folder, data, log, connection.load(folder), certificate=certificate)
        stop = threading.Event()
        connecting = asyncio.create_task(runner.run(stop))
        network = asyncio.create_task(simulation.run())
        deadline = time.monotonic() + 40
        while not network.done() and not enough() and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(0.5)
        network.cancel()
        stop.set()
        await connecting
        with pytest.raises(asyncio.CancelledError):
            await network
        assert enough()

    asyncio.run(run())


def test_the_platform_takes_the_networks_files_traps_informs_and_events(
    tmp_path: Path, settings: Settings, platform: Platform
) -> None:
    simulation = Simulation(settings)
    every_path = {
        ("Ericsson", "ericsson"),
        ("Ericsson", "enm"),
        ("Ericsson", "oran"),
        ("Nokia", "nokia"),
        ("Huawei", "huawei"),
    }
    files = {"Ericsson", "Nokia", "Huawei"}
    run_both(
        tmp_path,
        simulation,
        platform.log,
        lambda: platform.told() >= every_path and {each.vendor for each in platform.all(Measurement)} == files,
    )
    resources = {each.dn: each for each in platform.all(NetworkResource)}
    assert {each.site for each in resources.values() if each.cls == "ManagedElement"} == set(simulation.network.by_name)
    assert {each.dn for each in platform.all(Measurement)} <= set(resources)
    assert {each.dn for each in platform.all(AlarmReport) if each.dn} <= set(resources)
    assert simulation.informs is not None
    assert simulation.informs.confirmed > 0
    assert all("/pm/" in each.uri for each in platform.all(Rejected)), platform.all(Rejected)


@pytest.fixture
def command(settings: Settings) -> list[str]:
    return [
        sys.executable, "-m", "belgicom.simulator", "--data", str(settings.data), "--sites", "44", "--rate", "600",
        "--sftp-port", str(settings.sftp_port), "--agent-port", str(settings.agent_port),
        "--message-port", str(settings.message_port), "--snmp", settings.traps_to, "--ves", "",
    ]  # fmt: skip


def start(command: list[str]) -> subprocess.Popen[str]:
    """The simulator as a process, up and running."""
    process = subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert "44 sites" in process.stdout.readline()
    return process


def saved(process: subprocess.Popen[str], settings: Settings, ticks: int) -> dict[str, Any]:
    """The state file, once the process has brought it so many ticks on."""
    path = settings.folder / "state.json"
    while True:
        state: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {"faults": {"tick": 0}}
        if state["faults"]["tick"] >= ticks:
            return state
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_started_again_it_goes_on_with_its_numbers_and_alarms(
    settings: Settings, command: list[str], how: signal.Signals
) -> None:
    process = start(command)
    try:
        before = saved(process, settings, 2)
    finally:
        process.send_signal(how)
        _, errors = process.communicate(timeout=20)
    if how != signal.SIGKILL:
        assert (process.returncode, errors) == (0, "")
    before = saved(process, settings, 2)
    secrets = {path.name: path.read_bytes() for path in settings.folder.iterdir() if "key" in path.name}

    again = start(command)
    try:
        after = saved(again, settings, before["faults"]["tick"] + 1)
    finally:
        again.terminate()
        again.communicate(timeout=20)
    assert all(after["sequences"][vendor] >= number for vendor, number in before["sequences"].items())
    gone = {alarm["id"] for alarm in before["faults"]["active"]} - {alarm["id"] for alarm in after["faults"]["active"]}
    assert len(gone) < len(before["faults"]["active"])
    assert secrets == {path.name: path.read_bytes() for path in settings.folder.iterdir() if "key" in path.name}


def test_a_port_that_is_taken_is_said_in_one_line(settings: Settings, command: list[str]) -> None:
    with socket.create_server(("127.0.0.1", settings.sftp_port)):
        process = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=20)
    assert process.returncode == 1
    assert str(settings.sftp_port) in process.stderr
    assert len(process.stderr.splitlines()) == 1


def test_the_sftp_server_takes_the_platforms_key_and_refuses_everybody_else(settings: Settings) -> None:
    async def run() -> None:
        simulation = Simulation(settings)
        network = asyncio.create_task(simulation.run())
        try:
            await asyncio.sleep(1)
            login: dict[str, Any] = {"port": settings.sftp_port, "known_hosts": str(simulation.keys.known_hosts)}
            mine, stranger = str(simulation.keys.client_key), asyncssh.generate_private_key("ssh-ed25519")
            async with (
                asyncssh.connect("127.0.0.1", username=keys.SFTP_USER, client_keys=[mine], **login) as ssh,
                ssh.start_sftp_client() as sftp,
            ):
                assert set(await sftp.listdir("/")) >= {"cm", "ericsson", "nokia", "huawei"}
                assert await sftp.listdir("/../..") == await sftp.listdir("/")
            for user, key in ((keys.SFTP_USER, stranger), ("root", mine)):
                with pytest.raises(asyncssh.PermissionDenied):
                    await asyncssh.connect("127.0.0.1", username=user, client_keys=[key], **login)
        finally:
            network.cancel()
            await asyncio.wait([network])

    asyncio.run(run())


def test_secrets_are_for_the_owner_alone_and_differ_from_one_installation_to_the_next(tmp_path: Path) -> None:
    first, second = (keys.prepare(tmp_path / name, 10022) for name in ("one", "two"))
    for path in (tmp_path / "one").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path
    for field in ("community", "snmpv3_auth", "snmpv3_priv", "ves"):
        assert getattr(first, field) != getattr(second, field)
        assert len(getattr(first, field)) >= 24
    assert keys.prepare(tmp_path / "one", 10022) == first


def test_settings_come_from_the_file_then_the_environment_then_the_command_line(tmp_path: Path) -> None:
    assert load({}, {}).sites == 600
    assert load({}, {"BELGICOM_SIMULATOR_SITES": "50"}).sites == 50
    assert load({"sites": 40, "seed": None}, {"BELGICOM_SIMULATOR_SITES": "50"}).sites == 40
    assert load({}, {"TRUNKLINE_DATA": str(tmp_path)}).folder == tmp_path / "simulator"
    assert load({}, {"BELGICOM_SIMULATOR_QUIET": "true"}).quiet is True
    with pytest.raises(ValueError, match="BELGICOM_SIMULATOR_SITES='many'"):
        load({}, {"BELGICOM_SIMULATOR_SITES": "many"})
    with pytest.raises(ValueError, match="whole minutes"):
        load({"period": 90}, {})


def test_the_simulator_imports_nothing_of_the_platform() -> None:
    for path in Path(belgicom.simulator.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert not any(name.split(".")[0] == "trunkline" for name in names), path


def test_what_goes_wrong_on_the_way_is_of_the_seed_and_none_of_it_happens_when_quiet(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []

    def send(manager: Manager, notifications: list[Notification]) -> None:
        if manager.vendor == "Nokia":  # whose every notification bears its number
            sent.extend(dict(each.varbinds)[nokia.SEQUENCE] for each in notifications)

    monkeypatch.setattr(Manager, "send", send)
    begin = datetime(2026, 3, 9, 15, 0, tzinfo=UTC)

    def numbers(folder: str, quiet: bool) -> list[int]:
        sent.clear()
        simulation = Simulation(replace(settings, data=settings.data / folder, rate=120.0, quiet=quiet))
        simulation.uploads.prepare()
        for second in range(300):
            simulation.advance(begin + timedelta(seconds=second), storm=second == 20)
        return list(sent)

    noisy = numbers("a", quiet=False)
    assert noisy == numbers("b", quiet=False)
    assert len(set(noisy)) < len(noisy), "some are doubled"
    assert set(noisy) < set(range(1, max(noisy) + 1)), "some are lost"
    calm = numbers("c", quiet=True)
    assert calm == list(range(1, len(calm) + 1))
