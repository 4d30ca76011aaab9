"""The provider's state, shared by every process that opens it: what one transaction may ask and change."""

from __future__ import annotations

import base64
import binascii
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from joserfc.jwk import RSAKey
from sqlalchemy import Connection

from trunkline.security.identity.clients import DEVICE, PUBLIC, Clients, Metadata
from trunkline.security.identity.devices import Devices
from trunkline.security.identity.dpop import Nonces
from trunkline.security.identity.grants import Grants
from trunkline.security.identity.keys import SigningKeys
from trunkline.security.identity.lockout import Lockout
from trunkline.security.identity.migrating import STEPS
from trunkline.security.identity.passkeys import Passkeys
from trunkline.security.identity.passwords import Passwords
from trunkline.security.identity.people import People
from trunkline.security.identity.sealing import Seal, key_file
from trunkline.security.identity.seen import first_time
from trunkline.security.identity.sessions import Sessions
from trunkline.security.identity.terms import COMMAND_LINE, INTROSPECT, SKEW, Terms
from trunkline.store import StoreError
from trunkline.store.opening import open_database
from trunkline.store.sql.database import Database

SWEEP: Final = 600  # seconds between two looks for what has lapsed


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of work: what is changed through it is committed together, or not at all."""

    people: People
    passkeys: Passkeys
    clients: Clients
    grants: Grants
    devices: Devices
    sessions: Sessions
    lockout: Lockout
    keys: SigningKeys
    now: int
    _connection: Connection
    _database: Database

    def first_time(self, id: str, until: int) -> bool:
        """Whether an id (of a proof, of an assertion) has not been used before; it has from now on."""
        return first_time(self._connection, self._database, id, until)


class Identity:
    """The provider's state in a database of the store. `clock` gives seconds since 1970."""

    def __init__(
        self,
        database: Database,
        key: bytes,
        terms: Terms,
        passwords: Passwords | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Bring the tables up to date. Raises `StoreError`."""
        self._database, self.terms, self.clock = database, terms, clock
        self.seal = Seal(key)
        self.nonces = Nonces(self.seal)
        self.passwords = passwords or Passwords()
        self._opened: dict[str, RSAKey] = {}
        self._swept = 0.0
        with database.writing() as connection:
            database.lock_out(connection)
            STEPS.migrate(connection)
        with self.unit() as unit:
            self._keep_command_line(unit)

    @contextmanager
    def unit(self) -> Iterator[Unit]:
        """A transaction: durable when the block ends, undone where it raises."""
        with self._database.writing() as connection:
            unit = self._unit(connection)
            if unit.keys.due():
                unit.keys.rotate(self._database)
            if self.clock() - self._swept > SWEEP:
                self._swept = self.clock()
                unit.grants.sweep()
                unit.lockout.sweep()
            yield unit

    @contextmanager
    def looking(self) -> Iterator[Unit]:
        """As `unit`, to read only."""
        with self._database.reading() as connection:
            yield self._unit(connection)

    def standing(self, claims: Mapping[str, Any]) -> str:
        """Why an access token of this provider is not good any more although it has not lapsed; "" where it is."""
        with self.looking() as unit:
            grant = unit.grants.get(str(claims.get("grant", "")))
        return (
            "" if grant is not None and not grant.ended else "the token was revoked, or its owner may not act any more"
        )

    def ended(self) -> set[str]:
        """The grants that were revoked, or are gone with their person or client, while an access token of them may not
        have lapsed: for who checks tokens without asking (`standing`)."""
        with self.looking() as unit:
            return unit.grants.ended(unit.now - self.terms.access - SKEW)

    def endings(self) -> tuple[int, int]:
        """Changes whenever `ended` does: to be asked often."""
        with self.looking() as unit:
            return unit.grants.endings(unit.now - self.terms.access - SKEW)

    def unused(self, proof: str, until: int) -> bool:
        """Whether a DPoP proof's id is seen for the first time, by any process."""
        with self.unit() as unit:
            return unit.first_time(f"proof {proof}", until)

    def public_keys(self) -> list[dict[str, Any]]:
        """The keys of the JWKS; one is made where it is time to."""
        with self.looking() as unit:
            if not unit.keys.due():
                return unit.keys.public()
        with self.unit() as unit:
            return unit.keys.public()

    def close(self) -> None:
        self._database.close()

    def _unit(self, connection: Connection) -> Unit:
        now = int(self.clock())
        return Unit(
            People(connection, self._database, now),
            Passkeys(connection, now),
            Clients(connection, now),
            Grants(connection, now),
            Devices(connection, now),
            Sessions(connection, now, self.terms.session),
            Lockout(connection, self._database, now),
            SigningKeys(connection, self.seal, self.terms.keys, now, self._opened),
            now,
            connection,
            self._database,
        )

    def _keep_command_line(self, unit: Unit) -> None:
        metadata = Metadata(
            client_name="The trunkline command",
            redirect_uris=("http://127.0.0.1/signed-in",),
            grant_types=("authorization_code", "refresh_token", DEVICE),
            token_endpoint_auth_method=PUBLIC,
            scope=" ".join(sorted(self.terms.scopes - {INTROSPECT})),
        )
        there = unit.clients.get(COMMAND_LINE)
        if there is None:
            unit.clients.add(COMMAND_LINE, metadata)
        elif there.metadata != metadata:
            unit.clients.replace(COMMAND_LINE, metadata)


def open_identity(url: str, data: Path, terms: Terms, key: str = "", passwords: Passwords | None = None) -> Identity:
    """The provider's state in the store at `url`. `key` are 32 bytes in Base64; "" is the file `identity.key` in the
    data folder. Raises `StoreError` where the database or the key cannot be used."""
    database = open_database(url)
    try:
        return Identity(database, _key(key) if key else key_file(data / "identity.key"), terms, passwords)
    except ValueError as error:
        database.close()
        raise StoreError(str(error)) from None
    except BaseException:
        database.close()
        raise


def _key(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError("the key of the identity provider (`key` under [trust]) is not Base64") from None
