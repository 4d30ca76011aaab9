"""The VES collector, posted to over real TLS sockets, and beside the schema of ONAP where that is at hand."""

from __future__ import annotations

import asyncio
import copy
import json
import socket
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import components
from tests.systems.reached import Kept, Told, context
from trunkline.systems.ves.certificate import for_this_machine
from trunkline.systems.ves.listener import listen, serve
from trunkline.systems.ves.settings import VesSettings, VesUser
from trunkline.telco.model import EventType, Report, Severity

pytestmark = pytest.mark.anyio
SECRETS = {"${env:PASSWORD}": "correct horse"}
LOGIN = ("oran", "correct horse")
SINGLE, BATCH = "/eventListener/v7", "/eventListener/v7/eventBatch"


def header(domain: str, **changed: Any) -> dict[str, Any]:
    return {
        "version": "4.1", "vesEventListenerVersion": "7.2.1", "domain": domain, "eventName": f"{domain}_x",
        "eventId": "fault0000245", "sequence": 1, "priority": "High", "reportingEntityName": "smo-1",
        "sourceName": "BRU_METRO_01", "nfVendorName": "Nokia", "startEpochMicrosec": 1_773_068_086_000_000,
        "lastEpochMicrosec": 1_773_068_096_500_000, "timeZoneOffset": "UTC+01:00",
    } | changed  # fmt: skip


def fault(header_changes: dict[str, Any] | None = None, **changed: Any) -> dict[str, Any]:
    fields = {
        "faultFieldsVersion": "4.0", "alarmCondition": "7653", "eventSourceType": "other",
        "specificProblem": "CELL FAULTY", "eventSeverity": "CRITICAL", "vfStatus": "Active",
        "alarmAdditionalInformation": {
            "objectInstance": "PLMN-PLMN/MRBTS-4711/LNBTS-4711/LNCEL-11", "eventType": "communicationsAlarm",
            "probableCause": "Loss of Signal (LOS)",
        },
    } | changed  # fmt: skip
    return {"event": {"commonEventHeader": header("fault", **(header_changes or {})), "faultFields": fields}}


def perf(**changed: Any) -> dict[str, Any]:
    values = [
        {
            "measObjInstId": "NRCellDU=1", "suspectFlag": "true",
            "measResults": [
                {"p": 1, "iValue": 12}, {"p": 2, "rValue": 0.5}, {"p": 3, "sValue": "1,2,NIL"},
                {"p": 4, "isNull": "true"},
            ],
        },
        {
            "measObjInstId": "NRCellDU=2",
            "measResults": [{"p": 1, "sValue": "many"}, {"p": 9, "iValue": 1}, {"p": 4, "iValue": 3}],
        },
    ]  # fmt: skip
    info = {
        "measInfoId": {"sMeasInfoId": "NRCellDU"}, "jobId": "job-7",
        "measTypes": {"sMeasTypesList": ["RRU.PrbTotDl", "DRB.UEThpDl", "L1M.PHR1", "RRC.ConnMean"]},
        "measValuesList": values,
    }  # fmt: skip
    data = {
        "granularityPeriod": 900, "measuredEntityDn": "SubNetwork=BE,ManagedElement=BRU_METRO_01,GNBDUFunction=1",
        "measuredEntitySoftwareVersion": "r0.1", "measInfoList": [info],
    } | changed  # fmt: skip
    fields = {"perf3gppFieldsVersion": "1.0.1", "measDataCollection": data}
    return {"event": {"commonEventHeader": header("perf3gpp", nfVendorName=""), "perf3gppFields": fields}}


class Posted:
    """A running collector and a client that trusts its certificate."""

    def __init__(self, client: httpx.AsyncClient, intake: Kept, status: Told) -> None:
        self.client, self.intake, self.status = client, intake, status

    async def post(self, body: Any, path: str = SINGLE, **options: Any) -> httpx.Response:
        given = {"auth": LOGIN, "headers": {"content-type": "application/json"}} | options
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.client.post(path, content=content, **given)


