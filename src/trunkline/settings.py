"""The settings: `trunkline.toml` in the project folder, overridden by `TRUNKLINE_*` variables.

A nested key is reached by a double underscore: `TRUNKLINE_HTTP__PORT=9000` is `port` under `[http]`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from trunkline.document import Invalid, Problem
from trunkline.loopback import is_loopback
from trunkline.protection import Unprotected, by_http, exception, of_log, of_store, refusal
from trunkline.security.certificates.spiffe import Peers

FILE = "trunkline.toml"


def _peer(id: str) -> str:
    Peers([id])
    return id


def _secured(url: str) -> str:
    """A URL to which no exception leads: what is told there decides who is trusted."""
    parts = urlsplit(url)
    if parts.scheme.endswith("http") and not is_loopback(parts.hostname or ""):
        raise ValueError(f"{parts.hostname} is another machine, and HTTP is in clear: use https")
    return url


class Http(BaseModel):
    """The one HTTP listener. It is refused on anything but loopback, unless there is [tls] and [trust] requires that
    callers are known."""

    model_config = ConfigDict(extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    names: list[Annotated[str, Field(pattern=r"^[A-Za-z0-9.:-]{1,253}$")]] = []
    """The host names and addresses that callers reach it by, beside this machine's own: it answers for no others."""


class Tls(BaseModel):
    """TLS 1.3 at the HTTP listener, and certificates for Trunkline's own services (docs/certificates.md).

    `certificate` and `key` are the operator's, PEM files; without them the internal authority issues one, which holds
    for `hours`. An internal authority signs for `authority_days`. Where there are `callers`, SPIFFE ids or
    `spiffe://domain/role/*`, they alone may call, by certificates of the internal authority.
    """

    model_config = ConfigDict(extra="forbid")

    certificate: Path | None = None
    key: Path | None = None
    trust_domain: str = Field(default="", pattern=r"^[a-z0-9._-]{0,255}$")
    """"" is the operator's name in small letters."""
    callers: list[Annotated[str, AfterValidator(_peer)]] = []
    hours: float = Field(default=24.0, ge=1, le=720)
    authority_days: int = Field(default=90, ge=30, le=3_650)

    @model_validator(mode="after")
    def _pair(self) -> Tls:
        if (self.certificate is None) != (self.key is None):
            raise ValueError("`certificate` and `key` belong together: give both, or neither")
        return self


class Tmf(BaseModel):
    """The TM Forum APIs."""

    model_config = ConfigDict(extra="forbid")

    root: str = Field(default="", pattern=r"^(https?://[^\s?#]*[^\s?#/])?$")
    """The URL that partners reach the platform by, which hrefs begin with; "" takes the one that a request came to."""
    strict: bool = False
    """Whether a document must be what the official schema says in every attribute, beyond those that are required."""


class SchemaRegistry(BaseModel):
    """A schema registry with Confluent's API, for the topics on Kafka whose contract says a `wireFormat`.

    `password` and `token` are secrets: `${env:NAME}`, `${file:path}` or `${data:path}` refer to them. `ca`,
    `certificate` and `key` are PEM files for TLS.
    """

    model_config = ConfigDict(extra="forbid")

    url: str = Field(pattern=r"^https?://[^/@\s]+[^@\s]*$")
    user: str = ""
    password: str = ""
    token: str = ""
    """A bearer token, in the place of user and password."""
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    register_schemas: bool = Field(default=True, alias="register")
    """Whether the schema of a contract's new version is registered when it is first written with; otherwise others
    must have done so."""


class Hub(BaseModel):
    """How events reach the callbacks that partners have subscribed with. Times are in seconds.

    `allow` are the networks (`10.1.0.0/16`) in which callbacks may lie although they are not public. An event is tried
    `attempts` times, after `first_pause`, doubled each time up to `longest_pause`; then, or where it is older than
    `max_age`, it becomes a dead letter. `timeout` is for a whole request. `authority` is a file with the certificates
    to trust, where the machine's own do not do.
    """

    model_config = ConfigDict(extra="forbid")

    allow: list[IPv4Network | IPv6Network] = []
    attempts: int = Field(default=20, ge=1, le=1_000)
    first_pause: float = Field(default=0.2, gt=0, le=3_600)
    longest_pause: float = Field(default=60.0, gt=0, le=86_400)
    max_age: float = Field(default=86_400.0, gt=0, le=31_536_000)
    timeout: float = Field(default=10.0, gt=0, le=600)
    authority: Path | None = None


