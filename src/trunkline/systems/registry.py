"""Which systems are installed: the folders here, and those in the operator's own project folder."""

import importlib
import importlib.util
import pkgutil
import sys
from functools import cache
from pathlib import Path

from trunkline.systems.system import System


@cache
def installed_systems(project: Path | None = None) -> dict[str, System]:
    """All systems by name. A folder under `<project>/systems/` with an `__init__.py` that holds `SYSTEM` is one too.

    Raises `ValueError` where two folders claim the same name.
    """
    import trunkline.systems

    found: dict[str, System] = {}
    modules = [
        importlib.import_module(f"trunkline.systems.{info.name}")
        for info in pkgutil.iter_modules(trunkline.systems.__path__)
        if info.ispkg
    ]
    if project is not None:
        modules += [_load(folder) for folder in sorted((project / "systems").glob("*/__init__.py"))]
    for module in modules:
        system = getattr(module, "SYSTEM", None)
        if system is None:
            continue
        if system.name in found:
            raise ValueError(f"{module.__file__}: there is already a system named {system.name!r}")
        found[system.name] = system
    return found


def _load(init: Path) -> object:
    """Import a folder of the operator's as a package of its own, so that its files can import each other."""
    name = f"trunkline_project_systems_{init.parent.name}"
    spec = importlib.util.spec_from_file_location(name, init, submodule_search_locations=[str(init.parent)])
    if spec is None or spec.loader is None:
        raise ImportError(f"{init} cannot be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
