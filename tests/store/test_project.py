"""A project's store: where it lies, and what `trunkline check` says of one that cannot be used."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from trunkline.project import Project, check
from trunkline.starter import create
from trunkline.store import Kind, StoreError


def project(folder: Path, settings: str = "") -> Project:
    create(folder / "acme", "acme")
    file = folder / "acme" / "trunkline.toml"
    file.write_text(settings + file.read_text())
    return Project(folder / "acme")


def test_without_a_setting_the_store_is_a_file_in_the_data_folder(tmp_path: Path) -> None:
    operator = project(tmp_path)
    with closing(operator.open_store()) as store:
        store.declare([Kind("note")])
    assert (operator.data / "store.db").stat().st_mode & 0o077 == 0
    assert check(operator) == []


def test_a_password_is_a_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    operator = project(tmp_path, 'store_url = "postgresql://acme:${env:STORE_PASSWORD}@127.0.0.1:1/acme"\n')
    with pytest.raises(StoreError, match="STORE_PASSWORD, which holds a secret, is not set"):
        operator.open_store()
    [problem] = check(operator)
    assert "STORE_PASSWORD" in problem.reason
    monkeypatch.setenv("STORE_PASSWORD", "s@/cret")
    with pytest.raises(StoreError, match="port 1 failed") as refused:
        operator.open_store()
    assert "cret" not in str(refused.value)


def test_check_says_what_is_no_store(tmp_path: Path) -> None:
    [problem] = check(project(tmp_path, 'store_url = "mysql://db/acme"\n'))
    assert problem.file.endswith("trunkline.toml")
    assert "sqlite:///path or postgresql://" in problem.reason


def test_check_makes_no_store(tmp_path: Path) -> None:
    operator = project(tmp_path)
    assert check(operator) == []
    assert not (operator.data / "store.db").exists()
