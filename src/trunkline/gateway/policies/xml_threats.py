"""`xml-threats`: bodies of requests are XML within bounds: well-formed, UTF-8, without a document type (so without
entities) and without processing instructions.

What is no XML by its `content-type` is refused with 415, unless it is JSON where `json-threats` holds, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from trunkline.gateway.inspection.rules import XmlThreatsRule
from trunkline.gateway.inspection.xml_text import XmlBounds
from trunkline.gateway.policies.inspecting import Inspecting, report
from trunkline.gateway.policies.policy import Json

if TYPE_CHECKING:
    from trunkline.gateway.plan import Route


class XmlThreats(Inspecting, frozen=True, kw_only=True, tag="xml-threats"):
    """Bodies have at most what `most` says."""

    most: XmlBounds = XmlBounds()

    shadowable: ClassVar[bool] = True
    refusals: ClassVar[tuple[str, ...]] = ("xml-threats",)
    because: ClassVar[str] = (
        "the request's body is no XML, has a document type or instructions, or goes beyond its bounds"
    )

    @classmethod
    def reports(cls) -> str:
        return report(cls.kind())

    def part(self, route: Route) -> Json:
        return {"xml_threats": XmlThreatsRule(most=self.most, report=self.shadow)}
