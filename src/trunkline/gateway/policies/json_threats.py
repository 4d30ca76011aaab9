"""`json-threats`: bodies of requests are JSON within bounds, read as every parser reads them, or are refused.

What is no JSON by its `content-type` is refused with 415 (so no body passes by another name), unless it is of the types
`also`, or XML where `xml-threats` holds, too. Compressed bodies are refused. Where a request has no body by its method
and the OpenAPI file (`GET`, `DELETE`), one with a body is refused with 413, and the companion is not asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from trunkline.gateway.inspection.json_text import JsonBounds
from trunkline.gateway.inspection.rules import JsonThreatsRule
from trunkline.gateway.policies.inspecting import COMPANION, Inspecting, inspection_filter, report
from trunkline.gateway.policies.policy import Json

if TYPE_CHECKING:
    from trunkline.gateway.declaration import Gateway
    from trunkline.gateway.plan import Route

MediaType = Annotated[str, Meta(pattern=r"^[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+$", max_length=100)]


class JsonThreats(Inspecting, frozen=True, kw_only=True, tag="json-threats"):
    """Bodies have at most what `most` says. Those of the media types `also` pass unread."""

    most: JsonBounds = JsonBounds()
    also: tuple[MediaType, ...] = ()

    shadowable: ClassVar[bool] = True
    refusals: ClassVar[tuple[str, ...]] = ("json-threats",)
    because: ClassVar[str] = (
        "the request's body is no JSON, is not read alike by all parsers, or goes beyond its bounds"
    )

    @classmethod
    def filters(cls, gateway: Gateway) -> dict[str, Json]:
        """One for all kinds that look into bodies; this is the first of them."""
        return {COMPANION: inspection_filter()}

    @classmethod
    def reports(cls) -> str:
        return report(cls.kind())

    def part(self, route: Route) -> Json:
        return {"json_threats": JsonThreatsRule(most=self.most, also=self.also, report=self.shadow)}
