"""Values: periods, quantities, money. They have no `@type`."""

from __future__ import annotations

from trunkline.tmf.model.entity import UNSET, Maybe, Record, datetime


class TimePeriod(Record):
    """From its start to its end; one that has no end goes on."""

    start_date_time: Maybe[datetime] = UNSET
    end_date_time: Maybe[datetime] = UNSET


class Quantity(Record):
    """An amount in given units."""

    amount: Maybe[float] = UNSET
    units: Maybe[str] = UNSET


class Duration(Record):
    """A time interval in a given unit of time."""

    amount: Maybe[int] = UNSET
    units: Maybe[str] = UNSET


class Money(Record):
    """An amount of a currency (ISO 4217)."""

    unit: Maybe[str] = UNSET
    value: Maybe[float] = UNSET
