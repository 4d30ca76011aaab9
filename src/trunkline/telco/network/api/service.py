"""What the routes of the Network Health API work with, kept up with the log while the API is served."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from trunkline.connect.archive import Archive
from trunkline.log.port import Log
from trunkline.telco.network.api.events import EventFeed
from trunkline.telco.network.view.network import NetworkView

logger = logging.getLogger(__name__)


@dataclass
class NetworkHealth:
    """What the API's routes work with: the log, the raw files, the view, and the feed of its changes."""

    log: Log
    archive: Archive
    view: NetworkView
    stop: threading.Event
    """Set when the process is to end; set by the API itself where it cannot go on."""
    feed: EventFeed = field(init=False)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the view up with the log while the API is served."""
        await asyncio.to_thread(self.view.catch_up)
        # What the view holds now lives on; to look through it for garbage would stop everything for 0.1 s each time.
        gc.freeze()
        self.feed = EventFeed(self.log, self.view)
        loop = asyncio.get_running_loop()
        following = threading.Thread(target=self._follow, args=(loop,), name="network view")
        following.start()
        try:
            yield
        finally:
            self.stop.set()
            await asyncio.to_thread(following.join)

    def _follow(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            self.view.follow(self.stop)
        except Exception:
            # An API that stopped hearing the network would show yesterday's as today's: better none, and a restart.
            logger.exception("the network view cannot follow the log; the API stops")
            self.stop.set()
        # The server waits for open streams before it stops, so they must end first.
        loop.call_soon_threadsafe(self.feed.stop)
