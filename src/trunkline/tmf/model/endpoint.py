"""Endpoints where the data of a job are to be had (TMF628 v5.0)."""

from __future__ import annotations

from trunkline.tmf.model.entity import UNSET, Extensible, Maybe, Record
from trunkline.tmf.model.resource import LogicalResource


class DataFilterTemplate(Extensible):
    """What a filter may ask for."""

    id: Maybe[str] = UNSET
    href: Maybe[str] = UNSET
    name: Maybe[str] = UNSET
    description: Maybe[str] = UNSET


class DataFilterAttributeStringArray(Record):
    """The values that a filter asks for."""

    value_type: Maybe[str] = UNSET
    value: Maybe[list[str]] = UNSET


class DataFilterMapItem(Record):
    """One attribute of a filter and its values."""

    filter_template: Maybe[DataFilterTemplate] = UNSET
    string_array: Maybe[DataFilterAttributeStringArray] = UNSET


class DataFilterMap(Extensible):
    """A filter."""

    mappings: Maybe[list[DataFilterMapItem]] = UNSET


class DataAccessEndpoint(LogicalResource):
    """Where data are fetched from, by whom who may."""

    uri: Maybe[str] = UNSET
    uri_query_filter: Maybe[DataFilterMap] = UNSET
    api_type: Maybe[str] = UNSET
