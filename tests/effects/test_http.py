"""Effects by HTTP: what is sent, and what is made of each way in which a target can answer or not."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.effects.certificate import self_signed
from tests.effects.target import Reply, Target
from trunkline.effects.effect import Effect
from trunkline.effects.effector import Answer, Context, Effector
from trunkline.effects.http import EFFECTOR
from trunkline.effects.http.answers import judge
from trunkline.effects.http.endpoint import fill
from trunkline.effects.http.settings import HttpSettings
from trunkline.effects.outcome import Result

SMS = Effect(id="notice-1", effector="sms", order="32470/1", payload='{"text": "80 %"}', parameters={"to": "32 47"})
Open = Callable[..., Effector]


@pytest.fixture
def open_effector(tmp_path: Path) -> Iterator[Open]:
    """Opens an effector on a URL; secrets are their own names."""
    opened: list[Effector] = []

    def open_(url: str, **settings: Any) -> Effector:
        declared = msgspec.convert({"kind": "http", "url": url, "timeout": 2, **settings}, HttpSettings)
        opened.append(EFFECTOR.open(declared, Context("sms", tmp_path, lambda reference: f"<{reference}>")))
        return opened[-1]

    yield open_
    for effector in opened:
        effector.close()


def test_the_request_bears_the_key_the_login_and_the_payload(target: Target, open_effector: Open) -> None:
    url = f"{target.url}/messages/{{to}}?order={{order}}"
    effector = open_effector(url, method="PUT", token="${env:T}", headers={"X-Client": "acme"}, content="text/plain")
    assert effector.perform(SMS) == Answer(Result.DONE, 200, '{"id": "m-notice-1"}')
    [asked] = target.asked
    assert (asked.method, asked.path, asked.body) == ("PUT", "/messages/32%2047?order=32470%2F1", SMS.payload)
    assert asked.headers["idempotency-key"] == '"notice-1"'
    assert asked.headers["authorization"] == "Bearer <${env:T}>"
    assert asked.headers["content-type"] == "text/plain"
    assert asked.headers["x-client"] == "acme"


def test_a_login_by_password_and_another_header_for_the_key(target: Target, open_effector: Open) -> None:
    effector = open_effector(target.url, user="an", password="${file:p}", key_header="X-Request-Id")
    effector.perform(SMS)
    [asked] = target.asked
    assert asked.headers["authorization"] == "Basic YW46PCR7ZmlsZTpwfT4="
    assert asked.headers["x-request-id"] == '"notice-1"'


def test_a_parameter_that_is_missing_is_refused_without_a_call(target: Target, open_effector: Open) -> None:
    answer = open_effector(f"{target.url}/{{imsi}}").perform(SMS)
    assert (answer.result, target.asked) == (Result.REFUSED, [])
    assert "'imsi'" in answer.message


@given(st.text(), st.text())
def test_no_parameter_can_leave_its_place_in_the_url(one: str, other: str) -> None:
    target, missing = fill("/a/{one}/b?c={other}&d=1", {"one": one, "other": other})
    assert missing == ""
    assert target.isascii()
    assert (target.count("/"), target.count("?"), target.count("&"), target.count("=")) == (3, 1, 1, 2)
    assert not set(target) & set(" \r\n\t#{}")


ANSWERS = [
    (200, Result.DONE), (204, Result.DONE), (409, Result.DONE), (404, Result.LATER), (408, Result.LATER),
    (425, Result.LATER), (429, Result.LATER), (500, Result.UNKNOWN), (503, Result.UNKNOWN), (400, Result.REFUSED),
    (401, Result.REFUSED), (422, Result.REFUSED), (302, Result.REFUSED), (501, Result.REFUSED),
]  # fmt: skip


@pytest.mark.parametrize(("status", "result"), ANSWERS)
def test_what_a_status_means_is_declared_and_a_single_one_goes_before_its_class(status: int, result: Result) -> None:
    settings = HttpSettings(kind="http", url="http://x/", done=("2xx", 409), later=(404, 408, 425, 429, "5xx"))
    if status == 501:
        settings = HttpSettings(kind="http", url="http://x/", later=(503,))
    answer = judge(settings, status, "", b"said\r\nso")
    assert answer.result is result
    assert answer.status == status
    assert answer.message.endswith("said  so")
    assert answer.ill == (status >= 500)


def test_a_pause_is_taken_in_seconds_or_as_a_date_and_only_from_who_wants_to_be_asked_again() -> None:
    settings = HttpSettings(kind="http", url="http://x/")
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert judge(settings, 429, "7", b"").pause == 7
    assert 95 < judge(settings, 503, soon, b"").pause <= 100
    assert judge(settings, 503, "soon", b"").pause == 0
    assert judge(settings, 503, "-5", b"").pause == 0
    assert judge(settings, 400, "7", b"").pause == 0


@pytest.mark.parametrize(
    ("pointer", "body", "receipt"),
    [
        ("/id", b'{"id": "m-1"}', "m-1"), ("/a/0/b~1c", b'{"a": [{"b/c": 17}]}', "17"), ("/id", b'{"id": {}}', ""),
        ("/no", b'{"id": 1}', ""), ("/id", b"<xml/>", ""), ("/id", b"[" * 100_000, ""), ("/0", b'{"0": "x"}', "x"),
        ("/x", b"[1]", ""),
    ],
)  # fmt: skip
def test_a_receipt_is_found_in_the_answer_or_it_is_not_there(pointer: str, body: bytes, receipt: str) -> None:
    settings = HttpSettings(kind="http", url="http://x/", receipt=pointer)
    assert judge(settings, 200, "", body).receipt == receipt


def test_a_target_that_cannot_be_reached_surely_did_nothing(open_effector: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    answer = open_effector(url).perform(SMS)
    assert (answer.result, answer.ill) == (Result.LATER, True)
    assert "cannot be reached" in answer.message


def test_a_target_that_hangs_up_may_have_done_it(target: Target, open_effector: Open) -> None:
    target.behave = lambda asked: Reply(True, 0)
    answer = open_effector(target.url).perform(SMS)
    assert (answer.result, answer.ill) == (Result.UNKNOWN, True)


def test_a_target_that_drips_is_given_up_when_the_time_for_the_whole_call_is_over(open_effector: Open) -> None:
    def drip() -> None:
        connection, _ = server.accept()
        with connection:
            for _ in range(200):
                try:
                    connection.sendall(b"H")
                except OSError:
                    return
                time.sleep(0.05)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=drip, daemon=True).start()
        effector = open_effector(f"http://127.0.0.1:{server.getsockname()[1]}/", timeout=0.3)
        began = time.monotonic()
        answer = effector.perform(SMS)
        assert time.monotonic() - began < 5
    assert answer.result is Result.UNKNOWN


def test_an_answer_without_end_is_read_in_part(target: Target, open_effector: Open) -> None:
    target.behave = lambda asked: Reply(body="x" * 10_000_000)
    answer = open_effector(target.url).perform(SMS)
    assert (answer.result, answer.message) == (Result.DONE, "x" * 300)


def test_a_connection_that_the_target_closed_meanwhile_costs_nothing(open_effector: Open) -> None:
    """The double answers once over each connection and closes it afterwards without saying so."""
    keys = []

    def serve() -> None:
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                keys.append(connection.recv(65_536).count(b"notice"))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        effector = open_effector(f"http://127.0.0.1:{server.getsockname()[1]}/")
        assert [effector.perform(SMS).result for _ in range(3)] == [Result.DONE] * 3
    assert keys == [1, 1, 1]


def test_a_target_with_tls_is_believed_only_with_its_certificate(tmp_path: Path, open_effector: Open) -> None:
    certificate, context = self_signed(tmp_path)
    target = Target()
    target.secure(context)
    try:
        url = f"https://localhost:{target.port}/"
        refused = open_effector(url).perform(SMS)
        assert (refused.result, target.asked) == (Result.LATER, [])
        assert "certificate" in refused.message
        assert open_effector(url, authority=str(certificate)).perform(SMS).result is Result.DONE
    finally:
        target.close()


@pytest.mark.parametrize("once", ["at-least", "at-most"])
def test_connections_are_kept_only_where_a_call_may_be_made_twice(
    target: Target, open_effector: Open, once: str
) -> None:
    effector = open_effector(target.url, once=once)
    for _ in range(4):
        effector.perform(SMS)
    assert len(target.callers) == (1 if once == "at-least" else 4)
