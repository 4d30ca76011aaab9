"""One request by HTTP/2 as no client library sends it: with trailers (RFC 9113; headers are literals of RFC 7541)."""

from __future__ import annotations

import socket
from typing import Final

_PREFACE: Final = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _SETTINGS = 0, 1, 4
_END_STREAM, _END_HEADERS = 1, 4


def post(port: int, path: str, body: bytes, content_type: str = "application/json") -> bytes:
    """Send `body`, then trailers; what comes back, to the last octet of its body."""
    headers = [(":method", "POST"), (":scheme", "http"), (":authority", "x"), (":path", path)]
    sent = _PREFACE + _frame(_SETTINGS, 0, 0, b"")
    sent += _frame(_HEADERS, _END_HEADERS, 1, _block([*headers, ("content-type", content_type)]))
    sent += _frame(_DATA, 0, 1, body)
    sent += _frame(_HEADERS, _END_HEADERS | _END_STREAM, 1, _block([("x-trailer", "1")]))
    with socket.create_connection(("127.0.0.1", port), timeout=30) as caller:
        caller.sendall(sent)
        got, came = b"", b""
        while True:
            while len(came) < 9 or len(came) < 9 + int.from_bytes(came[:3], "big"):
                came += caller.recv(65_536)
            length = int.from_bytes(came[:3], "big")
            kind, flags = came[3], came[4]
            payload, came = came[9 : 9 + length], came[9 + length :]
            if kind == _DATA:
                got += payload
                if flags & _END_STREAM:
                    return got


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def _block(headers: list[tuple[str, str]]) -> bytes:
    return b"".join(
        b"\x00" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode() for name, value in headers
    )
