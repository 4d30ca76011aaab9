"""What is personal in the store's records: unreadable without keys, found by equality, gone with the person."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.security.keys.conftest import OpenKeyring
from tests.store import stores
from trunkline.log import Event
from trunkline.security.keys import KeysError
from trunkline.security.keys.file import FileKek
from trunkline.security.keys.keyring import Keyring
from trunkline.security.keys.records import Personal, RecordSealer, SealedStore
from trunkline.security.keys.table import KeyTable
from trunkline.store import Attribute, Kind, Query, Store, StoreError, open_store
from trunkline.store.query import And, Compare, Element, Not, Operator, Or, Present, Sort

KIND = Kind(
    "bill",
    (Attribute(("account", "id")), Attribute(("state",)), Attribute(("amount",), "number")),
    elements=((("party",), (("role",), ("id",))),),
)
PERSONAL = {"bill": Personal(("account", "id"), (("account",), ("party",), ("amount",), ("text",)))}
ANN = {
    "id": "1",
    "state": "sent",
    "amount": 420042004200,
    "account": {"id": "ANN", "name": "Ann's"},
    "text": "to 32470123456",
    "party": [{"role": "owner", "id": "32470123456"}, {"role": "user", "id": "32470999999"}],
}
BOB = {"id": "2", "state": "sent", "amount": 100, "account": {"id": "BOB"}, "party": []}


@pytest.fixture(params=stores.NAMES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with stores.url(request.param, tmp_path) as found:
        yield found


def sealed(url: str, keyring: Keyring) -> Store:
    store = SealedStore(open_store(url), RecordSealer(keyring, PERSONAL))
    store.declare([KIND])
    return store


@pytest.fixture
def store(url: str, keyring: Keyring) -> Iterator[Store]:
    with closing(sealed(url, keyring)) as store:
        with store.unit() as unit:
            for each in (ANN, BOB):
                unit.add("bill", str(each["id"]), msgspec.json.encode(each))
        yield store


@pytest.fixture
def bare(url: str, store: Store) -> Iterator[Store]:
    """The same store without keys."""
    with closing(open_store(url)) as found:
        found.declare([KIND])
        yield found


def read(store: Store, id: str) -> dict[str, object]:
    found = store.get("bill", id)
    assert found is not None
    return dict(msgspec.json.decode(found.document))


def ids(store: Store, *where: Compare | Element | And | Or | Not) -> list[str]:
    return [each.id for each in store.find(Query("bill", And(where))).records]


def equal(*path: str, to: str) -> Compare:
    return Compare(path, Operator.EQ, to)


def test_a_record_is_read_as_it_was_written(store: Store) -> None:
    assert read(store, "1") == ANN
    assert [msgspec.json.decode(each.document) for each in store.find(Query("bill")).records] == [ANN, BOB]
    with store.unit() as unit:
        found = unit.get_many("bill", ["1", "2", "3"])
        assert {id: msgspec.json.decode(each.document) for id, each in found.items()} == {"1": ANN, "2": BOB}
        changed = unit.replace("bill", "1", msgspec.json.encode(ANN | {"amount": 1}), version=1)
        unit.put_many("bill", {"2": msgspec.json.encode(BOB | {"amount": 2})})
    assert msgspec.json.decode(changed.document)["amount"] == 1
    assert [read(store, id)["amount"] for id in ("1", "2")] == [1, 2]


def test_the_first_key_is_made_in_the_midst_of_a_unit_where_keys_lie_in_the_stores_own_database(
    url: str, tmp_path: Path
) -> None:
    beside = f"sqlite://{tmp_path / 'keys.db'}" if url.startswith("sqlite") else url
    with (
        closing(Keyring(lambda: FileKek(tmp_path / "kek.json"), lambda: KeyTable(beside))) as keyring,
        closing(sealed(url, keyring)) as store,
        store.unit() as unit,
    ):
        unit.add("bill", "1", msgspec.json.encode(ANN))
        assert unit.get("bill", "1") is not None


def test_nothing_personal_lies_in_the_database(bare: Store) -> None:
    document = str(read(bare, "1"))
    for secret in ("ANN", "Ann's", "420042004200", "32470123456"):
        assert secret not in document
    assert "sent" in document


def test_records_are_found_by_what_is_equal_to_a_personal_text(store: Store) -> None:
    assert ids(store, equal("account", "id", to="ANN")) == ["1"]
    assert ids(store, equal("account", "id", to="ann")) == []
    assert ids(store, equal("text", to="to 32470123456")) == ["1"]
    owner = And((equal("role", to="owner"), equal("id", to="32470123456")))
    assert ids(store, Element(("party",), owner)) == ["1"]
    user = And((equal("role", to="user"), equal("id", to="32470123456")))
    assert ids(store, Element(("party",), user)) == []
    assert ids(store, equal("state", to="sent"), Not(equal("account", "id", to="ANN"))) == ["2"]
    assert ids(store, Or((equal("account", "id", to="ANN"), equal("account", "id", to="BOB")))) == ["1", "2"]


@pytest.mark.parametrize(
    "where",
    [
        Compare(("account", "id"), Operator.GT, "A"),
        Compare(("account", "id"), Operator.REGEX, "A"),
        Compare(("amount",), Operator.EQ, 420042004200),
        equal("account", "name", to="Ann's"),
        Present(("party",)),
        Element(("party",), Compare(("id",), Operator.REGEX, "3")),
    ],
)
def test_what_would_have_to_be_read_for_an_answer_is_refused(store: Store, where: Compare | Element) -> None:
    with pytest.raises(StoreError, match="is personal and lies encrypted"):
        store.find(Query("bill", where))


def test_nobody_sorts_by_what_is_personal(store: Store) -> None:
    with pytest.raises(StoreError, match=r"account\.id is personal"):
        store.find(Query("bill", sort=(Sort(("account", "id")),)))


def test_who_is_erased_leaves_a_record_without_what_was_personal(
    store: Store, keyring: Keyring, open_keyring: OpenKeyring, url: str
) -> None:
    keyring.erase(b"ANN")
    with closing(sealed(url, open_keyring())) as other:
        for each in (store, other):
            assert read(each, "1") == {"id": "1", "state": "sent"}
            assert read(each, "2") == BOB


def test_records_of_before_are_read_and_found_beside_sealed_ones(store: Store, bare: Store) -> None:
    older = ANN | {"id": "0"}
    with bare.unit() as unit:
        unit.add("bill", "0", msgspec.json.encode(older))
    assert read(store, "0") == older
    assert sorted(ids(store, equal("account", "id", to="ANN"))) == ["0", "1"]
    owner = And((equal("role", to="owner"), equal("id", to="32470123456")))
    assert sorted(ids(store, Element(("party",), owner))) == ["0", "1"]


def test_after_a_rotation_records_are_read_and_found(store: Store, open_keyring: OpenKeyring, url: str) -> None:
    open_keyring().rotate()
    with closing(sealed(url, open_keyring())) as other:
        for each in (store, other):
            assert read(each, "1") == ANN
            assert ids(each, equal("account", "id", to="ANN")) == ["1"]


@pytest.mark.parametrize("change", ["moved", "flipped"])
def test_a_record_that_was_changed_or_moved_is_refused_with_its_name(store: Store, bare: Store, change: str) -> None:
    its = read(bare, "2" if change == "moved" else "1")
    if change == "flipped":
        text = str(its["@sealed"])
        its["@sealed"] = text[:-8] + ("A" if text[-8] != "A" else "B") + text[-7:]
    with bare.unit() as unit:
        unit.replace("bill", "1", msgspec.json.encode(its))
    with pytest.raises(KeysError, match="the bill 1 of the store"):
        store.get("bill", "1")


def test_a_record_of_another_kind_may_have_an_attribute_of_that_name(store: Store) -> None:
    store.declare([KIND, Kind("note")])
    written = msgspec.json.encode({"@sealed": "of somebody else's"})
    with store.unit() as unit:
        unit.add("note", "1", written)
    found = store.get("note", "1")
    assert found is not None
    assert found.document == written


def test_what_waits_in_the_outbox_is_sealed(store: Store, bare: Store) -> None:
    event = Event(b'{"number":"32470123456"}', b"ann", (("ce_id", b"1"),), 7)
    with store.unit() as unit:
        unit.send("usage", event)
        unit.send("usage", Event(None, b"ann"))
    assert [each.event for each in store.outbox()] == [event, Event(None, b"ann")]
    assert b"32470123456" not in (bare.outbox()[0].event.value or b"")


json = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**40), 2**40)
    | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=st.dictionaries(st.sampled_from(["a", "b", "c", "@x"]), json, max_size=4))
def test_whatever_a_document_is_it_comes_back(keyring: Keyring, document: dict[str, object]) -> None:
    from trunkline.store import Stored

    for personal in (Personal(("a",), (("a",), ("b", "c"))), Personal((), plain=frozenset("b"))):
        sealer = RecordSealer(keyring, {"any": personal})
        sealer.declare([Kind("any", (Attribute(("a",)), Attribute(("b", "c"))))])
        written = msgspec.json.encode(document)
        lying = sealer.seal("any", "1", written)
        assert sealer.open("any", [Stored("1", 1, lying)]) == [Stored("1", 1, written)]
