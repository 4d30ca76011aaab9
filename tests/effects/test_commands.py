"""`trunkline effects` and the role `perform`, as an operator uses them, on a project of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.effects.house import event
from tests.effects.target import Reply, Target
from trunkline import starter
from trunkline.effects import Effect, Place, State
from trunkline.effects.desk import Desk
from trunkline.project import Project
from trunkline.runtime import supervisor

SMS = Effect(
    id="notice-1", effector="sms", order="32470000000", payload='{"text": "80 %"}', parameters={"to": "32470000000"},
    cause=Place("usage.rated", 3, 17),
)  # fmt: skip


@pytest.fixture
def acme(tmp_path: Path, target: Target) -> Path:
    """A new operator's project with one effector."""
    folder = tmp_path / "acme"
    starter.create(folder, "acme")
    (folder / "effects").mkdir()
    (folder / "effects" / "sms.yaml").write_text(
        f"kind: http\nurl: {target.url}/{{to}}\ntoken: ${{env:SMS_TOKEN}}\nfirst_pause: 0.05\n"
    )
    return folder


def trunkline(folder: Path, *words: str, code: int = 0) -> str:
    """What the command says; on standard error where it refuses."""
    command = [sys.executable, "-m", "trunkline", *words, "--project", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == code, done.stderr
    return done.stderr if code else done.stdout


def lines(folder: Path, *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in trunkline(folder, *words, "--json").splitlines()]


def ask(folder: Path, *effects: Effect) -> None:
    with closing(Project(folder).open_log()) as log:
        log.append(Effect.topic, [event(effect) for effect in effects])


def states(folder: Path) -> list[State]:
    with closing(Project(folder).open_log()) as log:
        return [outcome.state for outcome in Desk(log).outcomes()]


@contextmanager
def performing(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The role at work; it is told to stop at the end, and must do so."""
    environment = {**os.environ, "SMS_TOKEN": "hunter2"}
    with (folder / "perform.log").open("ab") as output:
        command = [sys.executable, "-m", "trunkline", "perform", "--project", str(folder)]
        process = subprocess.Popen(command, env=environment, stdout=output, stderr=output)
    try:
        yield process
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


def until(reached: Callable[[], bool], folder: Path) -> None:
    deadline = time.monotonic() + 30
    while not reached():
        assert time.monotonic() < deadline, (folder / "perform.log").read_text()
        time.sleep(0.1)


def test_dead_effects_are_listed_shown_retried_and_dropped(acme: Path, target: Target) -> None:
    gone = Effect(id="notice-2", effector="sms", order="32470000001", parameters={"to": "32470000001"})
    target.behave = lambda asked: Reply(False, 404, body="unknown subscriber")
    ask(acme, SMS, gone)
    assert "there are none" in trunkline(acme, "effects", "list")
    with performing(acme):
        until(lambda: len(states(acme)) == 2 and set(states(acme)) == {State.DEAD}, acme)
        [dead, _] = sorted(lines(acme, "effects", "list", "--dead"), key=lambda row: row["id"])
        assert (dead["id"], dead["state"], dead["reason"], dead["attempts"]) == ("notice-1", "dead", "refused", 1)
        shown = trunkline(acme, "effects", "show", "notice-1")
        for told in ("usage.rated/3 at 17", "attempt 1: refused 404", "unknown subscriber", SMS.payload, "to = 324"):
            assert told in shown
        assert "is dropped" in trunkline(acme, "effects", "drop", "notice-2", "--why", "ported out")
        target.behave = lambda asked: Reply()
        assert "1 will be tried again" in trunkline(acme, "effects", "retry", "notice-1", "--why", "it is there now")
        until(lambda: all(state.over for state in states(acme)), acme)
    assert "there are none" in trunkline(acme, "effects", "list", "--open")
    assert {row["id"]: row["state"] for row in lines(acme, "effects", "list")} == {
        "notice-1": "succeeded", "notice-2": "dropped",
    }  # fmt: skip
    shown = trunkline(acme, "effects", "show", "notice-1")
    assert "it is there now" in shown
    assert "attempt 2: done 200" in shown
    [whole] = lines(acme, "effects", "show", "notice-1")
    assert whole["effect"]["payload"] == SMS.payload
    assert "hunter2" not in (acme / "perform.log").read_text()
    assert target.asked[0].headers["authorization"] == "Bearer hunter2"


def test_what_cannot_be_decided_is_refused_with_the_reason(acme: Path, target: Target) -> None:
    ask(acme, SMS)
    assert "knows no effect 'notice-1'" in trunkline(acme, "effects", "show", "notice-1", code=1)
    with performing(acme):
        until(lambda: len(target.done) == 1, acme)
    assert "is not dead but succeeded" in trunkline(acme, "effects", "drop", "notice-1", "--why", "x", code=1)
    assert "name the effects" in trunkline(acme, "effects", "retry", code=1)


def test_the_role_runs_with_all_others(acme: Path) -> None:
    assert "perform" in [service.name for service in supervisor.services(Project(acme))]


def test_a_wrong_declaration_stops_the_role_with_its_place(acme: Path) -> None:
    (acme / "effects" / "sms.yaml").write_text("kind: http\nurl: nowhere\n")
    assert "sms.yaml:" in trunkline(acme, "perform", code=1)
