"""The settings `[schema_registry]`, and what `trunkline check` says of a project that needs them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.contracts.conftest import text
from tests.registry.conftest import ALARM, EVENT
from tests.registry.scripted import scripted
from tests.servers.kafka import shared_kafka
from trunkline.document import Invalid
from trunkline.log import LogError
from trunkline.project import Project, check
from trunkline.registry import RegistryError

KAFKA = 'log_url = "kafka://127.0.0.1:9/?prefix=acme."\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("contracts", "systems", "kpis"):
        (tmp_path / name).mkdir()
    (tmp_path / "contracts" / "things.yaml").write_text(text(ALARM, wireFormat="avro"))
    return tmp_path


def project(folder: Path, settings: str) -> Project:
    (folder / "trunkline.toml").write_text(settings)
    return Project(folder)


def test_the_embedded_log_needs_no_registry(folder: Path) -> None:
    operator = project(folder, "")
    assert operator.codec() is None
    operator.open_log().close()


def test_on_kafka_a_wire_format_needs_a_registry(folder: Path) -> None:
    operator = project(folder, KAFKA)
    with pytest.raises(Invalid) as refused:
        operator.open_log()
    said = "`wireFormat: avro` needs a schema registry: give its `url` under [schema_registry] in trunkline.toml"
    assert [str(problem) for problem in refused.value.problems] == [f"{folder}/contracts/things.yaml:10: {said}"]


def test_check_says_that_a_registry_is_missing(folder: Path) -> None:
    operator = project(folder, f'log_url = "{shared_kafka().url("unregistered.")}"\n')
    assert "needs a schema registry" in " ".join(problem.reason for problem in check(operator))


def test_what_is_not_installed_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr("trunkline.registry")
    monkeypatch.setitem(sys.modules, "trunkline.registry", None)
    with pytest.raises(LogError, match=r"pip install 'trunkline\[registry\]'"):
        project(folder, KAFKA).codec()


def test_the_subject_has_the_prefix_of_the_log_and_the_login_comes_from_the_file(folder: Path) -> None:
    secret = folder / "registry.password"
    secret.write_text("pw\n")
    secret.chmod(0o600)
    with scripted((200, '{"id":7,"compatibilityLevel":"BACKWARD"}')) as registry:
        operator = project(
            folder,
            f'{KAFKA}[schema_registry]\nurl = "{registry.url}"\nuser = "u"\npassword = "${{file:registry.password}}"\n',
        )
        codec = operator.codec()
        assert codec is not None
        [wire] = codec.to_wire("things", [EVENT])
    assert wire is not None
    assert wire[:5] == b"\0\0\0\0\7"
    assert [request for request, _ in registry.asked] == [
        "POST /subjects/acme.things-value/versions?normalize=False", "GET /config/acme.things-value",
    ]  # fmt: skip
    assert {login for _, login in registry.asked} == {"Basic dTpwdw=="}


def test_register_false_only_looks_up(folder: Path) -> None:
    with scripted((200, '{"id":7,"version":1,"subject":"acme.things-value","schema":"{}"}')) as registry:
        operator = project(folder, f'{KAFKA}[schema_registry]\nurl = "{registry.url}"\nregister = false\n')
        codec = operator.codec()
        assert codec is not None
        codec.to_wire("things", [EVENT])
    [(request, _)] = registry.asked
    assert request.startswith("POST /subjects/acme.things-value?")


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ('password = "secret"\nuser = "u"', "[schema_registry] password: a secret is written as ${env:NAME}"),
        ('token = "${env:NOT_SET_ANYWHERE}"', "[schema_registry] token: the variable NOT_SET_ANYWHERE"),
        ('ca = "none.pem"', "its certificates"),
    ],
)
def test_what_cannot_be_had_is_told_before_anything_is_written(folder: Path, setting: str, said: str) -> None:
    operator = project(folder, f'{KAFKA}[schema_registry]\nurl = "https://127.0.0.1:9"\n{setting}\n')
    with pytest.raises(RegistryError) as refused:
        operator.codec()
    assert said in str(refused.value)


@pytest.mark.parametrize(
    "setting", ["", 'url = "registry:8081"', 'url = "https://user:pw@registry"', 'url = "http://r"\nregistr = true']
)
def test_a_setting_that_is_wrong_is_named(folder: Path, setting: str) -> None:
    with pytest.raises(Invalid, match="schema_registry"):
        _ = project(folder, f"[schema_registry]\n{setting}\n").settings
