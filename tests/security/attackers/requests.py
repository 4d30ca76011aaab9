"""Requests that are written to be read in one way by the gateway, and in another by what stands behind it."""

from __future__ import annotations

import re
import socket

import pytest

from tests.gateway.belgicom import EVERYTHING, Behind
from tests.runtime.operator import until
from tests.security.attackers.tokens import CARE, NOC, OPENID, PATH

BILLS = "/tmf-api/customerBillManagement/v4/customerBill"
CATALOGUE = "/tmf-api/productCatalogManagement/v4/productOffering"
HEAD = "host: localhost\r\nauthorization: Bearer {token}\r\nx-purpose: operations\r\n"


def raw(house: Behind, text: str | bytes, port: int = 0) -> bytes:
    """All that comes back for what is sent as it is, until the other side closes, says that it will, or is silent."""
    with socket.create_connection(("127.0.0.1", port or house.port), timeout=10) as connection:
        connection.sendall(text.encode("latin-1") if isinstance(text, str) else text)
        connection.settimeout(2)
        found = b""
        try:
            while part := connection.recv(65_536):
                found += part
                if is_last(found):
                    break
        except (TimeoutError, ConnectionResetError):
            pass
        return found


def is_last(found: bytes) -> bool:
    """Whether nothing can follow: the last answer is whole, and says that the connection ends."""
    head, _, body = found[found.rfind(b"HTTP/1.1 ") :].partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    return b"connection: close" in head.lower() and length is not None and len(body) >= int(length[1])


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3})", answer)]


def asked(house: Behind, line: str, *more: str, body: str = "") -> list[int]:
    """The statuses that one connection is answered with."""
    head = HEAD.format(token=house.token(NOC, OPENID)) + "".join(f"{each}\r\n" for each in more)
    return statuses(raw(house, f"{line} HTTP/1.1\r\n{head}\r\n{body}"))


@pytest.mark.parametrize(
    "path",
    [
        "/tmf-api/alarmManagement/v4/..%2f..%2fcustomerBillManagement/v4/customerBill",
        "/tmf-api%2falarmManagement/v4/alarm", "/tmf-api/alarmManagement/v4/alarm/..%2F..%2F..%2F..%2Fmetrics",
        "/tmf-api/alarmManagement/v4/alarm%5c..%5chub",
        "/tmf-api/alarmManagement/v4/alarm/%2e%2e/%2e%2e/%2e%2e/%2e%2e/metrics",
        "/tmf-api/alarmManagement/v4/%2e%2e/metrics", "/tmf-api/alarmManagement/v4/../../../metrics", "/./metrics",
        "//metrics", "/metrics", "/metrics/", "/%6detrics", "/tmf-api/alarmManagement/v4/alarm/..;/..;/metrics",
        "/tmf-api/alarmManagement/v4;x/alarm", "/;/metrics", "/openapi.json", "/tmf-api/alarmManagement/v4/alarm%00",
        "/tmf-api/alarmManagement/v4/alarm/%00", "/TMF-API/alarmManagement/v4/alarm",
        "/tmf-api/AlarmManagement/v4/alarm", "/tmf-api/alarmManagement/V4/alarm", "/tmf-api/alarmManagement/v4/ALARM",
        "/tmf-api/alarmManagement/v4/alarm\\..\\hub", "\\metrics",
        "/tmf-api/alarmManagement/v4/alarm/x/../../../../../docs",
        "/tmf-api/alarmManagement/v4/alarm/%252e%252e/%252e%252e/hub", "/oauth2/token", "/healthz", "/docs", "/", "*",
        "/tmf-api/alarmManagement/v4/openapi.json", "/network-health/v1/..%2f..%2fmetrics", "/scim/v2/../../metrics",
        "http://localhost:8080/metrics", "http://127.0.0.1/metrics",
        "/tmf-api/alarmManagement/v4/alarm%23/../../metrics",
    ],
)  # fmt: skip
def test_path_tricks_lead_nowhere(house: Behind, path: str) -> None:
    found = asked(house, f"GET {path}", "connection: close")
    assert len(found) == 1
    assert found[0] in (400, 403, 404, 405)


