"""A proxy in pure Python: `python -m benchmarks.gateway.python_proxy PORT ORIGIN KEYS`."""

from __future__ import annotations

import json
import sys
from collections.abc import Awaitable, Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet

PORT, ORIGIN = int(sys.argv[1]), int(sys.argv[2])
KEYS = KeySet.import_key_set(json.loads(Path(sys.argv[3]).read_text()))
CLIENT = httpx.AsyncClient(base_url=f"http://127.0.0.1:{ORIGIN}", limits=httpx.Limits(max_connections=64))


@lru_cache(10_000)
def claims(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, KEYS).claims)


async def proxy(
    scope: dict[str, Any], receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    if scope["type"] != "http":
        return
    headers = {name.decode(): value.decode() for name, value in scope["headers"]}
    if claims(headers["authorization"].removeprefix("Bearer ")).get("tier") != "gold":
        await send({"type": "http.response.start", "status": 403, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        return
    answer = await CLIENT.request(scope["method"], scope["path"], headers=headers)
    kept = [(name, value) for name, value in answer.headers.raw if name.lower() not in (b"date", b"server")]
    await send({"type": "http.response.start", "status": answer.status_code, "headers": kept})
    await send({"type": "http.response.body", "body": answer.content})


if __name__ == "__main__":
    uvicorn.run(proxy, host="127.0.0.1", port=PORT, access_log=False, log_level="error")
