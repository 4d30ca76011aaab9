"""Contracts in force: the versions that were accepted, kept in the log's own topic `contracts` (key topic, value YAML).

`check` tells what stands in the way of the operator's folder; `accept`, which `trunkline up` calls, puts it in force.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from trunkline.contracts.compatibility import refusals
from trunkline.contracts.contract import Contract, read
from trunkline.contracts.folder import Contracts, load
from trunkline.document import Document, Invalid, Problem
from trunkline.log.port import Event, Log, Record, Topic

TOPIC: Final = Topic(name="contracts", compacted=True)


def check(folder: Path | str, log: Log | None = None, against: Path | str | None = None) -> list[Problem]:
    """All that is wrong with the contracts in `folder`, [] when nothing is.

    They are compared with the versions in force in `log`, and with those of another folder, `against` (the last
    release's, for instance), where these are given. Raises `Invalid` where one of those cannot be read.
    """
    try:
        contracts = load(folder)
    except Invalid as refused:
        return sorted(refused.problems)
    before = [accepted(log, contracts)] if log else []
    before += [load(against)] if against else []
    return sorted({problem for old in before for problem in _refusals(old, contracts)})


def accept(log: Log, contracts: Contracts) -> list[str]:
    """Put `contracts` in force: create or update their topics, and remember each new version. Names what was new.

    Raises `Invalid`, and changes nothing, where a contract must not take the place of the one in force.
    """
    in_force = accepted(log, contracts)
    if problems := _refusals(in_force, contracts):
        raise Invalid(sorted(problems))
    log.create(TOPIC)
    new = [name for name, contract in contracts.items() if _differs(in_force.get(name), contract)]
    for topic in contracts.topics():
        log.create(topic)
    if new:
        log.append(TOPIC.name, [_event(contracts[name]) for name in new])
    return new


def accepted(log: Log, read_already: Mapping[str, Contract] = {}) -> Contracts:  # only read
    """The contracts in force. One that says what one of `read_already` says is that one: reading takes milliseconds."""
    latest: dict[str, Record] = {}
    for record in _records(log):
        latest[(record.key or b"").decode()] = record
    found: dict[str, Contract] = {}
    for name, record in latest.items():
        if record.value is not None:
            text, known = record.value.decode(), read_already.get(name)
            same = known is not None and known.document.text == text
            found[name] = known if known and same else read(Document(f"accepted {name}", text))
    return Contracts(found)


def _refusals(old: Contracts, new: Contracts) -> list[Problem]:
    found = [problem for name, contract in new.items() if name in old for problem in refusals(old[name], contract)]
    for name, contract in old.items():
        if name not in new and contract.odcs.status != "retired":
            reason = (
                f"the contract of {name}, version {contract.odcs.version}, is gone: retire it first (status: retired)"
            )
            found.append(Problem(str(new.folder or "contracts"), 1, reason))
    return found


def _differs(old: Contract | None, new: Contract) -> bool:
    return old is None or old.document.data != new.document.data


def _event(contract: Contract) -> Event:
    headers = {
        "content-type": "application/yaml",
        "ce_specversion": "1.0",
        "ce_type": TOPIC.name,
        "ce_source": "/contracts",
        "ce_id": f"{contract.name}/{contract.odcs.version}",
    }
    return Event(
        contract.document.text.encode(),
        contract.name.encode(),
        tuple((name, value.encode()) for name, value in headers.items()),
    )


def _records(log: Log) -> Iterator[Record]:
    if all(topic.name != TOPIC.name for topic in log.topics()):
        return
    offset = log.start(TOPIC.name, 0)
    while batch := log.read(TOPIC.name, 0, offset):
        yield from batch
        offset = batch[-1].offset + 1
