"""`fault`: some requests are held up or refused on purpose, to learn how callers bear it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Final

from msgspec import Meta

from trunkline.gateway.kubernetes.said import Inexpressible, Said, duration
from trunkline.gateway.policies.policy import TYPE, Json, Policy, Stage
from trunkline.gateway.quantities import Duration, Percent, envoy_duration, envoy_percent

if TYPE_CHECKING:
    from trunkline.gateway.declaration import Gateway
    from trunkline.gateway.plan import Route

_TYPE: Final = f"{TYPE}extensions.filters.http.fault.v3.HTTPFault"


class Fault(Policy, frozen=True, kw_only=True, tag="fault"):
    """`percent` of the requests, of those with the header `header` where it is given, wait for `delay`, and are
    answered with `status` where it is not 0."""

    percent: Percent
    delay: Duration = "0 s"
    status: Annotated[int, Meta(ge=0, le=599)] = 0
    header: Annotated[str, Meta(pattern=r"^[a-z0-9-]{0,100}$")] = ""

    stage: ClassVar[Stage] = Stage.FAULT
    refusals: ClassVar[tuple[str, ...]] = ("fault_filter_abort",)
    because: ClassVar[str] = "a fault was injected on purpose"

    @classmethod
    def filters(cls, gateway: Gateway) -> dict[str, Json]:
        return {cls.kind(): {"@type": _TYPE}}

    def on_route(self, route: Route) -> dict[str, Json]:
        said: Json = {"@type": _TYPE}
        if not self.delay.startswith("0 "):
            said["delay"] = {"fixed_delay": envoy_duration(self.delay), "percentage": envoy_percent(self.percent)}
        if self.status:
            said["abort"] = {"http_status": self.status, "percentage": envoy_percent(self.percent)}
        if self.header:
            said["headers"] = [{"name": self.header, "present_match": True}]
        return {self.kind(): said}

    def kubernetes(self, route: Route) -> Said:
        if self.header:
            raise Inexpressible("it injects faults into requests of all kinds, not only into those with a header")
        said: Json = {}
        if not self.delay.startswith("0 "):
            said["delay"] = {"fixedDelay": duration(self.delay), "percentage": self.percent}
        if self.status:
            said["abort"] = {"httpStatus": self.status, "percentage": self.percent}
        return Said(traffic={"faultInjection": said} if said else {})
