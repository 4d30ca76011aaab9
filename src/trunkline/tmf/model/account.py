"""References to accounts (TMF666): whose balance, and whose bill, it is."""

from __future__ import annotations

from trunkline.tmf.model.entity import UNSET, EntityRef, Maybe


class PartyAccountRef(EntityRef):
    """A reference to the account that a party keeps with the operator."""

    description: Maybe[str] = UNSET
    status: Maybe[str] = UNSET


class FinancialAccountRef(EntityRef):
    """A reference to the account of the books."""
