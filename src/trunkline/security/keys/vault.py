"""A key-encryption key in the transit engine of HashiCorp Vault or OpenBao: the key never leaves the server.

The token's policy must allow `update` on `MOUNT/encrypt/NAME`, `MOUNT/decrypt/NAME`, and for `trunkline keys rotate`
also on `MOUNT/keys/NAME/rotate` and `MOUNT/keys/NAME/config`, and `read` on `MOUNT/keys/NAME`. Source: Vault API,
Transit secrets engine (v1).
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from collections.abc import Collection
from typing import Any

import httpx2

from trunkline.security.keys.port import KeysError

TIMEOUT = 10.0  # seconds
_VERSION = re.compile(rb"vault:v([0-9]{1,9}):")


class VaultKek:
    """See `port.Kek`. `base` is the server's URL, `token` what tells it who asks."""

    def __init__(self, base: str, mount: str, name: str, token: str) -> None:
        self._where = f"{base}/v1/{mount}"
        self._mount, self._name = mount, name
        self._client = httpx2.Client(headers={"X-Vault-Token": token}, timeout=TIMEOUT, follow_redirects=False)

    def wrap(self, key: bytes) -> bytes:
        answer = self._ask("POST", f"encrypt/{self._name}", {"plaintext": b64encode(key).decode()})
        return str(answer["ciphertext"]).encode()

    def unwrap(self, wrapped: bytes) -> bytes:
        try:
            text = wrapped.decode("ascii")
        except UnicodeDecodeError:
            raise KeysError(
                f"{self._where}: what is to be unwrapped was not wrapped by Vault's transit engine"
            ) from None
        return b64decode(self._ask("POST", f"decrypt/{self._name}", {"ciphertext": text})["plaintext"])

    def rotate(self) -> None:
        self._ask("POST", f"keys/{self._name}/rotate", {})

    def retire(self, needed: Collection[bytes]) -> None:
        newest = int(self._ask("GET", f"keys/{self._name}", None)["latest_version"])
        oldest = min((int(found[1]) for each in needed if (found := _VERSION.match(each))), default=newest)
        self._ask("POST", f"keys/{self._name}/config", {"min_decryption_version": oldest})

    def close(self) -> None:
        self._client.close()

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        """The `data` of the answer."""
        try:
            answer = self._client.request(method, f"{self._where}/{path}", json=body)
            told = answer.json() if answer.content else {}
        except (httpx2.HTTPError, ValueError) as error:
            raise KeysError(
                f"the keeper of keys at {self._where}/{path} cannot be reached: {error}; see `url` under [keys], and "
                "whether it runs and is unsealed"
            ) from None
        if answer.status_code >= 400:
            words = "; ".join(map(str, told.get("errors", ()))) or answer.reason_phrase
            hint = f"does the token's policy allow it, and is there a key {self._name}?"
            raise KeysError(f"{self._where}/{path} refuses ({answer.status_code}): {words}; {hint}")
        return dict(told.get("data") or {})
