"""`open`: anybody may call. Nothing is open by leaving something out: it has to be said, with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

from msgspec import Meta

from trunkline.gateway.kubernetes.said import Said
from trunkline.gateway.policies.policy import Policy, Stage

if TYPE_CHECKING:
    from trunkline.gateway.plan import Route


class Open(Policy, frozen=True, kw_only=True, tag="open"):
    """`reason` is for the auditor."""

    reason: Annotated[str, Meta(min_length=10)]

    stage: ClassVar[Stage] = Stage.IDENTITY
    family: ClassVar[str] = "identity"

    def kubernetes(self, route: Route) -> Said:
        return Said()
