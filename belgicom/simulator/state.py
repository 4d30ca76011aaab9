"""What outlives a restart: the faults there are, and the numbers that the managers count."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


class State:
    """A small JSON file, replaced as a whole so that a kill at any moment leaves the old or the new one."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> dict[str, Any]:
        """What was saved last, {} at the first start. Raises `ValueError` where the file is not what `save` wrote."""
        if not self._path.exists():
            return {}
        try:
            saved = json.loads(self._path.read_bytes())
        except ValueError as error:
            raise ValueError(f"{self._path}: {error}; remove the file to begin anew") from error
        if not isinstance(saved, dict):
            raise ValueError(f"{self._path}: not a JSON object; remove the file to begin anew")
        return saved

    def save(self, values: dict[str, Any]) -> None:
        part = self._path.with_name(f".{self._path.name}.part")
        part.write_text(json.dumps(values, separators=(",", ":")))
        part.replace(self._path)
