"""The log's sealer (`log.port.Sealer`): whole batches under their topic's key, a person's values under that person's.

Whose a value is, its topic's contract says (`subject`, see `whose`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from trunkline.log.port import TopicPartition
from trunkline.security.keys import boxes
from trunkline.security.keys.envelope import MARK, Form, changed, key_of, no_key, seal, unseal
from trunkline.security.keys.keyring import Key, Keyring
from trunkline.security.keys.port import KeysError
from trunkline.security.keys.whose import Whose

Values = list[bytes | None]
Keys = Sequence[bytes | None]


class LogSealer:
    """`sealed` says whether a topic is sealed at all; `whose`, of those whose events are persons', whose they are."""

    def __init__(
        self, keyring: Keyring, sealed: Callable[[str], bool], whose: Callable[[str], Whose | None] = lambda topic: None
    ) -> None:
        self._keyring, self._sealed, self._whose = keyring, sealed, whose

    def seal_values(self, topic: str, keys: Keys, values: Values) -> bytes:
        its = self._whose(topic)
        if its is None or not self._sealed(topic):
            return b""
        return boxes.seal(self._keyring, topic, keys, values, its.of(keys, values))

    def open_values(self, topic: str, keys: Keys, sealed: bytes | memoryview) -> Values:
        return boxes.unseal(self._keyring, topic, keys, sealed)

    def seal_batch(self, place: TopicPartition, base: int, batch: bytes, *, personal: bool) -> bytes:
        if not self._sealed(place.topic):
            return batch
        form = Form.PERSONAL_BATCH if personal else Form.BATCH
        return seal(form, self._keyring.topic(place.topic), batch, _batch_place(place, base))

    def open_batch(self, place: TopicPartition, base: int, batch: bytes) -> tuple[bytes, bool]:
        where = f"{place.topic}/{place.partition}, the events from offset {base} on"
        if batch[1] not in (Form.BATCH, Form.PERSONAL_BATCH):
            raise changed(key_of(batch), where)
        key = self._keyring.find([key_of(batch)]).get(key_of(batch))
        if key is None:
            raise no_key(key_of(batch), where)
        opened = unseal(batch, key, _batch_place(place, base))
        if opened is None:
            raise changed(key_of(batch), where)
        return opened, batch[1] == Form.PERSONAL_BATCH

    def to_wire(self, topic: str, keys: Keys, values: Values) -> Values:
        if not self._sealed(topic) or not values:
            return values
        persons = self._whose(topic)
        whose = [None] * len(values) if persons is None else persons.of(keys, values)
        its: dict[bytes | None, Key] = dict(self._keyring.persons({each for each in whose if each is not None}).items())
        if nobodys := whose.count(None):
            its[None] = self._keyring.topic(topic, nobodys)
        return [
            value if value is None else seal(Form.VALUE, its[person], value, _value_place(topic, key))
            for key, value, person in zip(keys, values, whose, strict=True)
        ]

    def from_wire(self, topic: str, keys: Keys, values: Values) -> tuple[Values, list[tuple[int, str]]]:
        opened, broken = self._opened(topic, keys, values)
        return opened, [(place, str(error)) for place, error in broken]

    def _opened(self, topic: str, keys: Keys, values: Values) -> tuple[Values, list[tuple[int, KeysError]]]:
        """The values, and those that cannot be opened, which stay as they are."""
        sealed = [place for place, value in enumerate(values) if value is not None and value[:1] == MARK]
        if not sealed:
            return values, []
        ids = [key_of(values[place] or b"") for place in sealed]
        there = self._keyring.find(ids)
        opened, broken = list(values), []
        for place, id in zip(sealed, ids, strict=True):
            key, value = keys[place], values[place] or b""
            its = there.get(id)
            if its is not None:
                opened[place] = unseal(value, its, _value_place(topic, key))
                if opened[place] is None:
                    opened[place] = value
                    broken.append((place, changed(key_of(value), _where(topic, key))))
            elif id in there:
                opened[place] = None  # its person was erased
            else:
                raise no_key(key_of(value), _where(topic, key))
        return opened, broken


def _where(topic: str, key: bytes | None) -> str:
    return f"{topic}, the event with the key {key!r}"


def _batch_place(place: TopicPartition, base: int) -> bytes:
    return f"{place.topic}/{place.partition}/{base}".encode()


def _value_place(topic: str, key: bytes | None) -> bytes:
    return topic.encode() + b"\0" + (key or b"")
