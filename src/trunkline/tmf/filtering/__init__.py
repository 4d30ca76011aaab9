"""Filters and sorting of lists and of events, as the parameters of a request say them (TMF630, parts 1 and 6)."""

from trunkline.tmf.filtering.parameters import RESERVED, condition
from trunkline.tmf.filtering.sorting import sort

__all__ = ["RESERVED", "condition", "sort"]
