"""A project that names keys: what it writes is encrypted, `trunkline keys` shows, rotates and erases."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from trunkline.contracts import load
from trunkline.document import Invalid
from trunkline.log import Event, LogError
from trunkline.project import Project, check
from trunkline.store import Kind
from trunkline.telco.model import Account
from trunkline.telco.model.account import Member

BELGICOM = Path(__file__).parents[3] / "belgicom"
KEYS = '[keys]\nurl = "keys://file/kek.json"\n[keys.records]\nnote = { subject = "of", personal = ["text"] }\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with one topic, whose events' keys are accounts."""
    (tmp_path / "contracts").mkdir()
    shutil.copy(BELGICOM / "contracts" / "charging.account.yaml", tmp_path / "contracts")
    (tmp_path / "trunkline.toml").write_text(f'name = "Acme"\n{KEYS}')
    return tmp_path


def account(id: str) -> bytes:
    member = Member(msisdn="32470123456", imsi="206010000000001", tariffs=())
    return msgspec.json.encode(Account(id=id, customer="C-1", kind="prepaid", currency="EUR", members=(member,)))


def write(folder: Path, *ids: str) -> None:
    with closing(Project(folder).open_log()) as log:
        log.append("charging.account", [Event(account(id), id.encode()) for id in ids])


def read(folder: Path) -> dict[str, bytes | None]:
    """The last word on each account."""
    with closing(Project(folder).open_log()) as log:
        records = [each for number in range(4) for each in log.read("charging.account", number, 0)]
    return {(record.key or b"").decode(): record.value for record in records}


def keys(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "trunkline", "keys", *words]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=60)


def on_disk(folder: Path, *names: str) -> bytes:
    return b"".join(file.read_bytes() for name in names for file in (folder / ".trunkline").glob(f"{name}*"))


def test_what_a_project_with_keys_writes_is_nowhere_in_clear(folder: Path) -> None:
    write(folder, "ANN")
    with closing(Project(folder).open_store()) as store:
        store.declare([Kind("note"), Kind("charging.account")])
        with store.unit() as unit:
            unit.add("note", "1", b'{"of":"ANN","text":"calls 32470123456"}')
            unit.add("charging.account", "ANN", account("ANN"))
    assert json.loads(read(folder)["ANN"] or b"")["members"][0]["msisdn"] == "32470123456"
    assert b"32470123456" not in on_disk(folder, "log.db", "store.db")
    assert (folder / ".trunkline" / "kek.json").stat().st_mode & 0o777 == 0o600
    assert not [problem for problem in check(Project(folder)) if "trunkline.toml" in problem.file]


def test_a_project_that_got_keys_later_reads_what_was_before(folder: Path) -> None:
    settings = folder / "trunkline.toml"
    settings.write_text('name = "Acme"\n')
    write(folder, "ANN")
    settings.write_text(f'name = "Acme"\n{KEYS}')
    write(folder, "BOB")
    assert read(folder) == {"ANN": account("ANN"), "BOB": account("BOB")}
    settings.write_text('name = "Acme"\n')
    with pytest.raises(LogError, match=r"put the \[keys\] back"):
        read(folder)


def test_an_erased_person_is_taken_back_and_unreadable(folder: Path) -> None:
    write(folder, "ANN", "BOB")
    done = keys(folder, "erase", "ANN", "--yes")
    assert done.returncode == 0, done.stderr
    assert "erased ANN: 1 keys deleted, and taken back from charging.account" in done.stdout
    assert read(folder) == {"ANN": None, "BOB": account("BOB")}
    with closing(Project(folder).open_log()) as log:
        records = [each for number in range(4) for each in log.read("charging.account", number, 0)]
    assert [record.value for record in records if record.key == b"ANN"] == [None, None]
    again = keys(folder, "erase", "ANN", "--yes")
    assert again.returncode == 1
    assert "nothing is encrypted for ANN" in again.stderr


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("[nobody]", "`nobody` shall name a person, and is no text on the first level here"),
        ('["of:members"]', "`of:members` shall name a person"),
        ("key}\n  - {property: person, value: nobody", "`nobody` shall name a person"),
        ("[id]}\n  - {property: person, value: customer", "`subject` must be key"),
        ("[id]}\n  - {property: wireFormat, value: avro", "leave `wireFormat` out"),
    ],
)
def test_a_contract_that_names_nobody_is_refused(folder: Path, settings: str, told: str) -> None:
    file = folder / "contracts" / "charging.account.yaml"
    file.write_text(file.read_text().replace("property: subject, value: key", f"property: subject, value: {settings}"))
    with pytest.raises(Invalid, match=re.escape(told)):
        load(folder / "contracts")


def test_nobody_is_erased_without_being_asked(folder: Path) -> None:
    write(folder, "ANN")
    assert keys(folder, "erase", "ANN").returncode != 0
    assert read(folder) == {"ANN": account("ANN")}


def test_keys_are_listed_and_rotated(folder: Path) -> None:
    write(folder, "ANN", "BOB")
    keys(folder, "erase", "BOB", "--yes")
    listed = [json.loads(line) for line in keys(folder, "list", "--json").stdout.splitlines()]
    counted = {(each["purpose"], each["name"]): each["keys"] for each in listed}
    assert counted[("person", "")] == 1
    assert counted[("erased", "")] == 1
    assert counted[("topic", "charging.account")] == 1
    before = on_disk(folder, "kek.json")
    done = keys(folder, "rotate")
    assert done.returncode == 0, done.stderr
    assert on_disk(folder, "kek.json") != before
    assert read(folder) == {"ANN": account("ANN"), "BOB": None}


def test_a_project_without_keys_is_told_so(folder: Path) -> None:
    (folder / "trunkline.toml").write_text('name = "Acme"\n')
    done = keys(folder, "list")
    assert done.returncode == 1
    assert "has no [keys]" in done.stderr


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("keys://nowhere/kek", "expected keys://file/NAME"),
        ("vault://127.0.0.1:1/transit/acme", "Vault wants a token"),
        ("vault+http://vault.example/transit/acme", "HTTP is in clear"),
    ],
)
def test_what_keeps_no_keys_is_said(folder: Path, url: str, told: str) -> None:
    (folder / "trunkline.toml").write_text(f'[keys]\nurl = "{url}"\n')
    done = keys(folder, "list")
    assert done.returncode == 1
    assert told in done.stderr
