"""The port `Witness`: somebody outside the system who keeps checkpoints, so that the trail cannot be rewritten unseen.

With each checkpoint goes the leaf hash of every entry since the one before: 32 bytes each that tell nothing of it, by
which an entry that was changed later is found by its number. Opened by `open_witness` from a URL.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol
from urllib.parse import unquote, urlsplit

from trunkline.security.audit.checkpoint import Refused
from trunkline.security.audit.files import write_once
from trunkline.security.audit.https_witness import HttpsWitness
from trunkline.security.audit.published import LARGEST, Published, WitnessError, decode, encode

__all__ = ["FolderWitness", "Witness", "WitnessError", "open_witness"]


class Witness(Protocol):
    """Keeps what is published, in the order of sizes."""

    @property
    def name(self) -> str:
        """Its URL."""

    def publish(self, published: Published) -> None:
        """Keep a checkpoint durably. The same one again changes nothing; raises `WitnessError` on another one of the
        same size, and where the witness cannot be reached."""

    def all(self) -> Iterator[Published]:
        """All that are kept, from the smallest. Raises `WitnessError`."""


class FolderWitness:
    """A folder on another disk, machine or medium: a file for each checkpoint, which is never written again."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.name = folder.absolute().as_uri()

    def publish(self, published: Published) -> None:
        """See `Witness.publish`."""
        content = encode(published) + b"\n"
        file = self._folder / f"{published.checkpoint.size:015}.json"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            if not write_once(file, content, 0o644) and file.read_bytes() != content:
                raise WitnessError(
                    f"{file} is another checkpoint than the one of the same size that is to be kept: the trail was "
                    "changed since, which `trunkline audit verify` shows"
                )
        except OSError as error:
            raise WitnessError(f"{self._folder} cannot keep checkpoints: {error.strerror}") from error

    def all(self) -> Iterator[Published]:
        """See `Witness.all`."""
        for file in sorted(self._folder.glob("[0-9]*.json")):
            try:
                with file.open("rb") as opened:
                    yield decode(opened.read(LARGEST + 1))
            except (OSError, Refused) as error:
                raise WitnessError(f"{file} cannot be read as a checkpoint: {error}") from error


def open_witness(url: str, *, token: str = "", authority: Path | None = None) -> Witness:
    """The witness at `file:///folder`, or `https://host/path` (which `token` opens, and the certificates in the file
    `authority` vouch for). Raises `ValueError` on any other URL."""
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.path and not parts.netloc:
        return FolderWitness(Path(unquote(parts.path)))
    if parts.scheme in ("https", "http"):
        return HttpsWitness(url, token, authority)
    raise ValueError(f"{url[:100]} is no witness: it is file:///folder or https://host/path")