def declared(**changed: Any) -> VesSettings:
    given = {"name": "oran", "reach": "ves", "users": (VesUser(name="oran", password="${env:PASSWORD}"),)} | changed
    return VesSettings(**given)


@asynccontextmanager
async def collecting(folder: Path, cert: tuple[str, str] | None = None, **changed: Any) -> AsyncIterator[Posted]:
    where = context(folder, SECRETS, name="oran")
    configured = declared(**changed)
    bound = socket.create_server(("127.0.0.1", 0))
    task = asyncio.create_task(serve(configured, where, bound))
    scheme, verify = "http", ssl.create_default_context()
    if configured.tls:
        scheme = "https"
        if configured.certificate:
            own = folder / configured.certificate
        else:
            own, _ = for_this_machine(folder)
        verify = ssl.create_default_context(cafile=str(own))
        if cert:
            verify.load_cert_chain(*cert)
    url = f"{scheme}://127.0.0.1:{bound.getsockname()[1]}"
    try:
        async with httpx.AsyncClient(base_url=url, verify=verify, trust_env=False) as client:
            yield Posted(client, where.intake, where.status)  # type: ignore[arg-type]
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        bound.close()


async def test_a_fault_is_an_alarm_of_the_object_as_its_vendor_names_it(tmp_path: Path):
    async with collecting(tmp_path) as posted:
        answer = await posted.post(fault())
        assert (answer.status_code, answer.content) == (202, b"")
        assert (answer.headers["x-latestversion"], answer.headers["x-minorversion"]) == ("7.2.1", "2")
        assert answer.headers["x-patchversion"] == "1"
        (report,) = posted.intake.reports
        assert (report.kind, report.severity, report.vendor) == (Report.RAISE, Severity.CRITICAL, "Nokia")
        assert report.dn == "ManagedElement=MRBTS-4711,ENBFunction=LNBTS-4711,EUtranCellFDD=LNCEL-11"
        assert (report.problem, report.specific_problem) == ("7653", "CELL FAULTY")
        assert (report.event_type, report.probable_cause) == (EventType.COMMUNICATIONS, "lossOfSignal")
        assert report.time == datetime(2026, 3, 9, 14, 54, 56, 500_000, tzinfo=UTC)
        assert (report.native_id, report.agent, report.system) == ("fault0000245", "smo-1", "oran")
        assert report.source.uri == "ves://127.0.0.1/fault0000245"


@pytest.mark.parametrize(
    ("vendor", "extra", "dn"),
    [
        ("Acme", {}, "ManagedElement=BRU_METRO_01"),
        ("Acme", {"alarmInterfaceA": "eth0"}, "ManagedElement=BRU_METRO_01,Interface=eth0"),
        ("Acme", {"alarmInterfaceA": "NRCellDU=3"}, "ManagedElement=BRU_METRO_01,NRCellDU=3"),
        ("Acme", {"alarmInterfaceA": "ManagedElement=X,NRCellDU=3"}, "ManagedElement=X,NRCellDU=3"),
        (
            "Ericsson AB",
            {"alarmAdditionalInformation": {"objectInstance": "MeContext=X,ManagedElement=X,ENodeBFunction=1"}},
            "ManagedElement=X,ENBFunction=1",
        ),
    ],
)  # fmt: skip
async def test_the_object_is_what_the_event_names_or_else_its_source(
    tmp_path: Path, vendor: str, extra: dict[str, Any], dn: str
):
    async with collecting(tmp_path, tls=False) as posted:
        await posted.post(fault({"nfVendorName": vendor}, **({"alarmAdditionalInformation": {}} | extra)))
        (report,) = posted.intake.reports
        assert report.dn == dn
        assert report.vendor == vendor.split()[0]


async def test_severity_normal_is_the_clear(tmp_path: Path):
    async with collecting(tmp_path, tls=False) as posted:
        await posted.post(fault(eventSeverity="NORMAL"))
        (report,) = posted.intake.reports
        assert (report.kind, report.severity) == (Report.CLEAR, Severity.CLEARED)


