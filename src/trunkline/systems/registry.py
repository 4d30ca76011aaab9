"""Which systems are installed, and ways to and from them: the folders here, and those in the operator's project."""

import importlib
import importlib.util
import pkgutil
import sys
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from trunkline.systems.reach import Reach
from trunkline.systems.sink import Sink
from trunkline.systems.system import System


@cache
def installed_systems(project: Path | None = None) -> dict[str, System]:
    """All systems by name. A folder under `<project>/systems/` with an `__init__.py` that holds `SYSTEM` is one too.

    Raises `ValueError` where two folders claim the same name.
    """
    return _offered("SYSTEM", project)


@cache
def installed_reaches(project: Path | None = None) -> dict[str, Reach]:
    """All ways to reach systems, by name: what folders hold as `REACH`, found in the same places."""
    return _offered("REACH", project)


@cache
def installed_sinks(project: Path | None = None) -> dict[str, Sink]:
    """All ways out, by name: what folders hold as `SINK`, found in the same places."""
    return _offered("SINK", project)


def _offered(attribute: str, project: Path | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for module in _folders(project):
        offer = getattr(module, attribute, None)
        if offer is None:
            continue
        if offer.name in found:
            raise ValueError(f"{module.__file__}: there is already a {attribute} named {offer.name!r}")
        found[offer.name] = offer
    return found


@cache
def _folders(project: Path | None) -> list[ModuleType]:
    import trunkline.systems

    modules = [
        importlib.import_module(f"trunkline.systems.{info.name}")
        for info in pkgutil.iter_modules(trunkline.systems.__path__)
        if info.ispkg
    ]
    if project is not None:
        modules += [_load(folder) for folder in sorted((project / "systems").glob("*/__init__.py"))]
    return modules


def _load(init: Path) -> ModuleType:
    """Import a folder of the operator's as a package of its own, so that its files can import each other."""
    name = f"trunkline_project_systems_{init.parent.name}"
    spec = importlib.util.spec_from_file_location(name, init, submodule_search_locations=[str(init.parent)])
    if spec is None or spec.loader is None:
        raise ImportError(f"{init} cannot be imported as a package")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
