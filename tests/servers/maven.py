"""Artefacts of Maven Central: the jars of real servers, fetched once into a folder of their own."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:2.10:copy"  # later ones want an archive's parent POM as well
POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>trunkline</groupId><artifactId>servers</artifactId><version>1</version>
  <dependencies>{}</dependencies>
</project>
"""
DEPENDENCY = "<dependency><groupId>{}</groupId><artifactId>{}</artifactId><version>{}</version></dependency>"


def fetch_jars(artefacts: tuple[str, ...], folder: Path) -> None:
    """Put the artefacts, each `group:name:version`, and all that they depend on into `folder`."""

    def copy(place: Path) -> None:
        pom = place.with_name("pom.xml")
        pom.write_text(POM.format("".join(DEPENDENCY.format(*artefact.split(":")) for artefact in artefacts)))
        _maven("-f", str(pom), f"{PLUGIN}:copy-dependencies", "-DincludeScope=runtime", f"-DoutputDirectory={place}")

    _once(folder, copy)


def fetch_archive(artefact: str, folder: Path) -> None:
    """Put what an archive `group:name:version:type[:classifier]` (jar, zip, tar.gz) holds into `folder`."""

    def unpack(place: Path) -> None:
        archives = place.with_name("archive")
        _maven(COPY, f"-Dartifact={artefact}", f"-DoutputDirectory={archives}")
        [archive] = archives.iterdir()
        shutil.unpack_archive(archive, place, "zip" if archive.suffix == ".jar" else None)

    _once(folder, unpack)


def _once(folder: Path, fill: Callable[[Path], None]) -> None:
    """Make the folder beside its place and move it there when it is whole; do nothing where it is."""
    if folder.exists():
        return
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as beside:
        place = Path(beside) / folder.name
        place.mkdir()
        fill(place)
        place.rename(folder)


def _maven(*arguments: str) -> None:
    if shutil.which("mvn") is None:
        raise SystemExit("Maven is missing: apt install maven")
    done = subprocess.run(["mvn", "-q", "-B", *arguments], capture_output=True, text=True, timeout=900, check=False)
    if done.returncode:
        raise SystemExit(f"mvn {' '.join(arguments)} failed:\n{done.stdout[-3000:]}{done.stderr[-1000:]}")
