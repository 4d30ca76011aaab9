"""Alarms: every vendor's traps and tables are read by the platform, and independent SNMP tools agree."""

import asyncio
import json
import os
import subprocess
import time
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from belgicom.simulator.alarms import PROBLEMS, Alarm, Problem
from belgicom.simulator.informs import Informs
from belgicom.simulator.managers import Manager
from belgicom.simulator.names import canonical_dn
from belgicom.simulator.network import Network, Site
from belgicom.simulator.openalarm import open_alarm
from belgicom.simulator.traps import encode_trap, notification
from tests import components
from trunkline.quarantine import Rejected
from trunkline.systems import Origin, Trap, installed_systems
from trunkline.systems.snmp.client import CommunityClient
from trunkline.systems.snmp.message import decode
from trunkline.systems.system import TrapMib
from trunkline.telco.model import AlarmReport, Report

VENDORS = ["Ericsson", "Nokia", "Huawei"]
NOW = datetime(2026, 3, 9, 15, 54, 46, 500_000, tzinfo=UTC)
COMMUNITY = b"a community of the tests"


def mib(vendor: str) -> TrapMib:
    return installed_systems()[vendor.lower()].traps[0]


def read(vendor: str, datagram: bytes) -> tuple[AlarmReport, int | None]:
    """The platform's report of a datagram, and the trap's own number."""
    message = decode(datagram)
    (_, uptime), (_, oid), *varbinds = message.varbinds
    assert message.community == COMMUNITY
    assert uptime == 4711
    assert isinstance(oid, str)
    assert oid.startswith(mib(vendor).root)
    trap = Trap(oid, tuple(varbinds), "127.0.0.1", NOW)
    report = mib(vendor).read(trap, Origin("test", "snmp://127.0.0.1:1"))
    assert isinstance(report, AlarmReport), report
    return report, mib(vendor).sequence(trap)


def alarm(site: Site, problem: Problem, number: int = 65_000_001) -> Alarm:
    cell = site.cells[-1] if problem.of_cell else None
    return Alarm(number, problem, site, cell, problem.severity, NOW, NOW)


def encoded(it: Alarm, sequence: int = 12) -> bytes:
    return encode_trap(it, sequence, COMMUNITY, uptime=4711)


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_the_platform_reads_a_raise_and_its_clear_as_the_same_problem_of_the_same_object(
    network: Network, vendor: str, problem: Problem
) -> None:
    for site in network.of(vendor):
        raised, _ = read(vendor, encoded(alarm(site, problem)))
        assert raised.kind is Report.RAISE
        assert raised.dn == canonical_dn(site, site.cells[-1] if problem.of_cell else None)
        assert (raised.severity, raised.event_type) == (problem.severity, problem.event_type)
        assert timedelta() <= NOW - raised.time < timedelta(seconds=1)

        cleared, _ = read(vendor, encoded(alarm(site, problem).clear(NOW + timedelta(minutes=2)), 13))
        assert cleared.kind is Report.CLEAR
        assert (cleared.dn, cleared.problem, cleared.native_id) == (raised.dn, raised.problem, raised.native_id)
        assert (
            timedelta(minutes=2) - timedelta(seconds=1) < cleared.time - raised.time <= timedelta(minutes=2, seconds=1)
        )


def test_a_clear_says_on_the_wire_what_each_vendors_mib_says(network: Network) -> None:
    cleared = {
        vendor: notification(alarm(network.of(vendor)[0], PROBLEMS["mains"]).clear(NOW), 1) for vendor in VENDORS
    }
    assert cleared["Ericsson"].oid == "1.3.6.1.4.1.193.183.4.2.0.7"
    assert cleared["Nokia"].oid == "1.3.6.1.4.1.28458.1.26.3.0.1.5"
    assert dict(cleared["Nokia"].varbinds)["1.3.6.1.4.1.28458.1.26.3.1.1.13"] == 5  # nbiPerceivedSeverity
    assert "1.3.6.1.4.1.28458.1.26.3.1.1.6" not in dict(cleared["Nokia"].varbinds)  # nbiAlarmTime
    assert dict(cleared["Huawei"].varbinds)["1.3.6.1.4.1.2011.2.15.2.4.3.3.2"] == 2  # iMAPNorthboundAlarmCategory


