"""`headers`: headers that a request gets or loses on its way upstream, and a response on its way back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, ClassVar, Final

import msgspec
from msgspec import Meta

from trunkline.gateway.kubernetes.said import Inexpressible, Said
from trunkline.gateway.policies.policy import TYPE, Json, Policy, Stage

if TYPE_CHECKING:
    from trunkline.gateway.declaration import Gateway
    from trunkline.gateway.plan import Route

_TYPE: Final = f"{TYPE}extensions.filters.http.header_mutation.v3."
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9-]{1,100}$")]
Value = Annotated[str, Meta(pattern=r"^[\x20-\x7e]{0,1000}$")]


class Headers(Policy, frozen=True, kw_only=True, tag="headers", rename={"set_": "set"}):
    """`set_` (in files: `set`) and `remove` are for the request, `set_response` and `remove_response` for the response.
    What is set replaces what was there."""

    set_: dict[Name, Value] = msgspec.field(default_factory=dict)
    remove: tuple[Name, ...] = ()
    set_response: dict[Name, Value] = msgspec.field(default_factory=dict)
    remove_response: tuple[Name, ...] = ()

    stage: ClassVar[Stage] = Stage.CONTENT

    @classmethod
    def filters(cls, gateway: Gateway) -> dict[str, Json]:
        return {cls.kind(): {"@type": f"{_TYPE}HeaderMutation"}}

    def on_route(self, route: Route) -> dict[str, Json]:
        mutations = {
            "request_mutations": _mutations(self.set_, self.remove),
            "response_mutations": _mutations(self.set_response, self.remove_response),
        }
        return {self.kind(): {"@type": f"{_TYPE}HeaderMutationPerRoute", "mutations": mutations}}

    def names(self) -> set[str]:
        """All that it touches, in lower case."""
        touched = (*self.set_, *self.remove, *self.set_response, *self.remove_response)
        return {name.lower() for name in touched}

    def kubernetes(self, route: Route) -> Said:
        for name, value in (self.set_ | self.set_response).items():
            if not value or "%" in value:
                raise Inexpressible(f"{name} would be set to nothing, or to what Envoy takes for a variable: {value!r}")
        return Said(
            set_request=self.set_,
            remove_request=self.remove,
            set_response=self.set_response,
            remove_response=self.remove_response,
        )


def _mutations(set_: dict[str, str], remove: Sequence[str]) -> list[Json]:
    """In Envoy a `%` begins a variable, and the operator's text has none: it is doubled."""
    setting = [
        {
            "append": {
                "header": {"key": name, "value": value.replace("%", "%%")},
                "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
            }
        }
        for name, value in set_.items()
    ]
    return [{"remove": name} for name in remove] + setting
