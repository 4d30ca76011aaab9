"""docs/security.md: each command that shows a control is there, as it is written."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from trunkline.cli.app import app

DOCS = Path(__file__).parents[2] / "docs"
TEXT = (DOCS / "security.md").read_text()
COMMANDS = sorted(set(re.findall(r"`trunkline ([a-z][^`]*)`", TEXT)))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_exists(command: str) -> None:
    done = CliRunner().invoke(app, [*shlex.split(command.removesuffix(" --help")), "--help"])
    assert done.exit_code == 0, done.output


def test_every_link_leads_to_a_page() -> None:
    assert all((DOCS / page).exists() for page in re.findall(r"\]\(([a-z-]+\.md)\)", TEXT))
