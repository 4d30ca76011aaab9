"""Asks a schema registry, by Confluent's own client, which tries again and again for some seconds before it gives up.

Source: Confluent Platform, Schema Registry API reference; 40401, 40403, 409 and 422 are its error codes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, Literal, NamedTuple

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient, SchemaRegistryError

from trunkline.contracts.registered import SchemaType
from trunkline.log.port import LogError

TIMEOUT: Final = 10.0  # seconds of one request
REFERENCES: Final = 100  # schemas that one may refer to, directly or not
UNKNOWN_SCHEMA: Final = 40403

Level = Literal["BACKWARD", "FORWARD", "FULL", "NONE"]

logger = logging.getLogger(__name__)


class RegistryError(LogError):
    """The registry cannot be reached, or refuses; the message says which one, for which subject, and what to do."""


class UnknownSchema(RegistryError):
    """The registry does not have the schema, or not all that it refers to."""


class Text(NamedTuple):
    """A schema as it is registered. `texts` are those that it refers to, each after what it needs, and then its own."""

    type: str
    texts: tuple[str, ...]


class Registry:
    """One schema registry; safe to use from several threads.

    `user` and `password`, or `token`, which is called for each request, tell it who asks. `ca` (a file or a folder of
    PEM certificates), `certificate` and `key` (PEM files) are for TLS. `retries` are made after a failed request, the
    waits growing from 0.2 s to 2 s.
    """

    def __init__(
        self,
        url: str,
        *,
        user: str = "",
        password: str = "",
        token: Callable[[], str] | None = None,
        ca: str = "",
        certificate: str = "",
        key: str = "",
        retries: int = 6,
    ) -> None:
        """Raises `RegistryError` where a file of certificates cannot be used."""
        self.url = url
        settings = {
            "url": url, "timeout": TIMEOUT, "max.retries": retries, "retries.wait.ms": 200, "retries.max.wait.ms": 2000,
            **_login(user, password, token),
        }  # fmt: skip
        files = {"ssl.ca.location": ca, "ssl.certificate.location": certificate, "ssl.key.location": key}
        with self._told("its certificates"):
            self._client = SchemaRegistryClient(settings | {name: path for name, path in files.items() if path})

    def register(self, subject: str, type: SchemaType, text: str) -> int:
        """The schema's id, under which others find it; it is a new version of the subject where it is not one yet.

        Raises `RegistryError`, with the registry's words where it does not go with the versions before.
        """
        with self._told(subject):
            return int(self._client.register_schema(subject, Schema(text, type)))

    def look_up(self, subject: str, type: SchemaType, text: str) -> int:
        """The id of a schema that is registered under the subject. Raises `UnknownSchema` or `RegistryError`."""
        with self._told(subject):
            return int(self._client.lookup_schema(subject, Schema(text, type)).schema_id)

    def schema(self, id: int) -> Text:
        """The schema with this id. Raises `UnknownSchema` or `RegistryError`."""
        with self._told(f"schema {id}"):
            found = self._client.get_schema(id)
            texts: dict[tuple[str, int], str] = {}
            self._referred(found, texts)
            self._client.clear_caches()  # they have no bound; who asks keeps what it needs
            return Text(found.schema_type, (*texts.values(), found.schema_str))

    def require(self, subject: str, level: Level) -> None:
        """Have later versions of the subject checked for this compatibility; a registry that keeps that to itself is
        let be, with a warning."""
        try:
            with self._told(subject):
                if self._level(subject) != level:
                    self._client.set_compatibility(subject, level)
        except RegistryError as refused:
            logger.warning("the compatibility of %s stays as it is: %s", subject, refused)

    def close(self) -> None:
        self._client.close()

    def _level(self, subject: str) -> str | None:
        try:
            return str(self._client.get_compatibility(subject))
        except SchemaRegistryError as error:
            if error.http_status_code == 404:  # none of its own
                return None
            raise

    def _referred(self, schema: Schema, texts: dict[tuple[str, int], str]) -> None:
        for reference in schema.references or ():
            at = (reference.subject, reference.version)
            if at in texts:
                continue
            if len(texts) >= REFERENCES:
                raise UnknownSchema(f"it refers to more than {REFERENCES} others")
            texts[at] = ""  # being asked for: a circle ends here
            found = self._client.get_version(*at).schema
            self._referred(found, texts)
            del texts[at]
            texts[at] = found.schema_str

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Errors of the client as ours."""
        at = f"the schema registry {self.url}, {what}"
        try:
            yield
        except SchemaRegistryError as error:
            words = f"{error.error_message} ({error.http_status_code}, code {error.error_code})"
            match error.http_status_code:
                case 404 if error.error_code in (40401, 40402, UNKNOWN_SCHEMA):
                    raise UnknownSchema(words) from None
                case 404:
                    raise RegistryError(
                        f"{at}: nothing is there: {words}; is `url` under [schema_registry] the address of Confluent's "
                        "API, with its path?"
                    ) from None
                case 401 | 403:
                    raise RegistryError(
                        f"{at}: it does not let us: {words}; see user, password and token under [schema_registry]"
                    ) from None
                case 409:
                    raise RegistryError(
                        f"{at}: the contract's new version does not go with those before it: {words}; change the "
                        "contract, or take the two steps of a breaking change (docs/contracts.md)"
                    ) from None
                case 422:
                    raise RegistryError(f"{at}: it does not take the schema: {words}") from None
                case _:
                    raise RegistryError(f"{at}: it fails: {words}; try again when it is well") from None
        except RegistryError:
            raise
        except Exception as error:  # of the HTTP client, and what is no answer of a registry
            reason = f"{type(error).__name__}: {error}"
            raise RegistryError(
                f"{at}: it cannot be reached: {reason}; see `url` and `ca` under [schema_registry], and whether it runs"
            ) from None


def _login(user: str, password: str, token: Callable[[], str] | None) -> dict[str, object]:
    if token is not None:
        give = token
        # The client wants a cluster of Confluent's cloud as well; other registries pass over its header.
        fields = lambda _: {"bearer.auth.token": give(), "bearer.auth.logical.cluster": ""}  # noqa: E731
        return {
            "bearer.auth.credentials.source": "CUSTOM",
            "bearer.auth.custom.provider.function": fields,
            "bearer.auth.custom.provider.config": {},
        }
    return {"basic.auth.user.info": f"{user}:{password}"} if user else {}
