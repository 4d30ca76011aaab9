"""Of an account that is nobody's any more nothing stays in the store, also where its person's key is gone already."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.store import stores
from tests.telco.charging.records.events import (
    ELS,
    MARCH,
    TOM,
    House,
    account,
    balance,
    bucket,
    data,
    notice,
    posting,
    rated,
    usage,
)
from trunkline.project import Project
from trunkline.security.keys.file import FileKek
from trunkline.security.keys.keyring import Keyring
from trunkline.security.keys.project import record_sealer
from trunkline.security.keys.records import SealedStore
from trunkline.security.keys.table import KeyTable
from trunkline.store import Query, Store, open_store
from trunkline.telco.charging.records.kinds import KINDS
from trunkline.telco.model import Account, Balance

BELGICOM = Path(__file__).parents[4] / "belgicom"


@pytest.fixture
def keyring(tmp_path: Path) -> Iterator[Keyring]:
    url = f"sqlite://{tmp_path / 'keys.db'}"
    with closing(Keyring(lambda: FileKek(tmp_path / "kek.json"), lambda: KeyTable(url))) as keyring:
        yield keyring


@pytest.fixture(params=stores.NAMES)
def sealed(request: pytest.FixtureRequest, tmp_path: Path, keyring: Keyring) -> Iterator[House]:
    """A house over the reference operator's store, in which what is personal lies sealed."""
    operator = Project(BELGICOM)
    assert operator.settings.keys is not None
    sealer = record_sealer(keyring, operator.settings.keys, operator.contracts)
    with stores.url(request.param, tmp_path) as url, closing(SealedStore(open_store(url), sealer)) as store:
        yield House(store)


def live(house: House) -> None:
    """Two accounts do the same."""
    for id, number in (("1042", ELS), ("1043", TOM)):
        its = {"account": id, "subscription": number}
        house.told(
            account(number, id=id),
            balance(bucket(f"{id}/money"), data(f"{id}/data"), account=id),
            *(rated(f"{id}/{n}", of=usage(f"{id}/{n}", **its)) for n in range(3)),
            rated(f"{id}/c", 5, of=usage(f"{id}/c", corrects=f"{id}/1", **its)),
            posting(f"{id}/p", account=id, credit=f"{id}/money"),
            notice(f"{id}-80", account=id, subscription=number),
        )
    house.heard()


def kept(store: Store) -> dict[str, list[str]]:
    """The ids of all records, by kind."""
    found = {kind.name: [each.id for each in store.find(Query(kind.name)).records] for kind in KINDS}
    return {kind: ids for kind, ids in found.items() if ids}


def assert_only_the_other_is_left(house: House) -> None:
    its = kept(house.store)
    assert [id for ids in its.values() for id in ids if id.startswith("1042")] == []
    others = {kind for kind, ids in its.items() if any(id.startswith("1043") for id in ids)}
    assert {"usage", "bucket", "balanceAction", "customerBill", "communicationMessage", "charging.account"} <= others


def test_what_is_kept_of_an_account_goes_with_it_and_is_told_to_nobody(any_house: House) -> None:
    live(any_house)
    assert any_house.gone(Account.topic, "1042") == []
    assert_only_the_other_is_left(any_house)


@pytest.mark.parametrize("first", [Account.topic, Balance.topic])
def test_it_goes_also_where_nobody_can_read_it_any_more(sealed: House, keyring: Keyring, first: str) -> None:
    live(sealed)
    keyring.erase(b"1042")
    for topic in (first, *({Account.topic, Balance.topic} - {first})):
        sealed.gone(topic, "1042")
    assert_only_the_other_is_left(sealed)
    sealed.told(balance(bucket(remaining=7), cycle=MARCH), rated("anew"))
    assert sealed.get("bucket", "1042/money")["remainingValue"]["amount"] == 0.07
    assert sealed.get("customerBill", sealed.get("usage", "anew")["customerBill"]["id"])["category"] == "interim"
