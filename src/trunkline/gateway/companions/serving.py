"""Answering at a companion's socket, and making place for a successor without losing a call."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Final

import grpc.aio

from trunkline.gateway.companions.sockets import identity

LOOK_AGAIN: Final = 0.5
"""Seconds between two looks at who has the socket."""
GRACE: Final = 10.0
"""Seconds that calls have to end when the companion does."""
LARGEST: Final = 64 << 20
"""Octets of a message; what Envoy sends is bounded by the gateway's `largest_body`."""


async def serve(socket: Path, handler: grpc.GenericRpcHandler) -> None:
    """Answer at `socket` until SIGTERM, or until the socket is another's or gone.

    The socket takes the place of a predecessor's in one step: who connects from then on is ours, who is connected is
    asked by the predecessor to come again, as soon as it notices. Nobody has to know who the predecessor is.
    """
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", LARGEST)])
    server.add_generic_rpc_handlers((handler,))
    beside = socket.with_name(f".{os.getpid()}.sock")
    server.add_insecure_port(f"unix:{beside}")
    await server.start()
    ours = identity(beside)
    beside.chmod(0o600)
    beside.replace(socket)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    while identity(socket) == ours and not ended.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(ended.wait(), LOOK_AGAIN)
    await server.stop(GRACE)
