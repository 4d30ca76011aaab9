"""A key-encryption key in AWS KMS: a symmetric key, which never leaves the service.

Who runs Trunkline needs `kms:Encrypt`, `kms:Decrypt`, and for `trunkline keys rotate` also `kms:RotateKeyOnDemand`.
KMS keeps what its older key material has encrypted readable as long as the key lives, so nothing is retired here.
Credentials are found as by every AWS tool (environment, profile, the machine's role). Source: AWS KMS API 2014-11-01.
"""

from __future__ import annotations

from collections.abc import Collection

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from trunkline.security.keys.port import KeysError

PURPOSE = {"trunkline": "key"}  # the encryption context: shown in CloudTrail, and needed to decrypt
PATIENCE = Config(connect_timeout=5, read_timeout=10, retries={"total_max_attempts": 3, "mode": "standard"})


class KmsKek:
    """See `port.Kek`. `key` is a key's id, its ARN or `alias/NAME`; `endpoint` is another server than AWS's own."""

    def __init__(self, region: str, key: str, endpoint: str = "") -> None:
        self._key = key
        self._where = f"AWS KMS in {region}, {key}"
        with _Told(self._where):
            self._client = boto3.client("kms", region_name=region, endpoint_url=endpoint or None, config=PATIENCE)

    def wrap(self, key: bytes) -> bytes:
        with _Told(self._where):
            answer = self._client.encrypt(KeyId=self._key, Plaintext=key, EncryptionContext=PURPOSE)
            return bytes(answer["CiphertextBlob"])

    def unwrap(self, wrapped: bytes) -> bytes:
        with _Told(self._where):
            answer = self._client.decrypt(KeyId=self._key, CiphertextBlob=wrapped, EncryptionContext=PURPOSE)
            return bytes(answer["Plaintext"])

    def rotate(self) -> None:
        with _Told(self._where):
            described = self._client.describe_key(KeyId=self._key)  # to rotate, an alias is not taken
            self._client.rotate_key_on_demand(KeyId=described["KeyMetadata"]["KeyId"])

    def retire(self, needed: Collection[bytes]) -> None:
        """Nothing: see above."""

    def close(self) -> None:
        self._client.close()


class _Told:
    """Errors of the client as ours, without what was asked."""

    def __init__(self, where: str) -> None:
        self._where = where

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, ClientError):
            told = error.response.get("Error", {})
            raise KeysError(
                f"{self._where} refuses: {told.get('Code')}: {told.get('Message')}; may this role use the key, and is "
                "it enabled?"
            ) from None
        if isinstance(error, BotoCoreError | ValueError):
            raise KeysError(f"{self._where} cannot be used: {error}; see `url` under [keys]") from None