def test_no_two_problems_of_an_object_have_the_same_code(network: Network) -> None:
    for vendor in VENDORS:
        site = network.of(vendor)[0]
        codes = {read(vendor, encoded(alarm(site, problem)))[0].problem for problem in PROBLEMS.values()}
        assert len(codes) == len(PROBLEMS)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_worse_severity_is_reported_as_a_change_of_the_same_alarm(network: Network, vendor: str) -> None:
    first = alarm(network.of(vendor)[0], PROBLEMS["cell-degraded"])
    worse = Alarm(first.id, first.problem, first.site, first.cell, "critical", NOW, NOW + timedelta(seconds=30))
    before, after = read(vendor, encoded(first))[0], read(vendor, encoded(worse, 13))[0]
    assert (before.severity, after.severity, after.kind) == ("major", "critical", Report.RAISE)
    assert (before.dn, before.problem, before.native_id) == (after.dn, after.problem, after.native_id)


def test_each_vendor_numbers_its_traps_as_the_platform_expects(network: Network) -> None:
    for vendor in ("Ericsson", "Nokia"):
        assert read(vendor, encoded(alarm(network.of(vendor)[0], PROBLEMS["mains"]), 77))[1] == 77
    first = alarm(network.of("Huawei")[0], PROBLEMS["mains"], 65_000_009)
    assert read("Huawei", encoded(first))[1] == 65_000_009
    assert read("Huawei", encoded(first.clear(NOW + timedelta(seconds=1))))[1] is None


def test_a_trap_and_enms_list_tell_of_one_alarm(network: Network) -> None:
    files = next(f for f in installed_systems()["ericsson"].formats if f.name == "enm-openalarm")
    for problem in PROBLEMS.values():
        it = alarm(network.of("Ericsson")[0], problem)
        for each in (it, it.clear(NOW + timedelta(seconds=9))):
            content = json.dumps([open_alarm(each, NOW)]).encode()
            assert files.matches(content)
            (listed,) = files.read(BytesIO(content), Origin("enm", "file:///openalarm.json"))
            trapped, _ = read("Ericsson", encoded(each))
            assert isinstance(listed, AlarmReport)
            for field in ("kind", "dn", "problem", "severity", "event_type", "probable_cause"):
                assert getattr(listed, field) == getattr(trapped, field), field
            assert abs(listed.time - trapped.time) < timedelta(seconds=1)


def with_manager(vendor: str, alarms: list[Alarm], work: Callable[[Manager, int], Coroutine[Any, Any, None]]) -> None:
    """Run `work` beside a manager whose agent listens on a free port."""

    async def run() -> None:
        manager = Manager(vendor, COMMUNITY, lambda: alarms, ("127.0.0.1", 9))
        manager.sequence = 41
        port = await manager.open(0)
        try:
            await work(manager, port)
        finally:
            manager.close()

    asyncio.run(run())


def resynchronised(vendor: str, port: int) -> list[AlarmReport | Rejected]:
    client = CommunityClient("127.0.0.1", port, COMMUNITY, timeout=2, retries=1, silence=5)
    try:
        resynchronise = mib(vendor).resynchronise
        assert resynchronise is not None
        return list(resynchronise(client, Origin("test", f"snmp://127.0.0.1:{port}")))
    finally:
        client.close()


@pytest.mark.parametrize("vendor", ["Ericsson", "Nokia"])
def test_the_platform_walks_the_whole_list_of_active_alarms(network: Network, vendor: str) -> None:
    problems = list(PROBLEMS.values())
    alarms = [
        alarm(site, problem, 65_000_000 + number)
        for number, (site, problem) in enumerate((site, problem) for site in network.of(vendor) for problem in problems)
    ]

    async def work(manager: Manager, port: int) -> None:
        listed = await asyncio.to_thread(resynchronised, vendor, port)
        trapped = {each.native_id: each for each in (read(vendor, encoded(it))[0] for it in alarms)}
        assert len(listed) == len(trapped) == len(alarms)
        for each in listed:
            assert isinstance(each, AlarmReport), each
            same = trapped[each.native_id]
            for field in ("kind", "dn", "problem", "severity", "event_type", "probable_cause", "time"):
                assert getattr(each, field) == getattr(same, field), field

    with_manager(vendor, alarms, work)


def test_an_alarm_that_comes_or_goes_shows_in_the_next_walk(network: Network) -> None:
    alarms = [alarm(network.of("Nokia")[0], PROBLEMS["mains"])]

    async def work(manager: Manager, port: int) -> None:
        assert len(await asyncio.to_thread(resynchronised, "Nokia", port)) == 1
        manager.report(alarms.pop())
        assert await asyncio.to_thread(resynchronised, "Nokia", port) == []

    with_manager("Nokia", alarms, work)