@pytest.mark.parametrize(
    "path",
    [
        "/tmf-api/customerBillManagement/v4/customerBill",
        "/tmf-api/alarmManagement/v4/../../customerBillManagement/v4/customerBill",
        "/tmf-api//customerBillManagement//v4/customerBill", "/tmf-api/customerBillManagement/v4/./customerBill",
        "/tmf-api/customerBillManagement/v4/customerBil%6c",
        "/tmf-api/x/%2e%2e/customerBillManagement/v4/customerBill",
    ],
)  # fmt: skip
def test_path_tricks_do_not_pass_the_rules_of_where_they_lead(house: Behind, path: str) -> None:
    assert asked(house, f"GET {path}", "connection: close") == [403]  # a NOC engineer has no scope for bills


SMUGGLED = f"GET {BILLS} HTTP/1.1\r\nhost: localhost\r\nx-smuggled: 1\r\n\r\n"


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (("content-length: 6", "transfer-encoding: chunked"), f"0\r\n\r\n{SMUGGLED}"),  # CL.TE
        (("transfer-encoding: chunked", f"content-length: {len(SMUGGLED) + 5}"), f"0\r\n\r\n{SMUGGLED}"),  # TE.CL
        (("content-length: 0", f"content-length: {len(SMUGGLED)}"), SMUGGLED),
        ((f"content-length: 0, {len(SMUGGLED)}",), SMUGGLED),
        (("content-length: +0",), SMUGGLED),
        (("content-length: -1",), SMUGGLED),
        (("content-length: 0x0",), SMUGGLED),
        (("transfer-encoding: xchunked",), SMUGGLED),
        (("transfer-encoding: chunked, identity",), SMUGGLED),
        (("transfer-encoding: identity, chunked",), SMUGGLED),
        (("transfer-encoding:\x0bchunked",), SMUGGLED),
        (("transfer-encoding : chunked",), SMUGGLED),
        (("transfer_encoding: chunked",), SMUGGLED),
        (("x: y\rtransfer-encoding: chunked",), SMUGGLED),
        (("x: y\ntransfer-encoding: chunked", "content-length: 5"), f"0\r\n\r\n{SMUGGLED}"),
        (("transfer-encoding: chunked",), f"0 ;x=\x00\r\n\r\n{SMUGGLED}"),
        (("transfer-encoding: chunked",), f"-1\r\n\r\n{SMUGGLED}"),
        (("transfer-encoding: chunked",), f"0x0\r\n\r\n{SMUGGLED}"),
        (("transfer-encoding: chunked",), f"ffffffffffffffffff\r\n{SMUGGLED}"),
    ],
)
def test_smuggling_no_request_hides_in_another(house: Behind, headers: tuple[str, ...], body: str) -> None:
    found = asked(house, f"POST {PATH}", "content-type: application/json", *headers, body=body)
    assert found[:1] in ([], [400], [403], [411], [501]), found
    assert 200 not in found
    assert all(status in (400, 401, 403, 411, 501) for status in found)


@pytest.mark.parametrize(
    "headers",
    [
        ("host: evil.example",), ("host : localhost",), ("x: a\x00b",), ("x\x00y: a",), ("x-a : b",), (": empty",),
        ("no-colon",), ("x_trunkline_client: admin",),
    ],
    ids=str,
)  # fmt: skip
def test_heads_that_are_read_in_two_ways_are_refused(house: Behind, headers: tuple[str, ...]) -> None:
    assert asked(house, f"GET {PATH}", "connection: close", *headers) in ([400], [421])


