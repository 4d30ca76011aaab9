"""A companion's process: `python -m trunkline.gateway.companions NAME`, with `Places` as JSON at its standard input,
because secrets are in it."""

from __future__ import annotations

import asyncio
import importlib
import logging
import sys

import msgspec

from trunkline.gateway.companions.kinds import KINDS
from trunkline.gateway.companions.serving import serve
from trunkline.gateway.places import Places


async def run(name: str, places: Places) -> None:
    answering = importlib.import_module(KINDS[name]).answering
    async with answering(places) as handler:
        await serve(places.companion(name), handler)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    told = msgspec.json.decode(sys.stdin.buffer.read(), type=Places, dec_hook=lambda kind, value: kind(value))
    asyncio.run(run(sys.argv[1], told))
