"""What is told of the network is as the official files say, in both versions, and holds where all of it is checked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from tests.telco.network.records.lives import alarms
from tests.telco.network.records.test_performance import TABLES, kpi
from tests.telco.network.records.test_resources import resource
from tests.tmf.official import official
from trunkline.telco.model import Alarm
from trunkline.telco.network.records.alarms import alarm
from trunkline.telco.network.records.indicators import group, specification
from trunkline.telco.network.records.kinds import ALARM, GROUP, MEASUREMENT, RESOURCE, SPECIFICATION
from trunkline.telco.network.records.measurements import measurement
from trunkline.telco.network.records.resources import resource as resource_document
from trunkline.tmf.declaration import V4, V5, Document, Resource, Version
from trunkline.tmf.validation import check
from trunkline.tmf.versions import read, write


def hold(number: int, of: Resource, document: Document, version: Version, schema: str) -> None:
    told: Any = {"href": "http://127.0.0.1/x", **write(document, of, version)}
    assert official(number, version).errors(schema, told) == []
    check(told, of, version, creating=False, strict=True)


@settings(deadline=None)
@given(alarms)
def test_alarms_are_as_tmf642_says(some: Alarm) -> None:
    for version in (V4, V5):
        hold(642, ALARM, alarm(some), version, "Alarm")


@settings(deadline=None)
@given(alarms)
def test_what_v4_tells_of_an_alarm_is_all_that_the_record_has(some: Alarm) -> None:
    assert read(write(alarm(some), ALARM, V4), ALARM, V4) == alarm(some)


@pytest.mark.parametrize("version", [V4, V5])
def test_resources_are_as_tmf639_says(version: Version) -> None:
    full = resource(
        vendor="Nokia", site="ANT_HAVEN_01", region="Antwerpen", technology="LTE", latitude=51.2, longitude=4.4,
        attributes={"pci": "17", "administrativeState": "unlocked", "operationalState": "enabled"},
    )  # fmt: skip
    for some in (full, resource("ManagedElement=ANT_01")):
        hold(639, RESOURCE, resource_document(some), version, "Resource")


def test_indicators_and_measurements_are_as_tmf628_says() -> None:
    for table in TABLES.all:
        hold(628, GROUP, group(table), V5, "PerformanceIndicatorGroupSpecification")
        for formula in table.formulas:
            hold(628, SPECIFICATION, specification(formula, table), V5, "PerformanceIndicatorSpecification")
    for some in (kpi(), kpi(None)):
        hold(628, MEASUREMENT, measurement(some), V5, "PerformanceMeasurementAtomic")
