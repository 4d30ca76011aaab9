"""The open APIs that the platform serves: a module each, which declares it as `API`. A new file here is a new API."""

from __future__ import annotations

import importlib
import pkgutil

from trunkline.tmf.declaration import OpenApi

APIS: tuple[OpenApi, ...] = tuple(
    sorted(
        (importlib.import_module(f"{__name__}.{module.name}").API for module in pkgutil.iter_modules(__path__)),
        key=lambda api: api.number,
    )
)
"""In the order of their numbers."""
