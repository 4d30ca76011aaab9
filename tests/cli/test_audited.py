"""Every command that changes something, or tells of people, is in the audit trail; of the others it is said why not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer.main
from typer.testing import CliRunner

from trunkline import starter
from trunkline.cli import app
from trunkline.cli.audited import AUDITED

ITSELF = {"access explain", "audit retain", "audit search", "move"}
"""Commands that record themselves in the midst of what they do."""
HARMLESS = {
    "it tells of declarations, not of data": {
        "access test", "access who", "check", "contracts asyncapi", "contracts list", "contracts schema", "doctor",
        "gateway manifests", "gateway plan", "gateway status", "new", "processors", "topics",
    },
    "it tells of the network, which is nobody's": {"alarms", "explain", "health"},
    "it tells of applications and keys by name, of no person": {
        "certificates list", "gateway keys list", "gateway quota list", "hub list", "keys list",
    },
    "it tells hashes and signatures, or one entry that a recorded search has found": {
        "audit export", "audit prove", "audit verify",
    },
    "the provider records what it does": {"login", "logout", "token"},
    "it asks a server that records": {"tmf conformance"},
    "it is a role of the platform, whose requests are recorded": {"api", "connect", "perform", "up", "worker"},
}  # fmt: skip


def commands(group: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, (*words, name))
        else:
            yield " ".join((*words, name)), command


def recorded_as(command: Any) -> str | None:
    """What the trail calls a command; typer's own function lies around ours."""
    function = command.callback
    while function is not None:
        if name := vars(function).get(AUDITED):
            return str(name)
        function = getattr(function, "__wrapped__", None)
    return None


def test_each_command_is_recorded_under_its_own_name_or_harmless_for_a_reason() -> None:
    there = dict(commands(typer.main.get_command(app)))
    harmless = [name for names in HARMLESS.values() for name in names]
    recorded = {name: recorded_as(command) for name, command in there.items() if recorded_as(command) is not None}
    assert {name for name, said in recorded.items() if said != name} == set()
    assert sorted([*recorded, *ITSELF, *harmless]) == sorted(there)


def test_what_tells_of_people_is_recorded_before_it_tells_and_again_where_it_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "acme"
    starter.create(folder, "acme")
    for contract in (folder / "contracts").glob("*.yaml"):  # they take long to read
        contract.unlink()

    def run(*words: str) -> str:
        return CliRunner().invoke(app, [*words, "--project", str(folder)]).stdout

    run("tail", "audit.entry", "--no-follow")
    run("quarantine", "show", "77")
    run("move", "nonsense://")
    found = [json.loads(line) for line in run("audit", "search", "--json").splitlines()]
    assert [(each["action"], each["what"], each["outcome"]) for each in found] == [
        ("read", "topic audit.entry", "done"),
        ("read", "quarantine 77", "done"),
        ("read", "quarantine 77", "refused"),
        ("command", "log", "refused"),
    ]
