"""Passkeys (WebAuthn, W3C Level 3): a second factor that no fake page can catch, or with the user verified, both.

The ceremonies are py_webauthn's work; here is what is kept, and what is asked for.
"""

from __future__ import annotations

import json
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import Connection, insert, select, update
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import PublicKeyCredentialDescriptor, UserVerificationRequirement

from trunkline.security.identity.people import Person
from trunkline.security.identity.tables import passkey

LARGEST: Final = 1_024  # bytes of a passkey's id (WebAuthn, clause 4)


class InvalidPasskey(ValueError):
    """A browser's answer that does not prove the passkey; the text says why."""


class Passkeys:
    """Passkeys as one transaction sees them."""

    def __init__(self, connection: Connection, now: int) -> None:
        self._connection, self._now = connection, now

    def to_add(self, issuer: str, person: Person) -> tuple[dict[str, Any], bytes]:
        """What the browser is asked to make a passkey with, and the challenge that it must answer."""
        options = generate_registration_options(
            rp_id=_host(issuer),
            rp_name="Trunkline",
            user_name=person.user_name,
            user_id=person.id.encode(),
            user_display_name=person.name,
            exclude_credentials=self._of(person.id),
        )
        return json.loads(options_to_json(options)), options.challenge

    def add(self, issuer: str, person: str, answer: dict[str, Any], challenge: bytes) -> None:
        """Keep a passkey. Raises `InvalidPasskey`."""
        try:
            made = verify_registration_response(
                credential=answer, expected_challenge=challenge, expected_rp_id=_host(issuer), expected_origin=issuer
            )
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise InvalidPasskey(f"the passkey was not made as it was asked for: {error}") from None
        there = select(passkey.c.id).where(passkey.c.id == made.credential_id)
        if self._connection.execute(there).first() is not None or len(made.credential_id) > LARGEST:
            raise InvalidPasskey("this passkey cannot be taken: make another")
        values = {"id": made.credential_id, "person": person, "public_key": made.credential_public_key}
        self._connection.execute(insert(passkey).values(**values, uses=made.sign_count, created=self._now))

    def to_use(self, issuer: str, person: str) -> tuple[dict[str, Any], bytes]:
        """What the browser is asked to sign in with, and the challenge that it must answer."""
        options = generate_authentication_options(
            rp_id=_host(issuer),
            allow_credentials=self._of(person),
            user_verification=UserVerificationRequirement.PREFERRED,
        )
        return json.loads(options_to_json(options)), options.challenge

    def use(self, issuer: str, person: str, answer: dict[str, Any], challenge: bytes) -> bool:
        """Whether the authenticator has verified its user as well. Raises `InvalidPasskey` where the answer proves
        nothing, or the passkey is not this person's, or has been copied (its count went back)."""
        try:
            id = base64url_to_bytes(str(answer["id"]))
            row = self._connection.execute(
                select(passkey).where(passkey.c.id == id, passkey.c.person == person).with_for_update()
            ).one_or_none()
            if row is None:
                raise InvalidPasskey("this passkey is not known here")
            used = verify_authentication_response(
                credential=answer,
                expected_challenge=challenge,
                expected_rp_id=_host(issuer),
                expected_origin=issuer,
                credential_public_key=row.public_key,
                credential_current_sign_count=row.uses,
            )
        except InvalidPasskey:
            raise
        except (WebAuthnException, ValueError, KeyError, TypeError) as error:
            raise InvalidPasskey(f"the passkey does not prove who you are: {error}") from None
        self._connection.execute(update(passkey).where(passkey.c.id == id).values(uses=used.new_sign_count))
        return used.user_verified

    def _of(self, person: str) -> list[PublicKeyCredentialDescriptor]:
        ids = select(passkey.c.id).where(passkey.c.person == person).order_by(passkey.c.created)
        return [PublicKeyCredentialDescriptor(id=id) for id in self._connection.execute(ids).scalars()]


def _host(issuer: str) -> str:
    return urlsplit(issuer).hostname or ""
