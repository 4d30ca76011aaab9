"""The whole way, as the platform runs it: what charging tells comes to the APIs, and a top-up to charging and back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from starlette.testclient import TestClient

from tests.telco.charging.records.events import ELS, account, balance, bucket, usage
from tests.telco.working import running, until
from trunkline.http import create_app
from trunkline.log import Log
from trunkline.log.envelope import cloud_event
from trunkline.project import Project
from trunkline.runtime import records, worker
from trunkline.runtime.api import tm_forum
from trunkline.settings import Hub, Tmf
from trunkline.store import Store
from trunkline.telco.charging.records.offered import charging_of
from trunkline.telco.model import Assignment, Balance, Member

BELGICOM = Path(__file__).parents[4] / "belgicom"
PREPAY, USAGE = "/tmf-api/prepayBalanceManagement/v4", "/tmf-api/usageManagement/v4"
BILL = "/tmf-api/customerBillManagement/v4"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """BelgiCom's contracts, settings and tariffs, with data of its own."""
    for folder in ("contracts", "kpis", "tariffs"):
        shutil.copytree(BELGICOM / folder, tmp_path / folder)
    for file in ("charging.yaml", "health.yaml"):
        shutil.copy(BELGICOM / file, tmp_path)
    (tmp_path / "trunkline.toml").write_text('name = "BelgiCom"\n')
    return Project(tmp_path)


def tell(log: Log, *items: Any) -> None:
    for item in items:
        value = msgspec.json.encode(item)
        log.append(item.topic, [cloud_event(type=item.topic, source="/test", id=item.key, value=value, key=item.key)])


@contextmanager
def served(project: Project, log: Log, store: Store) -> Iterator[TestClient]:
    app = create_app(tm_forum(log, store, Tmf(), Hub(), charging_of(project.folder, log)))
    with TestClient(app, base_url="http://127.0.0.1") as http:
        yield http


def test_a_top_up_is_done_and_what_is_used_of_it_is_told_to_the_cent(project: Project) -> None:
    """By the operator's own worker: charging itself, and its tariff `prepaid`."""
    now = datetime.now(UTC)
    since = (Assignment(tariff="prepaid", since=now - timedelta(days=90)),)
    prepaid = account(members=(Member(msisdn=ELS, imsi="206100000000001", tariffs=since),))
    call = usage("msc/1/7", imsi="206100000000001", visited="20610", other_party="32499000000")
    with (
        closing(project.open_log()) as log,
        closing(project.open_store()) as store,
        served(project, log, store) as http,
        running(partial(worker.run, project)),
    ):
        tell(log, prepaid)
        topup = {"amount": {"amount": 15, "units": "EUR"}, "logicalResource": {"id": ELS}}
        made = until(
            lambda: (a := http.post(f"{PREPAY}/topupBalance", json=topup)).status_code == 201 and a, "it is known"
        )
        told = until(
            lambda: (d := http.get(made.headers["Location"]).json())["status"] != "acknowledged" and d, "answered"
        )
        assert told["status"] == "completed", told
        tell(log, replace(call, started=datetime.now(UTC)))
        [used] = until(lambda: http.get(f"{USAGE}/usage?partyAccount.id=1042").json(), "the usage is there")
        [cost] = used["ratedProductUsage"]
        cents = round(100 * cost["taxIncludedRatingAmount"]["value"])
        assert cents > 0
        money = f"{PREPAY}/bucket/1042%2Fmoney"
        until(
            lambda: round(100 * http.get(money).json()["remainingValue"]["amount"]) == 1_500 - cents,
            "the bucket is less",
        )
        bill = http.get(f"{BILL}/customerBill/{used['customerBill']['id']}").json()
        assert bill["taxIncludedAmount"] == cost["taxIncludedRatingAmount"]
        until(
            lambda: "topup" in [each["reason"] for each in http.get(f"{PREPAY}/balanceAction").json()],
            "the history is there",
        )


def test_a_part_of_a_reservation_is_released_by_charging_itself(project: Project) -> None:
    since = (Assignment(tariff="prepaid", since=datetime.now(UTC) - timedelta(days=90)),)
    prepaid = account(members=(Member(msisdn=ELS, imsi="206100000000001", tariffs=since),))
    with (
        closing(project.open_log()) as log,
        closing(project.open_store()) as store,
        served(project, log, store) as http,
        running(partial(worker.run, project)),
    ):

        def done(action: str, euros: float, **said: Any) -> Any:
            """What became of an action."""
            asked = {"amount": {"amount": euros, "units": "EUR"}, "logicalResource": {"id": ELS}, **said}
            made = until(
                lambda: (a := http.post(f"{PREPAY}/{action}", json=asked)).status_code == 201 and a, "it is known"
            )
            return until(
                lambda: (d := http.get(made.headers["Location"]).json())["status"] != "acknowledged" and d, "answered"
            )

        def stands(remaining: float, reserved: float) -> bool:
            bucket = http.get(f"{PREPAY}/bucket/1042%2Fmoney").json()
            values = [bucket.get(name, {}).get("amount") for name in ("remainingValue", "reservedValue")]
            return values == [remaining, reserved]

        tell(log, prepaid)
        assert done("topupBalance", 15)["status"] == "completed"
        held = done("reserveBalance", 10)
        until(lambda: stands(5, 10), "10 EUR are held")
        assert done("adjustBalance", 4, reserveBalance={"id": held["id"]})["status"] == "completed"
        until(lambda: stands(9, 6), "4 EUR of them are released")
        assert http.delete(f"{PREPAY}/reserveBalance/{held['id']}").status_code == 204
        until(lambda: stands(15, 0), "the rest is released")


def test_a_project_that_does_not_charge_serves_what_clients_keep(project: Project) -> None:
    (project.folder / "charging.yaml").unlink()
    with (
        closing(project.open_log()) as log,
        closing(project.open_store()) as store,
        served(project, log, store) as http,
    ):
        assert charging_of(project.folder, log) is None
        with running(partial(records.keep, project, log, "one")):
            tell(log, balance(bucket()))
            made = http.post(f"{PREPAY}/topupBalance", json={"amount": {"amount": 15, "units": "EUR"}})
            assert made.status_code == 201, made.text
        assert http.get(f"{PREPAY}/bucket").json() == []


def test_a_project_without_the_contracts_of_charging_does_not_charge(project: Project) -> None:
    for file in (project.folder / "contracts").glob("charging.*.yaml"):
        file.unlink()
    with closing(project.open_log()) as log:
        assert charging_of(project.folder, log) is None
        assert Balance.topic not in {topic.name for topic in log.topics()}
