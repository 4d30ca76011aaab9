"""The store with what is personal in its documents sealed under the key of the person whose it is.

A document lies in the store without its personal values; the whole of it is in `@sealed`, under that person's key. In
the place of a personal text by which documents are looked for stands its token of the blind index, so that they are
found by equality and by nothing else. A document whose person was erased reads as it lies there, without its personal
values. What was written before is read as it is.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import msgspec

from trunkline.log.port import Event, TopicPartition
from trunkline.security.keys.envelope import MARK, Form, changed, key_of, no_key, seal, unseal
from trunkline.security.keys.keyring import Keyring
from trunkline.store import Found, Kind, Outgoing, Query, Store, Stored, StoreError, Unit
from trunkline.store.matching import values
from trunkline.store.query import And, Compare, Condition, Element, Not, Operator, Or, Path, Present

SEALED: Final = "@sealed"
_MARKED: Final = b'"@sealed"'

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.Encoder().encode


class Personal(NamedTuple):
    """What of a kind's documents is personal, and where they say whose it is (() is the document's own id).

    With `plain`, everything is personal but these attributes: of what nobody has classified, the worst is assumed.
    """

    subject: Path
    paths: tuple[Path, ...] = ()
    plain: frozenset[str] | None = None

    def within(self, place: Path) -> bool:
        """Whether what is at `place` is personal."""
        if self.plain is not None:
            return place[:1] != () and place[0] not in self.plain
        return any(place[: len(path)] == path for path in self.paths)

    def above(self, place: Path) -> bool:
        """Whether something personal lies below `place`."""
        return any(path[: len(place)] == place for path in self.paths)


class RecordSealer:
    """Seals and opens documents of the kinds that it knows."""

    def __init__(self, keyring: Keyring, kinds: Mapping[str, Personal]) -> None:
        self._keyring, self._kinds = keyring, kinds
        self._searched: dict[str, set[Path]] = {}

    def declare(self, kinds: Sequence[Kind]) -> None:
        """By which paths documents of these kinds are looked for."""
        for kind in kinds:
            parts = {path + part for path, parts in kind.elements for part in parts}
            texts = {attribute.path for attribute in kind.attributes if attribute.type == "text"}
            self._searched[kind.name] = parts | texts

    def seal(self, kind: str, id: str, document: bytes) -> bytes:
        """The document as it lies in the store."""
        return self.seal_many(kind, {id: document})[id]

    def seal_many(self, kind: str, documents: Mapping[str, bytes]) -> dict[str, bytes]:
        personal = self._kinds.get(kind)
        if personal is None:
            return dict(documents)
        read = {id: _read(kind, id, document) for id, document in documents.items()}
        subjects = {id: _subject(personal, id, its) for id, its in read.items()}
        keys = self._keyring.persons({subject for subject in subjects.values() if subject})
        sealed = {}
        for id, its in read.items():
            subject = subjects[id]
            key = keys[subject] if subject else self._keyring.topic(kind)
            whole = b64encode(seal(Form.VALUE, key, documents[id], _place(kind, id))).decode()
            sealed[id] = _encode({**self._without(personal, kind, its), SEALED: whole})
        return sealed

    def open(self, kind: str, stored: Sequence[Stored]) -> list[Stored]:
        """The documents as they were. Raises `KeysError` naming one that was changed or moved.

        Of other kinds nothing is looked at: what others write there may have any name.
        """
        personal = self._kinds.get(kind)
        if personal is None:
            return list(stored)
        lying = {each.id: _read(kind, each.id, each.document) for each in stored if _MARKED in each.document}
        sealed = {id: _sealed(kind, id, its[SEALED]) for id, its in lying.items() if SEALED in its}
        if not sealed:
            return list(stored)
        keys = self._keyring.find(map(key_of, sealed.values()))
        opened = {}
        for id, whole in sealed.items():
            where = f"the {kind} {id} of the store"
            if key_of(whole) not in keys:
                raise no_key(key_of(whole), where)
            key = keys[key_of(whole)]
            if key is not None:
                its = unseal(whole, key, _place(kind, id))
                if its is None:
                    raise changed(key_of(whole), where)
                opened[id] = its
            else:  # its person was erased
                del lying[id][SEALED]
                opened[id] = _encode(self._without(personal, None, lying[id]))
        return [each._replace(document=opened.get(each.id, each.document)) for each in stored]

    def query(self, query: Query) -> Query:
        """The query as the documents that lie in the store answer it. Raises `StoreError` where they cannot."""
        personal = self._kinds.get(query.kind)
        if personal is None:
            return query
        for sort in query.sort:
            if personal.within(sort.path):
                raise StoreError(
                    f"{'.'.join(sort.path)} is personal and lies encrypted: {query.kind} is not sorted by it"
                )
        where = query.where
        return query if where is None else query._replace(where=self._either(personal, query.kind, where))

    def seal_event(self, topic: str, event: Event) -> Event:
        """An event as it waits in the outbox."""
        if event.value is None:
            return event
        value = seal(Form.VALUE, self._keyring.topic(topic), event.value, _place("outbox", topic))
        return msgspec.structs.replace(event, value=value)

    def open_event(self, outgoing: Outgoing) -> Outgoing:
        value, topic = outgoing.event.value, outgoing.topic
        if value is None or not value.startswith(MARK):
            return outgoing
        key = self._keyring.find([key_of(value)]).get(key_of(value))
        where = f"the event {outgoing.id} of the outbox, to {topic}"
        if key is None:
            raise no_key(key_of(value), where)
        opened = unseal(value, key, _place("outbox", topic))
        if opened is None:
            raise changed(key_of(value), where)
        return outgoing._replace(event=msgspec.structs.replace(outgoing.event, value=opened))

    def _without(self, personal: Personal, kind: str | None, document: dict[str, Any]) -> dict[str, Any]:
        """The document without what is personal; of a `kind`, with tokens by which it is found."""

        def left(value: Any, place: Path) -> Any:
            if isinstance(value, list):
                return [its for each in value if (its := left(each, place)) is not None] or None
            if isinstance(value, dict):
                if place and not personal.within(place) and not personal.above(place):
                    return value
                found = {name: its for name, each in value.items() if (its := left(each, (*place, name))) is not None}
                return found or None
            if not personal.within(place):
                return value
            is_found = kind is not None and isinstance(value, str) and self._is_searched(kind, place)
            return self._token(kind, place, value) if kind is not None and is_found else None

        return left(document, ()) or {}

    def _is_searched(self, kind: str, place: Path) -> bool:
        """Whether documents are looked for by the text at `place`: TM Forum does so by each first-level attribute."""
        return len(place) == 1 or place in self._searched.get(kind, ())

    def _token(self, kind: str, place: Path, value: str) -> str:
        return "~" + self._keyring.token(f"{kind}/{'.'.join(place)}", value.encode())

    def _either(self, personal: Personal, kind: str, where: Condition) -> Condition:
        """A condition on documents of which some lie sealed, and others, which are older, in clear."""
        match where:
            case And(parts):
                return And(tuple(self._either(personal, kind, each) for each in parts))
            case Or(parts):
                return Or(tuple(self._either(personal, kind, each) for each in parts))
            case Not(negated):
                return Not(self._either(personal, kind, negated))
        blind = self._blind(personal, kind, where, ())
        return where if blind == where else Or((blind, where))

    def _blind(self, personal: Personal, kind: str, where: Condition, place: Path) -> Condition:
        """A condition on sealed documents, whose paths begin at `place`."""
        match where:
            case Compare(path, Operator.EQ, str() as value) if personal.within(place + path):
                if self._is_searched(kind, place + path):
                    return Compare(path, Operator.EQ, self._token(kind, place + path, value))
            case Element(path, inner):
                return Element(path, self._blind(personal, kind, inner, place + path))
            case And(parts):
                return And(tuple(self._blind(personal, kind, each, place) for each in parts))
            case Or(parts):
                return Or(tuple(self._blind(personal, kind, each, place) for each in parts))
            case Not(negated):
                return Not(self._blind(personal, kind, negated, place))
        if isinstance(where, Compare | Present) and personal.within(place + where.path):
            raise StoreError(
                f"{'.'.join(place + where.path)} is personal and lies encrypted: {kind} is looked for by what is equal "
                "to a text on its first level, or of an attribute of the kind, and by nothing else of it"
            )
        return where


class SealedStore:
    """See `store.Store`."""

    def __init__(self, store: Store, sealer: RecordSealer) -> None:
        self._store, self._sealer = store, sealer

    def declare(self, kinds: Sequence[Kind]) -> None:
        self._sealer.declare(kinds)
        self._store.declare(kinds)

    def get(self, kind: str, id: str) -> Stored | None:
        return _opened(self._sealer, kind, self._store.get(kind, id))

    def find(self, query: Query) -> Found:
        found = self._store.find(self._sealer.query(query))
        return found._replace(records=self._sealer.open(query.kind, found.records))

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        with self._store.unit() as unit:
            yield SealedUnit(unit, self._sealer)

    def outbox(self, limit: int = 1000) -> Sequence[Outgoing]:
        return [self._sealer.open_event(each) for each in self._store.outbox(limit)]

    def sent(self, last: int) -> None:
        self._store.sent(last)

    def close(self) -> None:
        self._store.close()


class SealedUnit:
    """See `store.Unit`."""

    def __init__(self, unit: Unit, sealer: RecordSealer) -> None:
        self._unit, self._sealer = unit, sealer

    def get(self, kind: str, id: str) -> Stored | None:
        return _opened(self._sealer, kind, self._unit.get(kind, id))

    def get_many(self, kind: str, ids: Collection[str]) -> Mapping[str, Stored]:
        found = self._unit.get_many(kind, ids)
        return {each.id: each for each in self._sealer.open(kind, list(found.values()))}

    def add(self, kind: str, id: str, document: bytes) -> Stored:
        return self._unit.add(kind, id, self._sealer.seal(kind, id, document))._replace(document=document)

    def replace(self, kind: str, id: str, document: bytes, version: int | None = None) -> Stored:
        sealed = self._sealer.seal(kind, id, document)
        return self._unit.replace(kind, id, sealed, version)._replace(document=document)

    def put(self, kind: str, id: str, document: bytes) -> Stored:
        return self._unit.put(kind, id, self._sealer.seal(kind, id, document))._replace(document=document)

    def put_many(self, kind: str, documents: Mapping[str, bytes]) -> None:
        self._unit.put_many(kind, self._sealer.seal_many(kind, documents))

    def remove(self, kind: str, id: str, version: int | None = None) -> None:
        self._unit.remove(kind, id, version)

    def send(self, topic: str, event: Event) -> None:
        self._unit.send(topic, self._sealer.seal_event(topic, event))

    def positions(self, reader: str) -> Mapping[TopicPartition, int]:
        return self._unit.positions(reader)

    def set_positions(self, reader: str, offsets: Mapping[TopicPartition, int]) -> None:
        self._unit.set_positions(reader, offsets)


def _opened(sealer: RecordSealer, kind: str, stored: Stored | None) -> Stored | None:
    return None if stored is None else sealer.open(kind, [stored])[0]


def _read(kind: str, id: str, document: bytes) -> dict[str, Any]:
    try:
        return _decode(document)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise StoreError(f"{kind} {id} is no JSON object: {error}") from None


def _sealed(kind: str, id: str, text: Any) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (TypeError, ValueError):
        raise StoreError(
            f"the {kind} {id} of the store has an `{SEALED}` that is none: restore it from a backup"
        ) from None


def _subject(personal: Personal, id: str, document: dict[str, Any]) -> bytes:
    """Whose a document is, b"" where it does not say."""
    if not personal.subject:
        return id.encode()
    found = next(iter(values(document, personal.subject)), "")
    return found.encode() if isinstance(found, str) else b""


def _place(kind: str, id: str) -> bytes:
    return f"{kind}\0{id}".encode()
