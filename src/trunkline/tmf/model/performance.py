"""Performance: indicators, the jobs that collect them, and their values (TMF628 v5.0)."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from trunkline.tmf.model.characteristic import Characteristic
from trunkline.tmf.model.endpoint import DataFilterMap
from trunkline.tmf.model.entity import UNSET, Entity, EntityRef, Extensible, Maybe, Record, datetime
from trunkline.tmf.model.job import ManagementJob
from trunkline.tmf.model.value import TimePeriod

Granularity: TypeAlias = Literal["g_1mn", "g_5mn", "g_15mn", "g_30mn", "g_1h", "g_24h", "g_1m", "g_1y", "na"]
ReportingPeriod: TypeAlias = Literal["r_1mn", "r_5mn", "r_15mn", "r_30mn", "r_1h", "r_24h", "na"]


class PerformanceIndicatorSpecRelationship(Entity):
    """Another indicator that this one has to do with."""

    relationship_type: Maybe[str] = UNSET
    role: Maybe[str] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET


class PerformanceIndicatorSpecificationRef(EntityRef):
    """A reference to an indicator."""

    version: Maybe[str] = UNSET


class PerformanceIndicatorSpecification(Entity):
    """An indicator: what is measured, in which unit, and how."""

    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    perspective: Maybe[str] = UNSET
    indicator_category: Maybe[str] = UNSET
    indicator_type: Maybe[Literal["string", "int", "float", "double"]] = UNSET
    indicator_unit: Maybe[str] = UNSET
    collection_type: Maybe[Literal["cumulative", "delta", "discrete_event", "gauge", "status_inspection"]] = UNSET
    derivation_algorithm: Maybe[str] = UNSET
    derivation_method: Maybe[str] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET
    performance_indicator_spec_relationship: Maybe[list[PerformanceIndicatorSpecRelationship]] = UNSET


class PerformanceIndicatorGroupSpecificationRef(EntityRef):
    """A reference to a group of indicators."""

    version: Maybe[str] = UNSET


class PerformanceIndicatorGroupSpecification(Entity):
    """Indicators that are measured together."""

    name: Maybe[str] = UNSET
    group_category: Maybe[str] = UNSET
    performance_indicator_specification: Maybe[
        list[PerformanceIndicatorSpecificationRef | PerformanceIndicatorSpecification]
    ] = UNSET


class TrackingRecord(Extensible):
    """Who did what, and when."""

    id: Maybe[str] = UNSET
    description: Maybe[str] = UNSET
    characteristic: Maybe[list[Characteristic]] = UNSET
    system_id: Maybe[str] = UNSET
    time: Maybe[datetime] = UNSET
    user: Maybe[str] = UNSET


class MonitoredInstancesCriteria(Extensible):
    """The objects that are measured, by name."""

    monitored_object_instances: Maybe[list[str]] = UNSET


class MonitoredClassCriteria(Extensible):
    """The objects that are measured, by their class and a filter."""

    monitored_object_class: Maybe[str] = UNSET
    object_instance_filter: Maybe[str] = UNSET


class MeasurementJob(ManagementJob):
    """A job on performance data: which indicators, of which objects."""

    consuming_application_id: Maybe[str] = UNSET
    producing_application_id: Maybe[str] = UNSET
    granularity: Maybe[Granularity] = UNSET
    performance_indicator_group_specification: Maybe[list[PerformanceIndicatorGroupSpecification]] = UNSET
    performance_indicator_specification: Maybe[
        list[PerformanceIndicatorSpecificationRef | PerformanceIndicatorSpecification]
    ] = UNSET
    tracking_record: Maybe[list[TrackingRecord]] = UNSET
    monitored_instances_criteria: Maybe[MonitoredInstancesCriteria] = UNSET
    monitored_class_criteria: Maybe[MonitoredClassCriteria] = UNSET


class MeasurementCollectionJob(MeasurementJob):
    """A job that collects indicators, once or period by period."""

    output_format: Maybe[str] = UNSET
    reporting_period: Maybe[ReportingPeriod] = UNSET
    job_collection_filter: Maybe[DataFilterMap] = UNSET
    search_task_filter: Maybe[DataFilterMap] = UNSET
    job_on_demand: Maybe[bool] = UNSET


class MeasurementCollectionJobRef(EntityRef):
    """A reference to a job."""


class PerformanceIndicatorValue(Record):
    """The value of an indicator."""

    performance_indicator_specification: Maybe[
        PerformanceIndicatorSpecificationRef | PerformanceIndicatorSpecification
    ] = UNSET
    observed_value: Maybe[str] = UNSET
    tag: Maybe[dict[str, Any]] = UNSET


class PerformanceIndicatorGroupValue(Record):
    """The values of a group of indicators."""

    performance_indicator_group_specification: Maybe[
        PerformanceIndicatorGroupSpecificationRef | PerformanceIndicatorGroupSpecification
    ] = UNSET
    observed_group_value: Maybe[list[PerformanceIndicatorValue]] = UNSET
    tag: Maybe[dict[str, Any]] = UNSET


class PerformanceMeasurementRef(EntityRef):
    """A reference to a measurement."""

    version: Maybe[str] = UNSET


class PerformanceMeasurementRelationship(Entity):
    """Another measurement that this one has to do with."""

    relationship_type: Maybe[str] = UNSET
    related_measurement: Maybe[PerformanceMeasurementRef | PerformanceMeasurement] = UNSET
    role: Maybe[str] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET


class PerformanceMeasurement(Entity):
    """What was measured in a period."""

    description: Maybe[str] = UNSET
    measurement_collection_job: Maybe[MeasurementCollectionJobRef] = UNSET
    valid_for: Maybe[TimePeriod] = UNSET
    related_measurement: Maybe[list[PerformanceMeasurementRelationship]] = UNSET
    tag: Maybe[dict[str, Any]] = UNSET


class PerformanceMeasurementAtomic(PerformanceMeasurement):
    """A measurement of single indicators."""

    performance_indicator_value: Maybe[list[PerformanceIndicatorValue]] = UNSET


class PerformanceMeasurementGroup(PerformanceMeasurement):
    """A measurement of groups of indicators."""

    performance_indicator_group_value: Maybe[list[PerformanceIndicatorGroupValue]] = UNSET