class OnlineCharging(BaseModel):
    """Charging a 5G core in real time. `answer_within` are the seconds that a request waits for charging. Who has used
    all that it may is sent to the URL `top_up_page`; "" ends its traffic instead."""

    model_config = ConfigDict(extra="forbid")

    answer_within: float = Field(default=2.0, gt=0, le=60)
    top_up_page: str = Field(default="", pattern=r"^(https?://\S+)?$")


class ForeignIssuer(BaseModel):
    """An OpenID provider of others whose access tokens are trusted, such as Keycloak or Entra ID."""

    model_config = ConfigDict(extra="forbid")

    issuer: Annotated[str, AfterValidator(_secured)] = Field(pattern=r"^https?://[^\s?#@]+$")
    """As its tokens say it (`iss`): `https://login.example/realms/acme`."""
    audience: str = Field(min_length=1)
    """What its tokens for this platform have in `aud`."""
    jwks_uri: Annotated[str, AfterValidator(_secured)] = Field(default="", pattern=r"^(https?://[^\s#@]+)?$")
    """Where its keys are; "" asks its discovery document."""
    roles_claim: str = "roles"
    """Where its tokens say roles; `realm_access.roles` at Keycloak."""
    roles: dict[str, str] = {}
    """Our roles by the words of that claim; others give none."""
    region_claim: str = "region"


class Trust(BaseModel):
    """Who calls: the embedded OpenID provider, and the issuers of others that are trusted. Times are in seconds.

    `key` seals what the provider keeps: a reference to 32 bytes in Base64; "" is the file `identity.key` in the data
    folder. Processes on several machines need the same.
    """

    model_config = ConfigDict(extra="forbid")

    issuer: str = Field(default="", pattern=r"^(https?://[^\s/?#@]+)?$")
    """The URL that people and applications reach the provider by; "" is `http://localhost` and the HTTP port, or with
    [tls] `https://localhost`."""
    audience: str = ""
    """What access tokens have in `aud`; "" is the issuer."""
    key: str = ""
    access: int = Field(default=300, ge=30, le=3_600)
    """How long an access token holds."""
    refresh: int = Field(default=30 * 86_400, ge=300, le=366 * 86_400)
    """How long an application may go on without the person signing in again."""
    session: int = Field(default=8 * 3_600, ge=300, le=30 * 86_400)
    """How long a browser stays signed in."""
    key_days: int = Field(default=30, ge=2, le=366)
    """How many days a key signs."""
    password_memory: int = Field(default=64, ge=1, le=4_096)
    """The MiB of memory that it takes to check a password (Argon2id): below 19 for tests alone."""
    looks_again: float = Field(default=1.0, ge=0, le=60)
    """For how long an API takes a token for good that it has found so: one that is revoked is refused within that."""
    rate: float = Field(default=50.0, ge=0, le=100_000)
    """How many requests a second one address, and one application, may make of the provider; 0 is no limit."""
    issuers: list[ForeignIssuer] = []
    required: bool = False
    """Whether the APIs answer only who comes with a token, and only what `access/` permits (docs/access.md)."""


class SealedRecords(BaseModel):
    """Of a kind of the store's records: the path at which a record says whose it is ("" is its own id), and those of
    what is personal in it. Names are joined by dots."""

    model_config = ConfigDict(extra="forbid")

    subject: str = ""
    personal: list[str] = Field(min_length=1)


class Keys(BaseModel):
    """Encryption of what lies in the log and in the store (docs/keys.md). Without this section there is none.

    `url` is who wraps the keys, `token` a secret by which Vault knows us (`${env:NAME}`, `${file:path}`, `${data:path}`
    refer to it). `log` says which topics are encrypted: all of them, or those with personal fields and what processors
    remember; `open_topics` are not, because others read them from Kafka. Keys get a successor after `renew_days`.
    `records` are the kinds of the store with personal fields, beside those that a contract tells of.
    """

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, AfterValidator(_secured)] = Field(pattern=r"^(keys|vault|vault\+http|awskms)://\S+$")
    token: str = ""
    log: Literal["all", "personal"] = "all"
    open_topics: list[str] = []
    renew_days: float = Field(default=30.0, gt=0, le=3_650)
    records: dict[str, SealedRecords] = {}


class AuditWitness(BaseModel):
    """Who keeps the audit trail's checkpoints outside the system: `url` is `file:///folder`, or `https://host/path`.

    `token` is a reference to a secret; `authority` a file with the certificates to trust, where the machine's own do
    not do.
    """

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, AfterValidator(_secured)] = Field(pattern=r"^(file:///|https?://[^/@\s]+)[^@\s]*$")
    token: str = ""
    authority: Path | None = None


