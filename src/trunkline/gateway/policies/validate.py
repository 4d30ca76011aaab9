"""`validate`: requests and responses are as the OpenAPI file says of their operation.

Of a request: parameters, the body's type, and the body; of a response: status, type, and body. A request that is not
is refused with 400 (parameters, a body that is missing or cannot be read), 415 (its type) or 422 (its content); a
response, with 502. What is named is the place and the rule, never the value.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from trunkline.gateway.inspection.rules import ValidateRule, Verdict
from trunkline.gateway.policies.inspecting import Inspecting, described, report
from trunkline.gateway.policies.policy import Json

if TYPE_CHECKING:
    from trunkline.gateway.plan import Route


class Validate(Inspecting, frozen=True, kw_only=True, tag="validate"):
    """What is wrong in a `request` or a `response` is refused, reported in the access log alone, or not looked for.
    `strict` refuses query parameters, too, that the OpenAPI file does not name."""

    request: Verdict = "refuse"
    response: Verdict = "skip"
    strict: bool = False

    shadowable: ClassVar[bool] = True
    refusals: ClassVar[tuple[str, ...]] = ("validate",)
    because: ClassVar[str] = "the request, or the upstream's response, is not as the OpenAPI file says"

    @classmethod
    def reports(cls) -> str:
        return report(cls.kind())

    def part(self, route: Route) -> Json:
        rule = ValidateRule(
            request=self._verdict(self.request), response=self._verdict(self.response), strict=self.strict
        )
        return {"validate": rule, "description": described(route, answers=self.response != "skip")}

    def _verdict(self, said: Verdict) -> Verdict:
        return "report" if self.shadow and said == "refuse" else said
