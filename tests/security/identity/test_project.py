"""A project's provider: its people from a file, its commands, and signing in from a terminal."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from tests.security.identity.world import PASSWORD
from tests.servers.process import ServerProcess, answers, free_ports
from trunkline.cli import app
from trunkline.cli.output import Refused
from trunkline.document import Invalid
from trunkline.project import Project, check
from trunkline.security.identity import declared
from trunkline.security.identity.first_passwords import untold
from trunkline.security.identity.opening import verifier
from trunkline.starter import create

PEOPLE = """\
roles:
  noc-engineer: {description: Watches the network., scopes: [network.read]}
  administrator: {description: Keeps people., scopes: [identity.people]}
people:
  - {user_name: noc@acme.example, name: Wout Peeters, roles: [noc-engineer], region: flanders}
  - {user_name: admin@acme.example, name: Ines Lambert, roles: [administrator]}
"""


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An operator's folder with a section [trust] and without contracts, whose provider has its keys: these take long
    to make, and those to read."""
    folder = tmp_path_factory.mktemp("new") / "acme"
    create(folder, "acme")
    for contract in (folder / "contracts").glob("*.yaml"):
        contract.unlink()
    settings = folder / "trunkline.toml"
    settings.write_text(f"{settings.read_text()}\n[trust]\npassword_memory = 1\n")
    open_and_close(folder)
    return folder


@pytest.fixture
def acme(tmp_path: Path, new: Path) -> Path:
    return operator(tmp_path / "acme", new)


def operator(folder: Path, new: Path) -> Path:
    """An operator's folder with people, on a port of its own."""
    shutil.copytree(new, folder)
    [port] = free_ports(1)
    settings = folder / "trunkline.toml"
    settings.write_text(re.sub(r"(?m)^port = \d+", f"port = {port}", settings.read_text()))
    (folder / "access").mkdir()
    (folder / "access" / "people.yaml").write_text(PEOPLE)
    return folder


def trunkline(folder: Path, *words: str, given: str = "") -> tuple[int, str]:
    """A command's exit code and what it said, run in this process: to start one takes longer than all it does."""
    done = CliRunner().invoke(app, list(words), input=given, env={"TRUNKLINE_PROJECT": str(folder), **home(folder)})
    return done.exit_code, done.output + (str(done.exception) if isinstance(done.exception, Refused) else "")


def home(folder: Path) -> dict[str, str]:
    """Where tokens are kept, and a browser that does nothing."""
    return {"HOME": str(folder), "XDG_CONFIG_HOME": str(folder / "config"), "BROWSER": "true"}


def first_passwords(folder: Path) -> dict[str, str]:
    file = folder / ".trunkline" / "first-passwords.txt"
    assert file.stat().st_mode & 0o777 == 0o600
    return dict(line.split() for line in file.read_text().splitlines())


def open_and_close(folder: Path) -> None:
    identity = Project.find(folder).open_identity()
    assert identity is not None
    identity.close()


def test_the_declared_people_get_first_passwords_once(acme: Path) -> None:
    open_and_close(acme)
    passwords = first_passwords(acme)
    assert sorted(passwords) == ["admin@acme.example", "noc@acme.example"]
    open_and_close(acme)
    assert first_passwords(acme) == passwords
    with (acme / "access" / "people.yaml").open("a") as file:
        file.write("  - {user_name: New@acme.example, name: New, roles: [noc-engineer]}\n")
    open_and_close(acme)
    assert first_passwords(acme).keys() == {*passwords, "new@acme.example"}


def test_first_passwords_are_told_once(acme: Path) -> None:
    open_and_close(acme)
    file = acme / ".trunkline" / "first-passwords.txt"
    assert [line.split()[0] for line in untold(file)] == ["admin@acme.example", "noc@acme.example"]
    with (acme / "access" / "people.yaml").open("a") as people_file:
        people_file.write("  - {user_name: new@acme.example, name: New, roles: [noc-engineer]}\n")
    open_and_close(acme)
    assert [line.split()[0] for line in untold(file)] == ["new@acme.example"]
    assert untold(file) == untold(acme / "nothing.txt") == []


def test_who_has_lost_their_second_factor_is_helped(acme: Path) -> None:
    identity = Project.find(acme).open_identity()
    assert identity is not None
    with identity.unit() as unit:
        noc = unit.people.named("noc@acme.example")
        assert noc is not None
        unit.people.set_totp(noc.id, b"sealed", 5)
    assert people(acme)[1]["signs_in_by"] == "password, authenticator app"
    assert trunkline(acme, "people", "password", "noc@acme.example", "--generate", "--lost-factors")[0] == 0
    assert people(acme)[1]["signs_in_by"] == "password"
    identity.close()


