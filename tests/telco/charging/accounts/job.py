"""The worker of the kill test as a process. Usage: python -m tests.telco.charging.accounts.job URL."""

from __future__ import annotations

import sys
import threading
from contextlib import closing
from pathlib import Path

from tests.telco.charging.accounts.desk import BRUSSELS
from tests.telco.charging.accounts.offer import Offer
from trunkline.contracts import ContractValidator, load
from trunkline.log import Log, open_log
from trunkline.streams import Worker
from trunkline.streams.recorded import Recorded
from trunkline.telco.charging.accounts.processor import Charge

CONTRACTS = load(Path(__file__).parents[4] / "belgicom" / "contracts")
CHARGE = Recorded(lambda: Charge(Offer(), BRUSSELS, ["20601"]))


def opened(url: str) -> Log:
    """The log with charging's topics, which refuses what breaks their contracts."""
    log = open_log(url, {name: ContractValidator(contract) for name, contract in CONTRACTS.items()})
    for name, contract in CONTRACTS.items():
        if name.startswith("charging.") or name == "quarantine":
            log.create(contract.topic)
    return log


if __name__ == "__main__":
    with closing(opened(sys.argv[1])) as log:
        Worker(log, [CHARGE]).run(threading.Event())
