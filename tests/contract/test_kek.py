"""What every key-encryption key does: the documentation of the port `trunkline.security.keys.port`, run once per
adapter. Vault's is held against the real OpenBao, AWS KMS's against a double of it (moto)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.servers.openbao import TOKEN, shared_openbao
from trunkline.security.keys import Kek, KeysError
from trunkline.security.keys.opening import open_kek

Another = Callable[[], Kek]
"""Opens the test's key once more, as another process would."""


@pytest.fixture(params=["file", "openbao", "kms"])
def url(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where the test's key is."""
    if request.param == "file":
        yield f"keys://file/{tmp_path}/kek.json"
        return
    if request.param == "openbao":
        yield shared_openbao().key()
        return
    import boto3
    from moto import mock_aws

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        client = boto3.client("kms", region_name="eu-west-1")
        client.create_alias(AliasName="alias/trunkline", TargetKeyId=client.create_key()["KeyMetadata"]["KeyId"])
        yield "awskms://eu-west-1/alias/trunkline"


@pytest.fixture
def another(url: str, tmp_path: Path) -> Iterator[Another]:
    with ExitStack() as stack:

        def opened() -> Kek:
            kek = open_kek(url, tmp_path, TOKEN)
            stack.callback(kek.close)
            return kek

        yield opened


@pytest.fixture
def kek(another: Another) -> Kek:
    return another()


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.binary(min_size=32, max_size=32))
def test_what_was_wrapped_is_unwrapped(kek: Kek, key: bytes) -> None:
    wrapped = kek.wrap(key)
    assert key not in wrapped
    assert kek.unwrap(wrapped) == key


def test_another_process_unwraps_it_too(kek: Kek, another: Another) -> None:
    key = secrets.token_bytes(32)
    assert another().unwrap(kek.wrap(key)) == key


def test_a_flipped_bit_is_refused(kek: Kek) -> None:
    wrapped = bytearray(kek.wrap(secrets.token_bytes(32)))
    wrapped[-3] ^= 1
    with pytest.raises(KeysError):
        kek.unwrap(bytes(wrapped))


@pytest.mark.parametrize("wrapped", [b"", b"\0\0\0\1", b"vault:v1:", b"\xff" * 44])
def test_what_was_never_wrapped_is_refused(kek: Kek, wrapped: bytes) -> None:
    with pytest.raises(KeysError):
        kek.unwrap(wrapped)


def test_after_a_rotation_what_was_wrapped_before_is_unwrapped_and_new_keys_are_wrapped(
    kek: Kek, another: Another
) -> None:
    other, old, new = another(), secrets.token_bytes(32), secrets.token_bytes(32)
    before = kek.wrap(old)
    kek.rotate()
    assert kek.unwrap(before) == old
    assert other.unwrap(kek.wrap(new)) == new
    assert kek.unwrap(other.wrap(new)) == new


def test_what_a_retired_version_wrapped_is_lost_where_versions_are_retired(
    kek: Kek, another: Another, url: str
) -> None:
    key = secrets.token_bytes(32)
    before = kek.wrap(key)
    kek.rotate()
    needed = kek.wrap(key)
    kek.rotate()
    kek.retire([needed])
    assert kek.unwrap(kek.wrap(key)) == key
    assert kek.unwrap(needed) == key
    if url.startswith("awskms:"):
        assert kek.unwrap(before) == key
        return
    for each in (kek, another()):
        with pytest.raises(KeysError):
            each.unwrap(before)
