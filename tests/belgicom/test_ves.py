"""O-RAN radios: their events are of the ONAP schema, are read by the platform, and are posted until they are taken."""

import asyncio
import json
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

from belgicom.simulator.alarms import PROBLEMS, Alarm
from belgicom.simulator.measurements import Period
from belgicom.simulator.names import canonical_dn, carrier_dn
from belgicom.simulator.network import Network, Site, build_network
from belgicom.simulator.radios import measured_radios
from belgicom.simulator.traps import encode_trap
from belgicom.simulator.ves import Collector, fault_event, measurement_event
from tests import components
from tests.systems.certificates import self_signed
from trunkline.quarantine import Rejected
from trunkline.systems import Origin, Trap, installed_systems
from trunkline.systems.snmp.message import decode
from trunkline.systems.ves.events import Event
from trunkline.systems.ves.translate import Translator
from trunkline.telco.model import AlarmReport, Measurement

NOW = datetime(2026, 3, 9, 15, 54, 46, tzinfo=UTC)


@pytest.fixture(scope="module")
def site() -> Site:
    """A site with O-RAN radios."""
    return next(site for site in build_network(1, 200).sites if site.oran)


def alarm(site: Site, problem: str) -> Alarm:
    return Alarm(65_000_001, PROBLEMS[problem], site, site.of("NR")[1], PROBLEMS[problem].severity, NOW, NOW)


def events(site: Site, period: Period) -> list[dict[str, Any]]:
    down = alarm(site, "cell-down")
    return [
        fault_event(down, 1),
        fault_event(down.clear(NOW + timedelta(minutes=1)), 2),
        measurement_event(site, period, measured_radios(1, site, period), 3),
    ]


def translated(event: dict[str, Any]) -> list[Any]:
    """The platform's records of an event."""
    raw = json.dumps(event).encode()
    records = Translator("oran", None, installed_systems()).records(
        msgspec.json.decode(raw, type=Event), raw, "127.0.0.1"
    )
    assert not [each for each in records if isinstance(each, Rejected)]
    return records


def test_about_a_tenth_of_the_networks_nr_sites_have_o_ran_radios() -> None:
    network: Network = build_network(1, 600)
    nr = [site for site in network.sites if site.of("NR")]
    assert 0.05 < sum(site.oran for site in network.sites) / len(nr) < 0.2
    assert all(site.of("NR") for site in network.sites if site.oran)


def test_the_events_are_of_onaps_schema(site: Site, period: Period) -> None:
    schema = json.loads(components.sample("fm/ves/CommonEventFormat_30.2.1_ONAP.json").read_text())
    for event in events(site, period):
        jsonschema.validate({"event": event}, schema)


@pytest.mark.parametrize("problem", ["cell-down", "cell-degraded", "antenna"])
def test_a_fault_event_and_the_trap_tell_of_one_alarm(site: Site, problem: str) -> None:
    for it in (alarm(site, problem), alarm(site, problem).clear(NOW + timedelta(minutes=1))):
        (posted,) = translated(fault_event(it, 1))
        (_, _), (_, oid), *varbinds = decode(encode_trap(it, 1, b"c")).varbinds
        trap = Trap(str(oid), tuple(varbinds))
        trapped = installed_systems()["ericsson"].traps[0].read(trap, Origin("test", "snmp://127.0.0.1:1"))
        assert isinstance(posted, AlarmReport)
        for field in ("kind", "vendor", "dn", "problem", "severity", "event_type", "probable_cause", "time"):
            assert getattr(posted, field) == getattr(trapped, field), field
        assert posted.dn == canonical_dn(site, it.cell)


def test_a_radios_counters_arrive_at_their_sector_carriers(site: Site, period: Period) -> None:
    taken = translated(measurement_event(site, period, measured_radios(1, site, period), 1))
    assert all(isinstance(each, Measurement) for each in taken)
    assert {each.dn for each in taken} == {carrier_dn(site, cell) for cell in site.of("NR")}
    assert {(each.end_time, each.granularity) for each in taken} == {(period.end, period.seconds)}
    for each, counted in zip(taken, measured_radios(1, site, period), strict=True):
        assert each.counters == counted.counters
        assert 0 < each.counters["PEE.MinPower"] < each.counters["PEE.AvgPower"] < each.counters["PEE.MaxPower"]


class Listener:
    """An HTTPS server that answers with the given statuses in turn, the last of them again and again."""

    def __init__(self, folder: Path, statuses: list[int]) -> None:
        self.folder, self.statuses, self.posts = folder, statuses, []  # type: tuple[Path, list[int], list[Any]]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await reader.readuntil(b"\r\n\r\n"):
            lines = head.decode().split("\r\n")
            headers = dict(line.lower().split(": ", 1) for line in lines[1:] if ": " in line)
            body = json.loads(await reader.readexactly(int(headers["content-length"])))
            self.posts.append((lines[0], headers.get("authorization"), body))
            status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
            writer.write(f"HTTP/1.1 {status} .\r\nContent-Length: 0\r\n\r\n".encode())

    def run(self, events: list[dict[str, Any]], enough: Callable[[Collector], bool]) -> Collector:
        """Post the events to it until there is enough."""

        async def run() -> Collector:
            certificate, key = self.folder / "server.pem", self.folder / "server.key"
            self_signed(certificate, key)
            tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            tls.load_cert_chain(certificate, key)
            server = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=tls)
            port = server.sockets[0].getsockname()[1]
            collector = Collector(f"https://127.0.0.1:{port}/eventListener/v7", certificate, "oran", "secret")
            posting = asyncio.create_task(collector.run())
            for event in events:
                collector.put(event)
            async with asyncio.timeout(20):
                while not enough(collector):  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            posting.cancel()
            await asyncio.wait([posting])
            server.close()
            return collector

        return asyncio.run(run())


def test_faults_go_before_measurements_and_never_two_domains_in_one_post(
    tmp_path: Path, site: Site, period: Period
) -> None:
    listener = Listener(tmp_path, [202])
    listener.run([events(site, period)[2], *events(site, period)], lambda collector: collector.accepted == 4)
    assert [post[0] for post in listener.posts] == ["POST /eventListener/v7/eventBatch HTTP/1.1"] * 2
    domains = [[event["commonEventHeader"]["domain"] for event in post[2]["eventList"]] for post in listener.posts]
    assert domains == [["fault", "fault"], ["perf3gpp", "perf3gpp"]]
    assert {post[1] for post in listener.posts} == {"basic b3jhbjpzzwnyzxq="}


def test_what_the_collector_cannot_take_now_is_posted_again_and_what_it_refuses_is_not(
    tmp_path: Path, site: Site, period: Period
) -> None:
    fault, _, measurement = events(site, period)
    listener = Listener(tmp_path, [503, 202, 400])
    collector = listener.run([fault, measurement], lambda collector: collector.refused > 0)
    assert (collector.accepted, collector.refused) == (1, 1)
    assert [post[2] for post in listener.posts] == [{"event": fault}, {"event": fault}, {"event": measurement}]


def test_while_the_collector_is_away_the_newest_events_are_lost_and_memory_is_bounded(site: Site) -> None:
    collector = Collector("https://127.0.0.1:1/eventListener/v7", Path("none"), "oran", "secret")
    for number in range(2100):
        collector.put(fault_event(alarm(site, "antenna"), number))
    assert collector.lost == 100
    with pytest.raises(ValueError, match="https://"):
        Collector("http://127.0.0.1:1/", Path("none"), "oran", "secret")
