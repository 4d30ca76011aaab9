"""What folders offer by name: those of the platform, and those of the operator's own project folder.

`systems/` and `effects/` grow so: a folder with an `__init__.py` that holds `SYSTEM`, `REACH`, `SINK` or `EFFECTOR`.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any


def offered(attribute: str, place: str, project: Path | None) -> dict[str, Any]:
    """What the packages in `trunkline.<place>` and the folders in `<project>/<place>` hold as `attribute`, by name.

    Raises `ValueError` where two claim the same name.
    """
    found: dict[str, Any] = {}
    for module in _folders(place, project):
        offer = getattr(module, attribute, None)
        if offer is None:
            continue
        if offer.name in found:
            raise ValueError(f"{module.__file__}: there is another {attribute.lower()} named {offer.name!r}")
        found[offer.name] = offer
    return found


def load(file: Path, name: str, folder: Path | None = None) -> ModuleType:
    """Import a file of the operator's as the module `name`; with `folder` as a package, so that its files can import
    each other.

    Raises `ImportError`, and what the file raises.
    """
    spec = importlib.util.spec_from_file_location(
        name, file, submodule_search_locations=None if folder is None else [str(folder)]
    )
    if spec is None or spec.loader is None:
        raise ImportError(f"{file} cannot be imported as Python")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@cache
def _folders(place: str, project: Path | None) -> list[ModuleType]:
    package = importlib.import_module(f"trunkline.{place}")
    modules = [
        importlib.import_module(f"trunkline.{place}.{info.name}")
        for info in pkgutil.iter_modules(package.__path__)
        if info.ispkg
    ]
    if project is not None:
        for init in sorted((project / place).glob("*/__init__.py")):
            modules.append(load(init, f"trunkline_project_{place}_{init.parent.name}", init.parent))
    return modules