@pytest.mark.parametrize(
    "value", ["evil.example", "localhost@evil.example", "evil.example:80", "", "127.0.0.1.evil.example"]
)
def test_host_a_foreign_name_is_not_answered_and_gets_into_no_link(house: Behind, value: str) -> None:
    token = house.token(NOC, OPENID)
    head = f"host: {value}\r\nauthorization: Bearer {token}\r\nx-purpose: operations\r\nconnection: close\r\n"
    answer = raw(house, f"GET {PATH} HTTP/1.1\r\n{head}\r\n")
    assert statuses(answer) in ([400], [404], [421])
    answer = house.call(
        PATH, token=token, headers={"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"}
    )
    assert "evil" not in answer.text
    assert "evil" not in str(answer.headers)


def test_crlf_in_a_value_splits_no_answer(house: Behind) -> None:
    token = house.token(NOC, OPENID)
    for path in (
        f"{PATH}/x%0d%0aset-cookie:%20a=b", f"{PATH}?fields=%0d%0ax-evil:%201", f"{PATH}?sort=a%0d%0ax-evil:1",
        f"{PATH}?offset=0&limit=1&x=%0d%0ax-evil:1", "/network-health/v1/sites/x%0d%0ax-evil:%201",
    ):  # fmt: skip
        answer = house.call(path, token=token, purpose="operations")
        assert answer.status_code in (400, 404)
        assert not {"x-evil", "set-cookie"} & set(answer.headers)


def test_a_method_is_what_the_request_line_says(house: Behind) -> None:
    token = house.token(NOC, OPENID)  # may not write
    for name in ("x-http-method-override", "x-http-method", "x-method-override"):
        for value in ("DELETE", "POST", "PATCH"):
            answer = house.call(f"{PATH}/none", token=token, purpose="operations", headers={name: value})
            assert answer.status_code == 404  # it was a GET
    answer = house.call(f"{PATH}?_method=DELETE", token=token, purpose="operations")
    assert answer.status_code == 400
    for method in ("TRACE", "CONNECT", "PROPFIND", "get", "OPTIONS", "PUT"):
        assert asked(house, f"{method} {PATH}", "connection: close") in ([400], [403], [404], [405], [501])


@pytest.mark.parametrize(
    "name",
    ["x-trunkline-subject", "x-trunkline-client", "x-trunkline-tier", "x-trunkline-application", "x-trunkline-gateway"],
)
def test_nobody_says_who_they_are_in_our_own_headers(house: Behind, name: str) -> None:
    for ask in (house.call, house.past):
        assert ask(CATALOGUE, headers={name: "gold.telesud-shop", "x-purpose": "selling"}).status_code == 401
    with_key = house.call(CATALOGUE, headers={**house.key("telesud-shop"), "x-trunkline-application": "gold.smf"})
    assert with_key.status_code == 200


def test_a_header_of_ours_is_not_dropped_as_one_of_the_connections(house: Behind) -> None:
    """`Connection: x-…` would have a proxy take a header off that it has put on itself (RFC 9110, 7.6.1)."""
    key = house.key("telesud-shop")["x-api-key"]
    for name in ("x-trunkline-application", "x-trunkline-gateway", "authorization", "x-purpose", "x-api-key"):
        head = f"host: localhost\r\nx-api-key: {key}\r\nx-purpose: selling\r\nconnection: close, {name}\r\n"
        assert statuses(raw(house, f"GET {CATALOGUE} HTTP/1.1\r\n{head}\r\n")) in ([200], [400], [401], [403])
    found = asked(house, f"GET {BILLS}", "connection: close, x-purpose, authorization, x-request-id")
    assert found in ([400], [401], [403])


