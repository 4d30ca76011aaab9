"""What leaves this machine is encrypted, and the other side known; else `trunkline check` says where it is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.connect.test_connection import GOOD, write
from trunkline import settings, starter
from trunkline.cli.app import app
from trunkline.connect import connection
from trunkline.document import Invalid
from trunkline.effects import declaration

SNMP = """\
name: traps
reach: snmp
listen: {listen}
{versions}
agents:
  - {{system: nokia, address: {agent}, community: "${{file:community}}"}}
"""
COMMUNITIES = 'communities: ["${file:community}"]'
USERS = 'users: [{name: u, auth_password: "${file:a}", priv_password: "${file:p}"}]'
REASON = "a rectifier speaks nothing else, in a network of its own"


def of(folder: Path, text: str, **exceptions: str) -> list[str]:
    """What is wrong with one connection."""
    return [f"{each.line}: {each.reason}" for each in connection.check(write(folder, one=text), exceptions)]


def of_settings(folder: Path, text: str) -> list[str]:
    (folder / settings.FILE).write_text(text)
    try:
        settings.load(folder)
    except Invalid as invalid:
        return [f"{each.line}: {each.reason}" for each in invalid.problems]
    return []


CHANGES = "\nhost: {host}\nuser: u\ntables: {{a.b: {{topic: t}}}}\n"
POSTGRESQL = f"name: one\nreach: postgresql\ndatabase: d{CHANGES}"
MARIADB = f"name: one\nreach: mariadb\nserver_id: 7{CHANGES}"
KAFKA = 'name: one\nreach: kafka\nformat: raw\nbrokers: ["{host}:9092"]\ntopics: {{a: {{topic: t}}}}\n'
SQL = (
    "name: one\nsink: sql\ntopics: [t]\ndatabase: postgresql://u@{host}/d\n"
    "tables: {{t: {{table: x, key: [a], columns: [a]}}}}\n"
)
HTTP = "name: one\nsink: http\ntopics: [t]\nurl: {scheme}://{host}/x\n"


@pytest.mark.parametrize("text", [POSTGRESQL, MARIADB, KAFKA, SQL])
@pytest.mark.parametrize("host", ["db.acme.example", "10.0.0.7"])
def test_a_system_is_asked_by_tls_and_known_by_its_name(tmp_path: Path, text: str, host: str) -> None:
    text = text.format(host=host)
    assert of(tmp_path, f"{text}tls: verify-full\n") == []
    lines = text.count("\n") + 1
    for less in ("tls: off\n", "tls: verify-ca\nca: ca.pem\n"):
        [problem] = of(tmp_path, f"{text}{less}")
        assert problem.startswith(f"{lines}: {host} is another machine")
        assert of(tmp_path, f"{text}{less}", **{host: REASON}) == []
    assert of(tmp_path, f"{text.replace(host, '127.0.0.1')}tls: off\n") == []


def test_events_and_effects_are_posted_by_https(tmp_path: Path) -> None:
    assert of(tmp_path, HTTP.format(scheme="https", host="sink.example")) == []
    assert of(tmp_path, HTTP.format(scheme="http", host="localhost:80")) == []
    [problem] = of(tmp_path, HTTP.format(scheme="http", host="sink.example"))
    assert "HTTP is in clear: use https" in problem
    (tmp_path / "effects").mkdir()
    (tmp_path / "effects" / "sms.yaml").write_text("kind: http\nurl: http://sms.example/x\n")
    [effect] = declaration.check(tmp_path)
    assert (effect.line, "sms.example is another machine" in effect.reason) == (2, True)
    assert declaration.check(tmp_path, {"sms.example": REASON}) == []


def test_the_schemas_of_avro_are_fetched_by_https(tmp_path: Path) -> None:
    text = KAFKA.format(host="k.example").replace("raw", "connect-avro") + "registry: {url: http://schemas.example}\n"
    [problem] = of(tmp_path, text)
    assert "schemas.example is another machine" in problem


@pytest.mark.parametrize(
    ("listen", "versions", "agent", "says"),
    [
        ("127.0.0.1:162", COMMUNITIES, "127.0.0.1", []),
        ("127.0.0.1:162", COMMUNITIES, "127.0.0.0/8", []),
        ("0.0.0.0:162", USERS, "127.0.0.1", []),
        ("0.0.0.0:162", COMMUNITIES, "127.0.0.1", ["3: 0.0.0.0 is another machine"]),
        ("127.0.0.1:162", COMMUNITIES, "10.0.0.0/16", ["6: 10.0.0.0/16 is another machine"]),
    ],
)
def test_snmp_in_clear_stays_on_this_machine(
    tmp_path: Path, listen: str, versions: str, agent: str, says: list[str]
) -> None:
    text = SNMP.format(listen=listen, versions=versions, agent=agent)
    problems = of(tmp_path, text)
    assert [problem.split(", and")[0] for problem in problems] == says
    assert of(tmp_path, text, **{"0.0.0.0": REASON, "10.0.0.0/16": REASON}) == []


def test_an_sftp_server_is_always_known_by_its_host_key(tmp_path: Path) -> None:
    away = GOOD.replace("127.0.0.1", "enm.acme.example")
    assert of(tmp_path, away) == []
    assert "fingerprints" in of(tmp_path, away.replace("fingerprints", "fingers"))[0]


@pytest.mark.parametrize(
    ("setting", "url", "host"),
    [
        ("log_url", "kafka://127.0.0.1:9092,k.example:9092/?prefix=a.", "k.example"),
        ("log_url", "kafka://k.example:9092/?security=sasl_plain&user=u&password=${env:P}", "k.example"),
        ("log_url", "kafka://k.example:9092/?security=sasl_tls&token_url=http://t.example/x", "t.example"),
        ("log_url", "kafka://k.example:9092/?security=tls", ""),
        ("log_url", "kafka://127.0.0.1:9092,[::1]:9092/", ""),
        ("store_url", "postgresql://u:${env:P}@db.example/d", "db.example"),
        ("store_url", "postgresql://u@db.example:5432/d?sslmode=verify-ca", "db.example"),
        ("store_url", "postgresql://u@/d?host=db.example", "db.example"),
        ("store_url", "postgresql://u@db.example/d?sslmode=verify-full", ""),
        ("store_url", "postgresql://u@/d?host=/run/postgresql", ""),
        ("store_url", "postgresql://u@localhost:5432/d", ""),
    ],
)
def test_the_log_and_the_store_are_reached_by_tls(tmp_path: Path, setting: str, url: str, host: str) -> None:
    text = f'name = "acme"\n{setting} = "{url}"\n'
    problems = of_settings(tmp_path, text)
    if not host:
        assert problems == []
        return
    assert problems[0].startswith(f"2: {setting}: {host} is another machine")
    assert of_settings(tmp_path, f'{text}[exceptions]\n"{host}" = "{REASON}"\n') == []


@pytest.mark.parametrize(
    "text",
    [
        '[keys]\nurl = "vault+http://vault.example/transit/a"',
        '[audit]\n[[audit.witnesses]]\nurl = "http://witness.example/a"',
        '[trust]\n[[trust.issuers]]\nissuer = "http://idp.example"\naudience = "a"',
        '[trust]\n[[trust.issuers]]\nissuer = "https://idp.example"\njwks_uri = "http://idp.example/k"\naudience = "a"',
    ],
)
def test_whom_trust_comes_from_is_asked_by_https_and_there_is_no_exception(tmp_path: Path, text: str) -> None:
    exceptions = "".join(f'"{name}.example" = "{REASON}"\n' for name in ("vault", "witness", "idp"))
    [problem] = of_settings(tmp_path, f"{text}\n[exceptions]\n{exceptions}")
    assert "HTTP is in clear: use https" in problem
    assert of_settings(tmp_path, text.replace("http://", "https://").replace("vault+https", "vault")) == []


def test_an_exception_needs_a_reason(tmp_path: Path) -> None:
    assert of_settings(tmp_path, '[exceptions]\n"k.example" = "because"\n') != []


def test_the_command_tells_each_exception_with_its_reason(tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    starter.create(folder, "acme")
    with (folder / settings.FILE).open("a") as file:
        file.write(f'\n[exceptions]\n"10.0.0.7" = "{REASON}"\n')
    write(
        folder,
        traps=SNMP.format(listen="127.0.0.1:10162", versions=COMMUNITIES, agent="10.0.0.7"),
        radios='name: radios\nreach: ves\nusers: [{name: u, password: "${file:p}"}]\ntls12_because: they are old\n',
    )
    done = CliRunner().invoke(app, ["check", "--project", str(folder)])
    assert done.exit_code == 0, done.output
    assert f"traps.yaml:6: an exception: 10.0.0.7, because {REASON}" in done.output
    assert "radios.yaml:4: an exception: 127.0.0.1:8443, because they are old" in done.output


def test_the_log_is_moved_to_no_cluster_in_clear(tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    starter.create(folder, "acme")
    done = CliRunner().invoke(app, ["move", "kafka://k.example:9092/", "--project", str(folder)])
    assert "k.example is another machine" in str(done.exception)
