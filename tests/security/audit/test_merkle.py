"""The Merkle tree: the values that Certificate Transparency's own tests have, and proofs over trees of any size."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trunkline.security.audit.merkle import (
    EMPTY,
    consistency,
    inclusion,
    is_consistent,
    is_included,
    leaf_hash,
    root_of,
)

ENTRIES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
"""Of the first 0, 1, 2 … entries; source: merkle_tree_test.cc of Certificate Transparency."""

sizes = st.integers(1, 70)


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(size)]


def subtree(its: list[bytes]) -> Callable[[int, int], bytes]:
    return lambda first, last: root_of(its[first:last])


@pytest.mark.parametrize("size", range(len(ROOTS)))
def test_the_root_is_the_one_of_certificate_transparency(size: int) -> None:
    assert root_of([leaf_hash(entry) for entry in ENTRIES[:size]]).hex() == ROOTS[size]


@given(size=sizes, data=st.data())
def test_every_leaf_is_proven_and_no_other_one(size: int, data: st.DataObject) -> None:
    number = data.draw(st.integers(0, size - 1))
    its = leaves(size)
    root, path = root_of(its), inclusion(number, size, subtree(its))
    assert is_included(its[number], number, size, path, root)
    assert not is_included(leaf_hash(b"another"), number, size, path, root)
    assert not is_included(its[number], number, size, [*path, root], root)
    assert not is_included(its[number], number, size, path, leaf_hash(b"another"))
    if path:
        assert not is_included(its[number], number, size, path[:-1], root)
        spoilt = data.draw(st.integers(0, len(path) - 1))
        assert not is_included(its[number], number, size, [*path[:spoilt], EMPTY, *path[spoilt + 1 :]], root)


@given(size=sizes, data=st.data())
def test_a_leaf_is_at_no_other_place(size: int, data: st.DataObject) -> None:
    number, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(-1, size + 1))
    its = leaves(size)
    path = inclusion(number, size, subtree(its))
    assert is_included(its[number], other, size, path, root_of(its)) == (number == other)


@given(new=sizes, data=st.data())
def test_a_tree_that_grew_is_consistent_and_one_that_was_changed_is_not(new: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, new))
    its = leaves(new)
    before, after, path = root_of(its[:old]), root_of(its), consistency(old, new, subtree(its))
    assert is_consistent(old, new, before, after, path)
    if old:
        changed = [leaf_hash(b"changed"), *its[1:]]
        assert not is_consistent(old, new, root_of(changed[:old]), after, path)
        assert not is_consistent(old, new, before, root_of(changed), path)
        changed_path = consistency(old, new, subtree(changed))
        assert not is_consistent(old, new, before, root_of(changed), changed_path)
    if path:
        assert not is_consistent(old, new, before, after, path[:-1])
    assert not is_consistent(old, new, before, after, [*path, EMPTY])
    assert not is_consistent(new + 1, new, before, after, path)
