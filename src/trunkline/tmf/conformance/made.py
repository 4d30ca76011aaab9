"""What the kit made on the server, so that all of it goes again, also where the run is interrupted."""

from __future__ import annotations

from trunkline.tmf.conformance.client import Answer, Client, Unreachable


class Made:
    """Paths of records and listeners that were made and are still there, newest last."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._paths: list[str] = []

    def post(self, collection: str, body: object) -> Answer:
        """POST, and note what was made by it."""
        return self.note(collection, self._client.ask("POST", collection, json=body))

    def note(self, collection: str, answer: Answer) -> Answer:
        """Note what a POST to a collection made, whatever it was meant to do."""
        if answer.good and (id := identity(answer)):
            self._paths.append(f"{collection}/{id}")
        return answer

    def delete(self, path: str) -> Answer:
        """DELETE, and forget it where the server says that it is gone."""
        answer = self._client.ask("DELETE", path)
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


def identity(answer: Answer) -> str:
    """The id of a record that was made: the body's, or the last part of `Location`; empty where there is neither."""
    id = answer.record.get("id")
    if isinstance(id, str) and id:
        return id
    return answer.headers.get("location", "").rstrip("/").rpartition("/")[2]


def gone(deleted: Answer) -> bool:
    """Whether a DELETE says that the record is not there any more, or soon will not be."""
    return deleted.good or deleted.status in (404, 410)
