"""What is checked: one resource of one API in one version on one server, and the records that are asked with."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote
from uuid import uuid4

from trunkline.tmf.conformance.check import NotOffered
from trunkline.tmf.conformance.client import Answer, Client
from trunkline.tmf.conformance.listener import Listener
from trunkline.tmf.conformance.made import Made, identity
from trunkline.tmf.conformance.profile import Resource
from trunkline.tmf.conformance.story import Story, tell
from trunkline.tmf.declaration import READ_ONLY, Operation, Version

Record = dict[str, Any]
ABSENT: Final = frozenset((404, 405, 501))
"""How a server answers an operation that it does not have."""
MERGE: Final = "application/merge-patch+json"
RECORDS: Final = 5
"""So many records are made to filter, sort and page through."""


@dataclass(frozen=True)
class Trial:
    """One record's life: made, read, deleted, read again. Where it could not be made, all are the POST's answer."""

    sent: Record
    made: Answer
    read: Answer
    deleted: Answer
    gone: Answer


@dataclass
class Subject:
    """A resource under test. What it needs of the server is asked for once, when the first check wants it."""

    client: Client
    made: Made
    base: str
    """The path of the API, without a slash at its end."""
    resource: Resource
    version: Version
    run: str
    listener: Listener | None
    patience: float
    """Seconds to wait for what is not done at once: an event, a 202."""
    read_only: bool = False
    parent: Resource | None = None
    """The resource within whose records this one lies, where it does."""
    _count: int = field(default=0, init=False)
    _probes: dict[Operation, Answer] = field(default_factory=dict, init=False)

    @cached_property
    def collection(self) -> str:
        """The path of the list."""
        path = self.resource.path or self.resource.name
        while "{" in path:
            parent = path[path.index("{") + 1 : path.index("}")]
            path = path.replace(f"{{{parent}}}", quote(self._some(parent), safe=""), 1)
        return f"{self.base}/{path}"

    def _some(self, parent: str) -> str:
        """The id of a record of the resource within which this one lies; one is made where there is none."""
        collection = f"{self.base}/{parent}"
        id = str((self.client.ask("GET", collection, [("limit", "1")]).records or [{}])[0].get("id", ""))
        if not id and self.parent is not None and not self.read_only:
            id = identity(self.made.post(collection, self.parent.record(self.run, 0)))
        if not id:
            raise NotOffered(f"the server has no {parent}, within which this resource lies")
        return id

    def at(self, id: str) -> str:
        """The path of a record."""
        return f"{self.collection}/{quote(id, safe='')}"

    def get(self, id: str, query: Sequence[tuple[str, str]] = ()) -> Answer:
        return self.client.ask("GET", self.at(id), query)

    def find(self, query: str | Sequence[tuple[str, str]] = ()) -> Answer:
        return self.client.ask("GET", self.collection, query)

    def patch(self, id: str, change: object, media_type: str = MERGE) -> Answer:
        return self.client.ask("PATCH", self.at(id), json=change, media_type=media_type)

    def after(self, id: str, change: Answer, done: Callable[[Record], bool]) -> Answer:
        """The record as it reads after a change; where that was answered 202, as soon as it is `done`."""
        if change.status == 202:
            self.eventually(lambda: done(self.get(id).record))
        return self.get(id)

    def next_record(self) -> Record:
        """The body of one more record, which differs from those before."""
        self._count += 1
        return self.resource.record(self.run, self._count)

    def nobody(self) -> str:
        """An id that no record has."""
        return str(uuid4())

    def post(self, body: object) -> Answer:
        """POST, and note what it made; where it answers 202, wait until that can be read."""
        answer = self.made.post(self.collection, body)
        if answer.status == 202 and (id := identity(answer)):
            self.eventually(lambda: self.get(id).good)
        return answer

    def delete(self, id: str) -> Answer:
        """DELETE; where it answers 202, wait until the record is gone."""
        answer = self.made.delete(self.at(id))
        if answer.status == 202:
            self.eventually(lambda: self.get(id).status == 404)
        return answer

    def eventually(self, done: Callable[[], bool]) -> None:
        """Ask until it is so, or patience ends."""
        until = time.monotonic() + self.patience
        while not done() and time.monotonic() < until:
            time.sleep(0.02)

    @cached_property
    def trial(self) -> Trial:
        """A record that was made and deleted again. Raises `NotOffered` where that cannot be."""
        self.need_writing()
        sent = self.next_record()
        made = self.post(sent)
        id = identity(made)
        if not made.good or not id:
            return Trial(sent, made, made, made, made)
        return Trial(sent, made, self.get(id), self.delete(id), self.get(id))

    def need(self, operations: Collection[Operation]) -> None:
        """Raises `NotOffered` where the server does not have one of these, or it may not be asked for."""
        if self.read_only and not READ_ONLY.issuperset(operations):
            raise NotOffered("not asked: the run only reads")
        for operation in Operation:
            if operation in operations and (why := self.lack(operation)):
                raise NotOffered(why)

    def need_writing(self) -> None:
        """Raises `NotOffered` where records may not be made: by the person, the profile, or for want of DELETE."""
        if self.resource.body is None:
            raise NotOffered("not asked: the kit makes no records of this resource, it could not delete them again")
        self.need((Operation.CREATE, Operation.DELETE))

    def make(self, body: Record | None = None) -> Record:
        """A record that was made just now, as the server tells of it. Raises `NotOffered` where that cannot be."""
        trial = self.trial
        if not trial.made.good:
            raise NotOffered("no record could be made: see create.status")
        if not trial.deleted.good:
            raise NotOffered("no record is made, for the first could not be deleted: see delete.status")
        answer = self.post(body or self.next_record())
        id = identity(answer)
        if not answer.good or not id:
            raise NotOffered("no record could be made: see create.status")
        read = self.get(id)
        return {**(read.record if read.good else answer.record), "id": id}

    @cached_property
    def own(self) -> list[Record]:
        """Records of the kit that are there while lists are checked; none where it may not make any."""
        try:
            return [self.make() for _ in range(RECORDS)]
        except NotOffered:
            return []

    def need_known(self) -> None:
        """Raises `NotOffered` where there is no record: a filter that finds nothing would show nothing."""
        if not self.known:
            raise NotOffered("the server has no record to ask with, and the kit may make none")

    @cached_property
    def known(self) -> list[Record]:
        """Records that are there: the kit's own, else some of the server's. Raises `NotOffered` where it has none."""
        records = self.own or [record for record in self.find([("limit", str(RECORDS))]).records if "id" in record]
        if not records:
            raise NotOffered("the server has no record to ask with, and the kit may make none")
        return records[:RECORDS]

    @cached_property
    def story(self) -> Story:
        """What a listener heard of a record that was made, changed and deleted."""
        return tell(self)

    @property
    def scope(self) -> list[tuple[str, str]]:
        """Parameters that find the kit's own records and no others; none where it has no own."""
        if not self.own or not self.resource.shared:
            return []
        return [(self.resource.shared, self.run)]

    def lack(self, operation: Operation) -> str:
        """Why an operation is not offered; empty where it is, as far as can be asked without harm."""
        status = self.probe(operation).status
        if status in (401, 403):
            return f"{operation.value} is not permitted: {status}"
        # A 404 to an id that nobody has is right; to the collection it says that there is none.
        by_id = operation in (Operation.GET, Operation.PATCH, Operation.DELETE)
        if status in ABSENT and not (by_id and status == 404):
            return f"{operation.value} is not offered: {status}"
        return ""

    @cached_property
    def absent(self) -> str:
        """Why the resource is not there at all, so that only its operations are worth a word; empty where it is."""
        if not self.lack(Operation.LIST) or self.probe(Operation.LIST).status not in ABSENT:
            return ""
        if not self.read_only and Operation.CREATE in self.resource.operations and not self.lack(Operation.CREATE):
            return ""
        return f"there is no such resource: {self.probe(Operation.LIST).status}"

    def probe(self, operation: Operation) -> Answer:
        """The answer to a request that shows whether an operation is there, and changes nothing."""
        if operation not in self._probes:
            self._probes[operation] = self._probe(operation)
        return self._probes[operation]

    def _probe(self, operation: Operation) -> Answer:
        nobody = self.at(self.nobody())
        match operation:
            case Operation.LIST:
                return self.find([("limit", "1")])
            case Operation.GET:
                return self.client.ask("GET", nobody)
            case Operation.CREATE:  # what is no JSON makes nothing
                return self.made.note(self.collection, self.client.ask("POST", self.collection, body=b"{"))
            case Operation.PATCH:
                return self.client.ask("PATCH", nobody, json={}, media_type=MERGE)
            case Operation.DELETE:
                return self.client.ask("DELETE", nobody)
