"""Which of a project's certificates cannot be served from, and which end soon and are not renewed by themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from trunkline.document import Problem
from trunkline.http.tls import Files, UnusableCertificate, check, ends
from trunkline.settings import FILE, Settings

SOON: Final = timedelta(days=14)
ISSUED: Final = "issued"
"""The folder with copies of the certificates that were issued by hand."""


def unusable(settings: Settings, folder: Path) -> list[Problem]:
    """What is wrong with the operator's own certificate of the HTTP listener."""
    tls = settings.tls
    if tls is None or tls.certificate is None or tls.key is None:
        return []
    try:
        check(Files(folder / tls.certificate, folder / tls.key))
    except UnusableCertificate as error:
        return [Problem(str(folder / FILE), _line(folder), f"tls: {error}")]
    return []


def ending(settings: Settings, folder: Path, now: datetime | None = None) -> Iterator[Problem]:
    """The operator's own certificate, and those issued by hand, that end within `SOON` or have ended."""
    tls, moment = settings.tls, now or datetime.now(UTC)
    own = [folder / tls.certificate] if tls is not None and tls.certificate is not None else []
    issued = (folder / settings.data / "certificates" / ISSUED).glob("*.pem")
    for file in (*own, *sorted(issued)):
        try:
            end = ends(file)
        except UnusableCertificate:
            continue  # `unusable` tells of it
        if end <= moment + SOON:
            verb = "ended" if end <= moment else "ends"
            yield Problem(str(file), 1, f"this certificate {verb} at {end:%Y-%m-%d %H:%M} UTC: renew it")


def _line(folder: Path) -> int:
    """Where the section stands."""
    lines = (folder / FILE).read_text().splitlines() if (folder / FILE).exists() else []
    return next((number for number, line in enumerate(lines, 1) if line.strip() == "[tls]"), 1)
