"""A worker process with charging's processors, run until it is killed. Usage: python -m …whole.job URL NAME"""

from __future__ import annotations

import sys
import threading
from contextlib import closing
from pathlib import Path

from trunkline.contracts import load
from trunkline.log import Log, open_log
from trunkline.streams import Worker
from trunkline.telco.charging.processors import processors

REFERENCE = Path(__file__).parents[4] / "belgicom"
CONTRACTS = load(REFERENCE / "contracts")
CHAIN = ("mediate", "numbers", "payer", "charge")


def opened(url: str) -> Log:
    """The log with charging's topics, which refuses what breaks their contracts."""
    log = open_log(url, CONTRACTS.validators())
    for name, contract in CONTRACTS.items():
        if name.startswith("charging.") or name == "quarantine":
            log.create(contract.topic)
    return log


if __name__ == "__main__":
    url, name = sys.argv[1:]
    with closing(opened(url)) as log:
        chain = [each for each in processors(REFERENCE) if each.name in CHAIN]
        Worker(log, chain, name).run(threading.Event())
