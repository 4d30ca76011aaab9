"""`trunkline tmf conformance`, as a person or a program uses it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading

import pytest

from tests.tmf.conformance.server import Record, Refused, Reply, Server, served
from tests.tmf.conformance.wrong import GivesNoLocation

COMMAND = [sys.executable, "-m", "trunkline", "tmf", "conformance"]


def conformance(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *words], capture_output=True, text=True, check=False, timeout=60)


def test_a_server_that_conforms_is_told_so() -> None:
    with served(Server("v4"), Server("v5")) as url:
        ran = conformance(url, "--patience", "0.3")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert f"TM Forum conformance of {url}" in ran.stdout
    assert "159 pass, 0 fail, 1 not offered" in ran.stdout


def test_a_failure_is_told_with_the_rule_its_source_and_a_line_to_repeat_it() -> None:
    with served(GivesNoLocation()) as url:
        ran = conformance(url, "--version", "v4", "--patience", "0.3")
        assert ran.returncode == 1
        told = ran.stdout.partition("FAILED (1)")[2]
        assert "TMF637 v4 product: create.location" in told
        assert "rule      The Location header of a created record is its href [the API's conformance profile]" in told
        assert "expected  a Location header\n  came      none\n  curl -i -X POST" in told
        line = next(line for line in told.splitlines() if "curl" in line)
        again = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True, timeout=20)
    assert again.stdout.startswith("HTTP/1.1 201")
    assert "location:" not in again.stdout.lower()


def test_json_has_one_object_a_check() -> None:
    with served(GivesNoLocation()) as url:
        ran = conformance(f"{url}/tmf-api/productInventory/v4", "--api", "637", "--version", "v4", "--json")
    rows = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 1
    assert {row["outcome"] for row in rows} == {"pass", "fail"}
    [row] = [row for row in rows if row["outcome"] == "fail"]
    assert (row["api"], row["version"], row["resource"], row["check"]) == ("TMF637", "v4", "product", "create.location")
    assert row["curl"].startswith("curl -i -X POST")


class Reader(Server):
    """May only be read, as the conformance profile of TMF637 allows; wants to know who asks."""

    def __init__(self) -> None:
        super().__init__("v4")
        self.asked: set[str] = set()
        for number in range(30):
            self.records[f"p{number}"] = {
                "id": f"p{number}", "href": f"{self.base}/product/p{number}", "name": f"product {number}",
                "startDate": f"2026-01-01T00:{number:02}:00Z", "status": "active", "isBundle": number % 2 == 0,
            }  # fmt: skip

    def route(self, method: str, path: str, query: str, media_type: str, body: bytes) -> Reply:
        self.asked.add(method)
        if method != "GET":
            raise Refused(405, "this server is only read")
        return super().route(method, path, query, media_type, body)


class BadReader(Reader):
    def page(self, found: list[Record], offset: int, limit: int) -> list[Record]:
        return super().page(found, offset - (offset > 2), limit)


def test_a_server_that_may_only_be_read_is_held_by_the_records_that_it_has() -> None:
    server = Reader()
    with served(server) as url:
        ran = conformance(url, "--version", "v4", "--read-only", "--json")
    rows = {row["check"]: row for row in map(json.loads, ran.stdout.splitlines())}
    assert ran.returncode == 0, ran.stdout
    assert server.asked == {"GET"}
    assert rows["create.status"]["reason"] == "not asked: the run only reads"
    passed = {check for check, row in rows.items() if row["outcome"] == "pass"}
    assert passed >= {"get.found", "paging.whole", "paging.link", "filter.equal", "filter.and", "filter.or.comma"}
    assert passed >= {"filter.gt", "filter.regex", "filter.nothing", "fields.list", "sort.descending", "error.body"}


def test_what_is_wrong_is_found_by_reading_alone() -> None:
    with served(BadReader()) as url:
        ran = conformance(url, "--version", "v4", "--read-only", "--json")
    failed = [row["check"] for row in map(json.loads, ran.stdout.splitlines()) if row["outcome"] == "fail"]
    assert (ran.returncode, failed) == (1, ["paging.whole", "paging.link"])


def test_what_a_server_does_not_have_is_not_offered_and_not_asked_for_again() -> None:
    with served(Reader()) as url:
        ran = conformance(url, "--version", "v4", "--json")
    rows = {row["check"]: row for row in map(json.loads, ran.stdout.splitlines())}
    assert ran.returncode == 0
    assert rows["operation.create"]["reason"] == rows["create.status"]["reason"] == "create is not offered: 405"
    assert rows["filter.equal"]["outcome"] == "pass"


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["http://127.0.0.1:1"], "gives no answer"),
        (["127.0.0.1"], "must be like http://host:port"),
        (["http://127.0.0.1:1", "--api", "999"], "no profile of TMF999"),
        (["http://127.0.0.1:1", "--version", "v6"], "it is v4 or v5"),
        (["http://127.0.0.1:1", "--header", "token"], "Name: value"),
        (["http://127.0.0.1:1", "--listen", "8080"], "HOST:PORT"),
    ],
)
def test_wrong_use_ends_with_2_and_says_what_to_do(words: list[str], why: str) -> None:
    ran = conformance(*words)
    assert ran.returncode == 2
    assert why in " ".join(ran.stderr.replace("│", "").split())


def test_an_api_that_was_named_and_is_not_there_fails() -> None:
    with served(Server("v4")) as url:
        ran = conformance(url, "--api", "669", "--version", "v4")
        nothing = conformance(url, "--version", "v5")
    assert ran.returncode == 1
    assert "api.found" in ran.stdout
    assert nothing.returncode == 2
    assert "none of the APIs" in nothing.stderr


class Stalls(Server):
    """Does what it is asked for in the middle of a run, when several records are there, and does not answer."""

    def __init__(self, method: str) -> None:
        super().__init__("v4")
        self.stalled, self.go_on = threading.Event(), threading.Event()
        self.method = method

    def answer(self, method: str, target: str, media_type: str, body: bytes) -> Reply:
        reply = super().answer(method, target, media_type, body)
        if method == self.method and len(self.records) > 3 and not self.stalled.is_set():
            self.stalled.set()
            self.go_on.wait(30)
        return reply


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("method", ["PATCH", "POST"])
def test_an_interrupted_run_leaves_nothing(sign: signal.Signals, method: str) -> None:
    server = Stalls(method)
    with served(server) as url:
        run = subprocess.Popen(
            [*COMMAND, url, "--version", "v4"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            # A shell lets what it runs in the background ignore SIGINT, and so do all who come of that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        assert server.stalled.wait(60)
        assert len(server.records) > 3
        run.send_signal(sign)
        out, err = run.communicate(timeout=60)
        server.go_on.set()
    assert run.returncode == 2
    assert "interrupted: not all was checked" in err
    assert "pass" in out
    assert (server.records, server.hubs) == ({}, {})
