"""References to payments (TMF676)."""

from __future__ import annotations

from trunkline.tmf.model.entity import EntityRef


class PaymentRef(EntityRef):
    """A reference to a payment."""
