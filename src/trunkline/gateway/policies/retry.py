"""`retry`: a request that failed is sent once more, to another of the upstream's servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final, Literal

from msgspec import Meta

from trunkline.gateway.kubernetes.said import Said, duration
from trunkline.gateway.policies.policy import TYPE, Json, Policy, Stage
from trunkline.gateway.quantities import Duration, envoy_duration

if TYPE_CHECKING:
    from trunkline.gateway.plan import Route

Condition = Literal["connect-failure", "refused-stream", "reset", "gateway-error", "5xx"]
UNSENT: Final = ("connect-failure", "refused-stream")
"""What a request has certainly not been worked on after."""


class Retry(Policy, frozen=True, kw_only=True, tag="retry"):
    """Try up to `times` more, each for `each` at most, where one of `on` happened (Envoy's names)."""

    times: Annotated[int, Meta(ge=1, le=10)] = 1
    on: tuple[Condition, ...] = (
        "connect-failure",
        "refused-stream",
    )
    each: Duration = "5 s"

    stage: ClassVar[Stage] = Stage.ROUTING

    def action(self, route: Route) -> Json:
        other = f"{TYPE}extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate"
        return {
            "retry_policy": {
                "retry_on": ",".join(self.on),
                "num_retries": self.times,
                "per_try_timeout": envoy_duration(self.each),
                "retry_host_predicate": [{"name": "previous-hosts", "typed_config": {"@type": other}}],
                "host_selection_retry_max_attempts": 5,
            }
        }

    def kubernetes(self, route: Route) -> Said:
        said = {
            "numRetries": self.times,
            "retryOn": {"triggers": list(self.on)},
            "perRetry": {"timeout": duration(self.each)},
        }
        return Said(traffic={"retry": said})
