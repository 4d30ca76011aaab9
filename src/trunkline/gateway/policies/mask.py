"""`mask`: fields of responses are hidden by their classification, which the OpenAPI file says (`x-classification`).

A field that says nothing is of the class of what holds it, at the top of the operation's; so what an upstream adds is
hidden until it is classified. Ids and types are told always, as `security/access` does it. The response is not to be
kept by anybody (`cache-control: no-store`), and one that is no JSON is refused with 502.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec
from msgspec import Meta

from trunkline.contracts.field import Classification
from trunkline.gateway.inspection.masking import UNCLASSIFIED, Hiding
from trunkline.gateway.policies.inspecting import Inspecting, described
from trunkline.gateway.policies.policy import Json
from trunkline.gateway.policies.scopes import Scope

if TYPE_CHECKING:
    from trunkline.gateway.plan import Route


class Mask(Inspecting, frozen=True, kw_only=True, tag="mask"):
    """Hide the classes `hide` from all but clients with one of `except_scopes` or of the service levels `except_tiers`.
    Of texts of the classes `ends`, the ends are told."""

    hide: Annotated[tuple[Classification, ...], Meta(min_length=1)]
    ends: tuple[Classification, ...] = ()
    except_scopes: tuple[Scope, ...] = ()
    except_tiers: tuple[str, ...] = ()

    refusals: ClassVar[tuple[str, ...]] = ("mask",)
    because: ClassVar[str] = "the upstream's response is no JSON, so nothing in it could be hidden"

    def part(self, route: Route) -> Json:
        hiding = Hiding(
            classes=frozenset(self.hide),
            ends=frozenset(self.ends),
            otherwise=msgspec.convert(route.operation.classification or UNCLASSIFIED, Classification),
            scopes=frozenset(self.except_scopes),
            tiers=frozenset(self.except_tiers),
        )
        return {"mask": hiding, "description": described(route, answers=True)}
