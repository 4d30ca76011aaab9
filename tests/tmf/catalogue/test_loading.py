"""The catalogue's files and how they come into the store: what is wrong is named, what is the same is left alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tmf.official import official
from trunkline.document import Invalid
from trunkline.store import Query, Store, open_store
from trunkline.tmf import catalogue
from trunkline.tmf.apis.product_catalog import API, CATALOG, CATEGORY, OFFERING, PRICE, SPECIFICATION
from trunkline.tmf.catalogue.documents import documents
from trunkline.tmf.declaration import V4, V5
from trunkline.tmf.shapes import shape_of
from trunkline.tmf.validation import check
from trunkline.tmf.versions import write

BELGICOM = Path(__file__).parents[3] / "belgicom" / "catalogue"

ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5) | st.just("1..4"),
    lambda further: st.lists(further, max_size=3) | st.dictionaries(st.text(max_size=5), further, max_size=3),
    max_leaves=6,
)
"""What may stand where something else should."""

WHOLE = """\
id: acme
name: Acme
tax: {taxCategory: VAT, taxRate: 21}
"""
FIBRE = """\
id: fibre
name: Fibre
specifications:
  access:
    name: Access
    characteristics:
      speed: {values: [100, 500], unitOfMeasure: Mbit/s, default: 500}
offerings:
  fibre-500:
    name: Fibre 500
    specification: access
    characteristics: {speed: 500}
    prices:
      monthly: {name: Monthly fee, priceType: recurring, every: month, price: {unit: EUR, value: 45.00}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "catalogue"
    folder.mkdir()
    (folder / "catalogue.yaml").write_text(WHOLE)
    (folder / "fibre.yaml").write_text(FIBRE)
    return folder


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite://{tmp_path}/store.db")
    yield store
    store.close()


def rewrite(folder: Path, old: str, new: str) -> None:
    """Change the family's file as a product manager would."""
    file = folder / "fibre.yaml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))


def load(store: Store, folder: Path) -> catalogue.Loaded:
    return catalogue.load(store, catalogue.read(folder))


def told(store: Store) -> list[str]:
    """The types of the events in the outbox."""
    return [dict(waiting.event.headers)["ce_type"].decode() for waiting in store.outbox()]


def kept(store: Store, kind: str, id: str) -> dict[str, Any]:
    found = store.get(kind, id)
    assert found is not None
    return dict(msgspec.json.decode(found.document))


def test_everything_is_added_once_and_told_of(store: Store, folder: Path) -> None:
    assert load(store, folder) == (5, 0, 0)
    assert sorted(told(store)) == [
        "CategoryCreateEvent",
        "ProductCatalogCreateEvent",
        "ProductOfferingCreateEvent",
        "ProductOfferingPriceCreateEvent",
        "ProductSpecificationCreateEvent",
    ]
    assert load(store, folder) == (0, 0, 5)
    assert len(told(store)) == 5


def test_an_offering_refers_to_its_specification_its_category_and_its_prices(store: Store, folder: Path) -> None:
    load(store, folder)
    offering = kept(store, "productOffering", "fibre-500")
    assert offering["productSpecification"]["id"] == "access"
    assert offering["category"][0]["id"] == "fibre"
    [price] = offering["productOfferingPrice"]
    asked = kept(store, "productOfferingPrice", price["id"])
    assert (asked["price"], asked["recurringChargePeriodType"]) == ({"unit": "EUR", "value": 45.0}, "month")
    assert asked["tax"][0]["taxRate"] == 21
    [use] = offering["prodSpecCharValueUse"]
    assert use["productSpecCharacteristicValue"][0]["value"] == 500


def test_what_changed_is_changed_and_told_of_and_nothing_else(store: Store, folder: Path) -> None:
    load(store, folder)
    before = kept(store, "productOfferingPrice", "fibre-500-monthly")["lastUpdate"]
    store.sent(store.outbox()[-1].id)
    rewrite(folder, "45.00", "47.50")
    assert load(store, folder) == (0, 1, 4)
    assert told(store) == ["ProductOfferingPriceAttributeValueChangeEvent"]
    after = kept(store, "productOfferingPrice", "fibre-500-monthly")
    assert after["price"]["value"] == 47.5
    assert after["lastUpdate"] >= before


def test_a_new_state_is_told_of_as_one(store: Store, folder: Path) -> None:
    load(store, folder)
    store.sent(store.outbox()[-1].id)
    rewrite(folder, "    specification: access\n", "    specification: access\n    lifecycleStatus: Retired\n")
    assert load(store, folder) == (0, 2, 3)
    assert told(store) == ["ProductOfferingPriceStateChangeEvent", "ProductOfferingStateChangeEvent"]


def test_a_state_that_cannot_follow_is_named_with_its_line_and_nothing_is_changed(store: Store, folder: Path) -> None:
    rewrite(folder, "    specification: access\n", "    specification: access\n    lifecycleStatus: Retired\n")
    load(store, folder)
    rewrite(folder, "Retired", "Launched")
    rewrite(folder, "45.00", "50.00")
    with pytest.raises(Invalid) as refused:
        load(store, folder)
    line = (folder / "fibre.yaml").read_text().splitlines().index("    lifecycleStatus: Launched") + 1
    assert any(str(problem).startswith(f"{folder}/fibre.yaml:{line}: ") for problem in refused.value.problems)
    assert kept(store, "productOfferingPrice", "fibre-500-monthly")["price"]["value"] == 45.0


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("specification: access", "specification: acess", 11, "no specification `acess`"),
        ("speed: 500}\n", "speed: 700}\n", 12, "`speed` is none of the values of `access`: 100, 500"),
        ("speed: 500}\n", "colour: red}\n", 12, "`access` has no characteristic `colour`"),
        ("values: [100, 500]", "values: [100, fast]", 7, "not of one type"),
        ("default: 500", "default: 300", 7, "default is none of its values"),
        ("unit: EUR", "unit: euro", 14, "letters of a currency"),
        ("priceType: recurring", "priceType: monthly", 14, "expected one of"),
        (", every: month", "", 14, "by `every`"),
        (", price: {unit: EUR, value: 45.00}", "", 14, "has a `price`"),
        ("priceType: recurring, every: month", "priceType: usage", 14, "by `per`"),
        ("    specification: access\n", "", 9, "a `specification` or a `bundle`"),
        ("    name: Fibre 500\n", "    nome: Fibre 500\n", 10, "did you mean `name`"),
        ("    specification: access\n", "    bundle: {fibre-500: 1}\n", 11, "no other offering `fibre-500`"),
        ("    specification: access\n", "    bundle: {fibre-500: 4..1}\n", 11, "how many"),
        ("    specification: access\n", "    bundle: {fibre-500: some}\n", 11, "how many"),
        ("    specification: access\n", "    specification: access\n    terms: {Bound: long}\n", 12, "12 month"),
        ("priceType: recurring, every: month", "priceType: usage, per: GB", 14, "1 GB"),
        ("    specification: access\n", "    bundle: {tv: 1}\n", 11, "no other offering `tv`"),
        ("    name: Fibre 500\n", "    name: Fibre 500\n    lifecycleStatus: Sold\n", 11, "none of Active"),
        ("  fibre-500:", "  fibre 500:", 9, "is no id"),
    ],
)
def test_what_is_wrong_is_named_with_its_file_and_line(
    folder: Path, old: str, new: str, line: int, reason: str
) -> None:
    rewrite(folder, old, new)
    problems = [str(problem) for problem in catalogue.check(folder)]
    assert any(each.startswith(f"{folder}/fibre.yaml:{line}: ") and reason in each for each in problems), problems


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_spoilt_file_is_refused_with_its_problems_or_gives_right_documents(
    tmp_path: Path, data: st.DataObject
) -> None:
    """Whatever stands in the place of a value of BelgiCom's files, nothing else than `Invalid` comes of it."""
    name = data.draw(st.sampled_from(["fibre.yaml", "mobile.yaml"]))
    families = {each: yaml.safe_load((BELGICOM / each).read_text()) for each in ("fibre.yaml", "mobile.yaml")}
    at: Any = families[name]
    while isinstance(at, dict):
        key = data.draw(st.sampled_from(sorted(at)))
        if isinstance(at[key], dict) and data.draw(st.booleans()):
            at = at[key]
        else:
            at[key] = data.draw(ODD)
            break
    (tmp_path / "catalogue.yaml").write_text(WHOLE)
    for each, content in families.items():
        (tmp_path / each).write_text(yaml.safe_dump(content))
    try:
        read = catalogue.read(tmp_path)
    except Invalid:
        return
    for entry in documents(read):
        again = msgspec.json.decode(msgspec.json.encode(entry.document))
        assert again == entry.document
        check(again, entry.of, V5, creating=True, strict=True)


