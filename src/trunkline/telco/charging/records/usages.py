"""A rated usage as TMF635 tells of it: what was used, what it cost, and why.

Beside TM Forum's attributes, as its `@schemaLocation` says: `partyAccount` pays; `customerBill` and
`appliedCustomerBillingRate` are the bill and the line in which it counts; `revision` grows when later records change
what it cost; `corrects` is the usage whose place it takes, and `correctedBy` that which took its own, so that it
`isCorrected` and costs nothing; and in its one `ratedProductUsage` the line of the tariff (`tariff`, `rate`, `zone`,
`band`), what was charged for (`ratedQuantity`), what of that allowances gave (`freeQuantity`), which buckets paid
(`drawn`), and whether it was `takenBack`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

import msgspec

from trunkline.log.envelope import from_micros
from trunkline.log.port import Record
from trunkline.telco.charging.records.amounts import minor, money, quantity, shown
from trunkline.telco.charging.records.bills import Bills, Change, Counted
from trunkline.telco.charging.records.corrections import Corrections
from trunkline.telco.charging.records.documents import Documents, characteristic, known, plain, reference
from trunkline.telco.charging.records.taxes import Taxes
from trunkline.telco.model import RatedUsage, Service, Unit, Usage
from trunkline.tmf.apis.usage import USAGE
from trunkline.tmf.declaration import Document

SCHEMA: Final = "urn:trunkline:schema:charged-usage"
UNITS: Final = {
    Service.VOICE: Unit.SECOND,
    Service.MESSAGE: Unit.MESSAGE,
    Service.DATA: Unit.OCTET,
    Service.CONTENT: Unit.ITEM,
}
"""In which usage of a service is measured."""


class Usages:
    """The usage of all accounts, and the bills in which it counts."""

    def __init__(self, bills: Bills, taxes: Taxes) -> None:
        self._bills, self._taxes = bills, taxes

    def take(self, documents: Documents, told: Sequence[tuple[RatedUsage, Record]]) -> None:
        """Usages were rated, or rated anew. What is older than what is there changes nothing."""
        documents.read(USAGE, [id for rated, _ in told for id in (rated.usage.id, rated.usage.corrects) if id])
        corrections = Corrections(documents.unit, [rated for rated, _ in told])
        changes: list[Change] = []
        for rated, record in told:
            before = documents.get(USAGE, rated.usage.id)
            if before is not None and before.get("revision", 0) >= rated.revision:
                continue
            time, bill, line = from_micros(record.time), self._bills.bill_of(rated), self._bills.line_of(rated)
            others = corrections.add(rated.usage) if rated.usage.corrects else []
            by = corrections.of(rated.usage.id) if rated.void else ""
            documents.keep(USAGE, before, self._document(rated, time, bill, line) | _corrected(by))
            for id in others:
                _tell_corrected(documents, corrections, id)
            if before is not None and (was := counted(before)) is not None:
                changes.append(Change(was.taken_back, rated, time))
            if not rated.void:
                changes.append(Change(Counted(bill, line, 1, rated.quantity, rated.free, rated.amount), rated, time))
        self._bills.count(documents, changes)
        corrections.write()

    def _document(self, rated: RatedUsage, time: datetime, bill: str, line: str) -> Document:
        used = rated.usage
        return plain(
            {
                "id": used.id,
                "@type": "Usage",
                "@schemaLocation": SCHEMA,
                "usageDate": used.started,
                "usageType": used.service,
                "description": _described(used),
                "status": "rerated" if rated.revision or rated.void else "rated",
                "usageSpecification": reference("UsageSpecification", used.service),
                "usageCharacteristic": [characteristic(name, value) for name, value in _characteristics(used) if value],
                "ratedProductUsage": [self._rated(rated, time)],
                "partyAccount": reference("PartyAccount", used.account),
                "customerBill": reference("CustomerBill", bill),
                # What was taken back before it was ever rated is of no line.
                "appliedCustomerBillingRate": (
                    reference("AppliedCustomerBillingRate", line) if rated.rate or not rated.void else None
                ),
                "revision": rated.revision or None,
                "corrects": reference("Usage", used.corrects) if used.corrects else None,
            }
        )

    def _rated(self, rated: RatedUsage, time: datetime) -> Document:
        rate, currency = self._taxes.rate(rated.tax), rated.currency
        return known(
            {
                "@type": "RatedProductUsage",
                "@schemaLocation": SCHEMA,
                "ratingDate": time,
                "ratingAmountType": "Total",
                "usageRatingTag": _tag(rated),
                "offerTariffType": rated.band,
                "isTaxExempt": rate == 0 if rate is not None else None,
                "taxRate": float(rate) if rate is not None else None,
                "productRef": reference("Product", rated.usage.subscription),
                "taxIncludedRatingAmount": money(rated.amount, currency),
                "taxExcludedRatingAmount": (
                    money(self._taxes.net(rated.amount, rated.tax), currency) if rate is not None else None
                ),
                "tariff": rated.tariff,
                "rate": rated.rate,
                "zone": rated.zone,
                "band": rated.band,
                "ratedQuantity": quantity(rated.unit, rated.quantity),
                "freeQuantity": quantity(rated.unit, rated.free),
                "drawn": [
                    {"bucket": reference("Bucket", drawn.bucket), "amount": drawn.amount} for drawn in rated.drawn
                ],
                "takenBack": rated.void or None,
            }
        )


def counted(document: Document) -> Counted | None:
    """What a usage's document adds to its bill and its line; None where it was taken back."""
    [rated] = document["ratedProductUsage"]
    if rated.get("takenBack"):
        return None
    return Counted(
        bill=document["customerBill"]["id"],
        line=document["appliedCustomerBillingRate"]["id"],
        usages=1,
        quantity=rated["ratedQuantity"]["amount"],
        free=rated["freeQuantity"]["amount"],
        amount=minor(rated["taxIncludedRatingAmount"]),
    )


