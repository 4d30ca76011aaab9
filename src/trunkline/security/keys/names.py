"""By which names a person is known: the numbers of an account, say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from trunkline.contracts.contract import Contract
from trunkline.log.port import Log
from trunkline.security.keys.whose import ByField


def names_of(person: str, log: Log, contracts: Mapping[str, Contract]) -> list[str]:
    """The name itself, and the keys of those events that name the person in the field that their contract calls
    `person`. Raises `LogError`."""
    found = {person: None}
    for topic, contract in contracts.items():
        if contract.settings.person:
            belongs = ByField((contract.settings.person,))
            keys = _last_keys(log, topic, belongs, person.encode())
            found |= dict.fromkeys(key.decode("utf-8", "replace") for key in sorted(keys))
    return list(found)


def _last_keys(log: Log, topic: str, belongs: ByField, person: bytes) -> Iterator[bytes]:
    """The keys whose last event is the person's."""
    names: dict[bytes, bytes | None] = {}
    partitions = next((each.partitions for each in log.topics() if each.name == topic), 0)
    for number in range(partitions):
        offset = log.start(topic, number)
        while records := log.read(topic, number, offset):
            keys, values = [record.key for record in records], [record.value for record in records]
            for key, whose in zip(keys, belongs.of(keys, values), strict=True):
                if key is not None:
                    names[key] = whose
            offset = records[-1].offset + 1
    return (key for key, whose in names.items() if whose == person)
