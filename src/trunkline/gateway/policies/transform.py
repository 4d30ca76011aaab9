"""`transform`: members of JSON bodies that are set, removed, renamed and moved, on the way to the upstream and back.

A request is transformed after it was held against the OpenAPI file, a response before: the file says what callers see.
A body that is no JSON is refused with 415, or 502; responses other than 2xx are left as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from trunkline.gateway.inspection.rules import TransformRule
from trunkline.gateway.inspection.transformation import Steps
from trunkline.gateway.policies.inspecting import Inspecting
from trunkline.gateway.policies.policy import Json

if TYPE_CHECKING:
    from trunkline.gateway.plan import Route


class Transform(Inspecting, frozen=True, kw_only=True, tag="transform"):
    """Steps, one after the other: `{do: rename, at: /a/b, to: c}`, `{do: move, from: /a, to: /c/d}`,
    `{do: set, at: /channel, value: web}`, `{do: default, …}` where nothing is there, `{do: remove, at: /notes/*/text}`.
    """

    request: Steps = ()
    response: Steps = ()

    refusals: ClassVar[tuple[str, ...]] = ("transform",)
    because: ClassVar[str] = "the body, which is to be transformed, cannot be read as JSON"

    def part(self, route: Route) -> Json:
        return {"transform": TransformRule(request=self.request, response=self.response)}