def test_mae_answers_a_query_with_its_alarms_as_traps_to_the_platform(network: Network) -> None:
    alarms = [alarm(site, PROBLEMS["mains"], 65_000_000 + n) for n, site in enumerate(network.of("Huawei"))]
    received: list[Trap] = []

    class Platform(asyncio.DatagramProtocol):
        def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
            (_, _), (_, oid), *varbinds = decode(data).varbinds
            received.append(Trap(str(oid), tuple(varbinds), addr[0]))

    class Asking:
        address, began = "127.0.0.1", NOW

        def __init__(self, port: int) -> None:
            self.client = CommunityClient("127.0.0.1", port, COMMUNITY, timeout=2, retries=0)

        def set(self, oid: str, value: int | bytes) -> None:
            self.client.set(oid, value)

        def walk(self, root: str) -> Any:
            raise AssertionError("MAE has no table")

        def traps(self) -> Any:
            deadline, at = time.monotonic() + 5, 0
            while time.monotonic() < deadline:
                if at < len(received):
                    yield received[at]
                    at += 1
                else:
                    time.sleep(0.01)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(Platform, local_addr=("127.0.0.1", 0))
        manager = Manager("Huawei", COMMUNITY, lambda: alarms, transport.get_extra_info("sockname")[:2])
        asking = Asking(await manager.open(0))
        resynchronise = mib("Huawei").resynchronise
        assert resynchronise is not None
        listed = await asyncio.to_thread(lambda: list(resynchronise(asking, Origin("test", "snmp://mae"))))
        assert {each.dn for each in listed} == {canonical_dn(it.site) for it in alarms}
        assert {each.kind for each in listed} == {Report.RAISE}
        asking.client.close()
        manager.close()
        transport.close()

    asyncio.run(run())


def test_net_snmp_walks_the_agent_and_a_stranger_gets_no_answer(network: Network) -> None:
    components.need("net-snmp")
    alarms = [alarm(site, PROBLEMS["cell-down"], 65_000_000 + n) for n, site in enumerate(network.of("Ericsson"))]

    async def walk(port: int, community: str, *options: str) -> subprocess.CompletedProcess[str]:
        command = ["snmpbulkwalk", "-v2c", "-c", community, "-On", "-m", "", *options, f"127.0.0.1:{port}"]
        return await asyncio.to_thread(
            subprocess.run, [*command, "1.3.6.1.4.1.193.183.4"], capture_output=True, text=True, timeout=20
        )

    async def work(manager: Manager, port: int) -> None:
        answer = await walk(port, COMMUNITY.decode())
        assert answer.returncode == 0, answer.stderr
        lines = answer.stdout.splitlines()
        assert lines[0] == ".1.3.6.1.4.1.193.183.4.1.3.3.0 = INTEGER: 41"
        assert len([line for line in lines if ".1.3.5.1.5." in line]) == len(alarms)
        stranger = await walk(port, "public", "-t", "0.3", "-r", "0")
        assert stranger.returncode != 0
        assert "Timeout" in stranger.stderr

    with_manager("Ericsson", alarms, work)


def test_net_snmp_confirms_netacts_encrypted_informs_and_reads_them(network: Network, tmp_path: Path) -> None:
    components.need("snmptrapd")
    conf = "createUser netact SHA-256 authpassword AES privpassword\nauthUser log netact priv\n"
    (tmp_path / "snmptrapd.conf").write_text(conf)
    site = network.of("Nokia")[0]

    async def run(port: int) -> None:
        informs = Informs(("127.0.0.1", port), "netact", "authpassword", "privpassword")
        sending = asyncio.create_task(informs.run())
        for number in range(3):
            informs.put(notification(alarm(site, PROBLEMS["mains"], 65_000_000 + number), number))
        while informs.confirmed + informs.lost < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        sending.cancel()
        assert (informs.confirmed, informs.lost) == (3, 0)

    port = free_udp_port()
    log = tmp_path / "traps.log"
    receiver = subprocess.Popen(
        ["snmptrapd", "-f", "-Lf", log, "-On", "-m", "", "-C", "-c", "snmptrapd.conf", f"udp:127.0.0.1:{port}"],
        cwd=tmp_path,
        env={**os.environ, "SNMP_PERSISTENT_DIR": str(tmp_path / "kept")},
    )
    try:
        while not log.exists() or "NET-SNMP" not in log.read_text():
            assert receiver.poll() is None
            time.sleep(0.02)
        asyncio.run(asyncio.wait_for(run(port), 30))
        while (text := log.read_text()).count("|EXTERNAL AL 1") < 3:
            time.sleep(0.02)
        assert f"PLMN-PLMN/MRBTS-{site.number}" in text
    finally:
        receiver.terminate()
        receiver.wait()


def free_udp_port() -> int:
    import socket

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
