"""What was done to buckets, as TMF654 tells of it: a balanceAction for each posting that is not of usage.

A posting moves an amount from one end to the other: a bucket, or an account of the ledger. The action is of the bucket
that received, or of that which gave where no bucket did; both ends are its `impactedBucket`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from trunkline.log.port import Record
from trunkline.telco.charging.records.amounts import quantity
from trunkline.telco.charging.records.buckets import usage_type
from trunkline.telco.charging.records.documents import Documents, plain, reference
from trunkline.telco.model import Ledger, Posting
from trunkline.tmf.apis.prepay_balance import ACTION
from trunkline.tmf.declaration import Document

TYPES: Final = {
    "topup": "TopupBalance",
    "grant": "TopupBalance",
    "adjustment": "AdjustBalance",
    "transfer": "TransferBalance",
    "expiry": "BalanceAction",
}
"""By the kind of posting; what usage took is told by TMF635, and what sessions hold by the buckets."""


def take(documents: Documents, told: Sequence[tuple[Posting, Record]]) -> None:
    """Something was posted."""
    postings = [posting for posting, _ in told if posting.kind in TYPES]
    documents.read(ACTION, [posting.id for posting in postings])
    for posting in postings:
        documents.keep(ACTION, documents.get(ACTION, posting.id), action(posting))


def action(posting: Posting) -> Document:
    """The document of a posting."""
    amount = quantity(posting.unit, posting.amount, posting.currency)
    ends = [(end, item) for end, item in ((posting.credit, "credit"), (posting.debit, "debit")) if _is_bucket(end)]
    first = ends[0] if ends else (posting.credit, "credit")
    type = TYPES[posting.kind]
    return plain(
        {
            "id": posting.id,
            "@type": type,
            "@baseType": "BalanceAction" if type != "BalanceAction" else None,
            "status": "completed",
            "reason": posting.kind,
            "adjustType": first[1] if type == "AdjustBalance" else None,
            "confirmationDate": posting.time,
            "usageType": usage_type(posting.unit, posting.currency),
            "amount": amount,
            "bucket": reference("Bucket", first[0]),
            "partyAccount": reference("PartyAccount", posting.account),
            "impactedBucket": [
                {
                    "@type": "ImpactedBucket",
                    "bucket": reference("Bucket", end),
                    "item": [{"@type": "ImpactedBucketItem", "name": posting.kind, "itemType": item, "amount": amount}],
                }
                for end, item in ends
            ],
            "cause": posting.cause,
        }
    )


def _is_bucket(end: str) -> bool:
    return end not in set(Ledger)
