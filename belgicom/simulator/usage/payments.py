"""What prepaid customers pay: every card is topped up when it is sold, and then every five days or so."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime

from belgicom.simulator.usage.life import TICK
from belgicom.simulator.usage.subscribers import Subscribers

EVERY = 5 * 86_400 // TICK
"""Ticks between two top-ups of a card."""
SPREAD = 7919
"""By which the cards' moments lie apart: a prime, so that they spread over the days."""
AMOUNTS = (1000, 1500, 2500)
"""In cents."""


def payments(subscribers: Subscribers, tick: int, *, sold: bool = False) -> bytes:
    """The shop's export of what was paid in the tick, a payment a line; of all cards where they are `sold` now."""
    moment = datetime.fromtimestamp(tick * TICK, UTC)
    lines = []
    for card in subscribers.prepaid():
        if not sold and (tick + card * SPREAD) % EVERY:
            continue
        dice = random.Random(f"payment/{subscribers.seed}/{card}/{tick}")
        payment = {
            "payment": f"V{card:06}-{moment:%Y%m%d%H%M%S}",
            "account": f"A{card:06}",
            "amount": dice.choice(AMOUNTS),
            "time": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            "channel": "voucher",
        }
        lines.append(json.dumps(payment).encode() + b"\n")
    return b"".join(lines)
