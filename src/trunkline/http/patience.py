"""How long a client may take, and how many there may be: none holds the listener for longer, or alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MOST_CONNECTIONS: Final = 1_000
"""Who is beyond gets 503, and with it the reason; whoever is `SPARE` beyond is not even heard."""
SPARE: Final = 200
MOST_HANDSHAKES: Final = 256
"""TLS handshakes under way. Where there are more, the one that has waited longest is ended: a client that means it is
through in milliseconds."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: for a TLS handshake, for the head of a request, for its body, for a client to take something of what
    waits for it, and between an answer and the next request."""

    handshake: float = 5.0
    head: float = 10.0
    body: float = 30.0
    stalled: float = 25.0
    idle: int = 5
    handshakes: int = MOST_HANDSHAKES
