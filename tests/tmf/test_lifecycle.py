"""State machines: what is no state, what may not follow, and how freely a state may be written."""

from itertools import pairwise

import pytest

from trunkline.tmf.apis import party_role, product_catalog, product_inventory
from trunkline.tmf.declaration import Resource
from trunkline.tmf.errors import Refusal
from trunkline.tmf.lifecycle import begin, follow

OFFERING, PRODUCT, ROLE = product_catalog.OFFERING, product_inventory.PRODUCT, party_role.PARTY_ROLE


def refusal(of: Resource, before: str, after: str) -> Refusal:
    assert of.lifecycle is not None
    attribute = of.lifecycle.attribute
    with pytest.raises(Refusal) as refused:
        follow(of, {attribute: before}, {attribute: after})
    return refused.value


def test_what_names_no_state_begins_in_the_first_one() -> None:
    offering: dict[str, object] = {"name": "Fibre"}
    begin(OFFERING, offering)
    assert offering["lifecycleStatus"] == "In study"


def test_what_is_no_state_is_refused_with_the_states_that_there_are() -> None:
    for state in ("Sold out", "", 7, None):
        with pytest.raises(Refusal, match="Launched") as refused:
            begin(OFFERING, {"lifecycleStatus": state})
        assert refused.value.status == 400
    assert refusal(PRODUCT, "active", "gone").status == 400


def test_a_state_that_may_not_follow_is_a_conflict_that_names_those_that_may() -> None:
    refused = refusal(PRODUCT, "pendingActive", "suspended")
    assert refused.status == 409
    assert "active, cancelled" in refused.message
    assert "last state" in refusal(PRODUCT, "terminated", "active").message


def test_an_offering_goes_the_whole_way_from_study_to_obsolete() -> None:
    way = ["In study", "In design", "In test", "Active", "Launched", "Retired", "Obsolete"]
    for before, after in pairwise(way):
        follow(OFFERING, {"lifecycleStatus": before}, {"lifecycleStatus": after})
        assert refusal(OFFERING, after, before).status == 409


def test_capitals_and_spaces_at_the_end_do_not_count_and_are_kept_as_given() -> None:
    offering = {"lifecycleStatus": "In Design"}
    begin(OFFERING, offering)
    assert offering["lifecycleStatus"] == "In Design"
    follow(OFFERING, offering, {"lifecycleStatus": "in test"})
    follow(OFFERING, offering, {"lifecycleStatus": "In design"})
    for aborted in ("aborted", "aborted "):
        follow(PRODUCT, {"status": "created"}, {"status": aborted})
        assert refusal(PRODUCT, aborted, "active").status == 409


def test_where_the_standard_names_no_states_any_text_is_one() -> None:
    role: dict[str, object] = {"name": "Supplier"}
    begin(ROLE, role)
    assert "status" not in role
    follow(ROLE, {"status": "approved"}, {"status": "closed"})
    with pytest.raises(Refusal):
        begin(ROLE, {"status": 7})


def test_what_has_no_state_yet_may_be_given_any() -> None:
    follow(PRODUCT, {}, {"status": "active"})
    with pytest.raises(Refusal):
        follow(PRODUCT, {}, {"status": "gone"})
