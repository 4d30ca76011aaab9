"""What is told of the network is not the clients' to change; what they keep beside it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.telco.network.records.test_performance import TABLES
from tests.telco.network.records.test_resources import resource
from trunkline.store import Store, open_store
from trunkline.telco.network.records.indicators import group, specification
from trunkline.telco.network.records.kinds import GROUP, JOB, RESOURCE, SPECIFICATION
from trunkline.telco.network.records.owners import owners
from trunkline.telco.network.records.resources import resource as resource_document
from trunkline.tmf.declaration import Document
from trunkline.tmf.errors import Refusal

TABLE = TABLES.all[0]
TOLD = [
    (RESOURCE.name, resource_document(resource())),
    (SPECIFICATION.name, specification(TABLE.formulas[0], TABLE)),
    (GROUP.name, group(TABLE)),
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    yield store
    store.close()


@pytest.mark.parametrize(("kind", "document"), TOLD)
def test_what_is_told_cannot_be_changed_made_or_deleted(store: Store, kind: str, document: Document) -> None:
    owner = owners(store)[kind]
    own = {"id": "x", "@type": document["@type"], "name": "mine"}
    with store.unit() as unit:
        for change in (
            lambda: owner.create(unit, document),
            lambda: owner.change(unit, document, document | {"name": "other"}),
            lambda: owner.change(unit, own, document),
            lambda: owner.delete(unit, document),
        ):
            with pytest.raises(Refusal) as refused:
                change()
            assert (refused.value.status, refused.value.code) == (409, "notYours")
        assert owner.create(unit, own) == own
        assert owner.change(unit, own, own | {"name": "ours"})["name"] == "ours"
        owner.delete(unit, own)


def test_a_measurement_job_is_rejected(store: Store) -> None:
    owner = owners(store)[JOB.name]
    with store.unit() as unit:
        made = owner.create(unit, {"id": "j", "executionState": "acknowledged"})
    assert made["executionState"] == "rejected"
