"""Management jobs: when they run, and where their results go (TMF628 v5.0)."""

from __future__ import annotations

from typing import Literal

from trunkline.tmf.model.endpoint import DataAccessEndpoint
from trunkline.tmf.model.entity import UNSET, Entity, Extensible, Maybe, Record, datetime, field
from trunkline.tmf.model.value import Duration


class CompressionType(Record):
    """How a file is compressed."""

    compression_enum_type: Maybe[Literal["no_compression", "gzip", "vendor_ext", "minor_ext"]] = UNSET


class PackingType(Record):
    """How files are packed into one."""

    packing_enum_type: Maybe[Literal["NO_PACKING", "GZIP", "TAR", "VENDOR_EXT", "MINOR_EXT"]] = UNSET


class FileTransferData(Extensible):
    """Where the files of a job are put."""

    transport_protocol: Maybe[str] = UNSET
    file_location: Maybe[str] = UNSET
    file_format: Maybe[str] = UNSET
    compression_type: Maybe[CompressionType] = UNSET
    packing_type: Maybe[PackingType] = UNSET
    retention_period: Maybe[Duration] = UNSET


class DayOfWeekRecurrence(Extensible):
    """A day of the week."""

    dates: Maybe[datetime] = UNSET


class DayOfMonthRecurrence(Extensible):
    """A day of the month."""

    dates: Maybe[datetime] = UNSET


class MonthlyScheduleDayOfWeekDefinition(Extensible):
    """Days of a month."""

    day_of_month_recurrence: Maybe[list[DayOfMonthRecurrence]] = UNSET
    recurring_day_sequence: Maybe[str] = UNSET


class ScheduleDefinition(Extensible):
    """When a job runs. Two names begin with a capital, and one lacks a letter, as the standard has them."""

    id: Maybe[str] = UNSET
    schedule_definition_start_time: Maybe[datetime] = UNSET
    schedule_definition_end_time: Maybe[datetime] = UNSET
    recurring_frequency: Maybe[str] = UNSET
    excluded_date: Maybe[list[datetime]] = UNSET
    schedule_definition_hour_range: Maybe[str] = UNSET
    weekly_scheduled_definition: Maybe[list[DayOfWeekRecurrence]] = field(
        name="WeeklyScheduledDefinition", default=UNSET
    )
    monthly_schedule_day_of_month_definition: Maybe[list[datetime]] = UNSET
    monthly_schedule_day_of_week_definition: Maybe[MonthlyScheduleDayOfWeekDefinition] = field(
        name="MonthlyScheduleDayOfWeekDefinition", default=UNSET
    )
    date_schedule_defintion: Maybe[list[datetime]] = UNSET


class ManagementJob(Entity):
    """A job: its state, its schedule, where it puts what it makes."""

    admin_state: Maybe[Literal["locked", "unlocked"]] = UNSET
    creation_time: Maybe[datetime] = UNSET
    execution_state: Maybe[
        Literal["acknowledged", "rejected", "pending", "inProgress", "cancelled", "completed", "failed"]
    ] = UNSET
    file_transfer_data: Maybe[list[FileTransferData]] = UNSET
    data_access_endpoint: Maybe[list[DataAccessEndpoint]] = UNSET
    job_id: Maybe[str] = UNSET
    job_priority: Maybe[int] = UNSET
    last_modified_time: Maybe[datetime] = UNSET
    schedule_definition: Maybe[list[ScheduleDefinition]] = UNSET