def test_a_leaver_does_not_come_back_with_the_next_start(acme: Path) -> None:
    identity = Project.find(acme).open_identity()
    assert identity is not None
    with identity.unit() as unit:
        noc = unit.people.named("noc@acme.example")
        assert noc is not None
        assert (noc.roles, noc.region, noc.name) == (("noc-engineer",), "flanders", "Wout Peeters")
        unit.people.remove(noc.id)
    identity.close()
    open_and_close(acme)
    assert [row["user_name"] for row in people(acme)] == ["admin@acme.example"]


def test_what_is_done_to_people_and_applications_is_in_the_trail_without_their_names(acme: Path) -> None:
    for words in (
        ("people", "add", "ana@acme.example", "--role", "noc-engineer"),
        ("people", "password", "ana@acme.example", "--generate"),
        ("people", "leave", "ana@acme.example"),
        ("applications", "add", "feeder", "--scope", "network.read"),
    ):
        assert trunkline(acme, *words)[0] == 0
    said = trunkline(acme, "audit", "search", "--action", "command", "--json")[1]
    found = [json.loads(line)["entry"] for line in said.splitlines()]
    assert sorted(entry["origin"]["operation"] for entry in found) == [
        "trunkline applications add", "trunkline people add", "trunkline people leave", "trunkline people password",
    ]  # fmt: skip
    assert "ana@" not in said
    assert "feeder" in said


def test_an_application_is_let_in_once_for_scopes_that_there_are(acme: Path) -> None:
    assert trunkline(acme, "applications", "add", "feeder", "--scope", "network.read")[0] == 0
    assert "already" in trunkline(acme, "applications", "add", "feeder")[1]
    assert "no role has the scope" in trunkline(acme, "applications", "add", "other", "--scope", "network.raed")[1]
    assert "is no id" in trunkline(acme, "applications", "add", "a b")[1]
    for id in ("trunkline", "nobody"):  # the command line itself is none to be changed
        assert "there is no application" in trunkline(acme, "applications", "secret", id)[1]
        assert "there is no application" in trunkline(acme, "applications", "remove", id)[1]


def test_without_the_section_there_is_no_provider(acme: Path) -> None:
    settings = acme / "trunkline.toml"
    settings.write_text(settings.read_text().partition("[trust]")[0])
    assert Project.find(acme).open_identity() is None
    code, said = trunkline(acme, "people", "list")
    assert (code, "[trust]" in said) == (1, True)


def test_the_reference_operators_people_are_well() -> None:
    folder = Path(__file__).parents[3] / "belgicom"
    assert declared.check(folder) == []
    roles = declared.read(folder).roles
    assert {
        "noc-engineer",
        "billing-steward",
        "customer-service",
        "integration-architect",
        "partner",
        "auditor",
    } <= set(roles)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (("roles: [noc-engineer]", "roles: [king]"), "people.yaml:5: the role king is not declared"),
        (("admin@acme.example", "NOC@acme.example"), "people.yaml:6: this user name is there already"),
        (("region: flanders", "password: secret"), "people.yaml:5: `password` is not known"),
        (("roles: [administrator]", "roles: []"), "people.yaml:6"),
        (("user_name: noc@acme.example", "user_name: a b"), "people.yaml:5"),
        (("[network.read]", "[Network Read]"), "people.yaml:2"),
    ],
)
def test_what_is_wrong_with_the_file_is_said_with_its_line(
    tmp_path: Path, changed: tuple[str, str], reason: str
) -> None:
    (tmp_path / "access").mkdir()
    (tmp_path / "access" / "people.yaml").write_text(PEOPLE.replace(*changed))
    with pytest.raises(Invalid, match=re.escape(reason)):
        declared.read(tmp_path)


def test_the_folders_check_reads_the_file(acme: Path) -> None:
    (acme / "access" / "people.yaml").write_text(PEOPLE.replace("roles: [administrator]", "roles: [king]"))
    assert any("the role king is not declared" in str(problem) for problem in check(Project.find(acme)))


def people(folder: Path) -> list[dict[str, object]]:
    code, said = trunkline(folder, "people", "list", "--json")
    assert code == 0, said
    return [json.loads(line) for line in said.splitlines()]