def is_charged(document: Document) -> bool:
    """Whether charging tells of a usage, and not a client of the API."""
    return document.get("@schemaLocation") == SCHEMA


def _tell_corrected(documents: Documents, corrections: Corrections, id: str) -> None:
    """Say by what a usage was corrected, where it was taken back already."""
    before = documents.get(USAGE, id)
    if before is not None and before["ratedProductUsage"][0].get("takenBack"):
        documents.keep(USAGE, before, before | _corrected(corrections.of(id)))


def _corrected(by: str) -> Document:
    return {"isCorrected": True, "correctedBy": reference("Usage", by)} if by else {}


def _tag(rated: RatedUsage) -> str:
    """TMF635's words for whether a bundle gave it."""
    if rated.free:
        return "included usage" if rated.free == rated.quantity else "non included usage"
    return "usage"


def _described(used: Usage) -> str:
    amount = shown(UNITS[used.service], used.quantity)
    if used.other_party:
        return f"{amount} {'from' if used.direction == 'terminating' else 'to'} {used.other_party}"
    return f"{amount} of {used.service}"


def _characteristics(used: Usage) -> Iterator[tuple[str, str | int | Document]]:
    yield "subscription", used.subscription
    yield "imsi", used.imsi
    yield "direction", str(used.direction)
    yield "otherParty", used.other_party
    yield "duration", used.duration
    yield "uplinkVolume", used.uplink
    yield "downlinkVolume", used.downlink
    yield "items", used.items
    yield "apn", used.apn
    yield "ratingGroup", max(used.rating_group, 0)
    yield "visitedNetwork", used.visited
    yield "zoneOffset", used.zone_offset
    yield "cell", used.cell
    yield "records", used.records
    yield "system", used.system
    yield "corrects", used.corrects
    yield "source", msgspec.to_builtins(used.source)
