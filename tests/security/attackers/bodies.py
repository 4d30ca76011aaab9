"""Requests that are too large, too deep, too compressed, or too slow."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
import time
from typing import Any

import pytest

from tests.gateway.belgicom import Behind
from tests.security.attackers.requests import raw, statuses
from tests.security.attackers.tokens import PATH

ALARM = {
    "@type": "Alarm",
    "alarmType": "other",
    "perceivedSeverity": "minor",
    "probableCause": "x",
    "sourceSystemId": "x",
}
MIB = 1 << 20


def nested(opening: str, closing: str, depth: int) -> str:
    return f'{{"@type": "Alarm", "x": {opening * depth}1{closing * depth}}}'


def posted(house: Behind, content: str | bytes, path: str = PATH, **headers: str) -> int:
    said = {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
    answer = house.call(path, "POST", token=house.token(), purpose="operations", content=content, headers=said)
    return answer.status_code


@pytest.mark.parametrize("path", [PATH, "/tmf-api/alarmManagement/v5/alarm", "/tmf-api/alarmManagement/v4/hub"])
def test_oversized_bodies_are_refused(house: Behind, path: str) -> None:
    assert posted(house, json.dumps({"x": "y" * (2 * MIB)}), path) == 413
    assert posted(house, json.dumps(dict.fromkeys((f"x{n}" for n in range(50_000)), 1)), path) in (400, 413)
    assert posted(house, "[" + "1," * 200_000 + "1]", path) in (400, 413)


@pytest.mark.parametrize("depth", [33, 1_000, 100_000])
def test_deeply_nested_bodies_are_refused(house: Behind, depth: int) -> None:
    assert posted(house, nested("[", "]", depth)) == 400
    assert posted(house, nested('{"a": ', "}", depth)) == 400
    assert posted(house, "[" * depth) == 400


@pytest.mark.parametrize(
    "path", ["/scim/v2/Users", "/nchf-convergedcharging/v3/chargingdata", "/network-health/v1/alarms/x/comment"]
)
def test_every_api_bounds_what_it_reads(house: Behind, path: str) -> None:
    assert posted(house, nested("[", "]", 100_000), path) in (400, 404, 413)
    assert posted(house, json.dumps({"x": "y" * (2 * MIB)}), path) == 413


@pytest.mark.parametrize(
    "text",
    [
        '{"@type": "Alarm", "perceivedSeverity": "minor", "perceivedSeverity": "critical"}',
        '{"a": NaN}',
        '{"a": Infinity}',
        '{"a": 01}',
        '{"a": 1e99999}',
        '{"a": "\\ud800"}',
        '{"a": "\x00"}',
        '{"a": "\\u0000"}',
        "{'a': 1}",
        '{"a": 1} {}',
        '{"a": 1,}',
        '/* x */ {"a": 1}',
        "\ufeff{}",
        "",
        "null",
        '"x"',
        "0",
    ],
)
def test_json_that_parsers_read_in_two_ways_is_refused(house: Behind, text: str) -> None:
    assert posted(house, text.encode()) == 400


def test_a_compressed_body_is_not_unpacked(house: Behind) -> None:
    bomb = gzip.compress(b'{"x": "' + b"y" * (64 * MIB) + b'"}')
    for encoding in ("gzip", "deflate", "br", "gzip, gzip", "zstd"):
        assert posted(house, bomb, content_encoding=encoding) in (400, 415)
    assert posted(house, bomb) == 400


@pytest.mark.parametrize(
    "kind",
    [
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "text/plain",
        "application/xml",
        "",
        "*/*",
    ],
)
def test_what_a_page_could_send_without_asking_is_refused(house: Behind, kind: str) -> None:
    parts = "".join(f'--x\r\ncontent-disposition: form-data; name="{n}"\r\n\r\n1\r\n' for n in range(1_000))
    bodies = (json.dumps(ALARM), f"{parts}--x--", "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>")
    assert [posted(house, body, content_type=kind) for body in bodies] == [415] * 3


def test_header_bombs_are_refused(house: Behind) -> None:
    head = f"GET {PATH} HTTP/1.1\r\nhost: localhost\r\n"
    assert statuses(raw(house, head + "".join(f"x-{n}: 1\r\n" for n in range(101)) + "\r\n")) == [431]
    assert statuses(raw(house, head + f"x: {'y' * 40_000}\r\n\r\n")) == [431]
    assert statuses(raw(house, f"GET /{'x' * 70_000} HTTP/1.1\r\nhost: localhost\r\n\r\n")) in ([414], [431])
    assert house.call(f"{PATH}?{'&'.join(f'x{n}=1' for n in range(500))}", token=house.token()).status_code in (
        400,
        414,
    )


@pytest.mark.prove
def test_slow_clients_are_cut_off_and_hold_up_nobody(house: Behind) -> None:
    """200 connections that send a byte now and then, of heads and of bodies."""
    token = house.token()
    body = f"POST {PATH} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\ncontent-length: 1000\r\n\r\n"
    held = [socket.create_connection(("127.0.0.1", house.port)) for _ in range(200)]
    for number, each in enumerate(held):
        each.sendall(b"GET /x HTTP/1.1\r\nhost: loc" if number % 2 else body.encode())
    stop = threading.Event()

    def drip() -> None:
        while not stop.wait(1):
            for each in held:
                with contextlib.suppress(OSError):
                    each.sendall(b"x")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        for _ in range(20):
            assert house.call(PATH, token=token, purpose="operations").status_code == 200
        ended = time.monotonic() + 90
        for each in held:
            each.settimeout(max(1.0, ended - time.monotonic()))
            answer = closing(each)
            assert statuses(answer) in ([], [400], [408]), answer
    finally:
        stop.set()
        thread.join()
        for each in held:
            each.close()


def closing(connection: socket.socket) -> bytes:
    """What comes until the other side closes; it must."""
    found = b""
    try:
        while part := connection.recv(65_536):
            found += part
    except ConnectionResetError:
        pass
    return found


def test_a_client_that_takes_its_time_holds_up_nobody(house: Behind) -> None:
    token, held = house.token(), list[Any]()
    try:
        for number in range(100):
            each = socket.create_connection(("127.0.0.1", house.port))
            each.sendall(b"GET /x HTTP/1.1\r\nhost: loc" if number % 2 else b"")
            held.append(each)
        answers = [house.call(PATH, token=token, purpose="operations").status_code for _ in range(5)]
        assert answers == [200] * 5
    finally:
        for each in held:
            each.close()
