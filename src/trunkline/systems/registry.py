"""Which systems are installed, and ways to and from them: the folders here, and those in the operator's project."""

from functools import cache
from pathlib import Path

from trunkline.offered import offered
from trunkline.systems.reach import Reach
from trunkline.systems.sink import Sink
from trunkline.systems.system import System


@cache
def installed_systems(project: Path | None = None) -> dict[str, System]:
    """All systems by name. A folder under `<project>/systems/` with an `__init__.py` that holds `SYSTEM` is one too.

    Raises `ValueError` where two folders claim the same name.
    """
    return offered("SYSTEM", "systems", project)


@cache
def installed_reaches(project: Path | None = None) -> dict[str, Reach]:
    """All ways to reach systems, by name: what folders hold as `REACH`, found in the same places."""
    return offered("REACH", "systems", project)


@cache
def installed_sinks(project: Path | None = None) -> dict[str, Sink]:
    """All ways out, by name: what folders hold as `SINK`, found in the same places."""
    return offered("SINK", "systems", project)
