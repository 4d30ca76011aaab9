"""The order of a list: `sort=-madeAt,name`."""

import pytest

from tests.tmf.filtering.things import THING
from trunkline.store.query import Sort
from trunkline.tmf.declaration import V4, V5
from trunkline.tmf.errors import Refusal
from trunkline.tmf.filtering import sort

MADE = Sort(("madeAt",), descending=True)
NAME = Sort(("name",))


@pytest.mark.parametrize("text", ["-madeAt,name", "-madeAt,+name", "-madeAt, name", "-madeAt,name,-name"])
def test_the_last_comes_first_behind_a_minus(text: str) -> None:
    assert sort(text, THING, V5) == (MADE, NAME)


def test_v4_sorts_by_its_own_names() -> None:
    assert sort("-madeAtt", THING, V4) == (MADE,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the parameter sort cannot be read: position 1: an attribute is expected"),
        ("name,", "position 6: an attribute is expected"),
        ("--name", "position 1: an attribute is expected"),
        ("name,colr", "Thing has no attribute 'colr': the parameter sort, position 6"),
        ("anything", "Thing cannot be sorted by 'anything': position 1: it can by name, status, count, isLive, madeAt"),
        ("name,remark.author", "Thing cannot be sorted by 'remark.author': position 6"),
        ("tags", "Thing cannot be sorted by 'tags'"),
        ("name." + "a" * 1_024, "it is longer than 1024 characters"),
        ("name\0", "position 5: the character U+0000 stands in no document"),
    ],
)
def test_what_cannot_be_sorted_by_is_refused(text: str, said: str) -> None:
    with pytest.raises(Refusal) as refused:
        sort(text, THING, V5)
    assert refused.value.status == 400
    assert said in str(refused.value)