def test_an_id_is_one_over_all_files(folder: Path) -> None:
    (folder / "second.yaml").write_text(FIBRE)
    reasons = [problem.reason for problem in catalogue.check(folder)]
    assert [reason.partition(" `")[0] for reason in reasons] == [
        "there is a family",
        "there is a specification",
        "there is an offering".replace("an ", "a "),
        "there is a price",
    ]


def test_a_folder_without_its_first_file_is_named(folder: Path) -> None:
    (folder / "catalogue.yaml").unlink()
    [problem] = catalogue.check(folder)
    assert problem.file == str(folder / "catalogue.yaml")
    assert catalogue.check(folder / "nothing") == []


def test_belgicoms_catalogue_is_right_in_both_versions() -> None:
    entries = list(documents(catalogue.read(BELGICOM)))
    assert {entry.of.name for entry in entries} == {
        each.name for each in (CATALOG, CATEGORY, OFFERING, PRICE, SPECIFICATION)
    }
    for entry in entries:
        document = {"href": "/1", "lastUpdate": "2026-01-01T00:00:00Z", **entry.document}
        check(document, entry.of, V5, creating=True, strict=True)
        assert official(API.number, V5).errors(entry.of.type, document) == []
        old = write(document, entry.of, V4)
        check(old, entry.of, V4, creating=True, strict=True)
        assert official(API.number, V4).errors(shape_of(entry.of, V4).type, old) == []


def test_belgicoms_catalogue_can_be_loaded_and_asked(store: Store) -> None:
    loaded = load(store, BELGICOM)
    assert loaded.added == sum(store.find(Query(resource.name, limit=1)).total for resource in API.resources)
    assert load(store, BELGICOM) == (0, 0, loaded.added)
