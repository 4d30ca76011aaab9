"""The resources of TM Forum's APIs that charging's records are, and the kinds in which the store keeps them."""

from __future__ import annotations

from typing import Final

from trunkline.store import Kind
from trunkline.telco.charging.records import accounts, balances, corrections
from trunkline.tmf.apis.communication import MESSAGE
from trunkline.tmf.apis.customer_bill import BILL, CYCLE, CYCLE_SPECIFICATION, ON_DEMAND, RATE
from trunkline.tmf.apis.prepay_balance import ACCUMULATED, ACTION, ADJUST, BUCKET, RESERVE, TOPUP, TRANSFER
from trunkline.tmf.apis.usage import SPECIFICATION, USAGE

KINDS: Final[tuple[Kind, ...]] = (
    *(
        resource.kind
        for resource in (
            *(USAGE, SPECIFICATION),
            *(BUCKET, TOPUP, ADJUST, TRANSFER, RESERVE, ACCUMULATED, ACTION),
            *(BILL, RATE, ON_DEMAND, CYCLE, CYCLE_SPECIFICATION),
            MESSAGE,
        )
    ),
    accounts.KIND,
    balances.KIND,
    corrections.KIND,
)
"""All that is kept of charging."""
