"""The patches that the official files of v5 give as examples, held against the answers that they give to them."""

import json
from copy import deepcopy
from typing import Any

import pytest

from tests.tmf.official import official
from trunkline.tmf.declaration import V5
from trunkline.tmf.patching import patched


def example(number: int, name: str) -> tuple[Any, Any, str]:
    """The patch, the answer, and the media type."""
    examples = official(number, V5).content["components"]["examples"]
    query = "-query" if "query" in name.lower() else ""
    request, response = examples[f"{name}_request"]["value"], examples[f"{name}_response"]["value"]
    return request, response, f"application/json-patch{query}+json"


@pytest.mark.parametrize(
    ("number", "name", "changed"),
    [
        (628, "updateMeasurementCollectionJob_using_json-patch_json", ("scheduleDefinition", 0, "recurringFrequency")),
        (628, "updatePerformanceIndicatorSpecification_using_json-patch_json", ("validFor", "endDateTime")),
        (637, "Product_partialupdate_example_application_json_patch_json", ("status",)),
        (639, "updateResource_using_json-patch-query_json", ("note", 1, "text")),
    ],
)
def test_what_is_replaced_as_in_the_example_is_as_there(number: int, name: str, changed: tuple[Any, ...]) -> None:
    patch, after, media_type = example(number, name)
    before = deepcopy(after)
    *way, last = changed
    place = before
    for step in way:
        place = place[step]
    place[last] = "before"
    assert patched(before, json.dumps(patch).encode(), media_type) == after


@pytest.mark.parametrize("name", ["Product_Offering_Update_JSON_Patch", "Product_Offering_Update_JSON_Patch_Query"])
def test_what_is_added_to_an_array_as_in_the_example_is_its_last(name: str) -> None:
    patch, after, media_type = example(620, name)
    before = deepcopy(after)
    before["place"].pop()
    assert patched(before, json.dumps(patch).encode(), media_type) == after


def test_what_is_removed_as_in_the_example_is_gone() -> None:
    patch, after, media_type = example(620, "ProductCatalog_Update_example_with_JSON_Patch_Query")
    before = deepcopy(after)
    before["relatedParty"].insert(0, {"role": "vendor", "partyOrPartyRole": {"id": "1"}})
    assert patched(before, json.dumps(patch).encode(), media_type) == after
