"""Which kinds of effectors are installed: the folders here, and those in the operator's own `effects/`."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

from trunkline.effects.effector import Kind


@cache
def installed_kinds(project: Path | None = None) -> dict[str, Kind]:
    """All kinds by name. A folder under `<project>/effects/` with an `__init__.py` that holds `EFFECTOR` is one too.

    Raises `ValueError` where two folders claim the same name.
    """
    found: dict[str, Kind] = {}
    for module in _folders(project):
        kind = getattr(module, "EFFECTOR", None)
        if kind is None:
            continue
        if kind.name in found:
            raise ValueError(f"{module.__file__}: there is already a kind of effector named {kind.name!r}")
        found[kind.name] = kind
    return found


def _folders(project: Path | None) -> list[ModuleType]:
    import trunkline.effects

    modules = [
        importlib.import_module(f"trunkline.effects.{info.name}")
        for info in pkgutil.iter_modules(trunkline.effects.__path__)
        if info.ispkg
    ]
    if project is not None:
        modules += [_load(init) for init in sorted((project / "effects").glob("*/__init__.py"))]
    return modules


def _load(init: Path) -> ModuleType:
    """Import a folder of the operator's as a package of its own, so that its files can import each other."""
    name = f"trunkline_project_effects_{init.parent.name}"
    spec = importlib.util.spec_from_file_location(name, init, submodule_search_locations=[str(init.parent)])
    if spec is None or spec.loader is None:
        raise ImportError(f"{init} cannot be imported as a package")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
