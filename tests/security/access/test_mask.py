"""Masks, whatever the record and whatever the rules."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.security.access.house import BELGICOM
from trunkline import contracts
from trunkline.contracts.field import Classification
from trunkline.security.access import declared
from trunkline.security.access.decisions import CLASSES
from trunkline.security.access.kinds import Kind, Kinds
from trunkline.security.access.mask import Mask
from trunkline.security.access.stream import MaskedStream
from trunkline.tmf.apis.product_catalog import CATALOG, CATEGORY
from trunkline.tmf.declaration import V4, V5
from trunkline.tmf.versions import write

KINDS = Kinds(declared.read(BELGICOM), contracts.load(BELGICOM / "contracts"))
NAMES = ("id", "name", "open", "secret", "mixed", "inner", "number", "other", "@type")
KIND = Kind(
    "thing",
    "area",
    {("open",): "public", ("secret",): "personal", ("mixed",): "public", ("mixed", "inner"): "personal",
     ("number",): "sensitive", ("name",): "internal"},
    "confidential",
    declared.KindDeclared(area="area", ends=("number",)),
)  # fmt: skip
calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
classes = st.frozensets(st.sampled_from(CLASSES))
values = st.recursive(
    st.text(max_size=12) | st.integers() | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)
records = st.dictionaries(st.sampled_from(NAMES), values, max_size=8)


@calm
@given(records, classes)
def test_nothing_is_told_that_is_not_seen_and_nothing_is_changed_that_is(
    record: dict[str, Any], seen: frozenset[Classification]
) -> None:
    told = Mask(KIND, seen, frozenset()).apply(record)
    assert told.keys() == {
        name
        for name in record
        if name in ("id", "@type") or {"open": "public", "secret": "personal", "mixed": "public", "number": "sensitive",
                                       "name": "internal"}.get(name, "confidential") in seen
    }  # fmt: skip
    for name in told.keys() - {"mixed"}:
        assert told[name] == record[name]
    if "personal" not in seen and "mixed" in told:
        assert b'"inner"' not in msgspec.json.encode(_upper(told["mixed"]))


def _upper(mixed: Any) -> Any:
    """What stands right in `mixed`, of an object or of each in a list: further in, the names are another's."""
    if isinstance(mixed, list):
        return [_upper(each) for each in mixed]
    return dict.fromkeys(mixed, 0) if isinstance(mixed, dict) else None


@calm
@given(records)
def test_a_mask_of_a_masked_record_takes_no_more(record: dict[str, Any]) -> None:
    mask = Mask(KIND, frozenset({"public", "internal"}), frozenset())
    assert mask.apply(mask.apply(record)) == mask.apply(record)


@calm
@given(st.text(max_size=30))
def test_the_ends_of_a_text_never_tell_the_whole(number: str) -> None:
    told = Mask(KIND, frozenset({"public"}), frozenset({"sensitive"})).apply({"number": number})["number"]
    assert told == (f"{number[:5]}***{number[-3:]}" if len(number) > 8 else "***")


@calm
@given(st.integers() | st.lists(st.text()) | st.dictionaries(st.text(), st.text()))
def test_what_is_no_text_has_no_ends(value: Any) -> None:
    assert Mask(KIND, frozenset({"public"}), frozenset({"sensitive"})).apply({"number": value}) == {}


@calm
@given(classes)
def test_v4_tells_no_more_than_v5(seen: frozenset[Classification]) -> None:
    """A record whose attributes have other names and other places in v4."""
    party = {"@type": "RelatedPartyRefOrPartyRoleRef", "role": "owner",
             "partyOrPartyRole": {"id": "77", "name": "Anna", "@type": "PartyRef"}}  # fmt: skip
    place = {
        "@type": "RelatedPlaceRef",
        "role": "region",
        "place": {"id": "Namur", "name": "Namur", "@type": "PlaceRef"},
    }
    document = {"id": "1", "@type": "LogicalResource", "name": "N", "relatedParty": [party], "place": [place],
                "note": [{"text": "secret", "@type": "Note"}],
                "resourceCharacteristic": [{"name": "a", "value": "b"}]}  # fmt: skip
    kind = KINDS.get("resource")
    assert kind is not None
    assert kind.of is not None
    mask = Mask(kind, seen, frozenset())
    of_v5 = mask.apply(document, V5)
    of_v4 = mask.apply(write(document, kind.of, V4), V4)
    for name in ("relatedParty", "place", "note", "resourceCharacteristic"):
        assert (name in of_v4) == (name in of_v5)
    if "relatedParty" in of_v5:
        assert ("Anna" in str(of_v4["relatedParty"])) == ("Anna" in str(of_v5["relatedParty"]))


def test_what_v4_has_elsewhere_is_masked_by_what_it_is() -> None:
    """Of a category v4 has the parent's id beside it, of a party its name one level further out."""
    parent = Kind("category", "area", {("parent",): "personal"}, "public", of=CATEGORY)
    fibre = {"id": "1", "@type": "Category", "name": "Fibre", "parent": {"id": "top", "@type": "CategoryRef"}}
    seen = Mask(parent, frozenset({"public"}), frozenset())
    of_v4 = write(fibre, CATEGORY, V4)
    assert of_v4["parentId"] == "top"
    assert "top" not in str(seen.apply(of_v4, V4))
    assert not seen.sees(("parentId",), V4)
    name = ("relatedParty", "partyOrPartyRole", "name")
    party = Kind("productCatalog", "area", {name: "personal"}, "public", of=CATALOG)
    document = {"id": "1", "@type": "ProductCatalog",
                "relatedParty": [{"role": "owner", "partyOrPartyRole": {"id": "77", "name": "Anna"}}]}  # fmt: skip
    [told] = Mask(party, frozenset({"public"}), frozenset()).apply(write(document, CATALOG, V4), V4)["relatedParty"]
    assert (told["role"], told["id"], "name" in told) == ("owner", "77", False)


def test_what_a_contract_does_not_name_is_not_told_in_an_event_either() -> None:
    kind = KINDS.get("quarantine")
    assert kind is not None
    mask = Mask(kind.enveloped(), frozenset({"public", "internal"}), frozenset())
    event = {"id": "quarantine:0:1", "eventType": "x", "event": {"reason": "r", "part": "p", "madeUp": 1}}
    assert mask.apply(event) == event | {"event": {"reason": "r"}}


# Streams

TOLD = b'event: alarm\nid: 1\ndata: {"a":1}'
HIDDEN = b'event: hidden\nid: 2\ndata: {"a":2}'
frames = st.lists(
    st.sampled_from(
        [
            b"retry: 1000",
            b": alive\nid: 7",
            b'event: alarm\nid: 1\ndata: {"a":1}',
            b'event: hidden\nid: 2\ndata: {"a":2}',
        ]
    ),
    max_size=8,
)


def _told(name: str, data: bytes) -> bytes | None:
    return None if name == "hidden" else data.replace(b'"a"', b'"b"')


@calm
@given(frames, st.lists(st.integers(0, 200), max_size=10))
def test_a_stream_is_masked_however_it_is_cut_into_pieces(blocks: list[bytes], cuts: list[int]) -> None:
    whole = b"".join(block + b"\n\n" for block in blocks)
    places = sorted({0, len(whole), *(min(cut, len(whole)) for cut in cuts)})
    stream = MaskedStream(_told)
    told = b"".join(stream.take(whole[a:b]) for a, b in pairwise(places))
    expected = {TOLD: TOLD.replace(b'"a"', b'"b"'), HIDDEN: b": hidden\nid: 2"}
    assert told == b"".join(expected.get(block, block) + b"\n\n" for block in blocks)
