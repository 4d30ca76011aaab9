"""What may be done over HTTP: method and place of each operation, and what does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple, TypeAlias

from trunkline.tmf.declaration import Operation
from trunkline.tmf.patching import MEDIA_TYPES
from trunkline.tmf.serving.changing import changed, created, deleted
from trunkline.tmf.serving.message import Answer, Request
from trunkline.tmf.serving.reading import got, listed
from trunkline.tmf.serving.served import Served

JSON = "application/json"
Perform: TypeAlias = Callable[[Served, Request], Answer]


class Offer(NamedTuple):
    """`of_one` says whether it is asked for at the path of one document, or at that of all; `takes` are the media types
    of its body, where it has one."""

    method: str
    of_one: bool
    perform: Perform
    takes: tuple[str, ...] = ()


OFFERS: Mapping[Operation, Offer] = {
    Operation.LIST: Offer("GET", False, listed),
    Operation.CREATE: Offer("POST", False, created, (JSON,)),
    Operation.GET: Offer("GET", True, got),
    Operation.PATCH: Offer("PATCH", True, changed, tuple(MEDIA_TYPES)),
    Operation.DELETE: Offer("DELETE", True, deleted),
}
