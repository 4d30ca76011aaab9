"""A measurement: what one managed object counted in one granularity period (3GPP TS 28.532, TS 32.435)."""

from datetime import datetime
from typing import ClassVar

import msgspec

from trunkline.telco.model.dn import Dn
from trunkline.telco.model.source import Source

# A vector (a histogram counter) keeps its positions; an empty position or an empty result is None ("NIL").
Value = int | float | None | list[int | float | None]


class Measurement(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """All counters that one file part gives for one object and period.

    `dn` is the canonical local DN (`Dn.local`, 3GPP class names), `native_dn` the name as the vendor wrote it.
    `group` is the measInfoId, OMeS measurementType or function subset. `end_time` is the end of the period in UTC and
    `granularity` its length in seconds. `suspect` says that the equipment itself doubts the values.
    """

    topic: ClassVar[str] = "network.measurement"

    vendor: str
    system: str
    dn: str
    native_dn: str
    group: str
    end_time: datetime
    granularity: int
    counters: dict[str, Value]
    suspect: bool = False
    job: str = ""
    software: str = ""
    source: Source

    @property
    def key(self) -> str:
        """The cell, where the object lies in one: its CU and DU part are worked on together."""
        return Dn.joined(self.dn)
