"""Secrets are references, looked up when a connection starts."""

from __future__ import annotations

from pathlib import Path

import pytest

from trunkline.credentials import reveal


def test_a_secret_comes_from_a_variable_or_from_a_file_of_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ENM_PASSWORD", "s3cret ")
    (tmp_path / "keys").mkdir()
    file = tmp_path / "keys" / "enm"
    file.write_text("multi\nline\n")
    file.chmod(0o600)
    assert reveal("${env:ENM_PASSWORD}", tmp_path, tmp_path) == "s3cret "
    assert reveal("${file:keys/enm}", tmp_path, Path("/nowhere")) == "multi\nline"
    assert reveal(f"${{file:{file}}}", Path("/nowhere"), Path("/nowhere")) == "multi\nline"
    assert reveal("${data:keys/enm}", Path("/nowhere"), tmp_path) == "multi\nline"


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("hunter2", "is written as"),
        ("${env:NOT_SET_ANYWHERE}", "NOT_SET_ANYWHERE.*is not set"),
        ("${file:missing}", "cannot be read: No such file"),
        ("${file:open}", "chmod o-rwx"),
        ("${file:empty}", "is empty"),
        ("${file:binary}", "not text"),
        ("${file:.}", "cannot be read"),
    ],
)
def test_a_secret_that_cannot_be_had_is_told_with_what_to_do(tmp_path: Path, reference: str, message: str) -> None:
    for name, content, mode in (("open", b"hunter2", 0o604), ("empty", b"", 0o600), ("binary", b"hunter2\xff", 0o600)):
        (tmp_path / name).write_bytes(content)
        (tmp_path / name).chmod(mode)
    with pytest.raises(ValueError, match=message) as told:
        reveal(reference, tmp_path, tmp_path)
    assert "hunter2" not in str(told.value)
