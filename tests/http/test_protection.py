"""What protects an API that is not authenticated yet."""

from __future__ import annotations

import socket
import threading
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from trunkline.http import RefusedBind, check_bind, serve


@pytest.mark.parametrize("host", ["127.0.0.1", "127.3.2.1", "localhost", "::1", "[::1]"])
def test_loopback_may_be_bound(host: str) -> None:
    assert check_bind(host) == host.strip("[]")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "", "192.168.1.10", "trunkline.example", "2001:db8::1"])
def test_nothing_but_loopback_is_bound_while_callers_are_not_authenticated(host: str) -> None:
    with pytest.raises(RefusedBind, match="not authenticated"):
        check_bind(host)
    with pytest.raises(RefusedBind):
        serve(FastAPI(), host, 0, threading.Event())


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "localhost:8080", "LOCALHOST", "[::1]:80", "[::1]"])
def test_requests_to_this_machine_are_answered(client: httpx.Client, host: str) -> None:
    assert client.get("/things", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8080", "localhost.evil.example", "127.0.0.1.x", ""])
def test_a_host_name_rebound_to_this_machine_is_refused(client: httpx.Client, host: str) -> None:
    for path in ("/things", "/docs", "/openapi.json", "/healthz"):
        answer = client.get(path, headers={"Host": host})
        assert answer.status_code == 421
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]
)
def test_what_a_form_of_another_page_can_send_is_refused(client: httpx.Client, kind: str) -> None:
    answer = client.post("/things", content=b'{"name": "x"}', headers={"Content-Type": kind})
    assert answer.status_code == 415
    assert "application/json" in answer.json()["detail"]


def test_json_is_taken_with_a_character_set_too(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert client.post("/things", content=b'{"name": "x"}', headers=headers).json() == {"name": "x"}


def test_another_origin_gets_no_leave_to_ask(client: httpx.Client) -> None:
    preflight = client.options(
        "/things", headers={"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    )
    assert preflight.status_code == 405
    assert not [name for name in preflight.headers if name.startswith("access-control")]


def test_a_body_that_is_too_large_or_of_no_stated_length_is_refused(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/json"}
    assert client.post("/things", content=b" " * 70_000, headers=headers).status_code == 413

    def pieces() -> Any:
        yield b'{"name": "x"}'

    assert client.post("/things", content=pieces(), headers=headers).status_code == 411


def test_every_answer_carries_the_security_headers(client: httpx.Client) -> None:
    for path in ("/things", "/things/missing", "/nowhere", "/docs", "/openapi.json"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "server" not in headers


def test_a_request_that_is_no_http_does_not_stop_the_server(url: str, client: httpx.Client) -> None:
    host, port = url.removeprefix("http://").split(":")
    for garbage in (
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        b"\x00" * 99,
    ):
        with socket.create_connection((host, int(port)), 5) as raw:
            raw.sendall(garbage)
            raw.shutdown(socket.SHUT_WR)
            while raw.recv(4096):
                pass
    assert client.get("/healthz").json() == {"status": "ok"}