class Audit(BaseModel):
    """The audit trail. `every` is the seconds between two checkpoints, while something happens."""

    model_config = ConfigDict(extra="forbid")

    witnesses: list[AuditWitness] = []
    every: float = Field(default=10.0, ge=0.1, le=3_600)
    pseudonym_key: str = ""
    """A reference to the key, 32 bytes at least, that makes pseudonyms of people's ids; "" is one in the data folder.
    Processes on several machines must have the same."""


class Settings(BaseSettings):
    """What an operator may set. Paths are relative to the project folder."""

    model_config = SettingsConfigDict(env_prefix="TRUNKLINE_", env_nested_delimiter="__", extra="forbid")

    name: str = "operator"
    data: Path = Path(".trunkline")
    """Where everything that the platform writes lies: the log, archived files, keys."""
    log_url: str = ""
    """The event log; "" is the embedded one in the data folder, `sqlite:///…/log.db`."""
    store_url: str = ""
    """The store of records; "" is a file in the data folder, `sqlite:///…/store.db`. A password in it is a reference,
    `postgresql://acme:${env:STORE_PASSWORD}@db/acme`."""
    archive_days: int = Field(default=30, ge=1)
    """How long raw files are kept, for `trunkline explain` and for replay."""
    schema_registry: SchemaRegistry | None = None
    keys: Keys | None = None
    http: Http = Http()
    tls: Tls | None = None
    """Without it the HTTP listener is in clear, and on loopback."""
    trust: Trust | None = None
    """Without it there is no identity provider, and nobody else's tokens are trusted."""
    tmf: Tmf = Tmf()
    hub: Hub = Hub()
    online_charging: OnlineCharging = OnlineCharging()
    audit: Audit = Audit()
    exceptions: dict[str, Annotated[str, Field(min_length=10, max_length=300)]] = {}
    """Machines that are reached without encryption, or without looking at whose their certificate is, and why; by the
    host as it is declared (`trunkline.protection`)."""
    workers: int = Field(default=1, ge=1, le=64)
    """How many processes share the processors' work on this machine."""
    extras: dict[str, list[str]] = {}
    """Commands of the operator's own that `trunkline up` runs beside the platform, by name."""

    def unprotected(self) -> Iterator[Unprotected]:
        """The ways to other machines on which it is not encrypted, or not known who they are."""
        yield from of_log(("log_url",), self.log_url)
        yield from of_store(("store_url",), self.store_url)
        if self.schema_registry is not None:
            yield from by_http(("schema_registry", "url"), self.schema_registry.url)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return env_settings, TomlConfigSettingsSource(settings_cls, _file_of(init_settings))


def load(folder: Path) -> Settings:
    """The settings of a project folder. Raises `Invalid` naming each wrong key with its file and line, also where what
    leaves this machine is not protected."""
    file = folder / FILE
    try:
        found = Settings(_file=file)  # type: ignore[call-arg]  # taken by settings_customise_sources
    except tomllib.TOMLDecodeError as error:
        raise Invalid([Problem(str(file), getattr(error, "lineno", 1), str(error))]) from None
    except ValidationError as error:
        problems = [_problem(file, [str(step) for step in fault["loc"]], fault["msg"]) for fault in error.errors()]
        raise Invalid(problems) from None
    open_ways = [each for each in found.unprotected() if each.host not in found.exceptions]
    if open_ways:
        raise Invalid([_problem(file, list(map(str, each.place)), refusal(each)) for each in open_ways])
    return found


def excepted(folder: Path, settings: Settings) -> Iterator[Problem]:
    """What of the settings leaves this machine without protection, with the operator's reason."""
    for each in settings.unprotected():
        yield _problem(folder / FILE, list(map(str, each.place)), exception(each, settings.exceptions))


def _file_of(init_settings: PydanticBaseSettingsSource) -> Path:
    return Path(init_settings()["_file"])


def _problem(file: Path, path: list[str], reason: str) -> Problem:
    """Find the line of a key in the TOML text: tomllib keeps no positions."""
    lines = file.read_text().splitlines() if file.exists() else []
    at = next((n for n, line in enumerate(lines, 1) if line.split("=")[0].strip() == path[-1]), 1)
    return Problem(str(file), at, f"{'.'.join(path)}: {reason}")
