"""Devices that cannot show a sign-in page: they show a code, and wait until their user has let them in (RFC 8628)."""

from __future__ import annotations

from dataclasses import dataclass

from authlib.oauth2.rfc8628 import DeviceCredentialMixin
from sqlalchemy import Connection, Row, insert, select, update

from trunkline.security.identity.grants import SignedIn
from trunkline.security.identity.sealing import digest
from trunkline.security.identity.tables import device
from trunkline.security.identity.terms import DEVICE, POLL


@dataclass(frozen=True, slots=True)
class Device(DeviceCredentialMixin):
    """A device that waits, as Authlib asks it. `state` is pending, approved, denied or redeemed."""

    digest: bytes
    client: str
    scope: str
    state: str
    person: str
    signed_in: SignedIn
    expired: bool
    hasty: bool
    """Whether it has asked again too soon."""

    def get_client_id(self) -> str:
        return self.client

    def get_scope(self) -> str:
        return self.scope

    def get_user_code(self) -> str:
        """The provider finds a device by its own code alone."""
        return ""

    def is_expired(self) -> bool:
        return self.expired


class Devices:
    """Devices as one transaction sees them."""

    def __init__(self, connection: Connection, now: int) -> None:
        self._connection, self._now = connection, now

    def add(self, client: str, scope: str, device_code: str, user_code: str) -> None:
        values = {
            "digest": digest(device_code), "user_code": digest(_plain(user_code)), "client": client, "scope": scope,
            "state": "pending", "signed_in": {}, "asked": 0, "expires": self._now + DEVICE,
        }  # fmt: skip
        self._connection.execute(insert(device).values(values))

    def poll(self, device_code: str) -> Device | None:
        """The device of a device code, which has asked now; locked until the transaction ends."""
        found = select(device).where(device.c.digest == digest(device_code)).with_for_update()
        row = self._connection.execute(found).one_or_none()
        if row is None:
            return None
        self._connection.execute(update(device).where(device.c.digest == row.digest).values(asked=self._now))
        return self._read(row)

    def waiting(self, user_code: str) -> Device | None:
        """The device that shows a user code and waits; small letters, spaces and dashes do not matter."""
        found = select(device).where(device.c.user_code == digest(_plain(user_code)), device.c.state == "pending")
        row = self._connection.execute(found).one_or_none()
        return self._read(row) if row is not None and row.expires > self._now else None

    def decide(self, waiting: Device, person: str, signed_in: SignedIn, approved: bool) -> None:
        """A person lets a device in, or keeps it out."""
        values = {"state": "approved" if approved else "denied", "person": person, "signed_in": signed_in.kept()}
        still = (device.c.digest == waiting.digest) & (device.c.state == "pending")
        self._connection.execute(update(device).where(still).values(values))

    def redeemed(self, approved: Device) -> None:
        """A device has got its tokens; its code gives no more."""
        self._connection.execute(update(device).where(device.c.digest == approved.digest).values(state="redeemed"))

    def _read(self, row: Row[tuple[object, ...]]) -> Device:
        its = row._mapping
        return Device(
            its["digest"], its["client"], its["scope"], its["state"], its["person"] or "",
            SignedIn.read(its["signed_in"]), its["expires"] <= self._now, self._now - its["asked"] < POLL - 1,
        )  # fmt: skip


def _plain(user_code: str) -> str:
    return "".join(letter for letter in user_code.upper() if letter.isalnum())