def test_people_are_added_given_passwords_and_leave(acme: Path) -> None:
    code, said = trunkline(acme, "people", "add", "ana@acme.example", "--role", "noc-engineer", "--name", "Ana")
    assert code == 0
    first = said.split()[-1]
    assert trunkline(acme, "people", "add", "ANA@acme.example", "--role", "noc-engineer")[0] == 1
    code, said = trunkline(acme, "people", "add", "bo@acme.example", "--role", "king")
    assert (code, "administrator, noc-engineer" in said) == (1, True)
    assert people(acme)[1] == {
        "user_name": "ana@acme.example", "name": "Ana", "roles": "noc-engineer", "region": None, "active": True,
        "signs_in_by": "password",
    }  # fmt: skip
    assert trunkline(acme, "people", "password", "ana@acme.example", "--generate")[1].split()[-1] != first
    code, said = trunkline(acme, "people", "password", "ana@acme.example", given="short\nshort\n")
    assert (code, "12 to 256" in said) == (1, True)
    assert trunkline(acme, "people", "password", "ana@acme.example", given=f"{PASSWORD}\n{PASSWORD}\n")[0] == 0
    assert trunkline(acme, "people", "leave", "ana@acme.example")[0] == 0
    assert people(acme)[1]["active"] is False
    assert trunkline(acme, "people", "leave", "nobody")[0] == 1


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, new: Path) -> Iterator[tuple[Path, str]]:
    """A folder with the role api running, and the provider's URL."""
    tmp_path = tmp_path_factory.mktemp("running")
    acme = operator(tmp_path / "acme", new)
    port = Project.find(acme).settings.http.port
    api = ServerProcess([sys.executable, "-m", "trunkline", "api", "-p", str(acme)], tmp_path / "api.log")
    try:
        api.wait_until(lambda: answers(port))
        yield acme, f"http://localhost:{port}"
    finally:
        api.kill()


def browse(url: str, issuer: str, user_name: str, password: str, user_code: str = "") -> None:
    """What a person does in a browser with an address that the terminal shows."""

    def send(page: httpx.Response, **fields: str) -> httpx.Response:
        found = re.search(r'<form method="post" action="([^"]*)">(.*?)</form>', page.text, re.DOTALL)
        assert found is not None, page.text
        hidden = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', found[2])
        data = {name: value.replace("&amp;", "&") for name, value in hidden} | fields
        return http.post(issuer + found[1].replace("&amp;", "&"), data=data, headers={"origin": issuer})

    with httpx.Client(follow_redirects=True) as http:
        page = send(http.get(url), user_name=user_name, password=password)
        if user_code:
            page = send(page, user_code=user_code)
        assert send(page, decision="allow").status_code == 200


@pytest.mark.parametrize("way", ["browser", "device"])
def test_signing_in_from_a_terminal(running: tuple[Path, str], way: str) -> None:
    folder, issuer = running
    password = first_passwords(folder)["noc@acme.example"]
    assert trunkline(folder, "token")[0] == 1
    command = [sys.executable, "-u", "-m", "trunkline", "login", *(["--device"] if way == "device" else [])]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, text=True, env={**os.environ, **home(folder)}
    ) as login:
        assert login.stdout is not None
        said = ""
        while "  http" not in said:
            said += login.stdout.readline()
        url = said.split()[-1]
        code = re.search(r"code ([A-Z]{4}-[A-Z]{4})", said)
        browse(url, issuer, "noc@acme.example", password, code[1] if code else "")
        said += login.stdout.read()
    assert login.returncode == 0
    assert f"You are signed in at {issuer}" in said
    kept = folder / "config" / "trunkline" / "login.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    token = trunkline(folder, "token")[1].strip()
    project = Project.find(folder)
    identity = project.open_identity()
    assert identity is not None
    caller = verifier(identity, project.settings).verify(f"Bearer {token}", "GET", issuer)
    assert (caller.roles, caller.region, "network.read" in caller.scopes) == ({"noc-engineer"}, "flanders", True)
    lapsed = json.loads(kept.read_text()) | {"lapses": 0}
    kept.write_text(json.dumps(lapsed))
    renewed = trunkline(folder, "token")[1].strip()
    assert renewed != token
    assert trunkline(folder, "logout")[0] == 0
    assert not kept.exists()
    assert httpx.get(f"{issuer}/oauth2/userinfo", headers={"authorization": f"Bearer {renewed}"}).status_code == 401
    identity.close()


def test_who_has_tried_to_sign_in_is_found_in_the_trail(running: tuple[Path, str]) -> None:
    folder, issuer = running
    with httpx.Client() as http:
        page = http.get(f"{issuer}/oauth2/sign-in").text
        mark = re.search(r'name="form" value="([^"]+)"', page)
        assert mark is not None
        wrong = {"form": mark[1], "next": "/oauth2/account", "user_name": "admin@acme.example", "password": "wrong"}
        assert http.post(f"{issuer}/oauth2/sign-in", data=wrong, headers={"origin": issuer}).status_code == 401
    asked = ("--action", "signIn", "--outcome", "refused", "--whose", "admin@acme.example", "--json")
    [found] = [json.loads(line) for line in trunkline(folder, "audit", "search", *asked)[1].splitlines()]
    assert (found["rule"], found["from"]) == ("sign-in password", "127.0.0.1")
