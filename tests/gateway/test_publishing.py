"""What the platform serves is published by a command, and a file that is not what is served is found."""

from __future__ import annotations

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from tests.gateway.running import write
from trunkline import starter
from trunkline.cli.app import app
from trunkline.document import Document
from trunkline.gateway import published
from trunkline.gateway.control import check
from trunkline.gateway.folder import FOLDER
from trunkline.gateway.published import First, Served
from trunkline.project import Project
from trunkline.runtime.served import served

BELGICOM = Project(Path(__file__).parents[2] / "belgicom")
FIRST = First("platform", "", ("things.read",), ("things.write",))
GATEWAY = {
    "upstreams": {"platform": {"addresses": ["127.0.0.1:8080"]}},
    "issuers": {"acme": {"issuer": "https://id.acme.example", "keys": "jwks.json", "audiences": ["api"]}},
    "policies": [{"kind": "jwt"}],
}


@pytest.fixture(scope="module")
def platform() -> dict[str, Served]:
    """All that BelgiCom's platform serves, by name."""
    return {one.name: one for one in served(BELGICOM).values()}


@pytest.fixture
def apis(tmp_path: Path) -> Path:
    write(tmp_path, {"gateway.yaml": GATEWAY})
    return tmp_path / FOLDER


def test_all_that_belgicom_serves_is_published_as_it_is_served(platform: dict[str, Served]) -> None:
    folder = BELGICOM.folder / FOLDER
    assert published.check(folder, {one.base: one for one in platform.values()}) == []
    assert {"charging", "nchf-convergedcharging", "alarm-v5", "event", "scim"} <= set(platform)
    assert [name for name, one in platform.items() if published.where(folder, one) is None] == []


@pytest.mark.parametrize("name", ["alarm-v5", "charging", "nchf-convergedcharging", "scim"])
def test_a_published_api_is_fit_to_be_run_at_once(platform: dict[str, Served], apis: Path, name: str) -> None:
    published.publish(apis, platform[name], FIRST)
    assert check(apis.parent, apis.parent / "data") == []


def test_publishing_again_keeps_what_the_operator_has_decided(platform: dict[str, Served], apis: Path) -> None:
    alarm = platform["alarm"]
    place = published.publish(apis, alarm, FIRST)
    policies = (place / "policies.yaml").read_text() + "# decided\n"
    (place / "policies.yaml").write_text(policies)
    edit(place, lambda data: data["paths"]["/alarm"].pop("post"))
    edit(place, lambda data: data["paths"]["/alarm"]["get"].update({"x-classification": "public"}))
    assert published.refresh(place, alarm, everything=False) == ("create_alarm",)
    once = (place / "openapi.yaml").read_bytes()
    published.refresh(place, alarm, everything=False)
    assert (place / "openapi.yaml").read_bytes() == once
    assert (place / "policies.yaml").read_text() == policies
    assert yaml.safe_load(once)["paths"]["/alarm"]["get"]["x-classification"] == "public"
    assert published.state(place, alarm) == "up to date, without 1 operations"
    assert published.refresh(place, alarm, everything=True) == ()


def test_without_scopes_for_changes_only_reading_is_published(platform: dict[str, Served], apis: Path) -> None:
    place = published.publish(apis, platform["alarm"], replace(FIRST, write=()))
    methods = {
        method for item in yaml.safe_load((place / "openapi.yaml").read_text())["paths"].values() for method in item
    }
    assert methods == {"get", "post", "delete"}  # to subscribe is to read
    assert "create_alarm" not in (place / "openapi.yaml").read_text()
    assert check(apis.parent, apis.parent / "data") == []


def parameters(document: dict[str, Any]) -> None:
    document["paths"]["/alarm"]["get"]["parameters"] = []


def component(document: dict[str, Any]) -> None:
    document["components"]["schemas"]["Error"]["required"] = []


def gone(document: dict[str, Any]) -> None:
    document["paths"].pop("/alarm/{id}")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (parameters, "GET /tmf-api/alarmManagement/v4/alarm is not as the platform serves it"),
        (component, "Error is not as the platform has it"),
        (gone, "the platform does not serve GET /tmf-api/alarmManagement/v4/alarm/{id}"),
    ],
)
def test_a_file_that_is_not_what_is_served_is_told_by_its_line(
    platform: dict[str, Served], apis: Path, change: Any, reason: str
) -> None:
    alarm = platform["alarm"]
    published.publish(apis, alarm, FIRST)
    now = copy.deepcopy(dict(alarm.document))
    change(now)
    [first, *_] = published.check(apis, {alarm.base: replace(alarm, document=now)})
    assert reason in first.reason
    assert "`trunkline gateway publish alarm`" in first.reason
    assert first.line > 5


def test_an_api_that_the_platform_serves_no_more_is_told(platform: dict[str, Served], apis: Path) -> None:
    published.publish(apis, platform["alarm"], FIRST)
    assert "serves no API at /tmf-api/alarmManagement/v4" in published.check(apis, {})[0].reason


def test_an_operator_publishes_by_one_command(tmp_path: Path) -> None:
    starter.create(tmp_path / "acme", "acme")
    write(tmp_path / "acme", {"gateway.yaml": GATEWAY})

    def said(*words: str) -> str:
        done = CliRunner().invoke(app, ["gateway", "publish", "--project", str(tmp_path / "acme"), *words])
        return done.stdout if done.exit_code == 0 else repr(done.exception)

    assert "--read" in said("alarm")
    assert "is made" in said("alarm", "--read", "network.read")
    assert "alarm-v5" in said()


def edit(place: Path, change: Any) -> None:
    data = Document.load(place / "openapi.yaml").data
    change(data)
    (place / "openapi.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