async def test_perf3gpp_is_a_measurement_for_each_object(tmp_path: Path):
    async with collecting(tmp_path, tls=False) as posted:
        assert (await posted.post(perf())).status_code == 202
        first, second = (record for record in posted.intake.all if record.topic == "network.measurement")
        unreadable, unknown = posted.intake.rejected
        assert first.dn == "ManagedElement=BRU_METRO_01,GNBDUFunction=1,NRCellDU=1"
        assert first.counters == {
            "RRU.PrbTotDl": 12, "DRB.UEThpDl": 0.5, "L1M.PHR1": [1, 2, None], "RRC.ConnMean": None,
        }  # fmt: skip
        assert (first.suspect, first.granularity, first.group, first.job) == (True, 900, "NRCellDU", "job-7")
        assert first.end_time == datetime(2026, 3, 9, 14, 54, 56, 500_000, tzinfo=UTC)
        assert second.counters == {"RRC.ConnMean": 3}
        assert "'many' is not a number" in unreadable.message
        assert "no counter at position 9" in unknown.message


async def test_each_event_of_a_batch_is_taken(tmp_path: Path):
    async with collecting(tmp_path, tls=False) as posted:
        batch = {"eventList": [fault()["event"], perf(measInfoList=[])["event"], fault()["event"]]}
        assert (await posted.post(batch, BATCH)).status_code == 202
        assert len(posted.intake.reports) == 2
        assert len(posted.intake.batches) == 1


async def test_a_bad_event_of_a_batch_is_refused_and_costs_no_other(tmp_path: Path):
    async with collecting(tmp_path, tls=False) as posted:
        batch = {"eventList": [fault()["event"], fault(eventSeverity="AWFUL")["event"], fault()["event"]]}
        answer = await posted.post(batch, BATCH)
        assert answer.status_code == 400
        error = answer.json()["requestError"]["serviceException"]
        assert error["variables"][:3] == ["1", "3", "eventList[1].faultFields.eventSeverity"]
        assert len(posted.intake.reports) == 2
        (rejected,) = posted.intake.rejected
        assert rejected.reason == "ves.schema"
        assert json.loads(rejected.part)["faultFields"]["eventSeverity"] == "AWFUL"


async def test_a_heartbeat_is_taken_and_says_nothing(tmp_path: Path):
    async with collecting(tmp_path, tls=False) as posted:
        beat = {"commonEventHeader": header("heartbeat")}
        with_block = beat | {"heartbeatFields": {"heartbeatFieldsVersion": "3.0", "heartbeatInterval": 20}}
        assert (await posted.post({"event": beat})).status_code == 202
        assert (await posted.post({"event": with_block})).status_code == 202
        assert posted.intake.all == []


async def test_an_event_of_another_domain_is_accepted_and_kept_in_the_quarantine(tmp_path: Path):
    async with collecting(tmp_path, tls=False) as posted:
        event = {"commonEventHeader": header("syslog"), "syslogFields": {"syslogMsg": "hello"}}
        assert (await posted.post({"event": event})).status_code == 202
        (rejected,) = posted.intake.rejected
        assert rejected.reason == "ves.domain"
        assert json.loads(rejected.part) == event


# Refusals


def is_ves_error(answer: httpx.Response) -> None:
    ((kind, error),) = answer.json()["requestError"].items()
    assert kind in ("serviceException", "policyException")
    assert error["messageId"][:3] == {"serviceException": "SVC", "policyException": "POL"}[kind]
    for number in range(1, len(error["variables"]) + 1):
        assert f"%{number}" in error["text"]
    assert answer.headers["x-latestversion"] == "7.2.1"


