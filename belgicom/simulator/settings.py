"""The simulator's settings: `simulator.toml` beside this file, then `BELGICOM_SIMULATOR_*`, then the command line."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

PREFIX = "BELGICOM_SIMULATOR_"
HERE = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the simulator is told; simulator.toml says what each setting means. All listeners are on loopback.

    `data` is the platform's data folder; a relative path is below the operator's folder, as for the platform.
    """

    data: Path
    seed: int
    sites: int
    period: int
    keep: int
    sftp_port: int
    agent_port: int
    message_port: int
    traps_to: str
    snmpv3: bool
    ves: str
    ves_ca: str
    rate: float
    quiet: bool
    storm_at: float
    subscribers: int
    uses: float
    fraudsters: int
    surge_at: float
    surge_for: float

    def __post_init__(self) -> None:
        if self.period < 60 or self.period % 60:
            raise ValueError(f"period {self.period}: file names and OMeS count whole minutes; give 60, 120, …")
        if self.sites < 1:
            raise ValueError(f"sites {self.sites}: there must be at least one")
        if self.subscribers and (self.subscribers % 10 or not 0 < self.subscribers <= 200_000):
            raise ValueError(f"subscribers {self.subscribers}: give 0 for none, or 10, 20, … up to 200000")
        if self.fraudsters < 0:
            raise ValueError(f"fraudsters {self.fraudsters}: give 0 for none")

    @property
    def folder(self) -> Path:
        """The simulator's own place in the data folder."""
        return self.data / "simulator"


def load(given: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings from the file, the environment and what was `given` (None counts as not given).

    Raises `ValueError` naming the setting that cannot be used.
    """
    values: dict[str, Any] = tomllib.loads((HERE / "simulator.toml").read_text())
    values["data"] = environment.get("TRUNKLINE_DATA", ".trunkline")
    for field in fields(Settings):
        name = f"{PREFIX}{field.name.upper()}"
        if name in environment:
            values[field.name] = _read(name, environment[name], field.type)
    values |= {name: value for name, value in given.items() if value is not None}
    values["data"] = HERE.parent / values["data"]
    return Settings(**values)


def _read(name: str, text: str, type: object) -> Any:
    readers: dict[object, Any] = {"int": int, "float": float, "bool": {"true": True, "false": False}.__getitem__}
    try:
        return readers.get(type, str)(text)
    except (ValueError, KeyError) as error:
        raise ValueError(f"{name}={text!r} is not a {type}") from error
