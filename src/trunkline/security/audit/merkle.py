"""The Merkle tree of the audit trail: hashes, proofs, and how they are held against a root.

Source: RFC 6962, clause 2.1 (tree, proofs); RFC 9162, clauses 2.1.3.2 and 2.1.4.2 (how proofs are verified).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

SIZE = 32  # bytes of a hash
EMPTY = sha256().digest()
"""The root of a tree without leaves."""

Range = Callable[[int, int], bytes]
"""The hash of the subtree over the leaves `first` to `last` (exclusive)."""


def leaf_hash(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """Where a tree of two leaves or more divides: the largest power of two below its size."""
    return 1 << ((size - 1).bit_length() - 1)


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes."""
    peaks = Peaks()
    for leaf in leaves:
        peaks.add(leaf)
    return peaks.root()


class Peaks:
    """A tree that only grows: of all its hashes, those of the perfect subtrees from the left, the largest first."""

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        self.size, self._hashes = size, list(hashes)

    def add(self, leaf: bytes) -> list[tuple[int, bytes]]:
        """Add a leaf hash; the subtrees that it completes, each as (level, hash), from that of two leaves on."""
        completed = []
        hashes, rest, level = self._hashes, self.size, 0
        while rest & 1:
            leaf = sha256(b"\x01" + hashes.pop() + leaf).digest()
            rest >>= 1
            level += 1
            completed.append((level, leaf))
        hashes.append(leaf)
        self.size += 1
        return completed

    def root(self) -> bytes:
        if not self._hashes:
            return EMPTY
        *above, root = self._hashes
        for left in reversed(above):
            root = node_hash(left, root)
        return root


def inclusion(number: int, size: int, subtree: Range) -> list[bytes]:
    """The proof that the leaf `number` is one of the first `size` (RFC 6962, 2.1.1, PATH)."""
    return _path(number, 0, size, subtree)


def _path(number: int, first: int, last: int, subtree: Range) -> list[bytes]:
    if last - first == 1:
        return []
    middle = first + split(last - first)
    if number < middle:
        return [*_path(number, first, middle, subtree), subtree(middle, last)]
    return [*_path(number, middle, last, subtree), subtree(first, middle)]


def consistency(old: int, new: int, subtree: Range) -> list[bytes]:
    """The proof that the tree of `new` leaves begins with that of `old` ones (RFC 6962, 2.1.2, PROOF)."""
    return _subproof(old, 0, new, subtree, whole=True) if 0 < old < new else []


def _subproof(old: int, first: int, last: int, subtree: Range, *, whole: bool) -> list[bytes]:
    if old == last:
        return [] if whole else [subtree(first, last)]
    middle = first + split(last - first)
    if old <= middle:
        return [*_subproof(old, first, middle, subtree, whole=whole), subtree(middle, last)]
    return [*_subproof(old, middle, last, subtree, whole=False), subtree(first, middle)]


def is_included(leaf: bytes, number: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the path leads from the leaf to the root of a tree of `size` leaves (RFC 9162, 2.1.3.2)."""
    if not 0 <= number < size:
        return False
    node, last, found = number, size - 1, leaf
    for sibling in path:
        if last == 0:
            return False
        if node & 1 or node == last:
            found = node_hash(sibling, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and found == root


def is_consistent(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path shows that the larger tree begins with the smaller one (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old in (0, new):
        return not path and (old_root == new_root if old else old_root == EMPTY)
    if old & (old - 1) == 0:
        path = [old_root, *path]
    if not path:
        return False
    node, last = old - 1, new - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    was = now = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            was, now = node_hash(sibling, was), node_hash(sibling, now)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            now = node_hash(now, sibling)
        node, last = node >> 1, last >> 1
    return last == 0 and was == old_root and now == new_root
