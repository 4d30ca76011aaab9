"""The port `kek`: a key-encryption key that wraps other keys and never leaves its keeper.

Every adapter passes tests/contract/test_kek.py. What is wrapped is a key of 32 bytes; how it lies when it is wrapped is
the adapter's. Source of the words: NIST SP 800-57 part 1, clause 4 (key wrapping, data-encryption and
key-encryption keys).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from trunkline.log.port import LogError
from trunkline.store.port import StoreError


class KeysError(LogError, StoreError):
    """A key cannot be had, or what was sealed cannot be opened; the message says which, where, and what to do.

    It is a failure of the log and of the store, so that whoever bears these bears it.
    """


class Kek(Protocol):
    """One key with versions. Safe for any number of threads."""

    def wrap(self, key: bytes) -> bytes:
        """The key, readable only by `unwrap`. By the newest version. Raises `KeysError`."""

    def unwrap(self, wrapped: bytes) -> bytes:
        """Raises `KeysError` where it was wrapped by another key or changed since, or its version is retired."""

    def rotate(self) -> None:
        """Make a new version, which wraps from now on, in every process. What older ones have wrapped can be unwrapped
        until they are retired."""

    def retire(self, needed: Collection[bytes]) -> None:
        """Let go of the versions but the newest that have wrapped nothing of what is `needed`: all else that they have
        wrapped, a copy in a backup say, is lost for good. Where the keeper decides that by itself (AWS KMS), nothing
        happens."""

    def close(self) -> None:
        """Let go of connections and of what is kept in memory."""
