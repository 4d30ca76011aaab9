"""What is taken together is what it would be one by one: the same documents, and each change told once."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.telco.charging.records.events import APRIL, ELS, MARCH, TOM, House, balance, bucket, rated, usage
from trunkline.store import Query, open_store
from trunkline.telco.charging.records.kinds import KINDS

usages = st.builds(
    lambda number, revision, amount, rate, cycle, who, void, corrects: rated(
        f"msc/1/{number}",
        0 if void else amount,
        revision=revision,
        of=usage(f"msc/1/{number}", subscription=who, corrects=f"msc/1/{corrects}" if number > corrects else ""),
        rate=rate,
        cycle=cycle,
        void=void,
        **({"quantity": 0} if void else {}),
    ),
    st.integers(1, 3),
    st.integers(0, 3),
    st.integers(0, 300),
    st.sampled_from(["calls", "nights"]),
    st.sampled_from([MARCH, APRIL]),
    st.sampled_from([ELS, TOM]),
    st.booleans(),
    st.integers(1, 3),
)
balances = st.builds(
    lambda remaining, cycle: balance(bucket(remaining=remaining), cycle=cycle),
    st.integers(0, 3),
    st.sampled_from([MARCH, APRIL]),
)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.lists(usages, min_size=1, max_size=6) | st.lists(balances, min_size=1, max_size=4), max_size=5))
def test_units_of_any_size_lead_to_the_same_documents_and_events(history: list[list[Any]]) -> None:
    with TemporaryDirectory() as folder:
        together, heard = followed(Path(folder) / "together.db", history)
        alone, heard_alone = followed(Path(folder) / "alone.db", [[item] for items in history for item in items])
    assert together == alone
    assert heard == heard_alone


def followed(file: Path, history: list[list[Any]]) -> tuple[dict[str, Any], list[str]]:
    """All documents, and what was told of them."""
    with closing(open_store(f"sqlite://{file}")) as store:
        house = House(store)
        heard = [told for items in history for told in house.told(*items)]
        found = {kind.name: store.find(Query(kind.name, limit=1_000)).records for kind in KINDS}
    return {kind: {each.id: read(each.document) for each in records} for kind, records in found.items()}, heard


def read(document: bytes) -> Any:
    told = msgspec.json.decode(document)
    if told.get("@type") == "CustomerBill":  # a class of tax of which nothing is left may be told of
        told["counted"] = {tax: amount for tax, amount in told["counted"].items() if amount}
        told["taxItem"] = [each for each in told["taxItem"] if each["taxAmount"]["value"]]
    if told.get("@type") == "AppliedCustomerBillingRate":  # one that went and came again began then, or before
        del told["date"]
    return told


def test_a_bill_is_written_once_for_all_that_counts_in_it(house: House) -> None:
    house.told(*(rated(f"msc/1/{number}", 10) for number in range(50)))
    [bill] = house.store.find(Query("customerBill")).records
    [line] = house.store.find(Query("appliedCustomerBillingRate")).records
    assert (bill.version, line.version) == (1, 1)
    assert house.get("customerBill", bill.id)["taxIncludedAmount"] == {"unit": "EUR", "value": 5.0}
