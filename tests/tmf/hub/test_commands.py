"""`trunkline hub` and the role `perform`, as an operator uses them, on a project of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.tmf.hub.house import Outbox
from tests.tmf.hub.subscriber import Answer, Subscriber
from trunkline import starter
from trunkline.cli.app import app
from trunkline.cli.output import Refused
from trunkline.project import Project
from trunkline.tmf.apis import APIS
from trunkline.tmf.declaration import V5
from trunkline.tmf.events import TOPIC, tell
from trunkline.tmf.hub.guard import Guard
from trunkline.tmf.hub.letter import DeadLetters
from trunkline.tmf.hub.subscriptions import Subscriptions

PRODUCTS = next(api for api in APIS if api.number == 637)
HUB = """
[hub]
allow = ["127.0.0.0/8"]
attempts = 2
first_pause = 0.01
"""


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    server = Subscriber()
    yield server
    server.close()


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    """A new operator's project whose partners may be on this machine."""
    folder = tmp_path / "acme"
    starter.create(folder, "acme")
    with (folder / "trunkline.toml").open("a") as settings:
        settings.write(HUB)
    return folder


def trunkline(folder: Path, *words: str) -> str:
    """What the command says; why, where it refuses."""
    done = CliRunner().invoke(app, [*words, "--project", str(folder)])
    return str(done.exception) if isinstance(done.exception, Refused) else done.output


def lines(folder: Path, *words: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in trunkline(folder, *words, "--json").splitlines()]


@contextmanager
def performing(folder: Path) -> Iterator[None]:
    """The role at work; it is told to stop at the end, and must do so."""
    with (folder / "perform.log").open("ab") as output:
        command = [sys.executable, "-m", "trunkline", "perform", "--project", str(folder)]
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        yield
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0, (folder / "perform.log").read_text()
    finally:
        process.kill()
        process.wait()


def subscribe(folder: Path, callback: str) -> str:
    project = Project(folder)
    with closing(project.open_log()) as log, closing(project.open_store()) as store:
        subscriptions = Subscriptions(store, log, Guard(project.settings.hub.allow))
        return subscriptions.add(PRODUCTS, V5, callback, "", "http://localhost").id


def make_products(folder: Path, *ids: str) -> None:
    unit = Outbox()
    for id in ids:
        tell(unit, PRODUCTS, PRODUCTS.resources[0], None, {"id": id, "@type": "Product"})  # type: ignore[arg-type]
    with closing(Project(folder).open_log()) as log:
        log.append(TOPIC, unit.events)


def test_what_a_subscriber_does_not_take_is_listed_replayed_and_dropped(acme: Path, subscriber: Subscriber) -> None:
    subscriber.behave = lambda event: Answer(400, (), b"who is this?")
    id = subscribe(acme, subscriber.callback)
    assert "there are none" in trunkline(acme, "hub", "dead-letters")
    make_products(acme, "1", "2")
    [waiting] = lines(acme, "hub", "list")
    assert (waiting["api"], waiting["callback"], waiting["behind"]) == ("TMF637 v5", subscriber.callback, 2)
    with performing(acme):
        with closing(Project(acme).open_store()) as store:
            letters = DeadLetters(store)
            subscriber.until(lambda: len(list(letters.all())) == 2, "both are dead letters")
        assert lines(acme, "hub", "list")[0]["dead_letters"] == 2
        first, second = lines(acme, "hub", "dead-letters", "--subscription", id)
        assert (first["attempts"], first["status"], first["message"]) == (2, 400, "who is this?")
        assert first["event"]["event"]["product"]["id"] == "1"
        subscriber.behave = lambda event: Answer()
        assert "1 will be sent again" in trunkline(acme, "hub", "replay", first["id"])
        subscriber.wait(1)
        assert subscriber.taken[0]["eventId"] == first["event_id"]
    assert "1 are dropped" in trunkline(acme, "hub", "drop", "--all")
    assert second["event_id"] not in [event["eventId"] for event in subscriber.taken]
    assert lines(acme, "hub", "dead-letters") == []
    assert lines(acme, "hub", "list")[0]["behind"] == 0


def test_what_is_not_there_or_not_chosen_is_refused_with_the_reason(acme: Path) -> None:
    assert "no dead letter nobody" in trunkline(acme, "hub", "replay", "nobody")
    assert "name the dead letters" in trunkline(acme, "hub", "replay")
    assert "chooses among --all" in trunkline(acme, "hub", "drop", "x", "--subscription", "y")
    assert "there are none" in trunkline(acme, "hub", "list")


def test_a_network_in_the_settings_that_is_none_is_refused_with_its_place(acme: Path) -> None:
    settings = acme / "trunkline.toml"
    settings.write_text(settings.read_text().replace("127.0.0.0/8", "everywhere"))
    said = trunkline(acme, "check")
    assert "trunkline.toml" in said
    assert "hub.allow" in said