def test_xff_an_address_that_is_made_up_is_neither_judged_nor_recorded(house: Behind) -> None:
    headers = {
        "x-forwarded-for": "203.0.113.9", "x-real-ip": "203.0.113.9", "forwarded": "for=203.0.113.9",
        "x-trunkline-address": "203.0.113.9", "x-envoy-external-address": "203.0.113.9",
        "true-client-ip": "203.0.113.9", "x-purpose": "care",
    }  # fmt: skip
    token = house.token(CARE, "customer.read charging.read")
    for ask in (house.call, house.past):
        assert ask("/tmf-api/partyRoleManagement/v4/partyRole", token=token, headers=headers).status_code == 200
        assert ask(PATH, token=house.token(NOC, OPENID), headers=headers).status_code == 403
    logged = house.folder / ".trunkline" / "gateway" / "access.log"
    until(lambda: "partyRole" in logged.read_text(), "the access log tells of it")
    assert "203.0.113.9" not in logged.read_text()
    assert "203.0.113.9" not in trail(house)


def trail(house: Behind) -> str:
    """All that the audit trail's topic and the log of decisions have come to hold."""
    from contextlib import closing

    from trunkline.project import Project

    with closing(Project(house.folder).open_log()) as log:
        found = [
            record.value
            for topic in log.topics()
            if topic.name.startswith(("audit", "access"))
            for partition in range(topic.partitions)
            for record in log.read(topic.name, partition, 0)
        ]
    text = b"\n".join(value for value in found if value).decode()
    assert "127.0.0.1" in text
    return text


def test_cors_no_page_of_another_origin_reads_or_sends_with_its_visitors_rights(house: Behind) -> None:
    for origin in ("https://evil.example", "null", "https://www.belgicom.be.evil.example", "http://www.belgicom.be"):
        asks = {"origin": origin, "access-control-request-method": "GET", "access-control-request-headers": "x-api-key"}
        for path in (CATALOGUE, PATH, BILLS):
            answer = house.call(path, "OPTIONS", headers=asks)
            assert answer.headers.get("access-control-allow-origin") is None
            assert answer.headers.get("access-control-allow-credentials") is None
        got = house.call(CATALOGUE, headers={**house.key("telesud-shop"), "origin": origin})
        assert "access-control-allow-origin" not in got.headers
    asks = {"origin": "https://shop.belgicom.be", "access-control-request-method": "GET"}
    allowed = house.call(CATALOGUE, "OPTIONS", headers=asks).headers
    assert allowed["access-control-allow-origin"] == "https://shop.belgicom.be"
    assert "access-control-allow-credentials" not in allowed


def test_cache_deception_what_is_kept_is_one_persons_of_nobody(house: Behind) -> None:
    token, key = house.token(EVERYTHING), house.key("telesud-shop")
    for path in (
        f"{BILLS}/style.css",
        f"{BILLS}.css",
        f"{BILLS};x.js",
        f"{BILLS}/.well-known/x.png",
        f"{BILLS}%2fx.css",
    ):
        assert house.call(path, token=token, purpose="billing").status_code in (400, 404)
    answers = [house.call(BILLS, token=token, purpose="billing") for _ in range(2)]
    assert all(answer.status_code == 200 and "age" not in answer.headers for answer in answers)
    assert all("no-store" in answer.headers["cache-control"] for answer in answers)
    assert house.call(CATALOGUE, headers=key).status_code == 200
    assert house.call(CATALOGUE).status_code == 401  # kept or not
    assert house.call(f"{CATALOGUE}?x={'y' * 10}", headers={"x-api-key": "guessed"}).status_code == 401


def test_no_connection_becomes_a_web_socket_or_another_protocol(house: Behind) -> None:
    socket_ = (
        "upgrade: websocket",
        "connection: upgrade",
        "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
        "sec-websocket-version: 13",
    )
    for path in (PATH, "/network-health/v1/events", "/charging/v1/accounts/1/balance/events"):
        assert 101 not in asked(house, f"GET {path}", *socket_)
    clear = ("upgrade: h2c", "connection: upgrade, http2-settings", "http2-settings: AAMAAABkAAQAAP__")
    assert 101 not in asked(house, f"GET {PATH}", *clear)
