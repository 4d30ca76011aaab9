"""A network resource: one managed object of the topology (3GPP TS 28.622 generic NRM; TMF639 LogicalResource)."""

from datetime import datetime
from typing import ClassVar

import msgspec

from trunkline.telco.model.source import Source


class NetworkResource(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True, gc=False):
    """One object of a bulk CM file: its canonical local DN, its class, where it stands, and its attributes.

    `site` and `region` are the operator's names of the place (`region` is the province); an object inherits them,
    its `vendor` and its coordinates from the nearest object above that gives them.
    `technology` is LTE, NR or "" where the object is neither.
    """

    topic: ClassVar[str] = "network.resource"

    dn: str
    native_dn: str
    cls: str = msgspec.field(name="class")
    vendor: str = ""
    system: str = ""
    user_label: str = ""
    site: str = ""
    region: str = ""
    technology: str = ""
    latitude: float | None = None
    longitude: float | None = None
    attributes: dict[str, str] = {}
    time: datetime
    source: Source

    @property
    def key(self) -> str:
        return self.dn
