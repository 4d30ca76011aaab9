"""A new operator's project folder: the reference operator's contracts, KPI tables and health rules, no network yet."""

from __future__ import annotations

import shutil
from pathlib import Path

# What a new operator takes over from the reference operator as it is.
SHARED = ("contracts", "kpis", "health.yaml")
ITS_OWN = ("zelora-*",)  # the tables of vendors that only the reference operator has

SETTINGS = """\
# Settings of this operator. Each can also be given as a variable: TRUNKLINE_HTTP__PORT=9000.
name = "{name}"
# log_url = "sqlite:////var/lib/{name}/log.db"   # the event log; without it, .trunkline/log.db
# store_url = "postgresql://{name}@127.0.0.1:5432/{name}"   # the store of records; without it, .trunkline/store.db

[http]
host = "127.0.0.1"
port = 8080
"""

README = """\
# {name}

An operator's project on Trunkline.

    trunkline check            # is everything in this folder right?
    trunkline up               # run it; then open http://127.0.0.1:8080/docs
    cp A2026….xml inbox/       # measurement, alarm and topology files are taken as they arrive
    trunkline health           # the network, vendor by region

| folder | what is in it |
|---|---|
| `contracts/` | a data contract (ODCS) for each topic: schema, quality, owner, retention |
| `systems/` | a file for each connection (an SFTP server, a trap receiver, …); a folder for each vendor of your own |
| `kpis/` | formula tables: a vendor's counters to 3GPP KPIs |
| `health.yaml` | thresholds: when a cell, a site, a region is degraded or critical |
"""

INBOX = """\
# Files dropped into inbox/ are taken once each; their format is recognised.
name: inbox
reach: directory
directory: inbox
"""


def create(folder: Path, name: str) -> None:
    """Make `folder` a project. Raises `FileExistsError` where something is there already."""
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty: choose another name")
    folder.mkdir(parents=True, exist_ok=True)
    for shared in SHARED:
        origin = _reference() / shared
        if origin.is_dir():
            shutil.copytree(origin, folder / shared, ignore=shutil.ignore_patterns(*ITS_OWN))
        else:
            shutil.copy(origin, folder / shared)
    (folder / "systems").mkdir()
    (folder / "systems" / "inbox.yaml").write_text(INBOX)
    (folder / "inbox").mkdir()
    (folder / "trunkline.toml").write_text(SETTINGS.format(name=name))
    (folder / "README.md").write_text(README.format(name=name))
    (folder / ".gitignore").write_text(".trunkline/\ninbox/\n")


def _reference() -> Path:
    """Where the reference operator's files are: in the wheel, or beside `src/` in a checkout."""
    packaged = Path(__file__).parent / "reference"
    return packaged if packaged.is_dir() else Path(__file__).parents[2] / "belgicom"
