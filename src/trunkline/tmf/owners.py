"""Owners that many rooms need: of records that clients write, and of those that are told from elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from trunkline.store import Unit
from trunkline.tmf.declaration import Document, Task
from trunkline.tmf.errors import conflict


class Kept:
    """Records that are as clients of the API write them."""

    def create(self, unit: Unit, document: Document) -> Document:
        return document

    def change(self, unit: Unit, before: Document, after: Document) -> Document:
        return after

    def delete(self, unit: Unit, document: Document) -> None:
        """It goes."""

    def perform(self, unit: Unit, task: Task, document: Document) -> Document:
        raise NotImplementedError(f"there is no task {task.name} on these records")


class Told(Kept):
    """Records of which some are told from elsewhere, and so are not the clients' to change; others they may keep beside
    them. Each change of one that is told raises `Refusal` (409), which says why."""

    def __init__(self, is_told: Callable[[Document], bool], why: str) -> None:
        self._is_told, self._why = is_told, why

    def create(self, unit: Unit, document: Document) -> Document:
        return self._not_told(document)

    def change(self, unit: Unit, before: Document, after: Document) -> Document:
        self._not_told(before)
        return self._not_told(after)

    def delete(self, unit: Unit, document: Document) -> None:
        self._not_told(document)

    def _not_told(self, document: Document) -> Document:
        if self._is_told(document):
            raise conflict("notYours", f"{document['id']} is not the clients' to say", self._why)
        return document
