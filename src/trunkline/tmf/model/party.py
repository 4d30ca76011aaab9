"""Who has to do with a record: v5 holds the party or its role one level deeper than v4 does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from trunkline.tmf.model.entity import UNSET, EntityRef, Extensible, Maybe

PARTIES = frozenset({"Individual", "Organization", "Party"})


class PartyRef(EntityRef):
    """A reference to an individual or an organization (TMF632)."""

    @classmethod
    def fits(cls, document: Mapping[str, Any]) -> bool:
        """A party and not a role of one, as v4 says by `@referredType`."""
        return document.get("@referredType", "Party") in PARTIES and super().fits(document)


class PartyRoleRef(EntityRef):
    """A reference to the part that a party plays (TMF669)."""

    party_id: Maybe[str] = UNSET
    party_name: Maybe[str] = UNSET


class RelatedPartyRefOrPartyRoleRef(Extensible):
    """A party, or a role of one, and what it is to the record: `customer`, `owner`."""

    v4_type: ClassVar[str] = "RelatedParty"

    party_or_party_role: PartyRef | PartyRoleRef
    role: Maybe[str] = UNSET
