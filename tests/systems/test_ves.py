"""The VES collector, posted to over real TLS sockets, and beside the schema of ONAP where that is at hand."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import components
from tests.authority import Authority
from tests.security.certificates.house import authorities, service
from tests.systems.reached import Kept, Told, context
from trunkline.http.tls import Files, UnusableCertificate
from trunkline.systems.ves import logins
from trunkline.systems.ves.listener import listen, listener, serve
from trunkline.systems.ves.logins import STRANGER, Logins
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

    def __init__(
        self, client: httpx.AsyncClient, intake: Kept, status: Told, refused: list[tuple[str, str, str]]
    ) -> None:
        self.client, self.intake, self.status, self.refused = client, intake, status, refused

    async def post(self, body: Any, path: str = SINGLE, **options: Any) -> httpx.Response:
        given = {"auth": LOGIN, "headers": {"content-type": "application/json"}} | options
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        return await self.client.post(path, content=content, **given)


def declared(**changed: Any) -> VesSettings:
    given = {
        "name": "oran", "reach": "ves", "listen": "127.0.0.1:0",
        "users": (VesUser(name="oran", password="${env:PASSWORD}"),),
    } | changed  # fmt: skip
    return VesSettings(**given)


@asynccontextmanager
async def collecting(
    folder: Path, verify: ssl.SSLContext | None = None, own: Files | None = None, **changed: Any
) -> AsyncIterator[Posted]:
    """A collector, and a client that trusts as `verify` says; `own` is the certificate that the platform gives it."""
    refused: list[tuple[str, str, str]] = []
    where = context(folder, SECRETS, name="oran", certificate=own, refused=lambda *who: refused.append(who))
    configured = declared(**changed)
    collecting = listener(configured, where)
    task = asyncio.create_task(serve(collecting))
    url = f"{'https' if configured.tls else 'http'}://127.0.0.1:{collecting.port}"
    try:
        async with httpx.AsyncClient(
            base_url=url, verify=verify or ssl.create_default_context(), trust_env=False
        ) as client:
            yield Posted(client, where.intake, where.status, refused)  # type: ignore[arg-type]
    finally:
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_a_fault_is_an_alarm_of_the_object_as_its_vendor_names_it(tmp_path: Path):
    async with collecting(tmp_path, tls=False) as posted:
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


# Who logs in


async def test_a_wrong_login_is_said_and_recorded_and_no_login_is_not(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    async with collecting(tmp_path, tls=False) as posted:
        with caplog.at_level(logging.WARNING):
            await posted.post(fault(), auth=None)
            assert posted.refused == []
            await posted.post(fault(), auth=("oran", "wrong"))
            await posted.post(fault(), auth=("root", "correct horse"))
    assert posted.refused == [("oran", "127.0.0.1", "wrong-login"), ("?", "127.0.0.1", "wrong-login")]
    assert "a login of 127.0.0.1 as oran is wrong" in caplog.text
    assert "correct horse" not in caplog.text


async def test_who_guesses_is_not_heard_for_a_while_and_locks_out_no_other_sender(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(logins, "MOST", 3)
    users = (VesUser(name="oran", password="${env:PASSWORD}"), VesUser(name="smo", password="${env:PASSWORD}"))
    async with collecting(tmp_path, tls=False, users=users) as posted:
        for guess in "abc":
            assert (await posted.post(fault(), auth=("oran", guess))).status_code == 401
        locked = await posted.post(fault())
        assert (locked.status_code, locked.headers["retry-after"]) == (429, "60")
        is_ves_error(locked)
        assert (await posted.post(fault(), auth=("smo", "correct horse"))).status_code == 202
        assert len(posted.refused) == 3


def test_a_lock_grows_with_each_wrong_login_and_ends_with_a_right_one():
    now = [0.0]
    known = Logins({"oran": "correct horse"}, lambda: now[0])
    wrong = httpx.BasicAuth("oran", "x")._auth_header
    right = httpx.BasicAuth(*LOGIN)._auth_header
    for _ in range(logins.MOST):
        assert known.look(wrong, "a").wait == 0
    assert known.look(right, "a") == (False, "oran", 60)
    assert known.look(right, "b").right
    now[0] = 60
    assert known.look(wrong, "a").wait == 0
    assert known.look(wrong, "a").wait == 120
    now[0] = 180
    assert known.look(right, "a").right
    assert known.look(wrong, "a").wait == 0
    assert known.look(wrong, "a").wait == 0


def test_the_names_of_strangers_take_no_room(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(logins, "REMEMBERED", 2)
    known = Logins({"oran": "correct horse"}, lambda: 0.0)
    for number in range(logins.MOST):
        assert known.look(httpx.BasicAuth(f"u{number}", "x")._auth_header, "a").name == STRANGER
    assert known.look(httpx.BasicAuth("another", "x")._auth_header, "a").wait == 60
    for address in "bcd":
        known.look(httpx.BasicAuth("x", "x")._auth_header, address)
    assert known.look(httpx.BasicAuth("another", "x")._auth_header, "a").wait == 0


# TLS


async def test_it_answers_by_the_platforms_own_certificate_and_takes_a_new_one_up(tmp_path: Path):
    own = service(authorities(tmp_path / "certificates"), "connect")
    verify = ssl.create_default_context(cafile=str(own.files.authorities))
    async with collecting(tmp_path, verify, own.files) as posted:
        serials = set()
        for _ in range(3):
            async with httpx.AsyncClient(base_url=posted.client.base_url, verify=verify, trust_env=False) as once:
                answer = await once.post(SINGLE, json=fault(), auth=LOGIN)
                shown = answer.extensions["network_stream"].get_extra_info("ssl_object")
                serials.add(shown.getpeercert()["serialNumber"])
                assert (answer.status_code, shown.version()) == (202, "TLSv1.3")
                own.renew(anyway=True)
                assert (await once.post(SINGLE, json=fault(), auth=LOGIN)).status_code == 202
        assert len(serials) == 3


@pytest.mark.parametrize(("because", "taken"), [("", False), ("radios of 2019 speak nothing newer", True)])
async def test_tls_1_2_is_spoken_only_where_the_declaration_says_why(tmp_path: Path, because: str, taken: bool):
    own = service(authorities(tmp_path / "certificates"), "connect").files
    old = ssl.create_default_context(cafile=str(own.authorities))
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    async with collecting(tmp_path, old, own, tls12_because=because) as posted:
        if taken:
            answer = await posted.post(fault())
            cipher = answer.extensions["network_stream"].get_extra_info("ssl_object").cipher()[0]
            assert answer.status_code == 202
            assert cipher.startswith("ECDHE-")
            assert "GCM" in cipher or "CHACHA20" in cipher
        else:
            with pytest.raises((httpx.ReadError, httpx.ConnectError)):
                await posted.post(fault())


async def test_with_a_client_authority_senders_must_show_a_certificate_of_the_one_that_is_there_now(tmp_path: Path):
    first, second = Authority(tmp_path, "first"), Authority(tmp_path, "second")
    certificate, key = first.issue("collector")
    (tmp_path / "senders.pem").write_bytes(first.file.read_bytes())
    own = {"certificate": certificate.name, "key": key.name, "client_ca": "senders.pem", "users": ()}
    refused = (ssl.SSLError, httpx.TransportError)

    async def post(posted: Posted, *shown: Path) -> int:
        verify = first.trusting(shown)  # type: ignore[arg-type]
        async with httpx.AsyncClient(base_url=posted.client.base_url, verify=verify, trust_env=False) as once:
            return (await once.post(SINGLE, json=fault())).status_code

    async with collecting(tmp_path, first.trusting(), **own) as posted:
        with pytest.raises(refused):
            await post(posted)
        assert await post(posted, *first.issue("smo-1")) == 202
        (tmp_path / "new.pem").write_bytes(second.file.read_bytes())
        (tmp_path / "new.pem").replace(tmp_path / "senders.pem")
        with pytest.raises(refused):
            await post(posted, *first.issue("smo-2"))
        assert await post(posted, *second.issue("smo-3")) == 202


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"users": ()}, "anyone could post"),
        ({"listen": "0.0.0.0:8443", "tls": False}, "not loopback"),
        ({"listen": "8443"}, "host:port"),
        ({"certificate": "a.pem"}, "belong together"),
        ({"tls": False, "client_ca": "a.pem"}, "need TLS"),
        ({"tls": False, "tls12_because": "old"}, "need TLS"),
        ({"certificate": "a.pem", "key": "a.key", "names": ("ves.acme.example",)}, "has its own"),
    ],
)
def test_settings_that_would_open_the_listener_are_refused(changed: dict[str, Any], says: str):
    with pytest.raises(ValueError, match=says):
        declared(**changed)


async def test_a_certificate_that_is_not_there_is_told(tmp_path: Path):
    where = context(tmp_path, SECRETS, name="oran")
    with pytest.raises(UnusableCertificate, match=r"none\.pem"):
        await listen(declared(certificate="none.pem", key="none.key"), where)
    with pytest.raises(ValueError, match="give `certificate` and `key`"):
        await listen(declared(), where)


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
