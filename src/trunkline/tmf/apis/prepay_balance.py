"""TMF654 Prepay Balance Management, v4.1: buckets, what is left in them, and the actions on them.

An action is a task that is kept: `acknowledged` when it is taken, `completed` or `failed` when charging has answered.
The file requires an amount of each, also where a person tops up by a voucher.
"""

from __future__ import annotations

import msgspec

from trunkline.tmf.declaration import READ_ONLY, V4, V5, Lifecycle, OpenApi, Operation, Resource, text, time
from trunkline.tmf.model import prepay_balance as model
from trunkline.tmf.model.account import PartyAccountRef
from trunkline.tmf.model.entity import Entity
from trunkline.tmf.model.prepay_balance import (
    AccumulatedBalance,
    AdjustBalance,
    BalanceAction,
    BucketRef,
    LogicalResourceRef,
    ReserveBalance,
    TopupBalance,
    TransferBalance,
)
from trunkline.tmf.model.value import Quantity

ACCOUNT = PartyAccountRef(id="1042", referred_type="PartyAccount")
MONEY = BucketRef(id="1042.money", usage_type="EUR")

_OF_BUCKETS = (text("partyAccount.id"), text("logicalResource.id"), text("usageType"))

BUCKET = Resource(
    "bucket",
    model.Bucket,
    operations=frozenset(Operation) - {Operation.PATCH},
    required=("usageType",),
    attributes=(*_OF_BUCKETS, text("status"), text("product.id"), time("validFor.endDateTime")),
    events=("Create", "AttributeValueChange", "Delete"),
    examples={
        V5: msgspec.to_builtins(
            model.Bucket(
                name="20 GB in the EU",
                usage_type="data",
                status="active",
                is_shared=False,
                remaining_value=Quantity(amount=1_900_000_000, units="octet"),
                remaining_value_name="1.9 GB",
                party_account=ACCOUNT,
                logical_resource=[LogicalResourceRef(id="32470123456", value="32470123456")],
            )
        )
    },
)

STATES = Lifecycle(
    "status",
    "acknowledged",
    {"acknowledged": ("inProgress", "completed", "failed", "cancelled"), "inProgress": ("completed", "failed")},
)
"""The file names no states; these are of its events (StatusChange, Failure, Cancel) and of TMF630's tasks."""


def _action(name: str, record: type[Entity], example: BalanceAction) -> Resource:
    return Resource(
        name,
        record,
        required=("amount",),
        attributes=(*_OF_BUCKETS, text("status"), text("bucket.id"), time("requestedDate")),
        lifecycle=STATES,
        events=("Create", "AttributeValueChange", "StatusChange", "Delete"),
        examples={V5: msgspec.to_builtins(example)},
    )


TOPUP = _action(
    "topupBalance",
    TopupBalance,
    TopupBalance(
        amount=Quantity(amount=15.0, units="EUR"), party_account=ACCOUNT, bucket=MONEY, reason="paid in the shop"
    ),
)
ADJUST = _action(
    "adjustBalance",
    AdjustBalance,
    AdjustBalance(
        amount=Quantity(amount=2.5, units="EUR"),
        adjust_type="credit",
        party_account=ACCOUNT,
        bucket=MONEY,
        reason="for an hour without network",
    ),
)
TRANSFER = _action(
    "transferBalance",
    TransferBalance,
    TransferBalance(
        amount=Quantity(amount=1_000_000_000, units="octet"),
        party_account=ACCOUNT,
        bucket=BucketRef(id="1042.data"),
        receiver_bucket=BucketRef(id="1042.family"),
    ),
)
RESERVE = _action(
    "reserveBalance",
    ReserveBalance,
    ReserveBalance(
        amount=Quantity(amount=4.99, units="EUR"), party_account=ACCOUNT, bucket=MONEY, reason="a film is bought"
    ),
)

ACCUMULATED = Resource(
    "accumulatedBalance",
    AccumulatedBalance,
    operations=READ_ONLY,
    attributes=(text("partyAccount.id"), text("logicalResource.id"), text("bucket.id")),
    events=(),
    examples={
        V5: msgspec.to_builtins(
            AccumulatedBalance(
                name="EUR", total_balance=Quantity(amount=12.34, units="EUR"), bucket=[MONEY], party_account=ACCOUNT
            )
        )
    },
)

ACTION = Resource(
    "balanceAction",
    BalanceAction,
    operations=READ_ONLY,
    attributes=(text("partyAccount.id"), text("status"), text("bucket.id"), time("confirmationDate")),
    events=(),
    examples={
        V5: msgspec.to_builtins(
            BalanceAction(
                status="completed",
                amount=Quantity(amount=15.0, units="EUR"),
                party_account=ACCOUNT,
                bucket=MONEY,
                reason="topup",
            )
        )
    },
)

API = OpenApi(
    number=654,
    name="prepayBalanceManagement",
    title="Prepay Balance Management",
    versions=(V4,),
    resources=(BUCKET, TOPUP, ADJUST, TRANSFER, RESERVE, ACCUMULATED, ACTION),
)
