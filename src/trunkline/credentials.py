"""The values behind secret settings: looked up when a connection starts, held by it alone, never logged."""

import os
import re
import stat
from pathlib import Path

LARGEST = 64 << 10  # bytes of a secret file
_REFERENCE = re.compile(r"\$\{(env|file|data):([^}]+)\}")


def reveal(reference: str, project: Path, data: Path) -> str:
    """The value of `${env:NAME}`, of `${file:path}` in the operator's folder, or of `${data:path}` in its data folder.

    One line end at the end of a file is dropped. Raises `ValueError` saying what to do, which never quotes the value.
    """
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise ValueError("a secret is written as ${env:NAME}, ${file:path} or ${data:path}, not as itself")
    kind, name = match.groups()
    if kind != "env":
        return _read((project if kind == "file" else data) / name)
    value = os.environ.get(name, "")
    if not value:
        raise ValueError(f"the variable {name}, which holds a secret, is not set")
    return value


def _read(path: Path) -> str:
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & stat.S_IRWXO:
                raise ValueError(f"the secret file {path} is open to every user of this machine: chmod o-rwx it")
            value = file.read(LARGEST + 1)
    except OSError as error:
        raise ValueError(f"the secret file {path} cannot be read: {error.strerror}") from None
    if not value or len(value) > LARGEST:
        raise ValueError(f"the secret file {path} is empty or larger than {LARGEST} bytes")
    try:
        return value.decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise ValueError(f"the secret file {path} is not text in UTF-8") from None
