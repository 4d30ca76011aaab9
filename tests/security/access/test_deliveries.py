"""Events that are delivered to a callback carry what their subscriber may see, and are found by nothing else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.security.access.house import BELGICOM, STANDS, caller
from tests.tmf.hub.house import ALARMS, BASE, QUICK
from tests.tmf.hub.house import House as Hub
from tests.tmf.hub.subscriber import Subscriber as Callback
from trunkline import contracts
from trunkline.security.access.decisions import who
from trunkline.security.access.opening import open_access
from trunkline.security.access.subscriber import Delivered, subscriber
from trunkline.security.identity.caller import Caller
from trunkline.tmf.declaration import V4
from trunkline.tmf.hub.deliverer import Deliverer
from trunkline.tmf.hub.subscription import Subscription

DELIVERED = Delivered(*open_access(BELGICOM, contracts.load(BELGICOM / "contracts")))
NOC = caller("noc-engineer")
ALARM = {"id": "A-1", "@type": "Alarm", "alarmDetails": "no power", "ackUserId": "els"}
RESOURCE = {"id": "MONS-1", "@type": "LogicalResource", "name": "MONS-1",
            "place": [{"role": "region", "place": {"id": "Hainaut", "name": "Hainaut"}}]}  # fmt: skip


def told(by: Caller, purpose: str, name: str, document: dict[str, Any]) -> dict[str, Any] | None:
    return DELIVERED(subscriber(who(by), purpose), name, document)


def test_a_subscriber_is_told_what_it_may_see() -> None:
    assert told(NOC, "operations", "alarm", ALARM) == ALARM
    assert told(NOC, "none", "alarm", ALARM) == {name: ALARM[name] for name in ("id", "@type", "alarmDetails")}


def test_a_subscriber_is_told_nothing_of_what_it_may_not_read() -> None:
    assert told(caller("partner"), "selling", "alarm", ALARM) is None
    assert told(NOC, "operations", "madeUp", {"id": "1"}) is None
    assert DELIVERED(None, "productOffering", {"id": "P-1"}) is None


def test_a_subscriber_of_a_region_is_told_of_the_objects_that_stand_there() -> None:
    delivered = Delivered(*open_access(BELGICOM, contracts.load(BELGICOM / "contracts"), lambda dn: STANDS.get(dn, "")))
    flemish = subscriber(who(caller("noc-engineer", "flanders")), "operations")
    for element, is_told in (("ANT_HAVEN", True), ("MONS_CENTRE", False), ("NOWHERE", False)):
        dn = f"ManagedElement={element}"
        alarm = ALARM | {"alarmedObject": {"id": dn}}
        assert (delivered(flemish, "alarm", alarm) is not None) is is_told
        assert delivered(subscriber(who(NOC), "operations"), "alarm", alarm) is not None
        measured = {"id": "M-1", "tag": {"dn": dn}}
        assert (delivered(flemish, "performanceMeasurement", measured) is not None) is is_told


def test_a_subscriber_of_a_region_is_told_nothing_of_another() -> None:
    assert told(caller("noc-engineer", "flanders"), "operations", "resource", RESOURCE) is None
    assert told(caller("noc-engineer", "wallonia"), "operations", "resource", RESOURCE) is not None


@contextmanager
def delivering(folder: Path) -> Iterator[tuple[Hub, Callback]]:
    """A hub whose deliverer tells what may be seen, and one who listens."""
    hub, callback, stop = Hub(folder), Callback(), threading.Event()
    deliverer = Deliverer(hub.log, hub.store, [ALARMS], QUICK, "one", seen=DELIVERED)
    thread = threading.Thread(target=deliverer.run, args=(stop,))
    try:
        thread.start()
        yield hub, callback
    finally:
        stop.set()
        thread.join(30)
        callback.close()
        hub.close()


def subscribe(hub: Hub, callback: Callback, purpose: str, query: str = "") -> Subscription:
    by = subscriber(who(NOC), purpose)
    return hub.subscriptions.add(ALARMS, V4, callback.callback, query, f"{BASE}/{V4}", by)


def test_what_arrives_is_masked(tmp_path: Path) -> None:
    with delivering(tmp_path) as (hub, callback):
        subscribe(hub, callback, "none")
        hub.raise_alarms([1, 2], ackUserId="els", alarmDetails="no power")
        callback.wait(2)
        for event in callback.asked:
            assert event["event"]["alarm"]["alarmDetails"] == "no power"
            assert "els" not in str(event)


def test_a_query_finds_nothing_by_what_is_hidden(tmp_path: Path) -> None:
    with delivering(tmp_path) as (hub, callback):
        subscribe(hub, callback, "none", "perceivedSeverity=minor")
        hidden = subscribe(hub, callback, "none", "ackUserId=els")
        hub.raise_alarms([1], ackUserId="els")
        hub.raise_alarms([2], ackUserId="els", perceivedSeverity="minor")
        callback.wait(1)
        callback.until(lambda: hub.subscriptions.behind(hidden) == 0, "all is looked at")
        assert [event["event"]["alarm"]["id"] for event in callback.asked] == ["2"]


def test_a_query_finds_by_it_for_whom_it_is_not_hidden(tmp_path: Path) -> None:
    with delivering(tmp_path) as (hub, callback):
        subscribe(hub, callback, "operations", "ackUserId=els")
        hub.raise_alarms([1], ackUserId="jan")
        hub.raise_alarms([2], ackUserId="els")
        callback.wait(1)
        assert callback.ids() == ["2"]
