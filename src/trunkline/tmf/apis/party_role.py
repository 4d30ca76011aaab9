"""TMF669 Party Role Management, v4.0: which part a party plays for the operator."""

from __future__ import annotations

import msgspec

from trunkline.tmf.declaration import V4, V5, Lifecycle, OpenApi, Resource, text
from trunkline.tmf.model.party_role import EngagedParty, PartyRole, RoleTypeRef

PARTY_ROLE = Resource(
    "partyRole",
    PartyRole,
    required=("name", "roleType"),
    attributes=(
        text("name"),
        text("status"),
        text("roleType.name"),
        text("engagedParty.id"),
        text("relatedParty.partyOrPartyRole.id"),
    ),
    lifecycle=Lifecycle("status", initial="", after={}),  # the standard names no states
    elements=((("characteristic",), (("name",), ("value",))),),
    examples={
        V5: msgspec.to_builtins(
            PartyRole(
                name="Ericsson as supplier",
                role_type=RoleTypeRef(id="supplier", name="supplier", partnership_id="radio-vendors"),
                engaged_party=EngagedParty(id="ericsson", name="Ericsson", referred_type="Organization"),
            )
        )
    },
)

API = OpenApi(
    number=669,
    name="partyRoleManagement",
    title="Party Role Management",
    versions=(V4,),
    resources=(PARTY_ROLE,),
)
