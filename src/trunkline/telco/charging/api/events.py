"""A live balance as server-sent events.

Each event is the whole balance, so the last one is all that counts: a client that comes back with `Last-Event-ID` gets
the balance as it is, if that is another one than it knows, and what follows. A client that reads slowly skips what is
overtaken. The id is the balance's place in the log, as is the ETag of `/balance`: who has the one may begin with it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

import msgspec

from trunkline.http import sse
from trunkline.telco.charging.api.feed import BalanceFeed

MOST_CLIENTS: Final = 500


class BalanceStream(sse.EventStream):
    """One client's stream of one account's balance."""

    def __init__(self, feed: BalanceFeed, account: str, last_event_id: str = "") -> None:
        super().__init__(feed, MOST_CLIENTS)
        self._feed, self._account, self._known = feed, account, last_event_id

    async def frames(self) -> AsyncIterator[bytes]:
        yield f"retry: {sse.RETRY}\n\n".encode()
        while self._feed.open:
            news = self._feed.news(self._account)
            standing = await self._feed.now(self._account)
            if standing is None:
                yield sse.frame("gone", self._known, b'{"detail":"charging knows this account no more"}')
                return
            if standing.tag != self._known:
                self._known = standing.tag
                yield sse.frame("balance", standing.tag, msgspec.json.encode(standing.balance))
                continue
            await asyncio.wait([news], timeout=sse.HEARTBEAT)
            if not news.done():
                yield b": alive\n\n"
        yield b": the server stops; reconnect and the stream goes on where it was\n\n"
