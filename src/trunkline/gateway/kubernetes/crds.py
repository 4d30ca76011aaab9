"""CustomResourceDefinitions: the schemas of the kinds that manifests are of.

The package's own (`schemas/`) are written by hand and hold only what Trunkline writes. The published ones come from the
operator: files of Gateway API's and Envoy Gateway's releases, or `kubectl get crds -o yaml`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

Json = dict[str, Any]
OWN: Final = Path(__file__).parent / "schemas"
MAX_BYTES: Final = 64 << 20
"""Octets of a file; the published CRDs of Envoy Gateway are some megabytes."""
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NoCrds(Exception):
    """Files that hold no CustomResourceDefinitions; the text says which, and what is wrong."""


@dataclass(frozen=True)
class Crds:
    """Schemas by (apiVersion, kind)."""

    schemas: dict[tuple[str, str], Json]

    @classmethod
    def load(cls, folder: Path = OWN) -> Crds:
        """Those of all YAML files of a folder. Raises `NoCrds`."""
        found: dict[tuple[str, str], Json] = {}
        for file in sorted((*folder.glob("*.yaml"), *folder.glob("*.yml"))):
            for document in _documents(file):
                found |= _schemas(document, file)
        if not found:
            raise NoCrds(f"{folder} has no CustomResourceDefinition in a .yaml file")
        return cls(found)


def _documents(file: Path) -> list[Any]:
    try:
        if file.stat().st_size > MAX_BYTES:
            raise NoCrds(f"{file} is larger than {MAX_BYTES} octets")
        # The loader is a safe one: it makes plain values, no objects.
        read = list(yaml.load_all(file.read_text(encoding="utf-8"), Loader=_Loader))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise NoCrds(f"{file} cannot be read: {error}") from None
    lists = [one["items"] if isinstance(one, dict) and isinstance(one.get("items"), list) else [one] for one in read]
    return [document for each in lists for document in each]


def _schemas(document: Any, file: Path) -> Iterable[tuple[tuple[str, str], Json]]:
    match document:
        case {
            "kind": "CustomResourceDefinition",
            "spec": {"group": str(group), "names": {"kind": str(kind)}, "versions": list(versions)},
        }:
            found = []
            for version in versions:
                match version:
                    case {"name": str(name), "schema": {"openAPIV3Schema": dict(schema)}}:
                        found.append(((f"{group}/{name}", kind), schema))
                    case _:
                        raise NoCrds(f"{file}: a version of {kind} has no openAPIV3Schema")
            return found
    return []