@pytest.mark.parametrize(
    ("body", "options", "status", "message_id"),
    [
        (b"{", {}, 400, "SVC0002"),
        (b"\xff\xfe", {}, 400, "SVC0002"),
        (b"[" * 50_000, {}, 400, "SVC0002"),
        (b'{"event": ' + b'{"a":' * 30_000, {}, 400, "SVC0002"),
        ({"event": {}}, {}, 400, "SVC0002"),
        ({"eventList": []}, {}, 400, "SVC0002"),
        (fault({"priority": "Urgent"}), {}, 400, "SVC0002"),
        (fault({"lastEpochMicrosec": 1e30}), {}, 400, "SVC0002"),
        (fault(), {"path": BATCH}, 400, "SVC0002"),
        (fault(), {"auth": None}, 401, "POL2000"),
        (fault(), {"auth": ("oran", "wrong")}, 401, "POL2000"),
        (fault(), {"auth": None, "headers": {"authorization": "Basic ???"}}, 401, "POL2000"),
        (fault(), {"path": "/eventListener/v5"}, 404, "SVC2000"),
        (b"x" * 2_000_001, {}, 413, "POL9003"),
        (fault(), {"headers": {"content-type": "text/xml"}}, 415, "SVC0002"),
        (fault(), {"headers": {"content-type": "application/json", "content-encoding": "gzip"}}, 415, "SVC0002"),
    ],
)
async def test_what_is_refused_is_answered_in_the_words_of_ves(
    tmp_path: Path, body: Any, options: dict[str, Any], status: int, message_id: str
):
    async with collecting(tmp_path, tls=False) as posted:
        answer = await posted.post(body, **options)
        assert answer.status_code == status
        is_ves_error(answer)
        assert message_id in answer.text
        assert posted.intake.reports == []
        assert len(posted.intake.rejected) == (status == 400)


async def test_a_body_without_length_is_bounded_too(tmp_path: Path):
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b" " * 100_000

    async with collecting(tmp_path, tls=False) as posted:
        try:
            answer = await posted.client.post(
                SINGLE, content=endless(), auth=LOGIN, headers={"content-type": "application/json"}
            )
        except (httpx.WriteError, httpx.ReadError):
            return  # the connection was closed while we still sent, which bounds it as well
        assert answer.status_code == 413


async def test_only_posts_are_served(tmp_path: Path):
    async with collecting(tmp_path, tls=False) as posted:
        answer = await posted.client.get(SINGLE, auth=LOGIN)
        assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
        is_ves_error(answer)


async def test_while_the_log_takes_nothing_senders_are_told_to_come_again(tmp_path: Path):
    async with collecting(tmp_path, tls=False) as posted:
        posted.intake.refuse = OSError("disk full")
        answer = await posted.post(fault())
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        is_ves_error(answer)
        assert "disk full" in posted.status.problems[0]


async def test_too_many_requests_at_a_time_are_told_to_come_again(tmp_path: Path):
    async with collecting(tmp_path, tls=False, max_requests=2) as posted:
        posted.intake.gate = asyncio.Event()
        waiting = [asyncio.create_task(posted.post(fault())) for _ in range(2)]
        await asyncio.sleep(0.2)
        assert (await posted.post(fault())).status_code == 503
        posted.intake.gate.set()
        assert [(await answer).status_code for answer in waiting] == [202, 202]


async def test_an_event_is_accepted_when_it_is_durable_and_not_before(tmp_path: Path):
    async with collecting(tmp_path, tls=False) as posted:
        posted.intake.gate = asyncio.Event()
        waiting = asyncio.create_task(posted.post(fault()))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        posted.intake.gate.set()
        assert (await waiting).status_code == 202
        assert len(posted.intake.reports) == 1


# TLS


async def test_without_a_certificate_one_for_this_machine_is_made_and_kept(tmp_path: Path):
    async with collecting(tmp_path) as posted:
        assert (await posted.post(fault())).status_code == 202
    made = (tmp_path / "certificate.pem").read_bytes()
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
    assert for_this_machine(tmp_path)[0].read_bytes() == made


def sender_certificate(folder: Path) -> tuple[str, str]:
    """A certificate that is its own authority, as a sender would show it."""
    private = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "smo-1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder(name, name, private.public_key(), 1, now - timedelta(days=1), now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    form = serialization.PrivateFormat.PKCS8
    (folder / "sender.pem").write_bytes(signed.public_bytes(pem))
    (folder / "sender.key").write_bytes(private.private_bytes(pem, form, serialization.NoEncryption()))
    return str(folder / "sender.pem"), str(folder / "sender.key")


