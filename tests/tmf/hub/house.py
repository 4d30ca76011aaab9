"""A store and a log with a hub between them and its subscribers, and changes of alarms to tell of."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path
from time import sleep
from typing import Any

import msgspec

from trunkline.log import Event, Log, open_log
from trunkline.settings import Hub
from trunkline.store.opening import open_store
from trunkline.tmf.declaration import V4, V5, OpenApi, Resource, Task, Version, text, time
from trunkline.tmf.events import TOPIC, tell
from trunkline.tmf.hub import metrics
from trunkline.tmf.hub.deliverer import Deliverer
from trunkline.tmf.hub.guard import Guard
from trunkline.tmf.hub.letter import DeadLetters
from trunkline.tmf.hub.subscription import POSITIONS, Position, Subscription
from trunkline.tmf.hub.subscriptions import Subscriptions
from trunkline.tmf.model.alarm import AckAlarm, Alarm

ALARM = Resource("alarm", Alarm, attributes=(text("perceivedSeverity"), time("alarmRaisedTime")))
ACK = Task("ackAlarm", "ackAlarms", AckAlarm)
ALARMS = OpenApi(642, "alarmManagement", "Alarms", (V4, V5), (ALARM,), (ACK,))
PRODUCTS = OpenApi(637, "productInventory", "Products", (V4, V5), (Resource("product", Alarm),))
BASE = "http://127.0.0.1:8080/tmf-api/alarmManagement"
QUICK = Hub(allow=["127.0.0.0/8"], attempts=1000, first_pause=0.001, longest_pause=0.05, timeout=5)  # type: ignore[list-item]


class House:
    """All in one process, in `folder`; the store is there too, unless it has a URL."""

    def __init__(self, folder: Path, settings: Hub = QUICK, store_url: str = "") -> None:
        self.settings = settings
        self.log, self.store = log_in(folder), open_store(store_url or f"sqlite://{folder / 'store.db'}")
        self.subscriptions = Subscriptions(self.store, self.log, Guard(settings.allow))
        self.letters = DeadLetters(self.store)
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def subscribe(self, callback: str, query: str = "", version: Version = V5, api: OpenApi = ALARMS) -> Subscription:
        return self.subscriptions.add(api, version, callback, query, f"{BASE}/{version}")

    def unsubscribe(self, subscription: Subscription) -> None:
        api = next(api for api in (ALARMS, PRODUCTS) if api.number == subscription.api)
        self.subscriptions.remove(api, subscription.version, subscription.id)

    def all_subscriptions(self) -> list[Subscription]:
        return list(self.subscriptions.all())

    def position(self, id: str) -> int:
        """The offset that the store has."""
        stored = self.store.get(POSITIONS.name, id)
        assert stored is not None
        return msgspec.json.decode(stored.document, type=Position).offset

    def wait_until_served(self, count: int) -> None:
        """Wait until the deliverer knows of so many subscriptions."""
        while metrics.SUBSCRIPTIONS.collect()[0].samples[0].value != count:
            sleep(0.01)

    def raise_alarms(self, ids: Iterable[int], **attributes: Any) -> None:
        """Tell of new alarms."""
        self.change(*({"id": str(id), "@type": "Alarm", "perceivedSeverity": "critical", **attributes} for id in ids))

    def change(self, *documents: dict[str, Any], of: Resource = ALARM, api: OpenApi = ALARMS) -> None:
        """Tell of new documents, as the engine does, and bring that to the log."""
        unit = Outbox()
        for document in documents:
            tell(unit, api, of, None, document)  # type: ignore[arg-type]
        self.log.append(TOPIC, unit.events)

    def start(self) -> None:
        """Deliver, until `stop`."""
        deliverer = Deliverer(self.log, self.store, [ALARMS, PRODUCTS], self.settings, "one")
        self._stop.clear()
        self._thread = threading.Thread(target=deliverer.run, args=(self._stop,))
        self._thread.start()

    def stop(self) -> None:
        if self._thread is not None:
            self._stop.set()
            self._thread.join(30)
            assert not self._thread.is_alive()
            self._thread = None

    def close(self) -> None:
        self.stop()
        self.log.close()
        self.store.close()


def log_in(folder: Path) -> Log:
    """The log in a folder, in which a process that was killed is soon found dead."""
    return open_log(f"sqlite://{folder / 'log.db'}?lease=1")


class Outbox:
    """What of a unit of work the telling of events needs."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def send(self, topic: str, event: Event) -> None:
        assert topic == TOPIC
        self.events.append(event)
