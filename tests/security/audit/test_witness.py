"""The port `Witness`: what each of its adapters does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.security.audit.trail import Trail, entry, trail
from trunkline.security.audit.checkpoint import Refused
from trunkline.security.audit.delivery import publications
from trunkline.security.audit.published import Published, decode, encode
from trunkline.security.audit.witness import Witness, WitnessError, open_witness

TOKEN = "a-token"


class Keeping(BaseHTTPRequestHandler):
    """Somebody else's server that keeps what it is given, as docs/audit.md asks."""

    kept: dict[int, bytes]
    status: int

    def do_POST(self) -> None:
        line = self.rfile.read(int(self.headers["Content-Length"]))
        size = int(json.loads(line)["checkpoint"].split("\n")[1])
        status = self.status or (401 if self.headers["Authorization"] != f"Bearer {TOKEN}" else 200)
        if status == 200 and self.kept.setdefault(size, line) != line:
            status = 409
        self._answer(status, b"")

    def do_GET(self) -> None:
        self._answer(self.status or 200, b"".join(self.kept[size] for size in sorted(self.kept)))

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Location", "http://127.0.0.1:1/")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def keeping(status: int = 0) -> Iterator[str]:
    handler = type("Handler", (Keeping,), {"kept": {}, "status": status})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/checkpoints"
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture(params=["folder", "https"])
def witness(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Witness]:
    if request.param == "folder":
        yield open_witness((tmp_path / "kept elsewhere").as_uri())
    else:
        with keeping() as url:
            yield open_witness(url, token=TOKEN)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Trail]:
    with trail(tmp_path) as made:
        for round in range(3):
            made.record([entry(number) for number in range(round * 10, round * 10 + 10)])
            made.keep()
        yield made


def test_it_gives_back_what_it_keeps_from_the_smallest(witness: Witness, made: Trail) -> None:
    assert list(witness.all()) == []
    assert made.deliver(witness) == 3
    assert list(witness.all()) == list(publications(made.ledger))
    assert [(each.first, each.checkpoint.size) for each in witness.all()] == [(0, 10), (10, 20), (20, 30)]


def test_what_it_has_confirmed_is_not_sent_again_and_what_is_new_is(witness: Witness, made: Trail) -> None:
    made.deliver(witness)
    assert made.deliver(witness) == 0
    made.record([entry(30)])
    made.keep()
    assert made.deliver(witness) == 1
    assert [each.checkpoint.size for each in witness.all()] == [10, 20, 30, 31]


def test_the_same_again_changes_nothing_and_another_of_the_same_size_is_refused(witness: Witness, made: Trail) -> None:
    first, *_ = publications(made.ledger)
    witness.publish(first)
    witness.publish(first)
    assert list(witness.all()) == [first]
    with pytest.raises(WitnessError, match="another checkpoint"):
        witness.publish(first._replace(leaves=bytes(len(first.leaves))))
    assert list(witness.all()) == [first]


@pytest.mark.parametrize("status", [302, 403, 500])
def test_one_that_does_not_take_a_checkpoint_is_given_it_again(made: Trail, status: int) -> None:
    with keeping(status) as url:
        witness = open_witness(url, token=TOKEN)
        with pytest.raises(WitnessError, match=str(status)):
            made.deliver(witness)
        with pytest.raises(WitnessError, match=str(status)):
            list(witness.all())
        assert made.ledger.delivered(witness.name) == -1


def test_one_that_is_not_there_is_an_error_that_says_so(made: Trail) -> None:
    with keeping() as url:
        pass
    with pytest.raises(WitnessError, match="cannot be reached"):
        made.deliver(open_witness(url))


def test_a_witness_is_a_folder_or_is_reached_by_tls(tmp_path: Path) -> None:
    for url in ("http://witness.example/a", "ftp://x/a", "file://host/a", "https://user:word@host/a", "folder"):
        with pytest.raises(ValueError, match="witness"):
            open_witness(url)


def test_what_is_published_is_read_as_it_was_written_and_nothing_else_is(made: Trail) -> None:
    first, *_ = publications(made.ledger)
    assert decode(encode(first)) == first
    for broken in (
        b"",
        b"[]",
        encode(first)[:-9],
        encode(first._replace(leaves=first.leaves[:-1])),
        encode(first._replace(first=-1, leaves=first.leaves + bytes(32))),
        encode(Published("rubbish", 0, b"")),
    ):
        with pytest.raises(Refused):
            decode(broken)


def test_a_folder_in_which_a_file_was_changed_is_found(made: Trail, tmp_path: Path) -> None:
    folder = tmp_path / "elsewhere"
    witness = open_witness(folder.as_uri())
    made.deliver(witness)
    first, second, _ = witness.all()
    file = sorted(folder.iterdir())[1]
    file.write_bytes(encode(second._replace(leaves=first.leaves)))
    assert [(found.number, found.kind) for found in made.findings(witness)] == [(10, "checkpoint")]
    file.write_bytes(b"{}")
    with pytest.raises(WitnessError, match="cannot be read"):
        list(witness.all())
