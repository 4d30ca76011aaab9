"""What the kit made on the server, so that all of it goes again, also where the run is interrupted."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, unquote

from trunkline.tmf.conformance.client import Answer, Client, Unreachable, path_of


class Made:
    """Paths of records and listeners that were made and are still there, newest last.

    A record that the server does not delete as long as it is in force (409) is `ended` by a PATCH, which may take some
    of `patience` (seconds) to be done.
    """

    def __init__(self, client: Client, ended: Mapping[str, Any] | None = None, patience: float = 0.0) -> None:
        self._client, self._ended, self._patience = client, ended, patience
        self._paths: list[str] = []

    def post(self, collection: str, body: object) -> Answer:
        """POST, and note what was made by it."""
        return self.note(collection, self._client.ask("POST", collection, json=body))

    def note(self, collection: str, answer: Answer) -> Answer:
        """Note what a POST to a collection made, whatever it was meant to do."""
        if answer.good and (id := identity(answer)):
            self._paths.append(f"{collection}/{quote(id, safe='')}")
        return answer

    def delete(self, path: str) -> Answer:
        """DELETE, and forget it where the server says that it is gone."""
        answer = self._client.ask("DELETE", path)
        if answer.status == 409 and self._ended is not None:
            answer = self._end_and_delete(path, answer)
        if gone(answer) and path in self._paths:
            self._paths.remove(path)
        return answer

    def clean(self) -> list[str]:
        """Delete all that is still there; what could not be deleted stays noted and is given back, as URLs."""
        for path in reversed(self._paths.copy()):
            try:
                self.delete(path)
            except Unreachable:
                break
        return [self._client.origin + path for path in self._paths]

    def _end_and_delete(self, path: str, answer: Answer) -> Answer:
        until = time.monotonic() + self._patience
        self._client.ask("PATCH", path, json=self._ended, media_type="application/merge-patch+json")
        while answer.status == 409:
            answer = self._client.ask("DELETE", path)
            if time.monotonic() > until:
                break
            time.sleep(0.05)
        return answer


def identity(answer: Answer) -> str:
    """The id of a record that was made: the body's, or the last part of `Location`; empty where there is neither."""
    id = answer.record.get("id")
    if isinstance(id, str) and id:
        return id
    return id_in(answer.headers.get("location", ""))


def id_in(url: str) -> str:
    """The id at the end of a record's URL; empty where there is none."""
    return unquote(path_of(url).rpartition("/")[2])


def gone(deleted: Answer) -> bool:
    """Whether a DELETE says that the record is not there any more, or soon will not be."""
    return deleted.good or deleted.status in (404, 410)
