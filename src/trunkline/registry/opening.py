"""The codec of a project: what `[schema_registry]` in its settings says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from trunkline import credentials
from trunkline.contracts.contract import Contract
from trunkline.document import Problem
from trunkline.log.port import Codec
from trunkline.registry.client import Registry, RegistryError
from trunkline.registry.codec import RegistryCodec
from trunkline.settings import SchemaRegistry


def open_codec(
    declared: SchemaRegistry, contracts: Mapping[str, Contract], log_url: str, *, project: Path, data: Path
) -> Codec:
    """The codec for the log at `log_url`. The registry is asked when an event is first written or read.

    Raises `RegistryError` where a secret or a certificate cannot be had.
    """

    def secret(name: str, reference: str) -> str:
        try:
            return credentials.reveal(reference, project, data)
        except ValueError as error:
            raise RegistryError(f"[schema_registry] {name}: {error}") from None

    def file(path: Path | None) -> str:
        return str(project / path) if path else ""

    password = secret("password", declared.password) if declared.password else ""
    if declared.token:
        secret("token", declared.token)  # that it is there; it is read again for each request, since tokens change
    registry = Registry(
        declared.url,
        user=declared.user,
        password=password,
        token=(lambda: secret("token", declared.token)) if declared.token else None,
        ca=file(declared.ca),
        certificate=file(declared.certificate),
        key=file(declared.key),
    )
    prefix = parse_qs(urlsplit(log_url).query).get("prefix", [""])[0]
    return RegistryCodec(registry, contracts, prefix=prefix, register=declared.register_schemas)


def problems(contracts: Mapping[str, Contract]) -> list[Problem]:
    """The contracts that need a registry, for a project on Kafka that has none."""
    return [
        contract.document.problem(
            ("customProperties",),
            f"`wireFormat: {contract.settings.wire_format}` needs a schema registry: give its `url` under "
            "[schema_registry] in trunkline.toml",
        )
        for contract in contracts.values()
        if contract.settings.wire_format != "json"
    ]
