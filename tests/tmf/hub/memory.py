from __future__ import annotations

import threading
from contextlib import contextmanager

import msgspec

from trunkline.store import Conflict, Found, Query, Stored, StoreError
from trunkline.store.matching import matches, values


class MemoryStore:
    def __init__(self) -> None:
        self.docs: dict[str, dict[str, Stored]] = {}
        self.lock = threading.RLock()

    def declare(self, kinds):
        for kind in kinds:
            self.docs.setdefault(kind.name, {})

    def get(self, kind, id):
        with self.lock:
            return self.docs[kind].get(id)

    def find(self, query: Query) -> Found:
        with self.lock:
            if query.kind not in self.docs:
                raise StoreError(query.kind)
            rows = list(self.docs[query.kind].values())
        rows = [r for r in rows if query.where is None or matches(query.where, msgspec.json.decode(r.document))]
        for sort in reversed(query.sort):
            rows.sort(key=lambda r: next(values(msgspec.json.decode(r.document), sort.path)), reverse=sort.descending)
        total = len(rows)
        if query.after:
            ids = [r.id for r in rows]
            rows = rows[ids.index(query.after) + 1 :]
        rows = rows[query.offset : query.offset + query.limit]
        return Found(rows, total, True, rows[0].id if rows else "", rows[-1].id if rows else "")

    @contextmanager
    def unit(self):
        with self.lock:
            unit = MemoryUnit(self)
            before = {k: dict(v) for k, v in self.docs.items()}
            try:
                yield unit
            except BaseException:
                self.docs = before
                raise

    def close(self):
        pass


class MemoryUnit:
    def __init__(self, store) -> None:
        self.store = store

    def get(self, kind, id):
        return self.store.docs[kind].get(id)

    def add(self, kind, id, document):
        if id in self.store.docs[kind]:
            raise Conflict(id)
        self.store.docs[kind][id] = Stored(id, 1, document)
        return self.store.docs[kind][id]

    def replace(self, kind, id, document, version=None):
        there = self.store.docs[kind].get(id)
        if there is None or (version is not None and version != there.version):
            raise Conflict(id)
        self.store.docs[kind][id] = Stored(id, there.version + 1, document)
        return self.store.docs[kind][id]

    def put(self, kind, id, document):
        return self.replace(kind, id, document) if id in self.store.docs[kind] else self.add(kind, id, document)

    def remove(self, kind, id, version=None):
        if id not in self.store.docs[kind]:
            raise Conflict(id)
        del self.store.docs[kind][id]
