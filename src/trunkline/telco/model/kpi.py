"""Key performance indicators (3GPP TS 28.554, TS 32.450) with the passport that says how each value came to be."""

from datetime import datetime
from typing import ClassVar

import msgspec

from trunkline.telco.model.measurement import Value
from trunkline.telco.model.source import Source


class Ratio(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """One numerator over one denominator; sums of both over cells give the exact ratio of the whole."""

    numerator: float
    denominator: float


class Passport(msgspec.Struct, frozen=True, kw_only=True, rename="camel", gc=False):
    """What a KPI value was made of: the formula and its version, each counter's value and where each stood."""

    formula: str
    """Name of the formula table and the KPI in it, `ericsson-radio/Accessibility`."""
    version: str
    expression: str
    counters: dict[str, Value]
    sources: tuple[Source, ...]


class Kpi(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """One KPI of one cell (or node) in one period.

    `value` is `scale` times the product of the ratios in the KPI's `unit`; None where a denominator was zero (nothing
    was asked of the cell, which is neither good nor bad). `dn` is the joined cell DN (`Dn.cell`) or the local DN.
    """

    topic: ClassVar[str] = "network.kpi"

    name: str
    dn: str
    vendor: str
    technology: str = ""
    end_time: datetime
    granularity: int
    value: float | None
    unit: str
    ratios: tuple[Ratio, ...]
    suspect: bool = False
    passport: Passport

    @property
    def key(self) -> str:
        return self.dn
