"""The register of keys: which were issued to whom. Every change is in Envoy's file at once, whether or not the control
plane runs.

Envoy compares keys as they are, so its file has them in plain text, readable by its owner alone; the register has only
their digests. A key is taken from Envoy before the register says that it is revoked, and is in the register before
Envoy takes it: whatever dies in between, nothing works that the register does not know.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import msgspec

from trunkline.gateway.credentials.key import Issued, Key, id_of, issue
from trunkline.gateway.envoy import files
from trunkline.gateway.places import Places
from trunkline.gateway.policies.api_key import ApiKey, api_key_filter
from trunkline.gateway.policies.policy import TYPE


class UnknownKey(LookupError):
    """No key has this id."""


class Register:
    """The keys of one gateway. Several processes may change them; each change is whole."""

    def __init__(self, places: Places, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._places, self._now = places, now
        self._file = places.filter(ApiKey.kind())

    def known(self) -> list[Key]:
        """Every key that was ever issued."""
        try:
            return msgspec.json.decode(self._places.register.read_bytes(), type=list[Key])
        except FileNotFoundError:
            return []

    def issue(self, application: str, tier: str, expires: datetime | None = None) -> Issued:
        """A new key, valid at once."""
        return self.issue_many([(application, tier)], expires)[0]

    def issue_many(self, applications: Iterable[tuple[str, str]], expires: datetime | None = None) -> list[Issued]:
        """New keys for (application, tier) pairs, in one step."""
        with self._locked():
            new = [issue(application, tier, self._now(), expires) for application, tier in applications]
            self._save([*self.known(), *(one.key for one in new)])
            self._tell_envoy({**self._texts(), **{one.key.id: one.text for one in new}})
        return new

    def rotate(self, id: str, overlap: timedelta) -> Issued:
        """A new key for the owner of the key `id`, which itself expires after `overlap`. Raises `UnknownKey`."""
        with self._locked():
            old = self._find(id)
            now = self._now()
            new = issue(old.application, old.tier, now, old.expires)
            until = min(now + overlap, old.expires) if old.expires else now + overlap
            self._save([*self._replacing(msgspec.structs.replace(old, expires=until)), new.key])
            self._tell_envoy({**self._texts(), new.key.id: new.text})
        return new

    def revoke(self, id: str) -> Key:
        """Take a key out of use, at once. Raises `UnknownKey`."""
        with self._locked():
            revoked = msgspec.structs.replace(self._find(id), revoked=self._now())
            self._tell_envoy({other: text for other, text in self._texts().items() if other != id})
            self._save(self._replacing(revoked))
        return revoked

    def reconcile(self) -> datetime | None:
        """Let Envoy have exactly the keys that live now; the time at which the next expires, None where none does."""
        with self._locked():
            self._tell_envoy(self._texts())
            now = self._now()
            return min((key.expires for key in self.known() if key.is_live(now) and key.expires), default=None)

    def _find(self, id: str) -> Key:
        """A key that is not revoked."""
        for key in self.known():
            if key.id == id and key.revoked is None:
                return key
        raise UnknownKey(f"there is no key {id} in use: `trunkline gateway keys list` shows them")

    def _replacing(self, changed: Key) -> list[Key]:
        return [changed if key.id == changed.id else key for key in self.known()]

    def _save(self, keys: list[Key]) -> None:
        files.replace(self._places.register, msgspec.json.encode(keys))

    def _texts(self) -> dict[str, str]:
        """The keys that Envoy has, by id."""
        found = files.read(self._file)
        entries = found[0]["typed_config"]["credentials"] if found else []
        return {id_of(entry["key"]): entry["key"] for entry in entries}

    def _tell_envoy(self, texts: dict[str, str]) -> None:
        now = self._now()
        owners = {key.id: key.client for key in self.known() if key.is_live(now)}
        keys = [(text, owners[id]) for id, text in texts.items() if id in owners]
        files.replace(self._file, files.resources([extension(ApiKey.kind(), api_key_filter(keys))]))

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._places.make()
        lock = os.open(self._places.folder / "keys.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


def extension(name: str, settings: dict[str, object]) -> dict[str, object]:
    """A filter's settings as a resource of Envoy's extension configuration discovery (ECDS)."""
    return {"@type": f"{TYPE}config.core.v3.TypedExtensionConfig", "name": name, "typed_config": settings}
