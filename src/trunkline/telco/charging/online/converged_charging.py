"""The converged charging API of the platform: what a 5G core's SMF is pointed at."""

from __future__ import annotations

import threading

from fastapi import APIRouter

from trunkline.http import Api
from trunkline.log.port import Log
from trunkline.telco.charging.online.application import PATH, Application
from trunkline.telco.charging.online.exchange import PATIENCE, TOPICS, Exchange
from trunkline.telco.charging.online.openapi import document

DESCRIPTION = f"""\
**Converged charging** (3GPP TS 32.291, Nchf_ConvergedCharging v3): `{PATH}/chargingdata` for a 5G core."""


def offered(log: Log) -> bool:
    """Whether the log has the topics that it needs: whether the operator has their contracts."""
    return set(TOPICS) <= {topic.name for topic in log.topics()}


def converged_charging(log: Log, stop: threading.Event, *, patience: float = PATIENCE, top_up_page: str = "") -> Api:
    """The API over `log`; `stop` is set where it cannot go on. A request waits `patience` seconds for charging. Who has
    no units left is sent to the URL `top_up_page`, where there is one."""
    exchange = Exchange(log, PATH, stop, patience)
    mounts = {PATH: Application(exchange, top_up_page)}
    return Api(APIRouter(), (), exchange.running, DESCRIPTION, mounts, {PATH: document})
