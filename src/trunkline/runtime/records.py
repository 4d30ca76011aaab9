"""The records of the network and of charging beside the worker: what they tell goes from the log into the store, and
what is asked of these records, and told of them, from the store into the log."""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack, closing
from typing import Final

from trunkline.log import Log, LogError
from trunkline.project import Project
from trunkline.runtime.side_by_side import side_by_side
from trunkline.store import Store, StoreError
from trunkline.store.follower import BATCH, TOGETHER, Follower, Take, one_by_one
from trunkline.store.relay import Relay
from trunkline.telco.charging.records import specifications
from trunkline.telco.charging.records.following import takes
from trunkline.telco.charging.records.kinds import KINDS as OF_CHARGING
from trunkline.telco.charging.records.offered import charging_of
from trunkline.telco.network.performance import formulas
from trunkline.telco.network.records import indicators
from trunkline.telco.network.records.following import TOPICS, begin, take
from trunkline.telco.network.records.kinds import KINDS
from trunkline.tmf.hub.subscription import partitions

AGAIN: Final = 5.0  # seconds after which the store is tried again

logger = logging.getLogger(__name__)


def keep(project: Project, log: Log, name: str, stop: threading.Event) -> None:
    """Keep the records until `stop` is set, as the process `name`; others share the work.

    The worker goes on while the store cannot be used. Where anything else fails, `stop` is set: records of yesterday
    would be taken for today's.
    """
    while not stop.is_set():
        try:
            with closing(project.open_store()) as store:
                _keep(project, log, store, name, stop)
        except (LogError, StoreError):
            logger.exception("the records cannot be kept now; it is tried again in %d s", AGAIN)
            stop.wait(AGAIN)
        except Exception:
            logger.exception("the records cannot be kept; the worker stops")
            stop.set()


def _keep(project: Project, log: Log, store: Store, name: str, stop: threading.Event) -> None:
    store.declare(KINDS)
    indicators.declare(store, formulas.load(project.folder / "kpis").all)
    partitions(log)  # the topic of what is told of the records
    begin(log, store)
    taking: dict[str, Take] = dict.fromkeys(TOPICS, one_by_one(take))
    charging = charging_of(project.folder, log)
    if charging is not None:
        store.declare(OF_CHARGING)
        specifications.declare(store)
        taking |= takes(charging, store)
    with ExitStack() as stack:
        works = [stack.enter_context(closing(Relay(log, store, member=name))).run]
        there = {topic.name for topic in log.topics()}
        for topic in taking.keys() & there:  # one each, so that an alarm does not wait for the KPIs of a whole period
            batch = BATCH if topic in TOPICS else TOGETHER
            follower = Follower(log, store, topic, [topic], taking[topic], name, batch)
            works.append(stack.enter_context(closing(follower)).run)
        side_by_side(works, stop, "records")
