"""TMF628 Performance Management, v5.0: indicators, the jobs that collect them, and what was measured."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from trunkline.tmf.declaration import READ_ONLY, V5, Lifecycle, OpenApi, Resource, text, time
from trunkline.tmf.model.endpoint import DataAccessEndpoint
from trunkline.tmf.model.performance import (
    MeasurementCollectionJob,
    PerformanceIndicatorGroupSpecification,
    PerformanceIndicatorSpecification,
    PerformanceIndicatorSpecificationRef,
    PerformanceIndicatorValue,
    PerformanceMeasurement,
    PerformanceMeasurementAtomic,
    TrackingRecord,
)
from trunkline.tmf.model.value import TimePeriod

AVAILABILITY = PerformanceIndicatorSpecificationRef(id="CellAvailability", name="Cell availability")
QUARTER = TimePeriod(
    start_date_time=datetime(2026, 3, 9, 15, 0, tzinfo=UTC), end_date_time=datetime(2026, 3, 9, 15, 15, tzinfo=UTC)
)

JOB = Resource(
    "measurementCollectionJob",
    MeasurementCollectionJob,
    required=("consumingApplicationId", "producingApplicationId", "performanceIndicatorSpecification"),
    immutable=("creationTime", "jobId"),
    attributes=(
        text("executionState"),
        text("adminState"),
        text("granularity"),
        text("reportingPeriod"),
        text("consumingApplicationId"),
        text("producingApplicationId"),
        text("performanceIndicatorSpecification.id"),
        time("creationTime"),
        time("lastModifiedTime"),
    ),
    lifecycle=Lifecycle(
        "executionState",
        "acknowledged",
        {
            "acknowledged": ("rejected", "pending", "inProgress", "cancelled", "completed", "failed"),
            "pending": ("inProgress", "cancelled", "failed"),
            "inProgress": ("pending", "cancelled", "completed", "failed"),
        },
    ),
    events=("Create", "AttributeValueChange", "ExecutionStateChange", "Delete"),
    updated="lastModifiedTime",
    examples={
        V5: msgspec.to_builtins(
            MeasurementCollectionJob(
                consuming_application_id="dashboard",
                producing_application_id="enm",
                granularity="g_15mn",
                reporting_period="r_15mn",
                performance_indicator_specification=[AVAILABILITY],
            )
        )
    },
)

INDICATOR = Resource(
    "performanceIndicatorSpecification",
    PerformanceIndicatorSpecification,
    required=("indicatorCategory", "indicatorUnit", "indicatorType", "collectionType", "name"),
    attributes=(
        text("name"),
        text("indicatorCategory"),
        text("indicatorType"),
        text("indicatorUnit"),
        text("collectionType"),
    ),
    events=(),
    examples={
        V5: msgspec.to_builtins(
            PerformanceIndicatorSpecification(
                name="Cell availability",
                indicator_category="Availability",
                indicator_unit="%",
                indicator_type="float",
                collection_type="gauge",
            )
        )
    },
)

GROUP = Resource(
    "performanceIndicatorGroupSpecification",
    PerformanceIndicatorGroupSpecification,
    required=("name", "groupCategory"),
    attributes=(text("name"), text("groupCategory"), text("performanceIndicatorSpecification.id")),
    events=(),
    examples={
        V5: msgspec.to_builtins(
            PerformanceIndicatorGroupSpecification(
                name="Health of LTE cells",
                group_category="LTE",
                performance_indicator_specification=[AVAILABILITY],
            )
        )
    },
)

MEASUREMENT = Resource(
    "performanceMeasurement",
    PerformanceMeasurement,
    operations=READ_ONLY,
    attributes=(
        text("description"),
        text("measurementCollectionJob.id"),
        text("performanceIndicatorValue.performanceIndicatorSpecification.id"),
        text("tag.dn"),
        time("validFor.startDateTime"),
        time("validFor.endDateTime"),
    ),
    events=("Create",),
    examples={
        V5: msgspec.to_builtins(
            PerformanceMeasurementAtomic(
                description="Availability of a cell",
                valid_for=QUARTER,
                performance_indicator_value=[
                    PerformanceIndicatorValue(
                        performance_indicator_specification=AVAILABILITY,
                        observed_value="99.8",
                        tag={"cell": "ANT_HAVEN_02-1"},
                    )
                ],
            )
        )
    },
)

TRACKING_RECORD = Resource(
    "trackingRecord",
    TrackingRecord,
    operations=READ_ONLY,
    attributes=(text("systemId"), text("user"), time("time")),
    events=(),
    examples={V5: msgspec.to_builtins(TrackingRecord(description="created", system_id="dashboard", user="els"))},
)

ENDPOINT = Resource(
    "dataAccessEndpoint",
    DataAccessEndpoint,
    operations=READ_ONLY,
    attributes=(text("name"), text("apiType"), text("uri")),
    events=(),
    examples={
        V5: msgspec.to_builtins(
            DataAccessEndpoint(name="KPIs as events", api_type="Kafka", uri="kafka://kafka.belgicom.be/network.kpi")
        )
    },
)

API = OpenApi(
    number=628,
    name="performance",
    title="Performance Management",
    versions=(V5,),
    resources=(JOB, GROUP, INDICATOR, MEASUREMENT, TRACKING_RECORD, ENDPOINT),
)
