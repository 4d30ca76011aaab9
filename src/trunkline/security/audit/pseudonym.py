"""Pseudonyms: what stands in the audit trail for the id of a customer, an account or a number.

A keyed hash (HMAC-SHA256, RFC 2104): the same id has the same pseudonym, so that all entries on a person are found by
who has the key and knows the id; nobody else learns from the trail whom an entry is about.
"""

from __future__ import annotations

import base64
import hmac
import os
import secrets
from pathlib import Path

from trunkline import credentials
from trunkline.security.audit.files import read_private, write_once

MARK = "~"  # with which pseudonyms begin, and no id of a network element
LEAST = 32  # bytes of a key


class Pseudonyms:
    """Made with one key, of 32 bytes at least. Raises `ValueError` on a shorter one."""

    def __init__(self, key: bytes) -> None:
        if len(key) < LEAST:
            raise ValueError(f"the key of the audit trail's pseudonyms has {len(key)} bytes, and needs {LEAST}")
        self._key = key

    def of(self, id: str) -> str:
        """The pseudonym of an id: 128 bits of the hash."""
        digest = hmac.digest(self._key, id.encode("utf-8", "replace"), "sha256")
        return MARK + base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")


def pseudonyms(folder: Path, reference: str, project: Path, data: Path) -> Pseudonyms:
    """With the key that `reference` says; "" is the one in the audit trail's folder, made where there is none.

    Raises `ValueError` where the key cannot be had.
    """
    if reference:
        return Pseudonyms(credentials.reveal(reference, project, data).encode())
    file = folder / "pseudonym.key"
    if not file.exists():
        write_once(file, secrets.token_hex(LEAST).encode() + os.linesep.encode())
    return Pseudonyms(read_private(file).strip())