async def test_with_a_client_authority_senders_must_show_a_certificate(tmp_path: Path):
    shown = sender_certificate(tmp_path)
    async with collecting(tmp_path, users=(), client_ca="sender.pem") as posted:
        with pytest.raises((httpx.ReadError, httpx.ConnectError, httpx.RemoteProtocolError)):
            await posted.post(fault(), auth=None)
    async with collecting(tmp_path, shown, users=(), client_ca="sender.pem") as posted:
        assert (await posted.post(fault(), auth=None)).status_code == 202


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"users": ()}, "anyone could post"),
        ({"listen": "0.0.0.0:8443"}, "not loopback"),
        ({"certificate": "a.pem"}, "belong together"),
        ({"tls": False, "client_ca": "a.pem"}, "needs TLS"),
    ],
)
def test_settings_that_would_open_the_listener_are_refused(changed: dict[str, Any], says: str):
    with pytest.raises(ValueError, match=says):
        declared(**changed)


async def test_a_certificate_that_is_not_there_is_told(tmp_path: Path):
    where = context(tmp_path, SECRETS, name="oran")
    with pytest.raises(FileNotFoundError, match=r"none\.pem"):
        await listen(declared(listen="127.0.0.1:0", certificate="none.pem", key="none.key"), where)


# ONAP's schema


def paths(value: Any, here: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if here:
        yield here
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(inner, (*here, key))


BODIES = (fault(), perf(), {"event": {"commonEventHeader": header("heartbeat")}})
OTHERS = st.sampled_from([None, 1, -1, "x", "", True, 1.5, [], {}, [1], {"a": "b"}, {"a": 1}])


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    body = copy.deepcopy(draw(st.sampled_from(BODIES)))
    path = draw(st.sampled_from(sorted(paths(body["event"]), key=str)))
    parent: Any = body["event"]
    for key in path[:-1]:
        parent = parent[key]
    match draw(st.sampled_from(["replace", "remove", "add"])):
        case "replace":
            parent[path[-1]] = draw(OTHERS)
        case "remove":
            del parent[path[-1]]
        case "add" if isinstance(parent, dict):
            parent["surprise"] = draw(OTHERS)
    return body


def validator() -> Any:
    from jsonschema import Draft4Validator

    schema = components.sample("fm/ves/CommonEventFormat_30.2.1_ONAP.json")
    return Draft4Validator(json.loads(schema.read_text()))


def test_what_onaps_schema_refuses_is_refused(tmp_path: Path):
    official = validator()
    from trunkline.systems.ves.events import Event

    decoder = msgspec.json.Decoder(Event)
    assert all(official.is_valid(body) for body in BODIES)

    @settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow], deadline=None)
    @given(mutated())
    def compare(body: dict[str, Any]) -> None:
        try:
            decoder.decode(json.dumps(body["event"]).encode())
        except msgspec.ValidationError:
            return
        assert official.is_valid(body), next(official.iter_errors(body)).message

    compare()


@pytest.mark.parametrize(("name", "path"), [("ves7_valid_30_1_1_event.json", SINGLE), ("ves7_batch_valid.json", BATCH)])
async def test_onaps_sample_events_are_taken(tmp_path: Path, name: str, path: str):
    body = components.sample(f"fm/ves/{name}").read_bytes()
    async with collecting(tmp_path, tls=False) as posted:
        assert (await posted.post(body, path)).status_code == 202
        assert {report.vendor for report in posted.intake.reports} == {"Ericsson"}
        assert {report.dn for report in posted.intake.reports} == {"ManagedElement=scfx0001vm002cap001"}
        assert posted.intake.rejected == []


async def test_a_field_that_is_null_is_refused_for_what_is_not_there_is_left_out(tmp_path: Path):
    body = perf()
    body["event"]["perf3gppFields"]["measDataCollection"]["measInfoList"][0]["measInfoId"] = None
    async with collecting(tmp_path, tls=False) as posted:
        answer = await posted.post(body)
        assert answer.status_code == 400
        is_ves_error(answer)
        (rejected,) = posted.intake.rejected
        assert "measInfoId" in rejected.message
